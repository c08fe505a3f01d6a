//! The contract inside a program that runs a rouille server of its own.
//!
//! [`handler`] takes a request through the same three steps as the connection layer, on the caller's thread. That thread
//! waits where the connection layer would not: for a commit, and in a long poll for as long as its client asks. An event
//! stream is refused with 406, because rouille's server flushes a response only every 8 KiB. Limits on connections and
//! deadlines for slow clients are those of the caller's server.
//!
//! Invariant: the tests of the contract run over it too (`tests/mounted.rs`).

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

use parking_lot::{Condvar, Mutex};
use rouille::{Request, Response, ResponseBody};

use super::api::Api;
use crate::presentation::http::answer::problem::Problem;
use crate::server::{Begun, Exchange, Refusal, Reply, RequestHead, Responder, Scheme, Service};

/// The contract as a plain function, for `rouille::Server` or a router of yours.
///
/// Each call that waits holds its thread, so that the server needs a pool of some threads more than there are long polls.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use configapi::http::{Api, ApiSettings, handler};
/// use configapi::{ConfigStore, Options};
/// use slog::{Discard, Logger, o};
///
/// let store = Arc::new(ConfigStore::open(&Options::file("configapi.db"))?);
/// let api = Api::new(store, ApiSettings::default(), Logger::root(Discard, o!()));
/// rouille::Server::new("127.0.0.1:4000", handler(&api))?.pool_size(32).run();
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn handler(api: &Api) -> impl Fn(&Request) -> Response + Send + Sync + use<> {
    let (api, bell) = (api.clone(), Arc::new(Rings::default()));
    let rung = Arc::clone(&bell);
    api.on_advance(move || rung.ring());
    move |request| answer(&api, &bell, request)
}

/// How often the store has advanced.
#[derive(Default)]
struct Rings {
    count: Mutex<u64>,
    changed: Condvar,
}

impl Rings {
    fn ring(&self) {
        *self.count.lock() += 1;
        self.changed.notify_all();
    }

    fn count(&self) -> u64 {
        *self.count.lock()
    }

    /// Whether the store has advanced past a count by the deadline.
    fn wait_past(&self, count: u64, deadline: Instant) -> bool {
        let mut now = self.count.lock();
        while *now == count {
            if self.changed.wait_until(&mut now, deadline).timed_out() {
                return *now != count;
            }
        }
        true
    }
}

fn answer(api: &Api, bell: &Rings, request: &Request) -> Response {
    let text = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let headers: Vec<_> = request.headers().map(text).collect();
    let (method, target, peer) = (request.method(), request.raw_url(), *request.remote_addr());
    let scheme = if request.is_secure() { Scheme::Https } else { Scheme::Http };
    let head =
        RequestHead { method, target, headers: &headers, peer: peer.into(), scheme, now: Instant::now() };
    let Begun { exchange, admitted } = api.begin(&head);
    let response = admitted.and_then(|bytes_max| {
        let body = read_body(request, bytes_max).map_err(|refusal| exchange.refuse(refusal))?;
        let whole = Request::fake_http_from(peer, method, target, headers.clone(), body);
        Ok(follow(bell, Arc::clone(&exchange).handle(&whole)))
    });
    finish(exchange.as_ref(), response.unwrap_or_else(|refused| refused))
}

/// The whole body, which must not be longer than the route takes.
fn read_body(request: &Request, bytes_max: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let Some(body) = request.data() else { return Ok(bytes) };
    let read = body.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes);
    if bytes.len() as u64 > bytes_max {
        let detail = "send a shorter body, or none where the path takes none";
        return Err(Refusal { status: 413, detail, limit: Some(bytes_max) });
    }
    match read {
        Ok(_) => Ok(bytes),
        Err(_) => Err(Refusal { status: 400, detail: "send the body once, whole", limit: None }),
    }
}

/// Follows a reply to its response, as the connection layer does.
fn follow(bell: &Rings, mut reply: Reply) -> Response {
    loop {
        reply = match reply {
            Reply::Ready(response) => return response,
            Reply::Pooled(work) | Reply::Search { turn: work, .. } => work(),
            Reply::Deferred { start, deadline, expired } => {
                let (sender, answered) = channel();
                start(Responder::calling(move |reply| drop(sender.send(reply))));
                match answered.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                    Ok(Some(reply)) => reply,
                    Err(RecvTimeoutError::Timeout) => expired(),
                    Ok(None) | Err(RecvTimeoutError::Disconnected) => {
                        let detail = "the server failed while it answered: send it again";
                        return Problem::refused(500, detail, None).into_response();
                    }
                }
            }
            Reply::Waiting { mut poll, deadline, expired } => loop {
                // Counted before it is asked, so that what comes in between is not missed.
                let heard = bell.count();
                if let Some(reply) = poll() {
                    break reply;
                }
                if !bell.wait_past(heard, deadline) {
                    break expired();
                }
            },
            Reply::Stream { .. } => return Problem::no_streams_here().into_response(),
        };
    }
}

fn finish(exchange: &dyn Exchange, response: Response) -> Response {
    let Response { status_code, mut headers, data, upgrade } = response;
    let (reader, bytes) = data.into_reader_and_size();
    exchange.finish(status_code, bytes.map(|bytes| bytes as u64), &mut headers);
    let data = match bytes {
        Some(bytes) => ResponseBody::from_reader_and_size(Whole(reader), bytes),
        None => ResponseBody::from_reader(Whole(reader)),
    };
    Response { status_code, headers, data, upgrade }
}

/// A body of the contract gives its thread back now and then with `WouldBlock`; here the thread goes on.
struct Whole(Box<dyn Read + Send>);

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }
}
