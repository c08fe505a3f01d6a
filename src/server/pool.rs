//! The worker threads: what reads the store, and long bodies.
//!
//! Given jobs by the connection threads; a job ends by posting to its connection's mailbox. Fixed threads, one
//! bounded queue. A new request that finds the queue full is refused with 503; the next piece of an answer that has
//! begun is offered again instead. A panic costs its request (`a_panic_in_a_handler_is_a_500_for_that_request_alone`).
//!
//! Searches of waiting requests have a queue of their own, which only some of the threads serve: however many wait,
//! the other threads go on with what is asked now (`searches_leave_threads_to_other_work`).
//!
//! A body that is pulled gives its thread back by two errors of its `Read`. After [`io::ErrorKind::WouldBlock`] it is
//! pulled again in its turn. After [`io::ErrorKind::ResourceBusy`] it is pulled again after a pause, because it waits
//! for memory. Each turn begins with a look whether the client is still there.

use std::borrow::Cow;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, never, select};
use rouille::Response;

use super::encode;
use super::limits::ConnectionLimits;
use super::mailbox::{Advance, Mailbox, Message, Opened, Pulled, Rest, Source};
use super::reply::{Reply, Work};
use super::slab::RequestKey;

/// Work for a pool thread.
pub(super) struct Job {
    task: Task,
    mailbox: Arc<Mailbox>,
    request: RequestKey,
    /// Set when the client has gone: then the work is not needed.
    abandoned: Arc<AtomicBool>,
    pull_bytes: usize,
}

pub(super) enum Task {
    Reply(Work),
    /// One turn of a search.
    Search(Work),
    /// Reads the beginning of a body.
    Open(Unopened),
    Pull(Source),
    Piece(Box<dyn FnOnce() -> Option<Arc<[u8]>> + Send>),
}

/// A response whose body is too long, or of unknown length, for the connection's thread.
pub(super) struct Unopened {
    pub(super) status: u16,
    pub(super) headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    pub(super) reader: Box<dyn Read + Send>,
    pub(super) length: Option<u64>,
}

impl Unopened {
    pub(super) fn new(response: Response) -> Self {
        let Response { status_code: status, headers, data, .. } = response;
        let (reader, length) = data.into_reader_and_size();
        Self { status, headers, reader, length: length.map(|length| length as u64) }
    }
}

impl Job {
    pub(super) fn new(
        task: Task,
        mailbox: &Arc<Mailbox>,
        request: RequestKey,
        abandoned: Arc<AtomicBool>,
        limits: &ConnectionLimits,
    ) -> Self {
        Self { task, mailbox: Arc::clone(mailbox), request, abandoned, pull_bytes: limits.pull_bytes }
    }

    fn run(self) {
        if self.abandoned.load(Ordering::Relaxed) {
            return;
        }
        let (task, pull_bytes) = (self.task, self.pull_bytes);
        let advance = catch_unwind(AssertUnwindSafe(|| match task {
            Task::Reply(work) | Task::Search(work) => match work() {
                Reply::Ready(response) => Advance::Opened(open(Unopened::new(response), pull_bytes)),
                reply => Advance::Reply(reply),
            },
            Task::Open(unopened) => Advance::Opened(open(unopened, pull_bytes)),
            Task::Pull(source) => Advance::Pulled(pull(source, pull_bytes)),
            Task::Piece(work) => Advance::Piece(work()),
        }));
        self.mailbox.post(Message::Advance(self.request, advance.unwrap_or(Advance::Panicked)));
    }
}

fn open(unopened: Unopened, pull_bytes: usize) -> Opened {
    let Unopened { status, headers, reader, length } = unopened;
    let first = if encode::is_bodiless(status) {
        Pulled { bytes: Vec::new(), rest: Rest::End }
    } else {
        pull(Source { reader, remaining: length }, pull_bytes)
    };
    Opened { status, headers, length, first }
}

/// Fills one piece. Reads to its end, because a `Read` may give less than it has.
fn pull(mut source: Source, pull_bytes: usize) -> Pulled {
    let wanted = source.remaining.and_then(|remaining| usize::try_from(remaining).ok());
    let wanted = wanted.unwrap_or(usize::MAX).min(pull_bytes);
    let mut bytes = vec![0; wanted];
    let (mut filled, mut more) = (0, More::Unknown);
    while filled < wanted {
        match source.reader.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                more = More::InTurn;
                break;
            }
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                more = More::AfterPause;
                break;
            }
            Err(_) => {
                bytes.truncate(filled);
                return Pulled { bytes, rest: Rest::Broken };
            }
        }
    }
    bytes.truncate(filled);
    let rest = match &mut source.remaining {
        Some(remaining) => {
            *remaining -= filled as u64;
            match (*remaining, filled == wanted, more) {
                (0, ..) => Rest::End,
                (_, _, More::AfterPause) => Rest::Paused(source),
                (_, true, _) | (_, _, More::InTurn) => Rest::Source(source),
                // It ended before its announced length.
                (_, false, More::Unknown) => Rest::Broken,
            }
        }
        None if more == More::AfterPause => Rest::Paused(source),
        None if filled < wanted && more == More::Unknown => Rest::End,
        None => Rest::Source(source),
    };
    Pulled { bytes, rest }
}

/// How a body goes on, as its `Read` said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum More {
    /// Nothing: it ends where it gives nothing.
    Unknown,
    InTurn,
    AfterPause,
}

/// The way into the pool; the threads end when every clone of it has gone and the queue is empty.
#[derive(Clone)]
pub(super) struct Pool {
    queue: Sender<Job>,
    searches: Sender<Job>,
}

impl Pool {
    pub(super) fn start(limits: &ConnectionLimits) -> io::Result<Self> {
        let (queue, jobs) = bounded(limits.pool_queue_max.max(1));
        let (searches, turns) = bounded(limits.pool_queue_max.max(1));
        let threads = limits.pool_threads.max(1);
        let sharing = limits.search_threads.clamp(1, threads);
        for number in 0..threads {
            let jobs = jobs.clone();
            let turns = if number < sharing { turns.clone() } else { never() };
            let work = move || work_off(&jobs, &turns);
            thread::Builder::new().name(format!("pool-{number}")).spawn(work)?;
        }
        Ok(Self { queue, searches })
    }

    /// Gives the job back when its queue is full.
    pub(super) fn submit(&self, job: Job) -> Result<(), Job> {
        let queue = if matches!(job.task, Task::Search(_)) { &self.searches } else { &self.queue };
        queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(job) | TrySendError::Disconnected(job) => job,
        })
    }
}

/// Whichever comes; of both kinds at once, either. Both queues are closed at the same time.
fn work_off(jobs: &Receiver<Job>, searches: &Receiver<Job>) {
    loop {
        let job = select! {
            recv(jobs) -> job => job.or_else(|error| searches.try_recv().map_err(|_| error)),
            recv(searches) -> job => job.or_else(|_| jobs.recv()),
        };
        match job {
            Ok(job) => job.run(),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rest, Source, pull};

    fn source(bytes: &'static [u8], remaining: Option<u64>) -> Source {
        Source { reader: Box::new(bytes), remaining }
    }

    #[test]
    fn a_body_shorter_than_announced_is_broken() {
        let pulled = pull(source(b"abc", Some(5)), 64);
        assert_eq!(pulled.bytes, b"abc");
        assert!(matches!(pulled.rest, Rest::Broken));
    }

    #[test]
    fn a_body_is_pulled_piece_by_piece() {
        let pulled = pull(source(b"abcde", None), 3);
        assert_eq!(pulled.bytes, b"abc");
        let Rest::Source(rest) = pulled.rest else { panic!("more is to come") };
        let pulled = pull(rest, 3);
        assert_eq!(pulled.bytes, b"de");
        assert!(matches!(pulled.rest, Rest::End));
    }
}
