//! Long-lived threads that come back after a panic, one for one.
//!
//! Each worker is a thread of its own that runs a body again when it panics, until the body returns or the
//! panics come too fast. Nothing else is restarted with it. Used by the application for the log thread, the
//! watch, the probe and the audit. Invariants: `a_panicking_body_is_run_again`,
//! `too_many_panics_a_minute_end_the_worker_as_failed`.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use slog::{Logger, crit, error};

use super::stop::Never;

/// Panics within [`RESTART_WINDOW`] that a worker survives: a fault that passes, not one that stays.
pub const RESTARTS_MAX: usize = 10;
/// The window in which restarts are counted.
pub const RESTART_WINDOW: Duration = Duration::from_mins(1);

/// A supervised thread. Dropping it does not stop the thread: whatever its body waits on does.
#[derive(Debug)]
pub struct Worker {
    thread: Option<JoinHandle<()>>,
    /// Closed when the thread has ended.
    ended: Receiver<Never>,
    vitals: Arc<Vitals>,
}

/// The state of a worker, for other threads.
#[derive(Debug)]
pub struct Vitals {
    name: &'static str,
    restarts: AtomicU64,
    failed: AtomicBool,
}

impl Vitals {
    /// The worker's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How often it was started again.
    pub fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }

    /// Whether it was given up after too many panics.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}

impl Worker {
    /// Starts a thread that runs `body` until it returns.
    pub fn spawn<F>(name: &'static str, logger: Logger, mut body: F) -> std::io::Result<Self>
    where
        F: FnMut() + Send + 'static,
    {
        let vitals = Arc::new(Vitals { name, restarts: AtomicU64::new(0), failed: AtomicBool::new(false) });
        let seen = Arc::clone(&vitals);
        let (running, ended) = bounded(0);
        let thread = Builder::new().name(name.into()).spawn(move || {
            let _running: Sender<Never> = running;
            supervise(&seen, &logger, &mut body);
        })?;
        Ok(Self { thread: Some(thread), ended, vitals })
    }

    /// Its state.
    pub fn vitals(&self) -> Arc<Vitals> {
        Arc::clone(&self.vitals)
    }

    /// Waits until the body has returned, at most this long; whether it has.
    pub fn join_within(&mut self, limit: Duration) -> bool {
        let ended = self.ended.recv_timeout(limit) == Err(RecvTimeoutError::Disconnected);
        if ended {
            self.join();
        }
        ended
    }

    /// Waits until the body has returned.
    pub fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // The body's panics are caught, so that joining can't fail.
            let _ = thread.join();
        }
    }
}

fn supervise(vitals: &Vitals, logger: &Logger, body: &mut dyn FnMut()) {
    let mut panics: VecDeque<Instant> = VecDeque::new();
    while catch_unwind(AssertUnwindSafe(&mut *body)).is_err() {
        let now = Instant::now();
        panics.push_back(now);
        while panics.front().is_some_and(|first| now.duration_since(*first) > RESTART_WINDOW) {
            panics.pop_front();
        }
        if panics.len() > RESTARTS_MAX {
            vitals.failed.store(true, Ordering::Relaxed);
            crit!(logger, "worker given up after too many panics"; "worker" => vitals.name, "panics" => panics.len());
            return;
        }
        vitals.restarts.fetch_add(1, Ordering::Relaxed);
        error!(logger, "worker panicked and is started again"; "worker" => vitals.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logger() -> Logger {
        Logger::root(slog::Discard, slog::o!())
    }

    #[test]
    fn a_panicking_body_is_run_again() {
        let mut runs = 0;
        let body = move || {
            runs += 1;
            assert!(runs > 2, "a panic on purpose");
        };
        let mut worker = Worker::spawn("test", logger(), body).unwrap();
        worker.join();
        assert_eq!(worker.vitals().restarts(), 2);
        assert!(!worker.vitals().has_failed());
    }

    #[test]
    fn a_body_that_does_not_end_is_waited_for_no_longer_than_the_limit() {
        let (end, blocked) = bounded::<()>(0);
        let mut worker = Worker::spawn("test", logger(), move || {
            let _ = blocked.recv();
        })
        .unwrap();
        assert!(!worker.join_within(Duration::from_millis(1)));
        drop(end);
        assert!(worker.join_within(Duration::from_mins(1)));
    }

    #[test]
    fn too_many_panics_a_minute_end_the_worker_as_failed() {
        let mut worker = Worker::spawn("test", logger(), || panic!("a panic on purpose")).unwrap();
        worker.join();
        assert_eq!(worker.vitals().restarts(), RESTARTS_MAX as u64);
        assert!(worker.vitals().has_failed());
    }
}
