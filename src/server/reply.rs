//! The seam between the handlers and the connection layer: `fn(&rouille::Request) -> Reply`.
//!
//! A handler runs on a connection thread and must never block there. What it can't answer at once it
//! describes as a [`Reply`], and the connection layer finishes it: on the pool, when the log thread has
//! committed, when a revision is reached, or as a stream.

use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use rouille::{Request, Response};

use super::mailbox::{Mailbox, Message, Outcome, Ticket};

/// What answers requests. One value serves every connection of a server.
pub trait Service: Send + Sync + 'static {
    /// Answers one complete request. Runs on a connection thread: it must not block.
    fn handle(&self, request: &Request) -> Reply;

    /// The answer to a request that never reached [`Service::handle`], or whose handler panicked.
    fn refuse(&self, refusal: Refusal) -> Response;

    /// The most bytes that the body of such a request may have, asked when its head is complete; `None` for
    /// `Limits::body_bytes_default_max`. `target` is path and query as they came.
    fn body_bytes_max(&self, method: &str, target: &str) -> Option<u64> {
        let _ = (method, target);
        None
    }
}

/// Why the connection layer answers by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status: 400, 408, 413, 414, 431, 500, 501, 503 or 505. A 503 gets `Retry-After: 1` unless the
    /// response brings its own.
    pub status: u16,
    /// One sentence for the client that says what to do; never holds what the client sent.
    pub detail: &'static str,
    /// The limit that was passed, in bytes or fields, where there is one.
    pub limit: Option<u64>,
}

/// A piece of work that ends in a reply.
pub type Work = Box<dyn FnOnce() -> Reply + Send>;

/// What a handler gives back.
pub enum Reply {
    /// In memory and small: written at once by the connection's thread.
    Ready(Response),
    /// Reads the store or makes a long answer: runs on the pool. The body of the response that comes out
    /// may be a long `Read`; it is pulled on the pool, a chunk whenever the socket can take one.
    Pooled(Work),
    /// Somebody else completes it: the log thread when a commit is durable.
    Deferred {
        /// Starts the work and must return at once; what it is given completes the request from any thread.
        start: Box<dyn FnOnce(Responder) + Send>,
        /// When the client has waited long enough.
        deadline: Instant,
        /// The reply at the deadline, if nobody has responded by then.
        expired: Expired,
    },
    /// Waits for something that [`Bell`](super::Bell) announces: a long poll, a revision to be reached.
    Waiting {
        /// Asked at the start and after each ring, on the connection's thread; `Some` ends the wait.
        poll: Box<dyn FnMut() -> Option<Reply> + Send>,
        /// When the wait ends by itself.
        deadline: Instant,
        /// The reply at the deadline.
        expired: Expired,
    },
    /// Server-sent events, or any answer without an end.
    Stream {
        /// Status and headers; its body is not used.
        head: Response,
        /// What is sent after it.
        source: Box<dyn StreamSource>,
    },
}

/// The reply when a deadline passes.
pub type Expired = Box<dyn FnOnce() -> Reply + Send>;

/// What a stream sends, piece by piece. Pulled: a client that does not read holds `Limits::output_bytes_high`
/// and one piece, no more.
pub trait StreamSource: Send {
    /// The next piece. Called on the connection's thread when the socket can take more: at the start,
    /// after each piece, and after each ring of the bell.
    fn next(&mut self) -> StreamStep;

    /// What to send when nothing was sent for the heartbeat interval.
    fn heartbeat(&mut self) -> Vec<u8>;
}

/// One step of a stream.
pub enum StreamStep {
    /// Send this; the same encoding can be shared by every watcher.
    Data(Arc<[u8]>),
    /// Nothing now: ask again when the bell rings.
    Wait,
    /// What comes next must be read from the store: run this on the pool, send what it gives, and ask again.
    Work(Box<dyn FnOnce() -> Option<Arc<[u8]>> + Send>),
    /// End the stream and close the connection: the watcher resumes by its last id.
    End,
}

/// Completes one request from any thread, once. When the client has gone, or its deadline has passed, the reply is
/// dropped. Dropped unanswered, the client gets a 500.
pub struct Responder {
    destination: Option<Destination>,
    finish: Option<Finish>,
}

enum Destination {
    Connection(Arc<Mailbox>, Ticket),
    Callback(Box<dyn FnOnce(Option<Reply>) + Send>),
}

type Finish = Box<dyn FnOnce(Reply) -> Reply + Send>;

impl Responder {
    pub(super) fn new(mailbox: Arc<Mailbox>, ticket: Ticket) -> Self {
        Self { destination: Some(Destination::Connection(mailbox, ticket)), finish: None }
    }

    /// One without a connection: `complete` gets the reply, or `None` if it is dropped unanswered. For those
    /// who run a handler without a server.
    pub fn calling(complete: impl FnOnce(Option<Reply>) + Send + 'static) -> Self {
        Self { destination: Some(Destination::Callback(Box::new(complete))), finish: None }
    }

    /// The same, but its reply passes through `finish` on its way.
    #[must_use]
    pub fn finished_by(mut self, finish: impl FnOnce(Reply) -> Reply + Send + 'static) -> Self {
        self.finish = Some(Box::new(finish));
        self
    }

    /// Answers, and wakes the connection's thread.
    pub fn respond(self, reply: Reply) {
        if let Some(waker) = self.respond_with(Box::new(move || reply)) {
            waker.wake();
        }
    }

    /// Answers with what the connection's thread is to make of `work`. Who is given a waker must use it, and
    /// soon: until then the thread may not have noticed this answer, or any that came after it.
    #[must_use = "the connection's thread sleeps on until it is woken"]
    pub fn respond_with(mut self, work: Work) -> Option<Waker> {
        let work = match self.finish.take() {
            Some(finish) => Box::new(move || finish(work())),
            None => work,
        };
        self.complete(Some(work))
    }

    fn complete(&mut self, work: Option<Work>) -> Option<Waker> {
        match self.destination.take()? {
            Destination::Connection(mailbox, ticket) => {
                let outcome = work.map_or(Outcome::Dropped, Outcome::Work);
                mailbox.add(Message::Outcome(ticket, outcome))
            }
            Destination::Callback(complete) => {
                complete(work.map(|work| work()));
                None
            }
        }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if let Some(waker) = self.complete(None) {
            waker.wake();
        }
    }
}
