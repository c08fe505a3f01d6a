//! The live names in chunks, so that a reader takes many of them at once.
//!
//! A chunk is shared with the lists that took it, and copied before the next write to it. A walk so takes the chunks of
//! its range under the lock, one pointer each, and looks at names after it has let go: it sees one state, and no writer
//! waits for it.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::domain::{Config, ConfigName};

/// Names in a chunk at most. A write copies a chunk that a reader holds, and a walk counts a pointer for each chunk: a
/// copy costs some microseconds, and a walk over a million names holds the lock for less than a millisecond.
pub(super) const CHUNK_NAMES_MAX: usize = if cfg!(test) { 4 } else { 128 };

/// A chunk of fewer names goes into its neighbour, where both have room.
const CHUNK_NAMES_MIN: usize = CHUNK_NAMES_MAX / 4;

/// Names with their states, sorted by their bytes.
pub(super) type Chunk = Vec<(ConfigName, Arc<Config>)>;

/// Chunks by the first name that they may hold; the first one holds whatever sorts before the second.
pub(super) type Chunks = BTreeMap<Arc<str>, Arc<Chunk>>;

/// The state of a name.
pub(super) fn get<'a>(chunks: &'a Chunks, name: &ConfigName) -> Option<&'a Arc<Config>> {
    let (_, chunk) = chunks.range::<str, _>(up_to(name)).next_back()?;
    place(chunk, name).ok().map(|at| &chunk[at].1)
}

/// Puts a name in; whether it was there before.
pub(super) fn set(chunks: &mut Chunks, name: ConfigName, config: Arc<Config>) -> bool {
    let Some((_, chunk)) = chunks.range_mut::<str, _>(up_to(&name)).next_back() else {
        chunks.insert("".into(), Arc::new(vec![(name, config)]));
        return false;
    };
    let chunk = Arc::make_mut(chunk);
    let at = match place(chunk, &name) {
        Ok(at) => {
            chunk[at].1 = config;
            return true;
        }
        Err(at) => at,
    };
    chunk.insert(at, (name, config));
    if chunk.len() > CHUNK_NAMES_MAX {
        // Names that come in order fill their chunks.
        let is_last = at + 1 == chunk.len();
        let upper = chunk.split_off(if is_last { at } else { CHUNK_NAMES_MAX / 2 });
        push(chunks, upper);
    }
    false
}

/// Puts a chunk in of which every name sorts after those of the chunk before.
pub(super) fn push(chunks: &mut Chunks, chunk: Chunk) {
    let first = chunk.first().filter(|_| !chunks.is_empty()).map_or("", |(name, _)| name.as_str());
    chunks.insert(first.into(), Arc::new(chunk));
}

/// Takes a name out; whether it was there.
pub(super) fn remove(chunks: &mut Chunks, name: &ConfigName) -> bool {
    let Some((start, chunk)) = chunks.range_mut::<str, _>(up_to(name)).next_back() else { return false };
    let Ok(at) = place(chunk, name) else { return false };
    let chunk = Arc::make_mut(chunk);
    chunk.remove(at);
    if chunk.len() < CHUNK_NAMES_MIN {
        let start = Arc::clone(start);
        join(chunks, &start);
    }
    true
}

/// Puts a chunk that has become small together with the one before it or after it.
fn join(chunks: &mut Chunks, start: &Arc<str>) {
    let before = chunks.range::<str, _>((Bound::Unbounded, Bound::Excluded(&**start))).next_back();
    let after = chunks.range::<str, _>((Bound::Excluded(&**start), Bound::Unbounded)).next();
    let pairs = [before.map(|(key, _)| (key, start)), after.map(|(key, _)| (start, key))];
    let room = |(lower, upper): &(&Arc<str>, &Arc<str>)| {
        let names = |key: &Arc<str>| chunks.get(key).map_or(0, |chunk| chunk.len());
        names(lower) + names(upper) <= CHUNK_NAMES_MAX / 2
    };
    let found = pairs.into_iter().flatten().find(room);
    let Some((lower, upper)) = found.map(|(lower, upper)| (Arc::clone(lower), Arc::clone(upper))) else {
        return;
    };
    if let Some(moved) = chunks.remove(&upper)
        && let Some(chunk) = chunks.get_mut(&lower)
    {
        Arc::make_mut(chunk).extend(moved.iter().cloned());
    }
}

/// The chunks of some names that a list holds too, by their keys.
pub(super) fn shared<'n>(
    chunks: &Chunks,
    names: impl Iterator<Item = &'n ConfigName>,
) -> BTreeMap<Arc<str>, Arc<Chunk>> {
    let mut shared = BTreeMap::new();
    for name in names {
        if let Some((start, chunk)) = chunks.range::<str, _>(up_to(name)).next_back()
            && Arc::strong_count(chunk) > 1
        {
            shared.entry(Arc::clone(start)).or_insert_with(|| Arc::clone(chunk));
        }
    }
    shared
}

/// Puts a copy of a chunk in its place, if it is still there.
pub(super) fn exchange(chunks: &mut Chunks, start: &str, chunk: &Arc<Chunk>, copy: Chunk) {
    if let Some(held) = chunks.get_mut(start).filter(|held| Arc::ptr_eq(held, chunk)) {
        *held = Arc::new(copy);
    }
}

/// The chunks from the one on that may hold `start`, until they have enough names or begin past `end`.
pub(super) fn take(chunks: &Chunks, start: &str, end: Option<&str>, enough: usize) -> Vec<Arc<Chunk>> {
    if end.is_some_and(|end| end <= start) {
        return Vec::new();
    }
    let first = chunks.range::<str, _>((Bound::Unbounded, Bound::Included(start))).next_back();
    let from = first.map_or("", |(key, _)| key);
    let to = end.map_or(Bound::Unbounded, Bound::Excluded);
    let mut taken = Vec::new();
    let mut names = 0;
    // Of the first, only names from `start` on count.
    for (_, chunk) in chunks.range::<str, _>((Bound::Included(from), to)) {
        let below =
            if taken.is_empty() { chunk.partition_point(|(name, _)| name.as_str() < start) } else { 0 };
        taken.push(Arc::clone(chunk));
        names += chunk.len() - below;
        if names >= enough {
            break;
        }
    }
    taken
}

fn up_to(name: &ConfigName) -> (Bound<&str>, Bound<&str>) {
    (Bound::Unbounded, Bound::Included(name.as_str()))
}

fn place(chunk: &Chunk, name: &ConfigName) -> Result<usize, usize> {
    chunk.binary_search_by(|(held, _)| held.cmp(name))
}
