//! The shapes of the contract's JSON: items, events, changes, differences.
//!
//! Owned by the bodies that are being pulled, cheap because the domain's texts are shared. Serde stands here
//! and never on a domain type. The shapes are held by `the_shapes_are_those_of_the_contract`.

use std::sync::Arc;

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::application::{RecordedEvent, Shown, ShownChange, ShownDifference};
use crate::domain::{
    Config, ConfigName, ConfigValue, Event, Fact, Kind, Metadata, Reason, Revision, Timestamp,
};

/// Which members an item has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Members {
    /// With its value.
    Value,
    /// Without the member.
    NoValue,
}

/// One name's state.
pub(crate) struct Item {
    pub(crate) name: ConfigName,
    pub(crate) config: Shown<Arc<Config>>,
    pub(crate) members: Members,
}

impl Item {
    /// With its value.
    pub(crate) fn whole(name: ConfigName, config: Shown<Arc<Config>>) -> Self {
        Self { name, config, members: Members::Value }
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { name, config, members } = self;
        let mut item = serializer.serialize_struct("Item", 7)?;
        item.serialize_field("name", name.as_str())?;
        if *members == Members::Value {
            item.serialize_field("value", &config.value.as_ref().map(ConfigValue::as_str))?;
        }
        item.serialize_field("version", &config.version.get())?;
        item.serialize_field("revision", &config.revision.get())?;
        item.serialize_field("updated_at", &Instant(config.updated_at))?;
        item.serialize_field("updated_by", &*config.updated_by)?;
        item.serialize_field("reason", &config.reason.as_ref().map(Reason::as_str))?;
        item.end()
    }
}

/// An instant as RFC 3339 text.
struct Instant(Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An event of a history.
pub(crate) struct HistoryEvent(pub(crate) Shown<RecordedEvent>);

impl Serialize for HistoryEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RecordedEvent { event, revision, instant, metadata } = &*self.0;
        EventOf { event, revision: *revision, instant: *instant, metadata }.serialize(serializer)
    }
}

/// An event with what its change says of it.
struct EventOf<'a> {
    event: &'a Event,
    revision: Revision,
    instant: Timestamp,
    metadata: &'a Metadata,
}

impl Serialize for EventOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut event = serializer.serialize_struct("Event", 6)?;
        event.serialize_field("event_type", self.event.event_type())?;
        event.serialize_field("data", &Data(self))?;
        event.serialize_field("metadata", &MetadataOf(self.metadata))?;
        event.serialize_field("created_at", &Instant(self.instant))?;
        event.serialize_field("stream_version", &self.event.version.get())?;
        event.serialize_field("revision", &self.revision.get())?;
        event.end()
    }
}

struct Data<'a>(&'a EventOf<'a>);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut data = serializer.serialize_struct("Data", 4)?;
        data.serialize_field("config_name", self.0.event.subject().as_str())?;
        match &self.0.event.fact {
            Fact::Set { value, old_value, .. } => {
                data.serialize_field("value", value.as_str())?;
                data.serialize_field("old_value", &old_value.as_ref().map(ConfigValue::as_str))?;
            }
            Fact::Deleted { deleted_value } => {
                data.serialize_field("deleted_value", deleted_value.as_str())?;
            }
            Fact::Shredded { versions, .. } => {
                let versions: Vec<u64> = versions.iter().map(|version| version.get()).collect();
                data.serialize_field("versions", &versions)?;
            }
            Fact::Access { .. } => {}
        }
        data.serialize_field("timestamp", &Instant(self.0.instant))?;
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

/// A change of the feed, with the events that its reader may see.
pub(crate) struct ChangeOf<'a>(pub(crate) &'a ShownChange);

impl Serialize for ChangeOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (revision, instant, metadata) = (self.0.revision(), self.0.instant(), self.0.metadata());
        let mut change = serializer.serialize_struct("Change", 6)?;
        change.serialize_field("revision", &revision.get())?;
        change.serialize_field("created_at", &Instant(instant))?;
        change.serialize_field("actor", &*metadata.actor)?;
        change.serialize_field("reason", &metadata.reason.as_ref().map(Reason::as_str))?;
        if self.0.whole().is_none() {
            change.serialize_field("partial", &true)?;
        }
        let event = |event| EventOf { event, revision, instant, metadata };
        change.serialize_field("events", &self.0.events().map(event).collect::<Vec<_>>())?;
        change.end()
    }
}

/// A name that differs between two states.
pub(crate) struct DifferenceOf(pub(crate) ShownDifference);

impl Serialize for DifferenceOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ShownDifference { name, kind, from, to } = &self.0;
        let item = |config: &Option<Shown<Arc<Config>>>| {
            config.as_ref().map(|config| Item::whole(name.clone(), config.clone()))
        };
        let mut difference = serializer.serialize_struct("Difference", 4)?;
        difference.serialize_field("name", name.as_str())?;
        difference.serialize_field("kind", word(*kind))?;
        difference.serialize_field("from", &item(from))?;
        difference.serialize_field("to", &item(to))?;
        difference.end()
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Added => "added",
        Kind::Changed => "changed",
        Kind::Removed => "removed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Change, Operation, ShortHash};

    #[test]
    fn the_shapes_are_those_of_the_contract() {
        let name = ConfigName::parse("a").unwrap();
        let value = ConfigValue::parse("1", 10).unwrap();
        let event = Config::never().decide(&Operation::set(name.clone(), value)).unwrap().unwrap();
        let change = Change {
            revision: Revision::new(7),
            instant: Timestamp::from_micros(0),
            metadata: Metadata::of("ada"),
            idempotency: None,
            events: vec![event],
        };
        let config = Arc::new(Config::apply(&change.events[0], &change, ShortHash::default()));
        let item = Item::whole(name.clone(), Shown::released(Arc::clone(&config)));
        let shown = concat!(
            r#"{"name":"a","value":"1","version":1,"revision":7,"#,
            r#""updated_at":"1970-01-01T00:00:00.000000Z","updated_by":"ada","reason":null}"#
        );
        assert_eq!(serde_json::to_string(&item).unwrap(), shown);
        assert_eq!(
            serde_json::to_string(&ChangeOf(&ShownChange::whole_of(change))).unwrap(),
            concat!(
                r#"{"revision":7,"created_at":"1970-01-01T00:00:00.000000Z","actor":"ada","reason":null,"#,
                r#""events":[{"event_type":"ConfigValueSet","data":{"config_name":"a","value":"1","#,
                r#""old_value":null,"timestamp":"1970-01-01T00:00:00.000000Z"},"metadata":{"actor":"ada","#,
                r#""reason":null,"request_id":null,"trace_id":null},"#,
                r#""created_at":"1970-01-01T00:00:00.000000Z","stream_version":1,"revision":7}]}"#
            )
        );
        let to = Some(Shown::released(config));
        let difference = ShownDifference { name, kind: Kind::Added, from: None, to };
        assert_eq!(
            serde_json::to_string(&DifferenceOf(difference)).unwrap(),
            format!(r#"{{"name":"a","kind":"added","from":null,"to":{shown}}}"#)
        );
    }
}
