//! The seam between the connection layer and what it serves, in three steps.
//!
//! 1. [`Service::begin`] sees the head of a request. It decides everything that depends on the head alone, before a
//!    byte of the body is read and before `100 Continue`. The connection layer keeps the [`Exchange`] that it returns.
//! 2. [`Exchange::handle`] gets the complete request and returns a [`Reply`]. The connection layer finishes the reply:
//!    at once, on the pool, when the log thread has committed, when a revision is reached, or as a stream.
//! 3. [`Exchange::finish`] sees the head of every response before it is written, refusals too.
//!
//! All three run on a connection thread and must never block there.

use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use parking_lot::Mutex;
use rouille::{Request, Response};

use super::budget::BodyShare;
use super::peer::{Peer, Scheme};
use super::slab::RequestKey;

/// Answers requests. One value serves every connection of a server.
pub trait Service: Send + Sync + 'static {
    /// Decides what the head of a request decides: whether it is let in, and how large its body may be.
    fn begin(&self, head: &RequestHead<'_>) -> Begun;

    /// The exchange for a client whose request could not be read, or that sent none: only its refusal is asked for.
    fn unreadable(&self, peer: Peer, now: Instant) -> Arc<dyn Exchange>;
}

/// One request and its response, from the end of the request's head to the response.
pub trait Exchange: Send + Sync + 'static {
    /// Gets the share of memory that the body of the complete request has. The connection layer drops its own at the end
    /// of the response. A service that may hold the body, or a command made of it, for longer keeps this one until then.
    fn hold(&self, share: Arc<BodyShare>) {
        drop(share);
    }

    /// Whether the requester may see no more of the response. Asked each second while a response goes on: a wait then
    /// gets its expired reply, another response is cut.
    fn is_over(&self) -> bool {
        false
    }

    /// Answers the complete request.
    fn handle(self: Arc<Self>, request: &Request) -> Reply;

    /// The response that the connection layer gives by itself: [`Exchange::handle`] was not called, or it failed.
    fn refuse(&self, refusal: Refusal) -> Response;

    /// Completes the fields of a response whose head is about to be written, and accounts for it. `body_bytes` is the
    /// length of the body where it is known. A head that can't be written is followed by another one, of a 500.
    fn finish(&self, status: u16, body_bytes: Option<u64>, headers: &mut Headers);
}

/// A field of a response: its name and its value.
pub type Field = (Cow<'static, str>, Cow<'static, str>);

/// The fields of a response.
pub type Headers = Vec<Field>;

/// The head of a request.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a str,
    /// Path and query as they came, in origin form, or `*`.
    pub target: &'a str,
    /// The fields in their order.
    pub headers: &'a [(String, String)],
    /// The other end of the connection.
    pub peer: Peer,
    /// Whether the connection is encrypted.
    pub scheme: Scheme,
    /// When its thread turned to it.
    pub now: Instant,
    /// What the service keeps of the connection.
    pub memory: &'a ConnectionMemory,
}

/// A place where a service keeps something of a connection between its requests, such as who sent the last one.
#[derive(Default)]
pub struct ConnectionMemory(Cell<Option<Box<dyn Any + Send>>>);

impl ConnectionMemory {
    /// Takes out what was kept, if it is of this type.
    pub fn take<T: Any + Send>(&self) -> Option<Box<T>> {
        self.0.take()?.downcast().ok()
    }

    /// Keeps something in place of what was kept.
    pub fn keep<T: Any + Send>(&self, kept: Box<T>) {
        self.0.set(Some(kept));
    }
}

impl fmt::Debug for ConnectionMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConnectionMemory")
    }
}

impl<'a> RequestHead<'a> {
    /// The value of the first field of this name.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let mut fields = self.headers.iter();
        fields.find(|(held, _)| held.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What the service makes of a head.
pub struct Begun {
    /// Kept with the request until its response is written. A refused request has one too, for its `finish`.
    pub exchange: Arc<dyn Exchange>,
    /// The most bytes that the body may have; or the response, where the head alone is refused. The connection ends
    /// after a refusal unless the body is here already.
    pub admitted: Result<u64, Response>,
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

/// The result of a handler.
pub enum Reply {
    /// In memory and small: written at once by the connection's thread.
    Ready(Response),
    /// Reads the store or makes a long answer: runs on the pool. The body of the response that comes out
    /// may be a long `Read`; it is pulled on the pool, a chunk whenever the socket can take one.
    ///
    /// Such a `Read` may give its thread back: see the module `pool`.
    Pooled(Work),
    /// A wait that has to search before it can wait on: runs on the few threads of the pool that may be busy with
    /// searches. It should be a short turn, with another search as its reply where more is to be searched.
    Search {
        /// One turn.
        turn: Work,
        /// The reply instead, if the client has shut down its side for long or the server is stopping.
        expired: Expired,
    },
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

/// What a stream sends, piece by piece. Pulled: a client that does not read holds `ConnectionLimits::output_bytes_high`
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
pub struct Responder(Option<(Arc<dyn Complete>, RequestKey)>);

/// The place where a responder leaves its reply.
pub(super) trait Complete: Send + Sync {
    /// Takes the reply of a request, or `None` if the responder was dropped; returns the thread to wake.
    fn complete(self: Arc<Self>, request: RequestKey, work: Option<Work>) -> Option<Waker>;
}

/// Without a connection.
struct Callback(Mutex<Option<OnReply>>);

type OnReply = Box<dyn FnOnce(Option<Reply>) + Send>;

impl Complete for Callback {
    fn complete(self: Arc<Self>, _: RequestKey, work: Option<Work>) -> Option<Waker> {
        let complete = self.0.lock().take()?;
        complete(work.map(|work| work()));
        None
    }
}

impl Responder {
    pub(super) fn new(place: Arc<dyn Complete>, request: RequestKey) -> Self {
        Self(Some((place, request)))
    }

    /// One without a connection: `complete` gets the reply, or `None` if it is dropped unanswered. For those
    /// who run a handler without a server.
    pub fn calling(complete: impl FnOnce(Option<Reply>) + Send + 'static) -> Self {
        Self::new(Arc::new(Callback(Mutex::new(Some(Box::new(complete))))), RequestKey::default())
    }

    /// Answers, and wakes the connection's thread.
    pub fn respond(self, reply: Reply) {
        if let Some(waker) = self.respond_with(Box::new(move || reply)) {
            waker.wake();
        }
    }

    /// Answers with the reply that the connection's thread is to make by `work`. A caller that gets a waker must use
    /// it, and soon: until then the thread may not have noticed this answer, or any that came after it.
    #[must_use = "the connection's thread sleeps on until it is woken"]
    pub fn respond_with(mut self, work: Work) -> Option<Waker> {
        self.complete(Some(work))
    }

    fn complete(&mut self, work: Option<Work>) -> Option<Waker> {
        let (place, request) = self.0.take()?;
        place.complete(request, work)
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if let Some(waker) = self.complete(None) {
            waker.wake();
        }
    }
}
