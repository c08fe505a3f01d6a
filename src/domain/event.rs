//! Facts about one name.

use super::{Attributes, ConfigName, ConfigValue, Revision, Secrecy, Value, Version};

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
        value: Value,
        /// What the set says about the value: all of it. Its secrecy was inherited when it was decided.
        attributes: Attributes,
        /// The value before; none on the first set and on a set after a delete.
        old_value: Option<Value>,
        /// The statement of that value about its secrecy.
        old_secrecy: Option<Secrecy>,
        /// The revision of the first set since the name was absent; none where that is this event's own change.
        /// A log of an older schema does not say it.
        created: Option<Revision>,
    },
    /// `ConfigValueDeleted`
    Deleted {
        /// The value that was there.
        deleted_value: Value,
        /// The statement of that value about its secrecy, which a later set takes over; nothing else.
        attributes: Attributes,
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
    pub fn value(&self) -> Option<&Value> {
        match &self.fact {
            Fact::Set { value, .. } => Some(value),
            Fact::Deleted { .. } | Fact::Shredded { .. } | Fact::Access { .. } => None,
        }
    }

    /// The value before the event.
    pub fn previous(&self) -> Option<&Value> {
        match &self.fact {
            Fact::Set { old_value, .. } => old_value.as_ref(),
            Fact::Deleted { deleted_value, .. } => Some(deleted_value),
            Fact::Shredded { .. } | Fact::Access { .. } => None,
        }
    }

    /// The statement of the value before the event about its secrecy.
    pub fn previous_secrecy(&self) -> Option<Secrecy> {
        match &self.fact {
            Fact::Set { old_secrecy, .. } => *old_secrecy,
            Fact::Deleted { attributes, .. } => attributes.secrecy(),
            Fact::Shredded { .. } | Fact::Access { .. } => None,
        }
    }

    /// What the event says about its value; of a delete, about the value that was there.
    pub fn attributes(&self) -> &Attributes {
        match &self.fact {
            Fact::Set { attributes, .. } | Fact::Deleted { attributes, .. } => attributes,
            Fact::Shredded { .. } | Fact::Access { .. } => &Attributes::NONE,
        }
    }

    /// The size of an event wherever sizes are limited: the bytes of its name, and of the value that it sets or the
    /// entry that it makes. The value before it does not count: it is stored with another event.
    pub fn bytes(&self) -> usize {
        let content = match &self.fact {
            Fact::Set { value, .. } => value.stored_bytes(),
            Fact::Access { entry } => entry.as_ref().map_or(0, |entry| entry.as_str().len()),
            Fact::Deleted { .. } | Fact::Shredded { .. } => 0,
        };
        self.name.as_str().len() + content
    }

    /// Its size on a page of changes: its texts, the value before it, which is shown with it, and
    /// [`PAGE_OVERHEAD_BYTES`].
    pub fn page_bytes(&self) -> usize {
        let previous = self.previous().map_or(0, Value::stored_bytes);
        self.bytes() + previous + PAGE_OVERHEAD_BYTES
    }
}
