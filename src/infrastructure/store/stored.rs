//! The forms in which events and attributes are stored and hashed, for both stores.

use std::collections::BTreeMap;

use crate::domain::{Event, Fact};

/// `events.kind` of a set.
pub(super) const KIND_SET: i16 = 1;
/// `events.kind` of a delete.
pub(super) const KIND_DELETED: i16 = 2;

/// `events.kind` of an event.
pub(super) fn kind_of(event: &Event) -> i16 {
    match event.fact {
        Fact::Set { .. } => KIND_SET,
        Fact::Deleted { .. } => KIND_DELETED,
    }
}

/// Attributes as they are stored and hashed: JSON text with sorted names, none for none.
pub(super) fn attributes_text(attributes: &BTreeMap<String, String>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let object = attributes.iter().map(|(name, value)| (name.clone(), value.clone().into()));
    Some(serde_json::Value::Object(object.collect()).to_string())
}
