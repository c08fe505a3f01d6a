//! The audit thread: every change of the log, in order, to a sink.
//!
//! It receives changes by a bounded channel, so that it never delays the log thread. Changes that had no room there,
//! and those that came while it was being restarted, it reads from the store, from its own checkpoint on. It retries
//! after a failure of the sink: a full disk delays the audit and loses nothing.
//!
//! Its checkpoint is a place: a revision with the hash of its change. Where the log no longer has that place, it was
//! rewound or exchanged. The audit then continues after the last place that the file and the log share, and the file
//! has a line that says so. That place is searched by halves of the file: some forty lines and as many changes are read
//! for a file of a terabyte. A file that has seen several logs may have an earlier shared place than the last one; then
//! some changes are audited again. Where nothing is shared the whole log is audited.

pub(super) mod denied;
pub(super) mod reveals;

use std::io;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, never, select};
use slog::{Logger, info, warn};

use self::denied::DenialsEnd;
use super::error::Error;
use super::options::AuditSink;
use super::secrets::Secrets;
use crate::application::read::feed::{Feed, Published};
use crate::domain::{Change, Revision, Timestamp};
use crate::infrastructure::audit::{
    AuditRecord, Checkpoint, DeniedRecord, FileSink, Fingerprints, Line, LogSink, Sink, StreamSink,
};
use crate::infrastructure::store::{
    EventStore, Hash, Head, PageLimit, SealedChange, StoreError, verify_link,
};
use crate::runtime::stop::Stop;

/// How long it waits for the next change before it looks whether it missed one.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// How long it rests once it has taken all changes. The log thread wakes every thread that waits for a change, and
/// a wake costs more than a change's record.
const REST: Duration = Duration::from_millis(5);
/// How much is read from the log at once.
const PAGE: PageLimit = PageLimit { rows: 500, bytes: 8 << 20 };
/// One change, to look at its place.
const ONE: PageLimit = PageLimit { rows: 1, bytes: usize::MAX };

/// The state of the thread; outlives a panic of its body.
pub(super) struct AuditThread {
    pub(super) store: Arc<dyn EventStore>,
    pub(super) feed: Arc<Feed>,
    pub(super) changes: Receiver<Arc<Published>>,
    pub(super) reveals: Receiver<reveals::Request>,
    pub(super) denied: DenialsEnd,
    pub(super) sink: Box<dyn Sink>,
    pub(super) fingerprints: Fingerprints,
    pub(super) secrets: Arc<Secrets>,
    pub(super) checkpoint: Checkpoint,
    /// Where the log was taken up again, until the checkpoint is known to be in it.
    pub(super) rewound: Option<Revision>,
    /// Set to have the sink look whether its file was moved away.
    pub(super) reopen: Arc<AtomicBool>,
    pub(super) stop: Stop,
    pub(super) logger: Logger,
}

/// Opens the sink that the options name.
pub(super) fn open_sink(
    sink: &AuditSink,
    store: &dyn EventStore,
    logger: &Logger,
) -> Result<Box<dyn Sink>, Error> {
    let AuditSink::File(path) = sink else { return Ok(Box::new(LogSink::new(logger.clone()))) };
    // By name: a descriptor that is a socket can't be opened by its path.
    let opened: io::Result<Box<dyn Sink>> = match path.to_str() {
        Some("/dev/stdout") => StreamSink::open(io::stdout().as_fd()).map(|sink| Box::new(sink) as _),
        Some("/dev/stderr") => StreamSink::open(io::stderr().as_fd()).map(|sink| Box::new(sink) as _),
        _ => FileSink::open(path, &store.files()).map(|sink| Box::new(sink) as _),
    };
    opened.map_err(|error| {
        Error::Misconfigured(format!("the audit file {} can't be used: {error}", path.display()))
    })
}

/// Where a sink begins or continues in a log.
pub(super) fn begin(
    sink: &mut dyn Sink,
    store: &dyn EventStore,
    head: &Head,
    logger: &Logger,
) -> Result<Checkpoint, Error> {
    let head = Checkpoint { revision: head.revision, hash: head.hash };
    begin_after(sink, store, head, logger).map_err(|failure| match failure {
        Failure::Store(error) => Error::Store(error),
        Failure::Sink(error) => Error::Misconfigured(format!("the audit can't begin: {error}")),
    })
}

/// Continues a sink that has lines; begins another one after a place.
fn begin_after(
    sink: &mut dyn Sink,
    store: &dyn EventStore,
    place: Checkpoint,
    logger: &Logger,
) -> Result<Checkpoint, Failure> {
    match sink.last().cloned() {
        Some(last) => continue_after(sink, store, &last, logger),
        None => Ok(sink.begin_after(place).map(|()| place)?),
    }
}

/// Why the audit is delayed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the log can't be read: {0}")]
    Store(#[from] StoreError),
    #[error("the audit can't be written: {0}")]
    Sink(#[from] io::Error),
}

/// The place after a line, or the last one that the sink's lines and the log share.
fn continue_after(
    sink: &mut dyn Sink,
    store: &dyn EventStore,
    last: &Line,
    logger: &Logger,
) -> Result<Checkpoint, Failure> {
    let found = place_at(store, last.revision)?;
    if let Some((place, change)) = &found
        // Nothing but a number: an older release had begun the file, and audited nothing.
        && last.is_about(*place, change.as_ref()) != Some(false)
    {
        return Ok(*place);
    }
    let shared = last_shared(sink, store)?;
    let place = shared.unwrap_or_else(|| start_of(store));
    warn!(logger, "the log was rewound or exchanged, the audit continues after the last shared change";
        "audited" => %last.revision, "continues_after" => %place);
    sink.rewound_to(place)?;
    Ok(place)
}

/// The last place that both have, by halves: before a line that is in the log every line of the same log is too.
fn last_shared(sink: &mut dyn Sink, store: &dyn EventStore) -> Result<Option<Checkpoint>, Failure> {
    let (mut low, mut high, mut shared) = (0, sink.bytes()?, None);
    while low < high {
        let middle = low + (high - low) / 2;
        match sink.line_from(middle)?.filter(|line| line.span.0 < high) {
            Some(line) => match in_log(store, &line)? {
                Some(place) => (low, shared) = (line.span.1, Some(place)),
                None => high = middle,
            },
            None => high = middle,
        }
    }
    Ok(shared)
}

/// The place that a line is about, if the log has it.
fn in_log(store: &dyn EventStore, line: &Line) -> Result<Option<Checkpoint>, StoreError> {
    let found = place_at(store, line.revision)?;
    let same = |(place, change): &(Checkpoint, Option<Change>)| line.is_about(*place, change.as_ref());
    Ok(found.filter(|found| same(found) == Some(true)).map(|(place, _)| place))
}

/// The place at a revision, with its change; none beyond the head.
fn place_at(
    store: &dyn EventStore,
    revision: Revision,
) -> Result<Option<(Checkpoint, Option<Change>)>, StoreError> {
    if revision == Revision::ZERO {
        return Ok(Some((start_of(store), None)));
    }
    let found = store.changes_after(revision.previous(), ONE)?.pop();
    let found = found.filter(|sealed| sealed.change.revision == revision);
    Ok(found.map(|sealed| (Checkpoint { revision, hash: sealed.hash }, Some(sealed.change))))
}

fn start_of(store: &dyn EventStore) -> Checkpoint {
    Checkpoint { revision: Revision::ZERO, hash: Head::empty(&store.identity()).hash }
}

impl AuditThread {
    /// Audits until the log thread is gone and everything is written, or the signal is given while the sink
    /// or the store fails.
    pub(super) fn run(&mut self) {
        loop {
            if self.reopen.swap(false, Ordering::Relaxed) {
                self.reopen();
            }
            // Many come at once, and to begin to wait asks for the time.
            let next = self.changes.try_recv().or_else(|_| self.wait());
            match next {
                Ok(published) if !self.goes_back() => self.try_until_done(|audit| audit.take(&published)),
                Ok(_) | Err(RecvTimeoutError::Timeout) => self.try_until_done(Self::catch_up),
                Err(RecvTimeoutError::Disconnected) => {
                    self.try_until_done(Self::catch_up);
                    self.record_others();
                    return;
                }
            }
        }
    }

    /// Waits for a change, and writes the records of reveals and of denied requests meanwhile.
    fn wait(&mut self) -> Result<Arc<Published>, RecvTimeoutError> {
        self.record_others();
        let (changes, reveals) = (self.changes.clone(), self.reveals.clone());
        let denied = self.denied.records.clone();
        select! {
            recv(changes) -> change => change.map_err(|_| RecvTimeoutError::Disconnected),
            recv(reveals) -> request => {
                match request {
                    Ok(request) => self.record_reveal(request),
                    // The store is gone, and with it all who reveal.
                    Err(_) => self.reveals = never(),
                }
                Err(RecvTimeoutError::Timeout)
            }
            recv(denied) -> record => {
                match record {
                    Ok(record) => self.record_denied(&record),
                    Err(_) => self.denied.records = never(),
                }
                Err(RecvTimeoutError::Timeout)
            }
            default(LOOK_INTERVAL) => Err(RecvTimeoutError::Timeout),
        }
    }

    /// Writes the records that wait, those of reveals first: somebody waits for these.
    fn record_others(&mut self) {
        self.record_reveals();
        while let Ok(record) = self.denied.records.try_recv() {
            self.record_denied(&record);
            self.record_reveals();
        }
    }

    fn record_reveals(&mut self) {
        while let Ok(request) = self.reveals.try_recv() {
            self.record_reveal(request);
        }
    }

    fn record_denied(&mut self, record: &DeniedRecord) {
        if self.sink.deny(record, self.checkpoint).is_err() {
            self.denied.lost(record);
        }
    }

    fn record_reveal(&mut self, request: reveals::Request) {
        request.take(|record| self.sink.reveal(record, self.checkpoint).map_err(|error| error.to_string()));
    }

    /// Goes on in a new file where the old one was moved away, without a gap. Stays with the old one if that fails.
    fn reopen(&mut self) {
        let reopened = self.sink.reopened().map_err(Failure::from).and_then(|sink| {
            let Some(mut sink) = sink else { return Ok(()) };
            self.checkpoint = begin_after(sink.as_mut(), self.store.as_ref(), self.checkpoint, &self.logger)?;
            self.sink = sink;
            Ok(())
        });
        match reopened {
            Ok(()) => {
                info!(self.logger, "audit file reopened"; "after_revision" => %self.checkpoint.revision);
            }
            Err(error) => warn!(self.logger, "the audit file is not opened again, the one before is written";
                "error" => %error),
        }
    }

    fn try_until_done(&mut self, mut step: impl FnMut(&mut Self) -> Result<(), Failure>) {
        while let Err(error) = step(self) {
            warn!(self.logger, "audit delayed"; "after_revision" => %self.checkpoint.revision, "error" => %error);
            self.record_reveals();
            if self.stop.wait(LOOK_INTERVAL) {
                return;
            }
        }
    }

    fn take(&mut self, published: &Published) -> Result<(), Failure> {
        if self.rewound.is_some() {
            return self.catch_up();
        }
        let change = &published.change;
        if change.revision > self.checkpoint.revision.next() {
            self.read_up_to(change.revision.previous())?;
        }
        if change.revision == self.checkpoint.revision.next() {
            self.record(change, published.hash)?;
        }
        if !self.changes.is_empty() {
            return Ok(());
        }
        self.sink.flush()?;
        self.record_others();
        self.stop.wait(REST);
        Ok(())
    }

    fn catch_up(&mut self) -> Result<(), Failure> {
        self.goes_back();
        if let Some(head) = self.rewound {
            self.find_place(head)?;
            self.rewound = None;
        }
        self.read_up_to(self.feed.head())?;
        Ok(self.sink.flush()?)
    }

    /// Whether the log was taken up again: then what waits here may be of the log that was, and is read from
    /// the store instead.
    fn goes_back(&mut self) -> bool {
        let head = self.feed.take_rewound();
        if head.is_some() {
            while self.changes.try_recv().is_ok() {}
            self.rewound = head;
        }
        self.rewound.is_some()
    }

    /// Finds the place after which the audit continues in a log that may be another one.
    fn find_place(&mut self, head: Revision) -> Result<(), Failure> {
        self.sink.flush()?;
        let store = self.store.as_ref();
        if let Some(last) = self.sink.last().cloned() {
            self.checkpoint = continue_after(self.sink.as_mut(), store, &last, &self.logger)?;
            return Ok(());
        }
        // A sink that keeps nothing can't tell what the logs share.
        let here = place_at(store, self.checkpoint.revision)?;
        if here.is_some_and(|(place, _)| place == self.checkpoint) {
            return Ok(());
        }
        let at = head.min(self.checkpoint.revision);
        let place = place_at(store, at)?.map_or_else(|| start_of(store), |(place, _)| place);
        warn!(self.logger, "the log was rewound or exchanged, the audit continues in it";
            "audited" => %self.checkpoint, "continues_after" => %place);
        self.checkpoint = place;
        Ok(())
    }

    fn read_up_to(&mut self, last: Revision) -> Result<(), Failure> {
        while self.checkpoint.revision < last {
            let page = self.store.changes_after(self.checkpoint.revision, PAGE)?;
            if page.is_empty() {
                return Ok(());
            }
            for sealed in page {
                self.follow(&sealed)?;
                self.record(&sealed.change, sealed.hash)?;
            }
        }
        Ok(())
    }

    /// Refuses a change that does not follow the checkpoint. The log was exchanged before the log thread noticed, or
    /// it is damaged: the next try finds out.
    fn follow(&mut self, sealed: &SealedChange) -> Result<(), StoreError> {
        let Checkpoint { revision, hash } = self.checkpoint;
        let before = Head { revision, hash, instant: Timestamp::MIN, names: 0, events: 0 };
        verify_link(&before, sealed).inspect_err(|_| self.rewound = Some(revision))
    }

    fn record(&mut self, change: &Change, hash: Hash) -> Result<(), Failure> {
        if self.sink.is_read() {
            self.sink.write(&AuditRecord::of(change, hash, &self.fingerprints, self.secrets.names()))?;
        }
        self.checkpoint = Checkpoint { revision: change.revision, hash };
        Ok(())
    }
}
