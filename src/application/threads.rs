//! The threads of a store: how they are started, and in which order they stop.
//!
//! First the log thread completes the writes that it has accepted. Then their writers are notified, the watch and the
//! probe end, and the audit flushes. Each thread is supervised and restarts alone. Called by the facade.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use slog::{Logger, warn};

use super::audit::AuditThread;
use super::error::Error;
use super::health::Vital;
use super::options::Options;
use crate::application::write::completions::{Handed, tell_all};
use crate::application::write::log_thread::LogThread;
use crate::application::write::notify::{probe, watch};
use crate::infrastructure::store::EventStore;
use crate::runtime::flush::LAST_FLUSH;
use crate::runtime::stop::Stopper;
use crate::runtime::supervisor::Worker;

/// The stop signal of each.
#[derive(Default)]
pub(super) struct Stops {
    pub(super) log: Stopper,
    pub(super) others: Stopper,
    pub(super) audit: Stopper,
}

/// The states of the threads.
pub(super) struct Bodies {
    pub(super) log: LogThread,
    pub(super) handed: Receiver<Handed>,
    pub(super) audit: AuditThread,
    pub(super) wake: Sender<()>,
}

/// The threads while they run.
pub(super) struct Threads {
    log: Worker,
    answers: Worker,
    others: Vec<Worker>,
    audit: Worker,
    stops: Stops,
    logger: Logger,
    /// Held so that the log thread's end stays open where no watch holds the other.
    _wake: Sender<()>,
}

impl Threads {
    /// Starts all of them.
    pub(super) fn start(
        store: &Arc<dyn EventStore>,
        vital: &Arc<Vital>,
        options: &Options,
        bodies: Bodies,
        stops: Stops,
    ) -> Result<Self, Error> {
        let Bodies { mut log, handed, mut audit, wake } = bodies;
        let logger = &options.logger;
        let (watched, wakes, stop, noted) =
            (Arc::clone(store), wake.clone(), stops.others.watch(), logger.clone());
        let watching = move || watch(watched.as_ref(), &wakes, &stop, &noted);
        let (probed, vital, stop, noted) =
            (Arc::clone(store), Arc::clone(vital), stops.others.watch(), logger.clone());
        let interval = options.limits.probe_interval;
        let probing = move || probe(probed.as_ref(), &vital, interval, &stop, &noted);
        Ok(Self {
            others: vec![start("watch", logger, watching)?, start("probe", logger, probing)?],
            answers: start("answers", logger, move || tell_all(&handed))?,
            log: start("log", logger, move || log.run())?,
            audit: start("audit", logger, move || audit.run())?,
            stops,
            logger: logger.clone(),
            _wake: wake,
        })
    }

    /// Stops them in their order, and waits for each.
    pub(super) fn stop(&mut self) {
        self.stops.log.stop();
        self.stops.others.stop();
        // Answers and audit end when the log thread, which hands them changes, is gone; then only the audit's
        // retries are cut short.
        self.log.join();
        self.answers.join();
        self.stops.audit.stop();
        self.others.iter_mut().for_each(Worker::join);
        // Only a sink that takes nothing, such as a pipe without a reader, lasts longer.
        if !self.audit.join_within(LAST_FLUSH) {
            warn!(self.logger, "the audit's last records are not written: its sink takes nothing");
        }
    }

    /// For health.
    pub(super) fn workers(&self) -> impl Iterator<Item = &Worker> {
        [&self.log, &self.answers, &self.audit].into_iter().chain(&self.others)
    }
}

fn start(name: &'static str, logger: &Logger, body: impl FnMut() + Send + 'static) -> Result<Worker, Error> {
    Worker::spawn(name, logger.clone(), body)
        .map_err(|error| Error::Misconfigured(format!("the {name} thread can't be started: {error}")))
}
