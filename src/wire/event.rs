//! Events, of histories and of changes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::item::ShownValue;
use super::scalar::{self, present};
use crate::application::{RecordedEvent, Shown};
use crate::domain::{ConfigName, Event, Fact, Metadata, Reason, Revision, Timestamp, Version};

/// One fact about one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventJson<'a> {
    pub(crate) event_type: EventType,
    pub(crate) data: DataJson<'a>,
    pub(crate) metadata: MetadataJson<'a>,
    #[serde(with = "scalar")]
    pub(crate) created_at: Timestamp,
    #[serde(with = "scalar")]
    pub(crate) stream_version: Version,
    #[serde(with = "scalar")]
    pub(crate) revision: Revision,
}

/// What happened. It says which form `data` has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum EventType {
    #[serde(rename = "ConfigValueSet")]
    Set,
    #[serde(rename = "ConfigValueDeleted")]
    Deleted,
    #[serde(rename = "ConfigValueShredded")]
    Shredded,
}

/// The data of an event. Each form has a member that no other has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum DataJson<'a> {
    Set(SetDataJson<'a>),
    Deleted(DeletedDataJson<'a>),
    Shredded(ShreddedDataJson<'a>),
}

/// Of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SetDataJson<'a> {
    #[serde(with = "scalar")]
    pub(crate) config_name: Cow<'a, ConfigName>,
    #[serde(with = "scalar")]
    pub(crate) value: ShownValue<'a>,
    #[serde(with = "scalar")]
    pub(crate) old_value: Option<ShownValue<'a>>,
    #[serde(with = "scalar")]
    pub(crate) timestamp: Timestamp,
}

/// Of a delete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeletedDataJson<'a> {
    #[serde(with = "scalar")]
    pub(crate) config_name: Cow<'a, ConfigName>,
    #[serde(with = "scalar")]
    pub(crate) deleted_value: ShownValue<'a>,
    #[serde(with = "scalar")]
    pub(crate) timestamp: Timestamp,
}

/// Of a shred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShreddedDataJson<'a> {
    #[serde(with = "scalar")]
    pub(crate) config_name: Cow<'a, ConfigName>,
    pub(crate) versions: Vec<u64>,
    #[serde(with = "scalar")]
    pub(crate) timestamp: Timestamp,
}

/// Who, why, and in which request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MetadataJson<'a> {
    pub(crate) actor: Cow<'a, str>,
    /// None of an anonymous actor.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub(crate) actor_id: Option<Cow<'a, str>>,
    #[serde(with = "scalar")]
    pub(crate) reason: Option<Cow<'a, Reason>>,
    #[serde(with = "scalar")]
    pub(crate) request_id: Option<Cow<'a, str>>,
    #[serde(with = "scalar")]
    pub(crate) trace_id: Option<Cow<'a, str>>,
    #[serde(flatten)]
    pub(crate) attributes: Cow<'a, BTreeMap<String, String>>,
}

impl<'a> EventJson<'a> {
    /// Of an event that a view has released, and what its change says of it; none of access data, which has no form in
    /// the contract.
    pub(super) fn of(
        event: &'a Event,
        revision: Revision,
        timestamp: Timestamp,
        metadata: &'a Metadata,
    ) -> Option<Self> {
        let config_name = Cow::Borrowed(event.subject()?);
        let (event_type, data) = match &event.fact {
            Fact::Set { value, old_value, .. } => {
                let (value, old_value) = (ShownValue::of(value), old_value.as_ref().map(ShownValue::of));
                let data = SetDataJson { config_name, value, old_value, timestamp };
                (EventType::Set, DataJson::Set(data))
            }
            Fact::Deleted { deleted_value } => {
                let deleted_value = ShownValue::of(deleted_value);
                let data = DeletedDataJson { config_name, deleted_value, timestamp };
                (EventType::Deleted, DataJson::Deleted(data))
            }
            Fact::Shredded { versions, .. } => {
                let versions = versions.iter().map(|version| version.get()).collect();
                let data = ShreddedDataJson { config_name, versions, timestamp };
                (EventType::Shredded, DataJson::Shredded(data))
            }
            Fact::Access { .. } => return None,
        };
        Some(Self {
            event_type,
            data,
            metadata: MetadataJson::of(metadata),
            created_at: timestamp,
            stream_version: event.version,
            revision,
        })
    }
}

impl<'a> MetadataJson<'a> {
    fn of(metadata: &'a Metadata) -> Self {
        Self {
            actor: Cow::Borrowed(&metadata.actor),
            actor_id: metadata.actor_id.as_deref().map(Cow::Borrowed),
            reason: metadata.reason.as_ref().map(Cow::Borrowed),
            request_id: metadata.request_id.as_deref().map(Cow::Borrowed),
            trace_id: metadata.trace_id.as_deref().map(Cow::Borrowed),
            attributes: Cow::Borrowed(&metadata.attributes),
        }
    }
}

/// An event of a history as the server holds it.
pub(crate) struct EventOf(pub(crate) Shown<RecordedEvent>);

impl Serialize for EventOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RecordedEvent { event, revision, instant, metadata } = &*self.0;
        EventJson::of(event, *revision, *instant, metadata).serialize(serializer)
    }
}
