//! The versions whose values were destroyed, of the whole log, in memory: every read asks for them.
//!
//! They are few. They are loaded from the streams under `.configapi/shreds/` when the log is opened, and each shred that is
//! applied is added before anybody sees its change.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;

use crate::domain::{ConfigName, Fact, Prefix, Revision, Shreds, Version};
use crate::infrastructure::store::{EventStore, HistoryPage, Order, PageLimit, StoreError, TreePage};

/// Where the streams of shreds are.
pub(in crate::application) const SHREDS_PREFIX: &str = ".configapi/shreds/";
/// Streams that are read at a time.
const PAGE: PageLimit = PageLimit { rows: 1_000, bytes: 8 << 20 };

/// The versions that were shredded, by name.
#[derive(Default)]
pub(in crate::application) struct Shredded {
    names: RwLock<HashMap<ConfigName, OfName>>,
    /// Most logs have no shred: then nothing is locked.
    has_any: AtomicBool,
}

/// The shreds of one name.
#[derive(Default)]
struct OfName {
    versions: BTreeSet<Version>,
    /// Where they are in the log, in its order.
    places: Vec<(Revision, ConfigName)>,
}

impl Shredded {
    /// Reads all shreds of a log in the place of those that are known. Whether there are any.
    pub(super) fn load(&self, store: &dyn EventStore) -> Result<bool, StoreError> {
        let at = store.head()?.revision;
        let prefix =
            Prefix::parse(SHREDS_PREFIX).map_err(|error| StoreError::Unexpected(error.to_string()))?;
        let mut found: HashMap<ConfigName, OfName> = HashMap::new();
        let mut after: Option<ConfigName> = None;
        loop {
            let page =
                store.tree_page(&TreePage { at, prefix: &prefix, after: after.as_ref(), limit: PAGE })?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            for (stream, _) in &page {
                for (of, versions, revision) in shreds_of(store, stream, at)? {
                    let known = found.entry(of).or_default();
                    known.versions.extend(versions);
                    known.places.push((revision, stream.clone()));
                }
            }
        }
        for known in found.values_mut() {
            known.places.sort_unstable();
        }
        let has_any = !found.is_empty();
        *self.names.write() = found;
        self.has_any.store(has_any, Ordering::Release);
        Ok(has_any)
    }

    /// Adds the versions of a shred.
    pub(super) fn add(&self, of: &ConfigName, versions: &[Version], revision: Revision, stream: &ConfigName) {
        let mut names = self.names.write();
        let known = names.entry(of.clone()).or_default();
        known.versions.extend(versions);
        // Known already, where it was loaded from a log that was further on.
        if known.places.last().is_none_or(|(last, _)| *last < revision) {
            known.places.push((revision, stream.clone()));
        }
        drop(names);
        self.has_any.store(true, Ordering::Release);
    }

    /// Whether a version was shredded.
    pub(super) fn covers(&self, name: &ConfigName, version: Version) -> bool {
        self.has_any.load(Ordering::Acquire)
            && self.names.read().get(name).is_some_and(|known| known.versions.contains(&version))
    }

    /// The shreds of a name up to a revision, in the order of the log.
    pub(super) fn of(&self, name: &ConfigName, at: Revision) -> Vec<(Revision, ConfigName)> {
        if !self.has_any.load(Ordering::Acquire) {
            return Vec::new();
        }
        let names = self.names.read();
        let places = names.get(name).into_iter().flat_map(|known| &known.places);
        places.filter(|(revision, _)| *revision <= at).cloned().collect()
    }
}

impl Shreds for Shredded {
    fn has(&self, name: &ConfigName, version: Version) -> bool {
        self.covers(name, version)
    }
}

fn shreds_of(
    store: &dyn EventStore,
    stream: &ConfigName,
    at: Revision,
) -> Result<Vec<(ConfigName, Vec<Version>, Revision)>, StoreError> {
    let mut found = Vec::new();
    let mut page = HistoryPage { order: Order::OldestFirst, after: None, at, limit: PAGE };
    loop {
        let events = store.history(stream, &page)?;
        let Some(last) = events.last() else { return Ok(found) };
        page.after = Some(last.event.version);
        for recorded in events {
            if let Fact::Shredded { of, versions } = recorded.event.fact {
                found.push((of, versions, recorded.revision));
            }
        }
    }
}
