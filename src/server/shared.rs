//! What the threads of one server have in common, and how they are stopped.
//!
//! Read by every connection thread; the phase is moved by `Server`, forwards only.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

use super::budget::{BodiesBudget, Budget};
use super::limits::ConnectionLimits;
use super::mailbox::Mailbox;
use super::reply::Service;

/// Where in its life a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ServerPhase {
    Running,
    /// No more connections; what has begun is finished.
    Draining,
    /// Everything is dropped.
    Ended,
}

pub(super) struct ServerState {
    pub(super) service: Arc<dyn Service>,
    pub(super) limits: ConnectionLimits,
    pub(super) logger: slog::Logger,
    /// For request bodies.
    pub(super) bodies: Arc<BodiesBudget>,
    /// For what clients do not take of their answers.
    pub(super) outputs: Budget,
    pub(super) mailboxes: Vec<Arc<Mailbox>>,
    phase: AtomicU8,
    threads: Mutex<Threads>,
    ended: Condvar,
}

struct Threads {
    live: usize,
    /// Connections that were open when their thread ended.
    cut: u64,
}

impl ServerState {
    pub(super) fn new(
        service: Arc<dyn Service>,
        limits: ConnectionLimits,
        logger: slog::Logger,
        mailboxes: Vec<Arc<Mailbox>>,
    ) -> Self {
        let bodies = BodiesBudget::new(&limits);
        let outputs = Budget::new(limits.outputs_bytes_max);
        let threads = Mutex::new(Threads { live: mailboxes.len(), cut: 0 });
        let (phase, ended) = (AtomicU8::new(ServerPhase::Running as u8), Condvar::new());
        Self { service, limits, logger, bodies, outputs, mailboxes, phase, threads, ended }
    }

    pub(super) fn open_connections(&self) -> u64 {
        self.mailboxes.iter().map(|mailbox| mailbox.open_connections()).sum()
    }

    pub(super) fn phase(&self) -> ServerPhase {
        match self.phase.load(Ordering::Acquire) {
            0 => ServerPhase::Running,
            1 => ServerPhase::Draining,
            _ => ServerPhase::Ended,
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.phase() != ServerPhase::Running
    }

    /// Moves on to `phase`, if it is not past it, and wakes every thread.
    pub(super) fn enter(&self, phase: ServerPhase) {
        self.phase.fetch_max(phase as u8, Ordering::AcqRel);
        for mailbox in &self.mailboxes {
            mailbox.wake_thread();
        }
    }

    pub(super) fn thread_ended(&self, connections_cut: u64) {
        let mut threads = self.threads.lock();
        threads.live -= 1;
        threads.cut += connections_cut;
        self.ended.notify_all();
    }

    /// Waits for all threads to end; how many connections they cut, or `None` at the deadline.
    pub(super) fn wait_ended(&self, deadline: Instant) -> Option<u64> {
        let mut threads = self.threads.lock();
        while threads.live > 0 {
            if self.ended.wait_until(&mut threads, deadline).timed_out() && threads.live > 0 {
                return None;
            }
        }
        Some(threads.cut)
    }
}
