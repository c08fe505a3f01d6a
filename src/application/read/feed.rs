//! The newest changes in memory, and the bell that rings when there are more.
//!
//! The log thread publishes a change here after it has applied it; long polls, streams and waits for a revision look
//! here. Changes that are older than the ring are read from the store by the watcher's cursor. So no watcher needs a
//! queue of its own, and a slow one costs nothing. Each change has the [pieces](super::published) of its encoding,
//! which all watchers share.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::{Condvar, Mutex, RwLock};

pub(in crate::application) use super::published::Published;
use super::published::Shared;
use super::time_travel::{is_in, place_of};
use crate::application::error::Error;
use crate::domain::{ConfigName, GivenPlace, Place, Revision, Timestamp};
use crate::infrastructure::store::{EventStore, Head, SealedChange};

/// The changes in the ring after a revision.
#[derive(Debug)]
pub enum Recent {
    /// The next changes, oldest first.
    Changes(Vec<Arc<Published>>),
    /// Nothing yet.
    UpToDate,
    /// The ring begins later: read the store.
    Older,
    /// The revision is beyond the head.
    Beyond,
    /// This is a place of another log, or of a part of this one that was rewound.
    Elsewhere,
}

type Bell = Box<dyn Fn() + Send + Sync>;

/// The ring and the bell.
pub(in crate::application) struct Feed {
    ring: RwLock<Ring>,
    head: AtomicU64,
    head_instant_us: AtomicI64,
    bells: RwLock<Vec<Bell>>,
    /// Where the last reset began, until the audit has heard of it.
    rewound: Mutex<Option<Revision>>,
    /// Large changes read from the log, where the ring does not reach back.
    older: Shared,
    // For callers that block; connection threads are woken by their bells.
    waiting: Mutex<()>,
    advanced: Condvar,
}

struct Ring {
    /// The place before its first change.
    before: Place,
    changes: VecDeque<Arc<Published>>,
    bytes: usize,
    changes_max: usize,
    bytes_max: usize,
}

impl Feed {
    /// An empty ring after `head`.
    pub(in crate::application) fn new(head: &Head, changes_max: usize, bytes_max: usize) -> Self {
        let ring = Ring { before: head.place(), changes: VecDeque::new(), bytes: 0, changes_max, bytes_max };
        Self {
            ring: RwLock::new(ring),
            head: AtomicU64::new(head.revision.get()),
            head_instant_us: AtomicI64::new(head.instant.as_micros()),
            bells: RwLock::new(Vec::new()),
            rewound: Mutex::new(None),
            older: Shared::default(),
            waiting: Mutex::new(()),
            advanced: Condvar::new(),
        }
    }

    /// The last change applied to the tree at the head of the log.
    pub(in crate::application) fn head(&self) -> Revision {
        Revision::new(self.head.load(Ordering::Acquire))
    }

    /// The instant of that change.
    pub(in crate::application) fn head_instant(&self) -> Timestamp {
        Timestamp::from_micros(self.head_instant_us.load(Ordering::Acquire))
    }

    /// Calls `bell` after each batch and after each reset; it must be quick and must not block.
    pub(in crate::application) fn on_advance(&self, bell: Bell) {
        self.bells.write().push(bell);
    }

    /// Takes in applied changes, in order, and rings.
    pub(in crate::application) fn publish(&self, changes: Vec<Arc<Published>>) {
        let Some(last) = changes.last().map(Arc::clone) else { return };
        let mut ring = self.ring.write();
        for published in changes {
            ring.push(published);
        }
        self.advance(last.change.revision, last.change.instant);
        drop(ring);
        self.ring_bells();
    }

    /// Forgets everything: another log begins at `head`.
    pub(in crate::application) fn reset(&self, head: &Head) {
        let mut ring = self.ring.write();
        ring.before = head.place();
        ring.changes.clear();
        ring.bytes = 0;
        *self.rewound.lock() = Some(head.revision);
        self.advance(head.revision, head.instant);
        drop(ring);
        self.ring_bells();
    }

    /// Where another log has begun since this was last asked.
    pub(in crate::application) fn take_rewound(&self) -> Option<Revision> {
        self.rewound.lock().take()
    }

    /// The place of the head.
    pub(in crate::application) fn head_place(&self) -> Place {
        self.ring.read().head()
    }

    /// The same place with its hash, if the ring knows it.
    pub(in crate::application) fn anchored(&self, given: GivenPlace) -> GivenPlace {
        let known = self.ring.read().place_of(given.revision).filter(|_| given.hash.is_none());
        known.map_or(given, GivenPlace::from)
    }

    /// The next changes after a place, `limit` at most.
    pub(in crate::application) fn after(&self, given: GivenPlace, limit: usize) -> Recent {
        let ring = self.ring.read();
        let head = ring.head();
        if given.revision > head.revision() {
            // A place that was in the log is beyond its head only after the log was rewound.
            return if given.hash.is_some() { Recent::Elsewhere } else { Recent::Beyond };
        }
        match ring.place_of(given.revision) {
            None => Recent::Older,
            Some(place) if !given.is(place) => Recent::Elsewhere,
            Some(place) if place == head => Recent::UpToDate,
            Some(_) => {
                let skip = ring.index_after(given.revision);
                Recent::Changes(ring.changes.iter().skip(skip).take(limit).cloned().collect())
            }
        }
    }

    /// A change that was read from the log, for watchers.
    pub(in crate::application) fn older(&self, sealed: SealedChange) -> Arc<Published> {
        self.older.hold(sealed)
    }

    /// Blocks until the head is at `revision` or the deadline has passed; whether it is.
    pub(in crate::application) fn wait_for(&self, revision: Revision, deadline: Instant) -> bool {
        let mut waiting = self.waiting.lock();
        while self.head() < revision {
            if self.advanced.wait_until(&mut waiting, deadline).timed_out() {
                return self.head() >= revision;
            }
        }
        true
    }

    fn advance(&self, head: Revision, instant: Timestamp) {
        self.head_instant_us.store(instant.as_micros(), Ordering::Release);
        self.head.store(head.get(), Ordering::Release);
    }

    fn ring_bells(&self) {
        // Taken and released, so that a waiter between its look and its wait is not missed.
        drop(self.waiting.lock());
        self.advanced.notify_all();
        self.bells.read().iter().for_each(|bell| bell());
    }
}

impl Ring {
    fn head(&self) -> Place {
        self.changes.back().map_or(self.before, |published| published.place())
    }

    /// The place of a revision; `None` for one that the ring does not hold.
    fn place_of(&self, revision: Revision) -> Option<Place> {
        if revision < self.before.revision() {
            return None;
        }
        match self.index_after(revision).checked_sub(1) {
            None => Some(self.before),
            Some(index) => self.changes.get(index).map(|published| published.place()),
        }
    }

    /// Where the changes after a revision begin. Revisions are dense: the ring holds every one up to the head.
    fn index_after(&self, revision: Revision) -> usize {
        usize::try_from(revision.get() - self.before.revision().get()).unwrap_or(usize::MAX)
    }

    fn push(&mut self, published: Arc<Published>) {
        self.bytes += published.bytes();
        self.changes.push_back(published);
        while self.changes.len() > self.changes_max || (self.bytes > self.bytes_max && self.changes.len() > 1)
        {
            let Some(oldest) = self.changes.pop_front() else { return };
            self.bytes -= oldest.bytes();
            self.before = oldest.place();
        }
    }
}

/// As many changes as count for so many bytes, one at least: as a store's page ends.
pub(in crate::application) fn first_bytes(
    mut changes: Vec<Arc<Published>>,
    bytes_max: usize,
) -> Vec<Arc<Published>> {
    let mut bytes = 0;
    let mut fits = |published: &Arc<Published>| {
        bytes += published.change.page_bytes();
        bytes <= bytes_max
    };
    let count = changes.iter().take_while(|published| fits(published)).count();
    changes.truncate(count.max(1));
    changes
}

/// Events whose names are looked at at once, without their values: some 10 ms.
const LOOK_EVENTS_MAX: usize = 10_000;

/// The place behind the changes after another one that have none of these names. A change that has one, or that may be
/// about one under another name, is not passed. The log is the one of `after`, or it is [`Error::NoSuchPlace`].
pub(in crate::application) fn pass_quiet(
    store: &dyn EventStore,
    after: GivenPlace,
    to: Revision,
    concerns: impl Fn(&ConfigName) -> bool,
) -> Result<GivenPlace, Error> {
    let elsewhere = || Error::NoSuchPlace(after);
    let place = place_of(store, after.revision)?.filter(|place| after.is(*place)).ok_or_else(elsewhere)?;
    let names = store.names_between(after.revision, to, LOOK_EVENTS_MAX)?;
    let found = names.iter().find(|(_, name)| concerns(name) || name.is_reserved());
    let passed = match (found, names.last()) {
        (Some((revision, _)), _) => revision.previous(),
        // The last change may go on.
        (None, Some((last, _))) if names.len() >= LOOK_EVENTS_MAX => last.previous(),
        (None, _) => to,
    };
    if passed <= after.revision {
        return Ok(after);
    }
    let passed = place_of(store, passed)?.ok_or_else(elsewhere)?;
    // The log may have been exchanged between the reads.
    if is_in(store, place)? { Ok(passed.into()) } else { Err(elsewhere()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Change, Metadata, ShortHash};
    use crate::infrastructure::store::{Hash, LogIdentity, seal};

    fn head(revision: u64) -> Head {
        let identity = LogIdentity { id: [0; 16], fingerprint_key: [0; 32] };
        Head { revision: Revision::new(revision), ..Head::empty(&identity) }
    }

    fn published(change: Change) -> Arc<Published> {
        Published::new(seal(Hash([0; 32]), change, [0; 16]))
    }

    fn change(revision: u64) -> Arc<Published> {
        let (revision, instant) = (Revision::new(revision), Timestamp::from_micros(0));
        let metadata = Metadata::of("ada");
        published(Change { revision, instant, metadata, idempotency: None, events: vec![] })
    }

    fn after(feed: &Feed, revision: u64) -> String {
        match feed.after(Revision::new(revision).into(), 100) {
            Recent::Changes(changes) => {
                let revisions = changes.iter().map(|published| published.change.revision.to_string());
                revisions.collect::<Vec<_>>().join(" ")
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_ring_knows_what_it_holds_and_what_it_does_not() {
        let feed = Feed::new(&head(5), 3, 1 << 20);
        assert_eq!(after(&feed, 5), "UpToDate");
        feed.publish((6..=10).map(change).collect());
        assert_eq!(after(&feed, 7), "8 9 10");
        assert_eq!(after(&feed, 9), "10");
        assert_eq!(after(&feed, 10), "UpToDate");
        assert_eq!(after(&feed, 6), "Older");
        assert_eq!(after(&feed, 11), "Beyond");
        feed.reset(&head(7));
        assert_eq!(after(&feed, 6), "Older");
    }

    #[test]
    fn the_ring_notices_a_place_of_another_log() {
        let feed = Feed::new(&head(5), 3, 1 << 20);
        feed.publish((6..=10).map(change).collect());
        let place = |revision| feed.anchored(Revision::new(revision).into());
        let after = |given| match feed.after(given, 100) {
            Recent::Changes(changes) => changes.len().to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!([7, 9, 10].map(|revision| after(place(revision))), ["3", "1", "UpToDate"]);
        assert_eq!(place(10), feed.head_place().into());
        assert_eq!(place(6), Revision::new(6).into());
        for revision in [7, 10, 11] {
            let other = GivenPlace { hash: Some(ShortHash([1; 4])), ..place(revision) };
            assert_eq!(after(other), "Elsewhere", "{revision}");
        }
        let held = [9, 10].map(place);
        feed.reset(&head(9));
        assert_eq!(held.map(after), ["Elsewhere", "Elsewhere"]);
    }

    #[test]
    fn a_page_from_memory_ends_at_its_bytes_with_one_change_at_least() {
        let event = |value: &str| {
            let name = ConfigName::parse("a").unwrap();
            let value = crate::domain::ConfigValue::parse(value, 1_000).unwrap();
            crate::domain::Config::never().set(&name, value, crate::domain::Attributes::NONE)
        };
        let changes: Vec<_> = (1..=3)
            .map(|revision| {
                let events = vec![event(&"x".repeat(900))];
                published(Change { events, ..change(revision).change.clone() })
            })
            .collect();
        for (bytes_max, expected) in [(0, 1), (3_500, 2), (usize::MAX, 3)] {
            assert_eq!(first_bytes(changes.clone(), bytes_max).len(), expected, "{bytes_max}");
        }
        assert!(first_bytes(Vec::new(), 1).is_empty());
    }

    #[test]
    fn a_wait_ends_when_the_revision_is_published() {
        let feed = Arc::new(Feed::new(&head(0), 3, 1 << 20));
        assert!(!feed.wait_for(Revision::new(1), Instant::now()));
        let publisher = Arc::clone(&feed);
        let publishing =
            std::thread::Builder::new().spawn(move || publisher.publish(vec![change(1)])).unwrap();
        assert!(feed.wait_for(Revision::new(1), Instant::now() + std::time::Duration::from_mins(1)));
        publishing.join().unwrap();
    }
}
