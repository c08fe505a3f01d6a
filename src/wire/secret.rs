//! The members of a value that may be a secret, of items and of events: its text or null, and why it is null.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::application::ShownValue;

/// The names of a value's members in a shape.
pub(super) struct ValueMembers {
    pub(super) value: &'static str,
    pub(super) secret: &'static str,
    pub(super) masked: &'static str,
    pub(super) fingerprint: &'static str,
    pub(super) shredded: &'static str,
}

/// Of the value itself.
pub(super) const VALUE: ValueMembers = ValueMembers {
    value: "value",
    secret: "secret",
    masked: "masked",
    fingerprint: "fingerprint",
    shredded: "shredded",
};
/// Of the value before.
pub(super) const OLD_VALUE: ValueMembers = ValueMembers {
    value: "old_value",
    secret: "old_secret",
    masked: "old_masked",
    fingerprint: "old_fingerprint",
    shredded: "old_shredded",
};
/// Of the value that was deleted.
pub(super) const DELETED_VALUE: ValueMembers = ValueMembers { value: "deleted_value", ..VALUE };

/// Writes a value, which is null where there is none or where it is not shown.
pub(super) fn put_value<S: SerializeStruct>(
    shape: &mut S,
    members: &ValueMembers,
    value: Option<&ShownValue>,
) -> Result<(), S::Error> {
    shape.serialize_field(members.value, &value.and_then(ShownValue::text))?;
    let Some(value) = value.filter(|value| value.is_secret()) else { return Ok(()) };
    shape.serialize_field(members.secret, &true)?;
    match value {
        ShownValue::Masked(fingerprint) => {
            shape.serialize_field(members.masked, &true)?;
            shape.serialize_field(members.fingerprint, &fingerprint.as_ref().map(Text))
        }
        ShownValue::Shredded => shape.serialize_field(members.shredded, &true),
        ShownValue::Public(_) | ShownValue::Revealed(_) => Ok(()),
    }
}

/// Anything as its text.
struct Text<T>(T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
