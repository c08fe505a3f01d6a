//! Events, of histories and of changes.

use std::collections::BTreeMap;

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Deserialize, Serialize, Serializer};

use super::scalar::{self, Instant, present};
use crate::application::{RecordedEvent, Shown};
use crate::domain::{
    ConfigName, ConfigValue, Event, Fact, Metadata, Reason, Revision, Timestamp, Value, Version,
};

/// One fact about one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventJson {
    pub(crate) event_type: EventType,
    pub(crate) data: DataJson,
    pub(crate) metadata: MetadataJson,
    #[serde(with = "scalar")]
    pub(crate) created_at: Timestamp,
    #[serde(with = "scalar")]
    pub(crate) stream_version: Version,
    #[serde(with = "scalar")]
    pub(crate) revision: Revision,
}

/// The kind of event. It decides the form of `data`.
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
pub(crate) enum DataJson {
    Set(SetDataJson),
    Deleted(DeletedDataJson),
    Shredded(ShreddedDataJson),
}

/// Of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SetDataJson {
    #[serde(with = "scalar")]
    pub(crate) config_name: ConfigName,
    #[serde(with = "scalar")]
    pub(crate) value: ConfigValue,
    #[serde(with = "scalar")]
    pub(crate) old_value: Option<ConfigValue>,
    #[serde(with = "scalar")]
    pub(crate) timestamp: Timestamp,
}

/// Of a delete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeletedDataJson {
    #[serde(with = "scalar")]
    pub(crate) config_name: ConfigName,
    #[serde(with = "scalar")]
    pub(crate) deleted_value: ConfigValue,
    #[serde(with = "scalar")]
    pub(crate) timestamp: Timestamp,
}

/// Of a shred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShreddedDataJson {
    #[serde(with = "scalar")]
    pub(crate) config_name: ConfigName,
    pub(crate) versions: Vec<u64>,
    #[serde(with = "scalar")]
    pub(crate) timestamp: Timestamp,
}

/// The actor, the reason and the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MetadataJson {
    pub(crate) actor: String,
    /// None of an anonymous actor.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub(crate) actor_id: Option<String>,
    #[serde(with = "scalar")]
    pub(crate) reason: Option<Reason>,
    #[serde(with = "scalar")]
    pub(crate) request_id: Option<String>,
    #[serde(with = "scalar")]
    pub(crate) trace_id: Option<String>,
    #[serde(flatten)]
    pub(crate) attributes: BTreeMap<String, String>,
}

/// An event of a history as the server holds it.
pub(crate) struct EventOf(pub(crate) Shown<RecordedEvent>);

impl Serialize for EventOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RecordedEvent { event, revision, instant, metadata } = &*self.0;
        EventParts { event, revision: *revision, instant: *instant, metadata }.serialize(serializer)
    }
}

/// An event that a view has released, with what its change says of it.
pub(super) struct EventParts<'a> {
    pub(super) event: &'a Event,
    pub(super) revision: Revision,
    pub(super) instant: Timestamp,
    pub(super) metadata: &'a Metadata,
}

impl Serialize for EventParts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut event = serializer.serialize_struct("Event", 6)?;
        event.serialize_field("event_type", self.event.event_type())?;
        event.serialize_field("data", &DataOf(self))?;
        event.serialize_field("metadata", &MetadataOf(self.metadata))?;
        event.serialize_field("created_at", &Instant(self.instant))?;
        event.serialize_field("stream_version", &self.event.version.get())?;
        event.serialize_field("revision", &self.revision.get())?;
        event.end()
    }
}

struct DataOf<'a>(&'a EventParts<'a>);

impl Serialize for DataOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut data = serializer.serialize_struct("Data", 4)?;
        let event = self.0.event;
        data.serialize_field("config_name", event.subject().unwrap_or(&event.name).as_str())?;
        match &event.fact {
            Fact::Set { value, old_value, .. } => {
                data.serialize_field("value", &text(value))?;
                data.serialize_field("old_value", &old_value.as_ref().map(text))?;
            }
            Fact::Deleted { deleted_value, .. } => {
                data.serialize_field("deleted_value", &text(deleted_value))?;
            }
            Fact::Shredded { versions, .. } => {
                let versions: Vec<u64> = versions.iter().map(|version| version.get()).collect();
                data.serialize_field("versions", &versions)?;
            }
            // No view releases it.
            Fact::Access { .. } => {}
        }
        data.serialize_field("timestamp", &Instant(self.0.instant))?;
        data.end()
    }
}

fn text(value: &Value) -> Option<&str> {
    value.clear().map(ConfigValue::as_str)
}

struct MetadataOf<'a>(&'a Metadata);

impl Serialize for MetadataOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Metadata { actor, actor_id, reason, request_id, trace_id, attributes } = self.0;
        let mut metadata = serializer.serialize_map(None)?;
        metadata.serialize_entry("actor", &**actor)?;
        if let Some(actor_id) = actor_id {
            metadata.serialize_entry("actor_id", &**actor_id)?;
        }
        metadata.serialize_entry("reason", &reason.as_ref().map(Reason::as_str))?;
        metadata.serialize_entry("request_id", &request_id.as_deref())?;
        metadata.serialize_entry("trace_id", &trace_id.as_deref())?;
        for (name, value) in attributes {
            metadata.serialize_entry(name, value)?;
        }
        metadata.end()
    }
}
