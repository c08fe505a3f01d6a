//! Events, of histories and of changes.

use std::collections::BTreeMap;

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Deserialize, Serialize, Serializer};

use super::scalar::{self, Instant, present, some};
use super::secret::{DELETED_VALUE, OLD_VALUE, VALUE, put_value};
use crate::application::{Happened, ShownEvent, ShownRecord};
use crate::domain::{ConfigName, ConfigValue, Metadata, Reason, Revision, Timestamp, Version};

/// One fact about one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventJson {
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

/// Of a set. A value is null where it is masked or shredded; the members after it say why, as those of an item do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::option_option, reason = "a fingerprint that is left out and one that is null differ")]
pub(crate) struct SetDataJson {
    #[serde(with = "scalar")]
    pub(crate) config_name: ConfigName,
    #[serde(with = "scalar")]
    pub(crate) value: Option<ConfigValue>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) secret: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) masked: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub(crate) fingerprint: Option<Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) shredded: Option<bool>,
    #[serde(with = "scalar")]
    pub(crate) old_value: Option<ConfigValue>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) old_secret: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) old_masked: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub(crate) old_fingerprint: Option<Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) old_shredded: Option<bool>,
    #[serde(with = "scalar")]
    pub(crate) timestamp: Timestamp,
}

/// Of a delete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::option_option, reason = "a fingerprint that is left out and one that is null differ")]
pub(crate) struct DeletedDataJson {
    #[serde(with = "scalar")]
    pub(crate) config_name: ConfigName,
    #[serde(with = "scalar")]
    pub(crate) deleted_value: Option<ConfigValue>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) secret: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) masked: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub(crate) fingerprint: Option<Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) shredded: Option<bool>,
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
pub(crate) struct EventOf(pub(crate) ShownRecord);

impl Serialize for EventOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        EventParts(&self.0.event()).serialize(serializer)
    }
}

/// An event that a view has released, with what its change says of it.
pub(super) struct EventParts<'a>(pub(super) &'a ShownEvent<'a>);

impl Serialize for EventParts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut event = serializer.serialize_struct("Event", 6)?;
        event.serialize_field("event_type", self.0.event_type())?;
        event.serialize_field("data", &DataOf(self.0))?;
        event.serialize_field("metadata", &MetadataOf(self.0.metadata))?;
        event.serialize_field("created_at", &Instant(self.0.instant))?;
        event.serialize_field("stream_version", &self.0.version().get())?;
        event.serialize_field("revision", &self.0.revision.get())?;
        event.end()
    }
}

struct DataOf<'a>(&'a ShownEvent<'a>);

impl Serialize for DataOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut data = serializer.serialize_struct("Data", 12)?;
        let event = self.0;
        data.serialize_field("config_name", event.subject().as_str())?;
        match event.happened() {
            Happened::Set => {
                put_value(&mut data, &VALUE, event.values().now.as_ref())?;
                put_value(&mut data, &OLD_VALUE, event.values().before.as_ref())?;
            }
            Happened::Deleted => put_value(&mut data, &DELETED_VALUE, event.values().before.as_ref())?,
            Happened::Shredded(versions) => {
                let versions: Vec<u64> = versions.iter().map(|version| version.get()).collect();
                data.serialize_field("versions", &versions)?;
            }
            // No view releases it.
            Happened::Access => {}
        }
        data.serialize_field("timestamp", &Instant(event.instant))?;
        data.end()
    }
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
