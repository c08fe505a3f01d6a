//! The tree of now, in memory: what reads are answered from.
//!
//! One `Arc<RwLock<BTreeMap>>` and the checkpoint of the last change applied. There is one door in,
//! [`Projection::apply`], and only the log thread goes through it; readers clone what they need under a short
//! read lock. A change becomes visible whole: `a_reader_never_sees_half_a_change`. Deleted names stay, so
//! that their versions go on and a second delete can be told from a name that never was.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use parking_lot::{RwLock, RwLockReadGuard};

use crate::domain::{Config, ConfigName, Place, Prefix, Revision, ShortHash, Tree};
use crate::infrastructure::store::SealedChange;

/// Every name that ever was with its state.
pub type Configs = BTreeMap<ConfigName, Arc<Config>>;

/// The tree at a checkpoint. Clones share it.
#[derive(Clone, Debug)]
pub struct Projection {
    configs: Arc<RwLock<Configs>>,
    // Written only while the map's write lock is held, so that a reader with the lock sees both as one.
    checkpoint: Arc<AtomicU64>,
    hash: Arc<AtomicU32>,
}

/// Something with the revision of the state that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The revision of the state.
    pub revision: Revision,
    /// What was found there.
    pub found: T,
}

/// Names with their present values, and the newest place among them, deletes counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The place of the tree that it was read from.
    pub place: Place,
    /// Names that have a value, sorted by their bytes.
    pub items: Vec<(ConfigName, Arc<Config>)>,
    /// The newest place of any name under the prefix; the start where nothing ever was.
    pub newest: Place,
}

impl Projection {
    /// A tree as it was rebuilt from the log.
    pub fn new(configs: Configs, checkpoint: Place) -> Self {
        let ShortHash(hash) = checkpoint.hash();
        let hash = Arc::new(AtomicU32::new(u32::from_be_bytes(hash)));
        let checkpoint = Arc::new(AtomicU64::new(checkpoint.revision().get()));
        Self { configs: Arc::new(RwLock::new(configs)), checkpoint, hash }
    }

    /// A second tree that does not follow this one; values are shared.
    #[must_use]
    pub fn frozen(&self) -> Self {
        let configs = self.configs.read();
        Self::new(configs.clone(), self.place())
    }

    /// Applies changes in revision order: the one door.
    pub fn apply<'a>(&self, changes: impl IntoIterator<Item = &'a SealedChange>) {
        // Made outside the lock: what readers wait for is only the map's own update.
        let changes: Vec<_> =
            changes.into_iter().map(|sealed| (sealed.place(), states_after(sealed))).collect();
        let mut configs = self.configs.write();
        for (place, states) in changes {
            configs.extend(states);
            self.move_to(place);
        }
    }

    /// Takes another log's tree in place of this one, after the log was rewound or exchanged.
    pub fn replace(&self, configs: Configs, checkpoint: Place) {
        let mut held = self.configs.write();
        *held = configs;
        self.move_to(checkpoint);
    }

    /// Only under the map's write lock.
    fn move_to(&self, place: Place) {
        let ShortHash(hash) = place.hash();
        self.hash.store(u32::from_be_bytes(hash), Ordering::Release);
        self.checkpoint.store(place.revision().get(), Ordering::Release);
    }

    /// Only under one of the map's locks.
    fn place(&self) -> Place {
        Place::new(self.checkpoint(), ShortHash(self.hash.load(Ordering::Acquire).to_be_bytes()))
    }

    /// The last revision applied.
    pub fn checkpoint(&self) -> Revision {
        Revision::new(self.checkpoint.load(Ordering::Acquire))
    }

    /// One name's state, deleted or not; `None` if it never was.
    pub fn config(&self, name: &ConfigName) -> At<Option<Arc<Config>>> {
        self.read(|configs| configs.get(name).cloned())
    }

    /// The names under a prefix that sort after `after` and have a value, `limit` at most.
    pub fn list(&self, prefix: &Prefix, after: Option<&ConfigName>, limit: usize) -> At<Listing> {
        self.list_visible(prefix, after, limit, |_| true)
    }

    /// The same as if only these names were there.
    pub fn list_visible(
        &self,
        prefix: &Prefix,
        after: Option<&ConfigName>,
        limit: usize,
        is_visible: impl Fn(&ConfigName) -> bool,
    ) -> At<Listing> {
        self.read(|configs| list(configs, self.place(), prefix, after, limit, is_visible))
    }

    /// A slice of a walk: the names under a prefix that sort after `after` and have a value, `limit` at most.
    pub fn present_after(
        &self,
        prefix: &Prefix,
        after: Option<&ConfigName>,
        limit: usize,
    ) -> Vec<(ConfigName, Arc<Config>)> {
        let start = match after {
            Some(after) if after.as_str() >= prefix.as_str() => Bound::Excluded(after.as_str()),
            _ => Bound::Included(prefix.as_str()),
        };
        let configs = self.configs.read();
        let under =
            configs.range::<str, _>((start, Bound::Unbounded)).take_while(|(name, _)| prefix.covers(name));
        let present = under.filter(|(_, config)| config.value.is_some());
        present.take(limit).map(|(name, config)| (name.clone(), Arc::clone(config))).collect()
    }

    fn read<T>(&self, look: impl FnOnce(&Configs) -> T) -> At<T> {
        let configs: RwLockReadGuard<'_, Configs> = self.configs.read();
        At { revision: self.checkpoint(), found: look(&configs) }
    }
}

impl Tree for Projection {
    fn config(&self, name: &ConfigName) -> Option<Arc<Config>> {
        self.config(name).found
    }
}

fn states_after(SealedChange { change, hash, .. }: &SealedChange) -> Vec<(ConfigName, Arc<Config>)> {
    let state = |event| Arc::new(Config::apply(event, change, hash.short()));
    change.events.iter().map(|event| (event.name.clone(), state(event))).collect()
}

fn list(
    configs: &Configs,
    place: Place,
    prefix: &Prefix,
    after: Option<&ConfigName>,
    limit: usize,
    is_visible: impl Fn(&ConfigName) -> bool,
) -> Listing {
    let start = Bound::Included(prefix.as_str());
    let under = || {
        let range = configs.range::<str, _>((start, Bound::Unbounded));
        range.take_while(|(name, _)| prefix.covers(name)).filter(|(name, _)| is_visible(name))
    };
    let newest = under().map(|(_, config)| config.place()).max().unwrap_or_default();
    let past = |name: &ConfigName| after.is_none_or(|after| name > after);
    let present = under().filter(|(name, config)| config.value.is_some() && past(name));
    let items = present.take(limit).map(|(name, config)| (name.clone(), Arc::clone(config))).collect();
    Listing { place, items, newest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Change, ConfigValue, Event, Metadata, Operation, Timestamp};
    use crate::infrastructure::store::{Hash, seal};

    fn name(text: &str) -> ConfigName {
        ConfigName::parse(text).unwrap()
    }

    fn change(projection: &Projection, revision: u64, operations: &[Operation]) -> SealedChange {
        let decide = |operation: &Operation| -> Event {
            let state =
                Tree::config(projection, &operation.name).unwrap_or_else(|| Arc::new(Config::never()));
            state.decide(operation).unwrap().unwrap()
        };
        let change = Change {
            revision: Revision::new(revision),
            instant: Timestamp::from_micros(i64::try_from(revision).unwrap()),
            metadata: Metadata::of("ada"),
            idempotency: None,
            events: operations.iter().map(decide).collect(),
        };
        seal(Hash([0; 32]), change, [0; 16])
    }

    fn set(text: &str, value: &str) -> Operation {
        Operation::set(name(text), ConfigValue::parse(value, 100).unwrap())
    }

    #[test]
    fn lists_are_sorted_by_bytes_and_leave_out_what_is_deleted() {
        let projection = Projection::new(Configs::new(), Place::START);
        let names = ["b", "a/2", "a/1", "a", "ключ", "Z"];
        projection.apply(&[change(&projection, 1, &names.map(|text| set(text, "v")))]);
        projection.apply(&[change(&projection, 2, &[Operation::delete(name("a/2"))])]);

        let listed = |prefix: &str, after: Option<&str>, limit| {
            let prefix = Prefix::parse(prefix).unwrap();
            let listing = projection.list(&prefix, after.map(name).as_ref(), limit);
            let names: Vec<_> = listing.found.items.iter().map(|(name, _)| name.to_string()).collect();
            (names.join(" "), listing.found.newest.revision().get(), listing.revision.get())
        };
        assert_eq!(listed("", None, 100), ("Z a a/1 b ключ".into(), 2, 2));
        assert_eq!(listed("a/", None, 100), ("a/1".into(), 2, 2));
        assert_eq!(listed("", Some("a"), 2), ("a/1 b".into(), 2, 2));
        assert_eq!(listed("nothing", None, 100), (String::new(), 0, 2));
    }

    #[test]
    fn a_reader_never_sees_half_a_change() {
        let projection = Projection::new(Configs::new(), Place::START);
        let reader = projection.clone();
        let watching = std::thread::Builder::new().spawn(move || {
            loop {
                let listing = reader.list(&Prefix::default(), None, usize::MAX);
                let revision = listing.revision.to_string();
                let seen: Vec<_> =
                    listing.found.items.iter().filter_map(|(_, held)| held.value.as_ref()).collect();
                assert!(seen.iter().all(|value| value.as_str() == revision), "{seen:?} at {revision}");
                if listing.revision.get() == 500 {
                    return;
                }
            }
        });
        for revision in 1..=500 {
            let operations = ["a", "b", "c"].map(|text| set(text, &revision.to_string()));
            projection.apply(&[change(&projection, revision, &operations)]);
        }
        watching.unwrap().join().unwrap();
    }

    #[test]
    fn a_frozen_tree_does_not_follow() {
        let projection = Projection::new(Configs::new(), Place::START);
        let frozen = projection.frozen();
        projection.apply(&[change(&projection, 1, &[set("a", "v")])]);
        assert_eq!(frozen.config(&name("a")), At { revision: Revision::ZERO, found: None });
    }
}
