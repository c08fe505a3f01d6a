//! A change as watchers share it, with its encoding in pieces.
//!
//! The encoding of a change can be much larger than the change: a character of a value may take six bytes. So it is made in
//! pieces, as watchers take them, and a watcher holds a [`Mark`] alone. The first piece, which is all of most changes, is
//! kept with the change, and of the later ones the newest: watchers are mostly at the same place. The ring counts them. A
//! watcher that is somewhere else has its piece made again. A large change that is read from the log is held once, too, however many
//! watchers read it. The callers make the pieces.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;

use crate::domain::{Change, Event, Place};
use crate::infrastructure::store::{Hash, SealedChange};

/// The pieces of a change that are kept, in bytes: all of nearly all changes, and some watchers' reach of a large one.
const KEPT_BYTES_MAX: usize = 1 << 20;
/// About what the encoding of an event has beyond its texts and metadata, in bytes.
const EVENT_FRAME_BYTES: usize = 448;
/// A change of more bytes than this is held once, also where many watchers read it from the log.
const SHARED_BYTES_MIN: usize = 1 << 20;

/// A change as watchers share it.
#[derive(Debug)]
pub struct Published {
    /// The change.
    pub change: Change,
    /// Its hash: with its revision, the change's place in this log and in no other.
    pub hash: Hash,
    /// Its encoding for watchers who may see all of it.
    pub encoding: Pieces,
}

/// A place in the encoding of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The event that comes next.
    pub event: usize,
    /// The text of that event that comes next.
    pub text: usize,
    /// The bytes of that text that were encoded before.
    pub offset: usize,
}

/// A piece of an encoding.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The encoded bytes.
    pub bytes: Arc<[u8]>,
    /// Where the next piece begins; none after the last one.
    pub next: Option<Mark>,
}

/// The pieces of one encoding that are in memory.
#[derive(Debug)]
pub struct Pieces {
    /// Found without a lock: most changes have one piece.
    first: OnceLock<Piece>,
    later: Mutex<Later>,
    kept_bytes_max: usize,
}

/// The newest of the later pieces, in the order in which they were made.
#[derive(Debug, Default)]
struct Later {
    pieces: VecDeque<(Mark, Piece)>,
    bytes: usize,
}

impl Published {
    /// A stored change that no watcher has seen yet.
    pub fn new(sealed: SealedChange) -> Arc<Self> {
        let encoding = Pieces::new(kept_bytes(&sealed.change));
        Arc::new(Self { change: sealed.change, hash: sealed.hash, encoding })
    }

    /// The change's place in the log.
    pub fn place(&self) -> Place {
        Place::new(self.change.revision, self.hash.short())
    }

    /// About what it holds in memory, with the pieces that are kept.
    pub(super) fn bytes(&self) -> usize {
        change_bytes(&self.change) + self.encoding.kept_bytes_max
    }
}

impl Pieces {
    fn new(kept_bytes_max: usize) -> Self {
        Self { first: OnceLock::new(), later: Mutex::default(), kept_bytes_max }
    }

    /// The piece at a mark: kept since a watcher was there, or made now.
    pub fn get_or_make(&self, at: Mark, make: impl FnOnce() -> Piece) -> Piece {
        if at == Mark::default() {
            if let Some(first) = self.first.get() {
                return first.clone();
            }
            let first = make();
            // A piece that is longer than the ring has counted is not kept.
            let fits = first.bytes.len() <= self.kept_bytes_max;
            return if fits { self.first.get_or_init(|| first).clone() } else { first };
        }
        // Made under the lock, so that it is made once; a piece is short.
        let mut later = self.later.lock();
        if let Some((_, piece)) = later.pieces.iter().rev().find(|(kept, _)| *kept == at) {
            return piece.clone();
        }
        let piece = make();
        let first_bytes = self.first.get().map_or(0, |first| first.bytes.len());
        later.keep(at, piece.clone(), self.kept_bytes_max.saturating_sub(first_bytes));
        piece
    }
}

impl Later {
    fn keep(&mut self, at: Mark, piece: Piece, bytes_max: usize) {
        self.bytes += piece.bytes.len();
        self.pieces.push_back((at, piece));
        while self.bytes > bytes_max {
            let Some((_, oldest)) = self.pieces.pop_front() else { return };
            self.bytes -= oldest.bytes.len();
        }
    }
}

/// Large changes that watchers read from the log, for as long as one of them holds them.
#[derive(Debug, Default)]
pub(super) struct Shared(Mutex<BTreeMap<Place, Weak<Published>>>);

impl Shared {
    /// A change that was read, or the same one that is held already.
    pub(super) fn hold(&self, sealed: SealedChange) -> Arc<Published> {
        let published = Published::new(sealed);
        if change_bytes(&published.change) < SHARED_BYTES_MIN {
            return published;
        }
        let mut held = self.0.lock();
        if let Some(held) = held.get(&published.place()).and_then(Weak::upgrade) {
            return held;
        }
        held.retain(|_, published| published.strong_count() > 0);
        held.insert(published.place(), Arc::downgrade(&published));
        published
    }
}

/// About what a change holds in memory.
fn change_bytes(change: &Change) -> usize {
    let event = |event: &Event| texts_bytes(event) + size_of_val(event);
    change.events.iter().map(event).sum::<usize>() + change.metadata.bytes()
}

/// The most that is kept of its pieces: twice its texts, for what is escaped in them, and what is around them.
fn kept_bytes(change: &Change) -> usize {
    let metadata = change.metadata.bytes();
    let bytes = change.events.iter().map(|event| 2 * (texts_bytes(event) + metadata) + EVENT_FRAME_BYTES);
    let bytes = bytes.fold(EVENT_FRAME_BYTES, usize::saturating_add);
    bytes.min(KEPT_BYTES_MAX)
}

fn texts_bytes(event: &Event) -> usize {
    event.bytes() + event.previous().map_or(0, crate::domain::Value::stored_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Attributes, Config, ConfigName, ConfigValue, Metadata, Revision, Timestamp};
    use crate::infrastructure::store::seal;

    fn sealed(value: &str) -> SealedChange {
        let value = ConfigValue::from_log(value).unwrap();
        let events = vec![Config::never().set(&ConfigName::parse("a").unwrap(), value, Attributes::NONE)];
        let (instant, metadata) = (Timestamp::from_micros(0), Metadata::of("ada"));
        let change = Change { revision: Revision::new(1), instant, metadata, idempotency: None, events };
        seal(Hash([0; 32]), change, [0; 16])
    }

    fn piece(length: usize, next: Option<Mark>) -> Piece {
        Piece { bytes: vec![b'x'; length].into(), next }
    }

    #[test]
    fn the_first_piece_and_the_newest_ones_are_kept_as_far_as_they_are_counted() {
        let published = Published::new(sealed(&"x".repeat(20_000)));
        let made = |event, length| {
            let at = Mark { event, ..Mark::default() };
            published.encoding.get_or_make(at, || piece(length, None)).bytes.len()
        };
        assert_eq!((made(0, 20_000), made(0, 7)), (20_000, 20_000));
        assert_eq!([made(1, 9_000), made(2, 9_000), made(1, 7), made(2, 7)], [9_000; 4]);
        // One more than may be kept: the oldest goes.
        assert_eq!((made(3, 9_000), made(2, 7), made(3, 7)), (9_000, 9_000, 9_000));
        assert_eq!((made(1, 8), made(0, 7)), (8, 20_000));
        assert!(published.bytes() < 63_000, "{}", published.bytes());
    }

    #[test]
    fn a_piece_that_is_longer_than_was_counted_is_not_kept() {
        let published = Published::new(sealed("value"));
        for event in [0, 1] {
            let at = Mark { event, ..Mark::default() };
            let made = |length| published.encoding.get_or_make(at, || piece(length, None)).bytes.len();
            assert_eq!((made(100_000), made(7)), (100_000, 7));
        }
        assert!(published.bytes() < 3_000, "{}", published.bytes());
        let large = Published::new(sealed(&"x".repeat(4 << 20)));
        assert!(large.bytes() < (6 << 20), "{}", large.bytes());
    }

    #[test]
    fn a_large_change_that_is_read_twice_is_held_once() {
        let shared = Shared::default();
        let large = "x".repeat(1 << 20);
        let (one, two) = (shared.hold(sealed(&large)), shared.hold(sealed(&large)));
        assert!(Arc::ptr_eq(&one, &two));
        let (one, two) = (shared.hold(sealed("x")), shared.hold(sealed("x")));
        assert!(!Arc::ptr_eq(&one, &two));
    }
}
