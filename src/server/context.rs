//! The parts of a thread that a client needs while it has its turn.
//!
//! Made by `thread`, handed to every method of `Client` that does something. It holds no client, so that a turn has the
//! client and the context at once.

use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::date::Date;
use super::mailbox::Mailbox;
use super::pool::{Job, Pool};
use super::shared::ServerState;
use super::slab::Key;
use super::stats;

/// Bytes read from a socket at a time: as much as a head may have. What is read behind a request that must wait
/// is kept, so more would be memory that each client can make the server hold.
const READ_BYTES: usize = 16 << 10;

pub(super) struct Context {
    pub(super) shared: Arc<ServerState>,
    pub(super) pool: Pool,
    pub(super) mailbox: Arc<Mailbox>,
    /// Clients that wait for the bell.
    pub(super) listeners: BTreeSet<Key>,
    /// Clients whose responses go on for long: each second they are looked at. One that has ended may still be here.
    pub(super) responding: BTreeSet<Key>,
    /// Clients that have more to do than one turn allows.
    pub(super) again: BTreeSet<Key>,
    /// Pieces of responses that the pool had no room for.
    pub(super) parked: VecDeque<Job>,
    pub(super) read_buffer: Vec<u8>,
    /// Lent to the client whose turn it is, so that an idle one needs none.
    pub(super) spare_output: Vec<u8>,
    pub(super) date: Date,
    /// When the current round began.
    pub(super) now: Instant,
}

impl Context {
    pub(super) fn new(shared: Arc<ServerState>, pool: Pool, mailbox: Arc<Mailbox>, now: Instant) -> Self {
        Self {
            shared,
            pool,
            mailbox,
            listeners: BTreeSet::new(),
            responding: BTreeSet::new(),
            again: BTreeSet::new(),
            parked: VecDeque::new(),
            read_buffer: vec![0; READ_BYTES],
            spare_output: Vec::new(),
            date: Date::new(now),
            now,
        }
    }

    /// Runs code of the service; `None` if it panicked.
    pub(super) fn guarded<T>(&self, code: impl FnOnce() -> T) -> Option<T> {
        let result = catch_unwind(AssertUnwindSafe(code));
        if result.is_err() {
            self.count_panic();
        }
        result.ok()
    }

    pub(super) fn count_panic(&self) {
        stats::add(&self.mailbox.counters.panics, 1);
    }

    /// After a panic that took the buffer with it.
    pub(super) fn restore_read_buffer(&mut self) {
        self.read_buffer.resize(READ_BYTES, 0);
    }

    pub(super) fn offer_parked(&mut self) {
        while let Some(job) = self.parked.pop_front() {
            if let Err(job) = self.pool.submit(job) {
                self.parked.push_front(job);
                break;
            }
        }
    }
}
