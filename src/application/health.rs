//! Whether the service works, as it is and not as it should be.
//!
//! The threads note the state of their work. [`Vital::health`] only reads these notes, so that a request for health
//! never waits for the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::domain::Revision;
use crate::infrastructure::store::{Hash, Head};
use crate::runtime::supervisor::Vitals;

/// How old the last good answer of the database may be. With a probe every half second this notices within
/// two seconds that it is gone.
const PROBE_AGE_MAX: Duration = Duration::from_millis(1_800);

/// The whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The log thread turns and the log is the one that it followed.
    pub eventstore: Check,
    /// The tree is there and follows.
    pub projection: Check,
    /// The database has answered lately.
    pub database: Check,
    /// The clock that dates changes can be right; while it can't, no change is stored.
    pub clock: Check,
    /// The last revision that reads of now see.
    pub applied: Revision,
    /// The last revision that is known to be in the log.
    pub head: Revision,
    /// The last change that this server has taken in, with the whole hash of the chain there.
    pub chain: ChainEnd,
    /// How long ago this server was last known to have all of the log; under the poll interval where all is well.
    /// None where that was never known: on a standby that has been behind its primary since the start.
    pub level_age: Option<Duration>,
    /// How long this server has been without a change that it has seen in the log; none where it has all that it has
    /// seen. A burst of changes that it takes in one after the other counts from the first of them each time.
    pub behind_for: Option<Duration>,
    /// How often a thread was started again after a panic.
    pub worker_restarts: u64,
    /// The trouble, for people; never a value or a connection string.
    pub trouble: Option<String>,
}

/// The end of a chain of hashes. Kept elsewhere, it shows later that the log was not altered up to there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainEnd {
    /// The revision of the last change.
    pub revision: Revision,
    /// Its hash.
    pub hash: Hash,
}

/// One component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It works.
    Ok,
    /// It does not.
    Down,
}

/// All of them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Every component works.
    Healthy,
    /// One at least does not.
    Unhealthy,
}

impl Health {
    /// All of them together.
    pub fn status(&self) -> Status {
        let all_ok = [self.eventstore, self.projection, self.database, self.clock]
            .iter()
            .all(|check| *check == Check::Ok);
        if all_ok { Status::Healthy } else { Status::Unhealthy }
    }
}

impl ChainEnd {
    fn of(head: &Head) -> Self {
        Self { revision: head.revision, hash: head.hash }
    }
}

impl Check {
    fn from(works: bool) -> Self {
        if works { Self::Ok } else { Self::Down }
    }
}

/// Whether a store has all of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// It has.
    Known,
    /// It may lack the end.
    Unknown,
}

/// The notes of the threads.
pub(super) struct Vital {
    head_seen: AtomicU64,
    chain: Mutex<ChainEnd>,
    /// A head that was seen and not yet reached, and when it was first seen.
    wanted: Mutex<Option<(Revision, Instant)>>,
    level_at: Mutex<Option<Instant>>,
    probe: Mutex<Probe>,
    clock: Mutex<Option<String>>,
    divergence: Mutex<Option<String>>,
    fatal: Mutex<Option<String>>,
    workers: Mutex<Vec<Arc<Vitals>>>,
}

struct Probe {
    answered_at: Instant,
    failure: Option<String>,
}

impl Vital {
    /// The database has just answered with this head, and knew whether that was all of the log.
    pub(super) fn new(head: &Head, level: Level) -> Self {
        Self {
            head_seen: AtomicU64::new(head.revision.get()),
            chain: Mutex::new(ChainEnd::of(head)),
            wanted: Mutex::new(None),
            level_at: Mutex::new((level == Level::Known).then(Instant::now)),
            probe: Mutex::new(Probe { answered_at: Instant::now(), failure: None }),
            clock: Mutex::new(None),
            divergence: Mutex::new(None),
            fatal: Mutex::new(None),
            workers: Mutex::new(Vec::new()),
        }
    }

    /// A thread whose restarts count.
    pub(super) fn watch(&self, worker: Arc<Vitals>) {
        self.workers.lock().push(worker);
    }

    /// The log has at least this revision, and this server does not have it yet.
    pub(super) fn saw_head(&self, head: Revision) {
        self.head_seen.store(head.get(), Ordering::Relaxed);
        self.wanted.lock().get_or_insert((head, Instant::now()));
    }

    /// This server has the log up to this revision.
    pub(super) fn reached(&self, head: &Head) {
        self.head_seen.fetch_max(head.revision.get(), Ordering::Relaxed);
        *self.chain.lock() = ChainEnd::of(head);
        self.wanted.lock().take_if(|(wanted, _)| *wanted <= head.revision);
    }

    /// This server has all of the log, of which this is the head: a log that was rewound may have had more.
    pub(super) fn has_all(&self, head: &Head) {
        self.head_seen.store(head.revision.get(), Ordering::Relaxed);
        *self.chain.lock() = ChainEnd::of(head);
        *self.wanted.lock() = None;
    }

    /// The tree has all that is known to be in the log.
    pub(super) fn is_level(&self) {
        *self.level_at.lock() = Some(Instant::now());
    }

    /// The database has answered, or has not.
    pub(super) fn probed(&self, result: Result<(), String>) {
        let mut probe = self.probe.lock();
        match result {
            Ok(()) => *probe = Probe { answered_at: Instant::now(), failure: None },
            Err(failure) => probe.failure = Some(failure),
        }
    }

    /// The clock can't be right, and why; none when it can.
    pub(super) fn doubts_clock(&self, why: Option<String>) {
        *self.clock.lock() = why;
    }

    /// The log is not the one that was followed, and why; none when it is again.
    pub(super) fn diverged(&self, why: Option<String>) {
        *self.divergence.lock() = why;
    }

    /// The store refuses to go on: only opening it again can help.
    pub(super) fn failed_for_good(&self, why: String) {
        *self.fatal.lock() = Some(why);
    }

    /// Why the process had better end; none while it can go on.
    pub(super) fn failure(&self) -> Option<String> {
        self.fatal.lock().clone()
    }

    /// The state now.
    pub(super) fn health(&self, applied: Revision, followed: Revision) -> Health {
        let workers = self.workers.lock();
        let given_up = workers.iter().find(|worker| worker.has_failed()).map(|worker| worker.name());
        let divergence = self.failure().or_else(|| self.divergence.lock().clone());
        let probe = self.probe.lock();
        let answered = probe.failure.is_none() && probe.answered_at.elapsed() < PROBE_AGE_MAX;
        let database =
            probe.failure.clone().or_else(|| (!answered).then(|| "the database does not answer".into()));
        let clock = self.clock.lock().clone();
        Health {
            eventstore: Check::from(given_up.is_none() && divergence.is_none()),
            projection: Check::from(divergence.is_none()),
            database: Check::from(answered),
            clock: Check::from(clock.is_none()),
            applied,
            chain: *self.chain.lock(),
            head: followed.max(Revision::new(self.head_seen.load(Ordering::Relaxed))),
            behind_for: self.wanted.lock().map(|(_, since)| since.elapsed()),
            level_age: self.level_at.lock().map(|at| at.elapsed()),
            worker_restarts: workers.iter().map(|worker| worker.restarts()).sum(),
            trouble: divergence
                .or(given_up.map(|name| format!("the {name} thread was given up")))
                .or(database)
                .or(clock),
        }
    }
}
