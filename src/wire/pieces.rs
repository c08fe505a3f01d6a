//! A change in pieces: its frame, its events, and what is around the texts of one event.
//!
//! Values are long and most of them small, so that a large one is written by itself: `ChangeOf` is the shape, and the
//! pieces come to the same text (`the_pieces_of_a_change_come_to_its_json`).

use serde::{Serialize, Serializer};

use super::change::with_events;
use super::event::EventParts;
use super::page::Frame;
use crate::application::{EventValues, Happened, ShownChange, ShownEvent, ShownValue};
use crate::domain::ConfigValue;

/// A change without its events.
struct AroundEventsOf<'a>(&'a ShownChange);

/// An event of a change that a view has released.
pub(crate) struct ChangeEventOf<'a>(pub(crate) ShownEvent<'a>);

impl Serialize for AroundEventsOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        with_events(self.0, &[], serializer)
    }
}

impl Serialize for ChangeEventOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        EventParts(&self.0).serialize(serializer)
    }
}

/// The JSON around the events of a change.
pub(crate) fn around_events(change: &ShownChange) -> Frame {
    Frame::around(&AroundEventsOf(change))
}

impl ChangeEventOf<'_> {
    /// Its values that are shown, in the order in which they are written.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.values().texts()
    }

    /// The JSON around its texts: one part more than there are texts.
    pub(crate) fn around_texts(&self) -> Vec<String> {
        let EventValues { now, before } = self.0.values();
        let of_before = if self.0.happened() == Happened::Deleted { "deleted_value" } else { "old_value" };
        let emptied = EventValues { now: now.as_ref().map(emptied), before: before.as_ref().map(emptied) };
        // An event always has a JSON form.
        let mut rest = serde_json::to_string(&EventParts(&self.0.with_values(emptied))).unwrap_or_default();
        let mut parts = Vec::new();
        for (member, value) in [("value", now), (of_before, before)] {
            if value.as_ref().is_none_or(|value| value.text().is_none()) {
                continue;
            }
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

/// The same value with no text in it.
fn emptied(value: &ShownValue) -> ShownValue {
    match value {
        ShownValue::Public(_) => ShownValue::Public(ConfigValue::default()),
        ShownValue::Revealed(_) => ShownValue::Revealed(ConfigValue::default()),
        other => other.clone(),
    }
}
