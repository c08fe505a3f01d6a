//! Facts about one name.

use super::{ConfigName, ConfigValue, Revision, Version};

/// One immutable fact about one name. Its change says when, by whom and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The name that it is about.
    pub name: ConfigName,
    /// Its place in the name's stream.
    pub version: Version,
    /// The revision of the event before it in the stream; 0 for the first. No two events follow the same one.
    pub follows: Revision,
    /// What happened.
    pub fact: Fact,
}

/// What happened to a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// `ConfigValueSet`
    Set {
        /// The value from here on.
        value: ConfigValue,
        /// The value before; none on the first set and on a set after a delete.
        old_value: Option<ConfigValue>,
    },
    /// `ConfigValueDeleted`
    Deleted {
        /// The value that was there.
        deleted_value: ConfigValue,
    },
}

impl Event {
    /// The type's name in the contract: `ConfigValueSet` or `ConfigValueDeleted`.
    pub fn event_type(&self) -> &'static str {
        match self.fact {
            Fact::Set { .. } => "ConfigValueSet",
            Fact::Deleted { .. } => "ConfigValueDeleted",
        }
    }

    /// The value after the event.
    pub fn value(&self) -> Option<&ConfigValue> {
        match &self.fact {
            Fact::Set { value, .. } => Some(value),
            Fact::Deleted { .. } => None,
        }
    }

    /// The value before the event.
    pub fn previous(&self) -> Option<&ConfigValue> {
        match &self.fact {
            Fact::Set { old_value, .. } => old_value.as_ref(),
            Fact::Deleted { deleted_value } => Some(deleted_value),
        }
    }
}
