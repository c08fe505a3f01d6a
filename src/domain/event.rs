//! Facts about one name.

use super::{Attributes, ConfigName, ConfigValue, Revision, Version};

/// The size of an event, and of a change, on a page without its texts, in bytes. Its other columns and members take about
/// as much, in memory and in an answer. Without it a page of short events has no bound.
pub const PAGE_OVERHEAD_BYTES: usize = 400;

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
        /// What the set says about the value: all of it, nothing is inherited.
        attributes: Attributes,
        /// The value before; none on the first set and on a set after a delete.
        old_value: Option<ConfigValue>,
        /// The revision of the first set since the name was absent; none where that is this event's own change.
        /// A log of an older schema does not say it.
        created: Option<Revision>,
    },
    /// `ConfigValueDeleted`
    Deleted {
        /// The value that was there.
        deleted_value: ConfigValue,
    },
    /// `ConfigValueShredded`: the keys of encrypted values were destroyed. It lies in a stream of its own, under
    /// `.configapi/shreds/`, so that the name's own stream holds only sets and deletes.
    Shredded {
        /// The name whose values it is about.
        of: ConfigName,
        /// The versions that nobody can read any more.
        versions: Vec<Version>,
    },
    /// Access data, which only the service itself writes and reads; never a value of the tree.
    Access {
        /// The entry from here on; none where it was removed.
        entry: Option<ConfigValue>,
    },
}

impl Event {
    /// The type's name in the contract.
    pub fn event_type(&self) -> &'static str {
        match self.fact {
            Fact::Set { .. } => "ConfigValueSet",
            Fact::Deleted { .. } => "ConfigValueDeleted",
            Fact::Shredded { .. } => "ConfigValueShredded",
            Fact::Access { .. } => "AccessChanged",
        }
    }

    /// The name that readers look for it under: a shred is about another name than that of its stream. None of access
    /// data, which is not for readers of values.
    pub fn subject(&self) -> Option<&ConfigName> {
        match &self.fact {
            Fact::Set { .. } | Fact::Deleted { .. } => Some(&self.name),
            Fact::Shredded { of, .. } => Some(of),
            Fact::Access { .. } => None,
        }
    }

    /// The value after the event.
    pub fn value(&self) -> Option<&ConfigValue> {
        match &self.fact {
            Fact::Set { value, .. } => Some(value),
            Fact::Deleted { .. } | Fact::Shredded { .. } | Fact::Access { .. } => None,
        }
    }

    /// The value before the event.
    pub fn previous(&self) -> Option<&ConfigValue> {
        match &self.fact {
            Fact::Set { old_value, .. } => old_value.as_ref(),
            Fact::Deleted { deleted_value } => Some(deleted_value),
            Fact::Shredded { .. } | Fact::Access { .. } => None,
        }
    }

    /// What the event says about its value.
    pub fn attributes(&self) -> &Attributes {
        match &self.fact {
            Fact::Set { attributes, .. } => attributes,
            Fact::Deleted { .. } | Fact::Shredded { .. } | Fact::Access { .. } => &Attributes::NONE,
        }
    }

    /// The size of an event wherever sizes are limited: the bytes of its name, and of the value that it sets or the
    /// entry that it makes. The value before it does not count: it is stored with another event.
    pub fn bytes(&self) -> usize {
        let text = match &self.fact {
            Fact::Set { value, .. } => Some(value),
            Fact::Access { entry } => entry.as_ref(),
            Fact::Deleted { .. } | Fact::Shredded { .. } => None,
        };
        self.name.as_str().len() + text.map_or(0, |text| text.as_str().len())
    }

    /// Its size on a page of changes: its texts, the value before it, which is shown with it, and
    /// [`PAGE_OVERHEAD_BYTES`].
    pub fn page_bytes(&self) -> usize {
        let previous = self.previous().map_or(0, |value| value.as_str().len());
        self.bytes() + previous + PAGE_OVERHEAD_BYTES
    }
}
