//! A change in pieces: its frame, its events, and what is around the texts of one event.
//!
//! Values are long and most of them small, so that a large one is written by itself: `ChangeOf` is the shape, and the
//! pieces come to the same text (`the_pieces_of_a_change_come_to_its_json`).

use serde::{Serialize, Serializer};

use super::change::with_events;
use super::event::EventParts;
use super::page::Frame;
use crate::application::ShownChange;
use crate::domain::{ConfigValue, Event, Fact, Value};

/// A change without its events.
struct AroundEventsOf<'a>(&'a ShownChange);

/// An event of a change that a view has released.
pub(crate) struct ChangeEventOf<'a> {
    pub(crate) change: &'a ShownChange,
    /// One of its visible events.
    pub(crate) event: &'a Event,
}

impl Serialize for AroundEventsOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        with_events(self.0, &[], serializer)
    }
}

impl Serialize for ChangeEventOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { change, event } = self;
        let (revision, instant, metadata) = (change.revision(), change.instant(), change.metadata());
        EventParts { event, revision, instant, metadata }.serialize(serializer)
    }
}

/// The JSON around the events of a change.
pub(crate) fn around_events(change: &ShownChange) -> Frame {
    Frame::around(&AroundEventsOf(change))
}

impl ChangeEventOf<'_> {
    /// Its values, in the order in which they are written.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let values = match &self.event.fact {
            Fact::Set { value, old_value, .. } => [Some(value), old_value.as_ref()],
            Fact::Deleted { deleted_value, .. } => [Some(deleted_value), None],
            Fact::Shredded { .. } | Fact::Access { .. } => [None, None],
        };
        values.into_iter().flatten().filter_map(Value::clear).map(ConfigValue::as_str)
    }

    /// The JSON around its texts: one part more than there are texts.
    pub(crate) fn around_texts(&self) -> Vec<String> {
        let (members, event) = match &self.event.fact {
            Fact::Set { attributes, old_value, old_secrecy, created, .. } => {
                let (attributes, old_secrecy, created) = (attributes.clone(), *old_secrecy, *created);
                let old_value = old_value.as_ref().map(|_| ConfigValue::default().into());
                let value = ConfigValue::default().into();
                let fact = Fact::Set { value, attributes, old_value, old_secrecy, created };
                (["value", "old_value"].as_slice(), Event { fact, ..self.event.clone() })
            }
            Fact::Deleted { attributes, .. } => {
                let deleted_value = ConfigValue::default().into();
                let fact = Fact::Deleted { deleted_value, attributes: attributes.clone() };
                (["deleted_value"].as_slice(), Event { fact, ..self.event.clone() })
            }
            Fact::Shredded { .. } | Fact::Access { .. } => ([].as_slice(), self.event.clone()),
        };
        // An event always has a JSON form.
        let mut rest = serde_json::to_string(&ChangeEventOf { event: &event, ..*self }).unwrap_or_default();
        let mut parts = Vec::new();
        for member in &members[..self.texts().count()] {
            // Inside of a text there is no such place: a quote in it has a backslash before it.
            let empty = format!(",\"{member}\":\"\"");
            let Some(at) = rest.find(&empty) else { break };
            let after = rest.split_off(at + empty.len() - 1);
            parts.push(std::mem::replace(&mut rest, after));
        }
        parts.push(rest);
        parts
    }
}
