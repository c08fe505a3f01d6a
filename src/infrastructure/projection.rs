//! The tree of now, in memory: what reads are answered from.
//!
//! One `Arc<RwLock<BTreeMap>>` and the checkpoint of the last change applied. There is one door in,
//! [`Projection::apply`], and only the log thread goes through it; readers take what they need under a short
//! read lock: one value, or the `chunks` of a list, which they walk when they have let go
//! (`a_walk_that_stands_still_holds_up_neither_writes_nor_reads`). A change becomes visible whole:
//! `a_reader_never_sees_half_a_change`. Only live names are here. The log knows deleted ones, and
//! the log thread looks there before it decides; lists need of them only the newest change of each of their `folders`.

mod chunks;
mod folders;
mod range;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

use self::chunks::{CHUNK_NAMES_MAX, Chunk, Chunks};
use self::folders::{Folders, Life, Loading};
pub use self::range::Range;
use crate::domain::{Config, ConfigName, Place, Prefix, Revision, ShortHash, Tree};
use crate::infrastructure::store::SealedChange;

/// Names with their states.
pub type Configs = BTreeMap<ConfigName, Arc<Config>>;

/// The tree at a checkpoint. Clones share it.
#[derive(Clone, Debug)]
pub struct Projection {
    chunks: Arc<RwLock<Chunks>>,
    // Locked only while the map is, and these are written only under its write lock: a reader with the lock sees all as
    // one.
    folders: Arc<Mutex<Folders>>,
    live: Arc<AtomicU64>,
    checkpoint: Arc<AtomicU64>,
    hash: Arc<AtomicU32>,
}

/// The live names of a log, as they are loaded.
#[derive(Clone, Debug, Default)]
pub struct LiveNames {
    chunks: Chunks,
    folders: Folders,
    count: u64,
}

/// Makes [`LiveNames`] of the states of all names.
#[derive(Debug, Default)]
pub struct LiveNamesLoading {
    names: LiveNames,
    chunk: Chunk,
    folders: Loading,
}

/// Something with the revision of the state that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The revision of the state.
    pub revision: Revision,
    /// The result of the read.
    pub found: T,
}

/// Names with their present values, and the place of the newest change among them, deletes counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The place of the tree that it was read from.
    pub place: Place,
    /// Names that have a value, sorted by their bytes.
    pub items: Vec<(ConfigName, Arc<Config>)>,
    /// A place that is another one after each change of a name under the prefix, and never an older one. Of the tree of
    /// now: the newest change in the nearest folder that has a live name and of which the reader may see all; else
    /// the place of the tree.
    pub newest: Place,
}

/// Names of one state of the tree, to be looked through.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The names.
    pub range: Range,
    /// The tag of their list: see [`Listing::newest`].
    pub newest: Place,
    /// The place of the tree.
    pub place: Place,
}

/// Which names a reader may see.
pub trait Sight {
    /// Whether it may see this name.
    fn sees(&self, name: &ConfigName) -> bool;

    /// Whether it may see every name that begins with these bytes, whether there is one or not.
    fn sees_all(&self, prefix: &Prefix) -> bool;

    /// The place of a tree as it may see it.
    fn place_of_tree(&self, place: Place) -> Place {
        place
    }
}

/// The sight of a reader that may see everything.
#[derive(Clone, Copy, Debug)]
pub struct Everything;

impl Sight for Everything {
    fn sees(&self, _: &ConfigName) -> bool {
        true
    }

    fn sees_all(&self, _: &Prefix) -> bool {
        true
    }
}

impl LiveNamesLoading {
    /// Takes the next name in the order of their bytes, deleted or not.
    pub fn add(&mut self, name: ConfigName, config: Config) {
        let is_live = config.is_present();
        self.folders.add(&name, config.place(), is_live);
        if is_live {
            self.names.count += 1;
            self.chunk.push((name, Arc::new(config)));
        }
        if self.chunk.len() == CHUNK_NAMES_MAX {
            chunks::push(&mut self.names.chunks, std::mem::take(&mut self.chunk));
        }
    }

    /// The live names, after the last one.
    pub fn finish(mut self) -> LiveNames {
        if !self.chunk.is_empty() {
            chunks::push(&mut self.names.chunks, self.chunk);
        }
        self.names.folders = self.folders.finish();
        self.names
    }
}

impl Projection {
    /// A tree as it was rebuilt from the log.
    pub fn new(LiveNames { chunks, folders, count }: LiveNames, checkpoint: Place) -> Self {
        let ShortHash(hash) = checkpoint.hash();
        let hash = Arc::new(AtomicU32::new(u32::from_be_bytes(hash)));
        let checkpoint = Arc::new(AtomicU64::new(checkpoint.revision().get()));
        let (chunks, folders) = (Arc::new(RwLock::new(chunks)), Arc::new(Mutex::new(folders)));
        Self { chunks, folders, live: Arc::new(AtomicU64::new(count)), checkpoint, hash }
    }

    /// A second tree that does not follow this one; names and values are shared.
    #[must_use]
    pub fn frozen(&self) -> Self {
        let chunks = self.chunks.read();
        let (folders, count) = (self.folders.lock().clone(), self.live_names());
        Self::new(LiveNames { chunks: chunks.clone(), folders, count }, self.place())
    }

    /// Applies changes in revision order: the one door.
    pub fn apply<'a>(&self, changes: impl IntoIterator<Item = &'a SealedChange>) {
        // Made outside the lock: what readers wait for is only the map's own update.
        let changes: Vec<_> =
            changes.into_iter().map(|sealed| (sealed.place(), states_after(sealed))).collect();
        let names = changes.iter().flat_map(|(_, states)| states.iter().map(|(name, _)| name));
        let shared = chunks::shared(&self.chunks.read(), names);
        let copies: Vec<_> = shared
            .into_iter()
            .map(|(start, chunk)| {
                let mut copy = Vec::with_capacity(chunk.len() + 1);
                copy.extend_from_slice(&chunk);
                (start, chunk, copy)
            })
            .collect();
        let mut chunks = self.chunks.write();
        for (start, chunk, copy) in copies {
            chunks::exchange(&mut chunks, &start, &chunk, copy);
        }
        let mut folders = self.folders.lock();
        let mut live = self.live_names();
        for (place, states) in changes {
            for (name, config) in states {
                let became = life_after(&mut chunks, &name, config);
                folders.note(&name, place, became);
                match became {
                    Life::Begins => live += 1,
                    Life::Ends => live -= 1,
                    Life::Lives | Life::Absent => {}
                }
            }
            self.live.store(live, Ordering::Release);
            self.move_to(place);
        }
    }

    /// Takes another log's tree in place of this one, after the log was rewound or exchanged.
    pub fn replace(&self, names: LiveNames, checkpoint: Place) {
        let mut chunks = self.chunks.write();
        *chunks = names.chunks;
        *self.folders.lock() = names.folders;
        self.live.store(names.count, Ordering::Release);
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

    /// How many names have a value.
    pub fn live_names(&self) -> u64 {
        self.live.load(Ordering::Acquire)
    }

    /// One name's state; `None` if it has no value.
    pub fn config(&self, name: &ConfigName) -> At<Option<Arc<Config>>> {
        let chunks = self.chunks.read();
        At { revision: self.checkpoint(), found: chunks::get(&chunks, name).cloned() }
    }

    /// Those of some names that have no value, `limit` at most.
    pub fn without_value<'n>(
        &self,
        names: impl Iterator<Item = &'n ConfigName>,
        limit: usize,
    ) -> Vec<&'n ConfigName> {
        let chunks = self.chunks.read();
        names.filter(|name| chunks::get(&chunks, name).is_none()).take(limit).collect()
    }

    /// The names under a prefix that sort after `after` and have a value, `limit` at most.
    pub fn list(&self, prefix: &Prefix, after: Option<&ConfigName>, limit: usize) -> At<Listing> {
        self.list_visible(prefix, after, limit, &Everything)
    }

    /// The same as if only the names were there that a reader may see.
    pub fn list_visible(
        &self,
        prefix: &Prefix,
        after: Option<&ConfigName>,
        limit: usize,
        sight: &impl Sight,
    ) -> At<Listing> {
        let sees_all = sight.sees_all(prefix);
        // Where names are hidden, it is not known how many it takes.
        let enough = if sees_all { limit } else { usize::MAX };
        let Taken { mut range, newest, place } = self.take(prefix, after, enough, sight);
        let mut items = Vec::new();
        while items.len() < limit
            && let Some((name, config)) = range.advance()
        {
            if sees_all || sight.sees(name) {
                items.push((name.clone(), Arc::clone(config)));
            }
        }
        At { revision: place.revision(), found: Listing { place, items, newest } }
    }

    /// Takes the names under a prefix that sort after `after`, hidden ones included: as many as are enough, or more.
    pub fn take(
        &self,
        prefix: &Prefix,
        after: Option<&ConfigName>,
        enough: usize,
        sight: &impl Sight,
    ) -> Taken {
        let start = after.map_or("", ConfigName::as_str).max(prefix.as_str());
        // One more, as `after` itself may be there.
        let enough = enough.saturating_add(1);
        let (chunks, nearest, place) = {
            let chunks = self.chunks.read();
            let taken = chunks::take(&chunks, start, prefix.end().as_deref(), enough);
            (taken, self.folders.lock().nearest(prefix.as_str()), self.place())
        };
        let newest = match nearest {
            Some((folder, newest)) if Prefix::parse(folder).is_ok_and(|folder| sight.sees_all(&folder)) => {
                newest
            }
            _ => sight.place_of_tree(place),
        };
        Taken { range: Range::new(chunks, prefix, after), newest, place }
    }

    /// A slice of a walk: the names under a prefix that sort after `after` and have a value, `limit` at most.
    pub fn present_after(
        &self,
        prefix: &Prefix,
        after: Option<&ConfigName>,
        limit: usize,
    ) -> Vec<(ConfigName, Arc<Config>)> {
        self.list(prefix, after, limit).found.items
    }
}

impl Tree for Projection {
    /// Nothing for a name without a value: what was deleted is not here.
    fn config(&self, name: &ConfigName) -> Option<Arc<Config>> {
        self.config(name).found
    }
}

fn life_after(chunks: &mut Chunks, name: &ConfigName, config: Arc<Config>) -> Life {
    let is_live = config.is_present();
    let was_live =
        if is_live { chunks::set(chunks, name.clone(), config) } else { chunks::remove(chunks, name) };
    match (was_live, is_live) {
        (true, true) => Life::Lives,
        (false, true) => Life::Begins,
        (true, false) => Life::Ends,
        (false, false) => Life::Absent,
    }
}

fn states_after(SealedChange { change, hash, .. }: &SealedChange) -> Vec<(ConfigName, Arc<Config>)> {
    let state = |event| Arc::new(Config::apply(event, change, hash.short()));
    change.events.iter().map(|event| (event.name.clone(), state(event))).collect()
}
