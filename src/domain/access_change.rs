//! Changes of access data: the tokens, the policy and the schemas of a log.

use std::collections::BTreeMap;

use super::tree::state;
use super::{ConfigName, ConfigValue, Event, Revision, Tree};

/// Entries of access data to write, or to remove where they have no text. They were decided on the access data at a
/// revision, and hold for no other.
#[derive(Clone, Debug)]
pub struct AccessChange {
    /// The revision of the access data that it was decided on.
    pub based_on: Revision,
    /// Each name at most once.
    pub entries: BTreeMap<ConfigName, Option<ConfigValue>>,
}

impl AccessChange {
    /// About how much memory it holds, in bytes, without itself.
    pub(super) fn heap_bytes(&self) -> usize {
        let bytes = |entry: &Option<ConfigValue>| entry.as_ref().map_or(0, |text| text.as_str().len());
        self.entries.iter().map(|(name, entry)| name.as_str().len() + bytes(entry)).sum()
    }

    pub(super) fn decide(&self, tree: &dyn Tree) -> Vec<Event> {
        let event = |(name, entry): (&ConfigName, &Option<ConfigValue>)| {
            state(tree, name).access(name, entry.clone())
        };
        self.entries.iter().map(event).collect()
    }
}
