//! The connections of a store, by what they are for, and the pages that are read over them.
//!
//! Appends, following and reads of the past have a pool each: readers of the past, of whom there may be any number, can
//! hold up only each other (`readers_of_the_past_hold_up_neither_writes_nor_following_nor_health`). A pool hands
//! out what it has, without a test; a connection that failed is thrown away when it comes back.
//!
//! A part that the server ended for its time is asked for again with an eighth of the rows, down to one; the pools
//! remember how many went well (`a_page_that_takes_too_long_is_read_in_smaller_parts`).
//!
//! Called by `mod`, `append` and `read`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use r2d2::{NopErrorHandler, Pool, PooledConnection};

use super::PostgresOptions;
use super::address::{Address, Role};
use super::connect::Session;
use super::sessions::{LastError, Sessions};
use crate::infrastructure::store::{Access, PageLimit, StoreError};

/// A connection of a pool.
pub(super) type Pooled = PooledConnection<Sessions>;

/// The threads that read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// The threads that write, follow the log and probe it: two at a time.
    Following,
    /// Everybody else: reads of the past, the feed, the audit, `verify`.
    Past,
}

/// The connections of a store.
pub(super) struct Pools {
    readers: SessionPool,
    followers: SessionPool,
    writers: SessionPool,
    pace: Pace,
    /// When a connection was last found dead.
    dead_at: Mutex<Option<Instant>>,
    options: PostgresOptions,
}

impl Pools {
    /// Connects in the background; the first calls wait for it.
    pub(super) fn new(address: &Address, options: &PostgresOptions) -> Self {
        let pool = |role, size| SessionPool::new(Sessions::new(address, options, role), size);
        Self {
            readers: pool(Role::Reader, options.readers),
            followers: pool(Role::Follower, options.followers),
            writers: pool(Role::Writer, options.writers),
            pace: Pace::default(),
            dead_at: Mutex::default(),
            options: options.clone(),
        }
    }

    /// Runs a read on a connection of the pool, and on another if that one turns out to be dead, for as long
    /// as the whole read may take: after a restart of the server every pooled connection is dead once.
    pub(super) fn read<T>(
        &self,
        lane: Lane,
        mut read: impl FnMut(&mut Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let begun = Instant::now();
        let pool = if lane == Lane::Following { &self.followers } else { &self.readers };
        loop {
            let mut session = pool.take()?;
            if self.is_suspect(&session) {
                session.give_up();
                continue;
            }
            let outcome = match session.answers(self.options.checkout_timeout) {
                Ok(()) => {
                    let left = self.options.read_timeout.saturating_sub(begun.elapsed());
                    read(session.within(left))
                }
                Err(error) => Err(error),
            };
            let dead = session.is_broken() && matches!(outcome, Err(StoreError::Unavailable(_)));
            if dead {
                *self.dead_at.lock() = Some(Instant::now());
            }
            // A connection that was closed says so at once. One that took long would do so again.
            if !dead || begun.elapsed() > self.options.read_timeout / 4 {
                return outcome;
            }
        }
    }

    /// Looks at a connection that readers of the past may not have used for hours, so that a dead one is replaced before
    /// a reader needs it. Waits for no connection; where there is none at all, the past can't be read.
    pub(super) fn look_at_readers(&self) -> Result<(), StoreError> {
        while let Some(mut session) = self.readers.pool.try_get() {
            if !self.is_suspect(&session) {
                if session.answers(self.options.checkout_timeout).is_err() {
                    *self.dead_at.lock() = Some(Instant::now());
                }
                break;
            }
            session.give_up();
        }
        if self.readers.pool.state().connections > 0 {
            return Ok(());
        }
        Err(StoreError::Unavailable("the connections that read the past are not there yet".to_owned()))
    }

    /// Whether a connection was idle when another one was found dead: most likely it is dead too. To ask each takes a
    /// second where the server has vanished without a word.
    fn is_suspect(&self, session: &Session) -> bool {
        self.dead_at.lock().is_some_and(|dead| session.was_idle_at(dead))
    }

    /// Reads a part of a page; `read` is told how much of what the page has room for.
    pub(super) fn read_part<T>(
        &self,
        lane: Lane,
        room: PageLimit,
        mut read: impl FnMut(&mut Session, PageLimit) -> Result<Vec<T>, StoreError>,
    ) -> Result<Part<T>, StoreError> {
        let first = Instant::now();
        loop {
            let (begun, halvings) = (Instant::now(), self.pace.halvings());
            let part = PageLimit {
                rows: (room.rows.min(PART_MAX.rows) >> halvings).max(1),
                bytes: room.bytes.min(PART_MAX.bytes) >> halvings,
            };
            let outcome = self.read(lane, |session| match read(session, part) {
                Err(error) if session.was_cancelled() => Ok(Err(error)),
                other => other.map(Ok),
            });
            let took = begun.elapsed();
            match outcome {
                Ok(Ok(rows)) => {
                    // A few rows tell how long a full part would take.
                    let times = u32::try_from(part.rows / rows.len().max(1)).unwrap_or(u32::MAX);
                    if took.saturating_mul(times) < self.options.read_timeout / QUICK {
                        self.pace.quicken(halvings);
                    }
                    let smaller = part.rows < room.rows || part.bytes < room.bytes;
                    return Ok(Part { cut: smaller && !rows.is_empty(), rows });
                }
                // The server answers, so that the next try is not in vain. One that does not answer is the caller's to
                // ask again.
                Ok(Err(error)) | Err(error) if took < self.options.read_timeout / 2 => return Err(error),
                Ok(Err(_)) if part.rows > 1 && first.elapsed() < self.options.read_timeout * TRIES => {
                    self.pace.slow_down(halvings);
                }
                Ok(Err(error)) => return Err(error),
                Err(error) => {
                    self.pace.slow_down(halvings);
                    return Err(error);
                }
            }
        }
    }

    /// A connection to append on, alive a moment ago.
    pub(super) fn writer(&self) -> Result<Pooled, StoreError> {
        for _ in 0..=self.options.writers {
            let mut session = self.writers.take()?;
            if session.answers(self.options.checkout_timeout).is_ok() {
                return Ok(session);
            }
        }
        Err(StoreError::Unavailable("every connection to append on was dead".to_owned()))
    }
}

struct SessionPool {
    pool: Pool<Sessions>,
    last_error: LastError,
}

impl SessionPool {
    fn new(sessions: Sessions, size: u32) -> Self {
        let last_error = Arc::clone(&sessions.last_error);
        // A pool that is never used costs the database no connection.
        let idle = u32::from(sessions.role != Role::Writer || sessions.options.access == Access::ReadWrite);
        let pool = Pool::builder()
            .max_size(size.max(1))
            .min_idle(Some(idle))
            .test_on_check_out(false)
            .connection_timeout(sessions.options.checkout_timeout)
            .error_handler(Box::new(NopErrorHandler))
            .build_unchecked(sessions);
        Self { pool, last_error }
    }

    fn take(&self) -> Result<Pooled, StoreError> {
        self.pool.get().map_err(|_| {
            let busy = || StoreError::Unavailable("no connection of the pool is free".to_owned());
            self.last_error.lock().clone().unwrap_or_else(busy)
        })
    }
}

/// A part of a page.
pub(super) struct Part<T> {
    pub(super) rows: Vec<T>,
    /// The page had room for more than was asked for: there may be more.
    pub(super) cut: bool,
}

/// A part at most. Rows: a walk goes on to the last of them, also where the bytes are full after the first, some 10 ms in
/// vain. Bytes: as much as a slow network carries within the time of a read.
const PART_MAX: PageLimit = PageLimit { rows: 2_000, bytes: 4 << 20 };
/// Of the time of a read: a part that took less may be twice as large the next time.
const QUICK: u32 = 8;
/// In times of a read: for so long a part is tried again. The next call goes on with what this one came to.
const TRIES: u32 = 2;
/// A part that took too long has half the rows so often: an eighth.
const HALVINGS: u32 = 3;
/// So often a part can be halved: from any page to one row.
const HALVINGS_MAX: u32 = 20;

/// How often the parts of pages are halved now, so that a slow disk or network does not time each page out.
#[derive(Default)]
struct Pace(AtomicU32);

impl Pace {
    fn halvings(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// One that was halved so often took too long.
    fn slow_down(&self, halvings: u32) {
        self.0.fetch_max((halvings + HALVINGS).min(HALVINGS_MAX), Ordering::Relaxed);
    }

    /// One that was halved so often was quick.
    fn quicken(&self, halvings: u32) {
        let fewer = halvings.saturating_sub(1);
        // Another reader may have found out since that it must be slower.
        let _changed = self.0.compare_exchange(halvings, fewer, Ordering::Relaxed, Ordering::Relaxed);
    }
}
