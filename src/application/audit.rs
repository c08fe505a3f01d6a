//! The audit thread: every change of the log, in order, to a sink.
//!
//! It is handed changes through a bounded channel and never holds up the log thread: what did not fit, and
//! what came while it was being restarted, it reads from the store, from its own checkpoint on. Failures of
//! the sink are retried, so that a full disk delays the audit and loses nothing.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use slog::{Logger, warn};

use super::error::Error;
use super::options::AuditSink;
use crate::application::read::feed::{Feed, Published};
use crate::domain::{Change, Revision};
use crate::infrastructure::audit::{AuditRecord, FileSink, Fingerprints, LogSink, Sink};
use crate::infrastructure::store::{EventStore, PageLimit};
use crate::runtime::stop::Stop;

/// How long it waits for the next change before it looks whether it missed one.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// How long it rests once it has taken all that there was. The log thread wakes whoever waits for a change, and
/// to be woken costs more than a change's record.
const REST: Duration = Duration::from_millis(5);
/// How much is read from the log at once.
const PAGE: PageLimit = PageLimit { rows: 500, bytes: 8 << 20 };

/// What the thread works with; outlives a panic of its body.
pub(super) struct AuditThread {
    pub(super) store: Arc<dyn EventStore>,
    pub(super) feed: Arc<Feed>,
    pub(super) changes: Receiver<Arc<Published>>,
    pub(super) sink: Box<dyn Sink>,
    pub(super) fingerprints: Fingerprints,
    pub(super) checkpoint: Revision,
    pub(super) stop: Stop,
    pub(super) logger: Logger,
}

/// Opens the sink that the options name.
pub(super) fn open_sink(sink: &AuditSink, logger: &Logger) -> Result<Box<dyn Sink>, Error> {
    Ok(match sink {
        AuditSink::Log => Box::new(LogSink::new(logger.clone())),
        AuditSink::File(path) => Box::new(FileSink::open(path).map_err(|error| {
            Error::Misconfigured(format!("the audit file {} can't be used: {error}", path.display()))
        })?),
    })
}

/// Where a sink begins or goes on in a log: not beyond its head, or what comes next would count as audited.
pub(super) fn begin(sink: &mut dyn Sink, head: Revision, logger: &Logger) -> Result<Revision, Error> {
    let audited = sink.resumes_after();
    if audited.is_none() {
        sink.begin_after(head)
            .map_err(|error| Error::Misconfigured(format!("the audit can't be begun: {error}")))?;
    }
    Ok(checkpoint_in(audited, head, logger))
}

fn checkpoint_in(audited: Option<Revision>, head: Revision, logger: &Logger) -> Revision {
    let audited = audited.unwrap_or(head);
    if audited > head {
        warn!(logger, "the log was rewound, the audit goes on from its head";
            "audited" => %audited, "head" => %head);
    }
    audited.min(head)
}

impl AuditThread {
    /// Audits until the log thread is gone and everything is written, or the signal is given while the sink
    /// or the store fails.
    pub(super) fn run(&mut self) {
        loop {
            // Many come at once, and to begin to wait asks for the time.
            let next = self.changes.try_recv().or_else(|_| self.changes.recv_timeout(LOOK_INTERVAL));
            match next {
                Ok(published) if !self.goes_back() => self.try_until_done(|audit| audit.take(&published)),
                Ok(_) | Err(RecvTimeoutError::Timeout) => self.try_until_done(Self::catch_up),
                Err(RecvTimeoutError::Disconnected) => {
                    self.try_until_done(Self::catch_up);
                    return;
                }
            }
        }
    }

    fn try_until_done(&mut self, mut step: impl FnMut(&mut Self) -> Result<(), String>) {
        while let Err(error) = step(self) {
            warn!(self.logger, "audit delayed"; "after_revision" => %self.checkpoint, "error" => error);
            if self.stop.wait(LOOK_INTERVAL) {
                return;
            }
        }
    }

    fn take(&mut self, published: &Published) -> Result<(), String> {
        let change = &published.change;
        if change.revision > self.checkpoint.next() {
            self.read_up_to(change.revision.previous())?;
        }
        if change.revision == self.checkpoint.next() {
            self.record(change)?;
        }
        if !self.changes.is_empty() {
            return Ok(());
        }
        self.sink.flush().map_err(|error| error.to_string())?;
        self.stop.wait(REST);
        Ok(())
    }

    fn catch_up(&mut self) -> Result<(), String> {
        self.goes_back();
        self.read_up_to(self.feed.head())?;
        self.sink.flush().map_err(|error| error.to_string())
    }

    /// Whether the log was taken up anew: then what waits here may be of the log that was, and is read from
    /// the store instead.
    fn goes_back(&mut self) -> bool {
        let Some(head) = self.feed.take_rewound() else { return false };
        while self.changes.try_recv().is_ok() {}
        self.checkpoint = checkpoint_in(Some(self.checkpoint), head, &self.logger);
        true
    }

    fn read_up_to(&mut self, last: Revision) -> Result<(), String> {
        while self.checkpoint < last {
            let page = self.store.changes_after(self.checkpoint, PAGE).map_err(|error| error.to_string())?;
            if page.is_empty() {
                return Ok(());
            }
            for sealed in page {
                self.record(&sealed.change)?;
            }
        }
        Ok(())
    }

    fn record(&mut self, change: &Change) -> Result<(), String> {
        if self.sink.is_read() {
            let record = AuditRecord::of(change, &self.fingerprints);
            self.sink.write(&record).map_err(|error| error.to_string())?;
        }
        self.checkpoint = change.revision;
        Ok(())
    }
}
