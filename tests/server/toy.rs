//! A service with one route for each kind of reply, and what tests need to steer it.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use configapi::server::{
    Begun, Bell, BodyShare, ConnectionLimits, Exchange, Headers, Listener, Peer, Refusal, Reply, RequestHead,
    Responder, Server, Service, StreamSource, StreamStep,
};
use rouille::{Request, Response, ResponseBody};
use rustls::ClientConfig;

/// A gate that opens once.
#[derive(Default)]
pub(crate) struct Gate {
    open: Mutex<bool>,
    /// Threads that have come to it.
    arrived: AtomicU64,
    changed: Condvar,
}

impl Gate {
    pub(crate) fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.open.lock().unwrap()
    }

    pub(crate) fn has_waiter(&self) -> bool {
        self.arrived.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn pass(&self) {
        self.arrived.fetch_add(1, Ordering::Relaxed);
        let mut open = self.open.lock().unwrap();
        while !*open {
            open = self.changed.wait(open).unwrap();
        }
    }
}

/// What the routes share with the tests.
#[derive(Default)]
pub(crate) struct State {
    /// `/slow` waits here, on the pool.
    pub(crate) slow: Gate,
    /// `/wait` waits for this, announced by the bell.
    pub(crate) awaited: Gate,
    /// `/search` searches for this, turn by turn.
    pub(crate) found: Gate,
    /// Turns of searches.
    pub(crate) turns: AtomicU64,
    /// Responders of `/deferred`, for the test to answer.
    pub(crate) deferred: Mutex<VecDeque<Responder>>,
    /// What `/stream` sends, from the start for each watcher.
    pub(crate) events: Mutex<Vec<Arc<[u8]>>>,
    pub(crate) stream_ended: Gate,
    /// Bytes that `/endless` was asked for.
    pub(crate) pulled_bytes: Arc<AtomicU64>,
    pub(crate) handled: AtomicU64,
    /// The peer of every request.
    pub(crate) peers: Mutex<Vec<Peer>>,
    /// Every response head: its path, status and length.
    pub(crate) finished: Mutex<Vec<(String, u16, Option<u64>)>>,
}

pub(crate) struct Toy {
    pub(crate) state: Arc<State>,
}

impl Service for Toy {
    fn begin(&self, head: &RequestHead<'_>) -> Begun {
        let path = head.target.split('?').next().unwrap_or_default();
        self.state.peers.lock().unwrap().push(head.peer);
        assert_ne!(path, "/panic-at-the-head", "as asked");
        let admitted = match path {
            "/refused" => Err(Response::text("refused").with_status_code(403)),
            "/no-body" => Ok(0),
            _ if head.target.starts_with("/echo?large") => Ok(64 << 20),
            _ => Ok(64 << 10),
        };
        Begun { exchange: self.exchange(path), admitted }
    }

    fn unreadable(&self, _: Peer, _: Instant) -> Arc<dyn Exchange> {
        self.exchange("")
    }
}

/// One request of the toy.
pub(crate) struct ToyExchange {
    state: Arc<State>,
    path: String,
    share: Mutex<Option<Arc<BodyShare>>>,
}

impl Exchange for ToyExchange {
    fn hold(&self, share: Arc<BodyShare>) {
        *self.share.lock().unwrap() = Some(share);
    }

    fn handle(self: Arc<Self>, request: &Request) -> Reply {
        self.state.handled.fetch_add(1, Ordering::SeqCst);
        let path = request.raw_url().split('?').next().unwrap_or_default();
        match path {
            "/hello" => Reply::Ready(Response::text("hello")),
            "/echo" => {
                let mut body = Vec::new();
                request.data().unwrap().read_to_end(&mut body).unwrap();
                let host = request.header("Host").unwrap_or("none").to_owned();
                let method = request.method().to_owned();
                let response = Response::from_data("application/octet-stream", body);
                Reply::Ready(
                    response
                        .with_additional_header("X-Host", host)
                        .with_additional_header("X-Method", method),
                )
            }
            "/headers" => {
                let lines: Vec<String> =
                    request.headers().map(|(name, value)| format!("{name}={value}")).collect();
                Reply::Ready(Response::text(lines.join("\n")))
            }
            "/nothing" => Reply::Ready(Response::empty_204()),
            "/unchanged" => Reply::Ready(Response::text("never sent").with_status_code(304)),
            "/panic" => panic!("as asked"),
            "/split" => Reply::Ready(Response::text("x").with_additional_header("X-Bad", "a\r\nX-Evil: b")),
            "/slow" => Reply::Pooled(Box::new(move || {
                self.state.slow.pass();
                Reply::Ready(Response::text("slow"))
            })),
            "/search" => search(&self.state),
            "/search-slowly" => {
                let state = Arc::clone(&self.state);
                let turn = Box::new(move || {
                    state.slow.pass();
                    Reply::Ready(Response::text("found"))
                });
                Reply::Search { turn, expired: Box::new(given_up) }
            }
            "/pool-panic" => Reply::Pooled(Box::new(|| panic!("as asked, on the pool"))),
            "/deferred" => self.deferred(Duration::from_secs(20)),
            "/deferred-panic" => Reply::Deferred {
                start: Box::new(|_responder| panic!("as asked, with the responder in hand")),
                deadline: Instant::now() + Duration::from_secs(20),
                expired: Box::new(|| Reply::Ready(Response::text("expired"))),
            },
            "/deferred-briefly" => self.deferred(Duration::from_millis(50)),
            "/wait" => self.wait(Duration::from_secs(20)),
            "/wait-briefly" => self.wait(Duration::from_millis(50)),
            "/stream" => Reply::Stream {
                head: Response::from_data("text/event-stream", Vec::new()),
                source: Box::new(Events { state: Arc::clone(&self.state), next: 0 }),
            },
            "/flood" => Reply::Stream {
                head: Response::from_data("text/event-stream", Vec::new()),
                source: Box::new(Flood { piece: vec![b'x'; 1 << 10].into() }),
            },
            "/big" => pooled_body(|| ResponseBody::from_reader(Pattern::new(1 << 20))),
            "/big-sized" => {
                pooled_body(|| ResponseBody::from_reader_and_size(Pattern::new(1 << 20), 1 << 20))
            }
            "/download" => pooled_body(|| ResponseBody::from_reader(Pattern::new(64 << 20))),
            "/ready-unsized" => Reply::Ready(Response {
                data: ResponseBody::from_reader(Pattern::new(1 << 20)),
                ..Response::text("")
            }),
            "/large" => Reply::Ready(Response::from_data("text/plain", vec![b'x'; 1 << 20])),
            "/broken" => pooled_body(|| ResponseBody::from_reader(Broken { left: 200_000 })),
            "/short" => pooled_body(|| ResponseBody::from_reader_and_size(Pattern::new(100_000), 200_000)),
            "/in-turns" => pooled_body(|| ResponseBody::from_reader(InTurns { step: 0 })),
            "/endless" => {
                let pulled = Arc::clone(&self.state.pulled_bytes);
                pooled_body(move || ResponseBody::from_reader(Endless { pulled }))
            }
            _ => Reply::Ready(Response::text("no such route").with_status_code(404)),
        }
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        let text = format!("{} {} {:?}", refusal.status, refusal.detail, refusal.limit);
        Response::text(text).with_status_code(refusal.status)
    }

    fn finish(&self, status: u16, body_bytes: Option<u64>, headers: &mut Headers) {
        headers.push(("X-Finished".into(), self.path.clone().into()));
        self.state.finished.lock().unwrap().push((self.path.clone(), status, body_bytes));
    }
}

impl Toy {
    fn exchange(&self, path: &str) -> Arc<dyn Exchange> {
        Arc::new(ToyExchange {
            state: Arc::clone(&self.state),
            path: path.to_owned(),
            share: Mutex::default(),
        })
    }
}

impl ToyExchange {
    fn deferred(&self, wait: Duration) -> Reply {
        let state = Arc::clone(&self.state);
        Reply::Deferred {
            start: Box::new(move |responder| state.deferred.lock().unwrap().push_back(responder)),
            deadline: Instant::now() + wait,
            expired: Box::new(|| Reply::Ready(Response::text("expired").with_status_code(503))),
        }
    }

    fn wait(&self, wait: Duration) -> Reply {
        let state = Arc::clone(&self.state);
        Reply::Waiting {
            poll: Box::new(move || state.awaited.is_open().then(|| Reply::Ready(Response::text("it came")))),
            deadline: Instant::now() + wait,
            expired: Box::new(|| Reply::Ready(Response::text("nothing came"))),
        }
    }
}

fn pooled_body(body: impl FnOnce() -> ResponseBody + Send + 'static) -> Reply {
    Reply::Pooled(Box::new(move || Reply::Ready(Response { data: body(), ..Response::text("") })))
}

/// A search that goes on for as long as there is nothing.
fn search(state: &Arc<State>) -> Reply {
    let state = Arc::clone(state);
    let turn = Box::new(move || {
        state.turns.fetch_add(1, Ordering::SeqCst);
        if state.found.is_open() { Reply::Ready(Response::text("found")) } else { search(&state) }
    });
    Reply::Search { turn, expired: Box::new(given_up) }
}

fn given_up() -> Reply {
    Reply::Ready(Response::text("given up"))
}

/// Gives the pool's thread back before each piece, now in its turn, now after a pause.
struct InTurns {
    step: u8,
}

impl Read for InTurns {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.step += 1;
        match self.step {
            1 | 4 => Err(io::ErrorKind::WouldBlock.into()),
            2 => Err(io::ErrorKind::ResourceBusy.into()),
            3 | 5 => (&b"piece "[..]).read(buffer),
            _ => Ok(0),
        }
    }
}

struct Events {
    state: Arc<State>,
    next: usize,
}

impl StreamSource for Events {
    fn next(&mut self) -> StreamStep {
        if let Some(event) = self.state.events.lock().unwrap().get(self.next) {
            self.next += 1;
            let event = Arc::clone(event);
            // Every third one comes from the pool.
            return match self.next % 3 {
                0 => StreamStep::Work(Box::new(move || Some(event))),
                _ => StreamStep::Data(event),
            };
        }
        if self.state.stream_ended.is_open() { StreamStep::End } else { StreamStep::Wait }
    }

    fn heartbeat(&mut self) -> Vec<u8> {
        b": heartbeat\n\n".to_vec()
    }
}

/// Never at a loss for something to send.
struct Flood {
    piece: Arc<[u8]>,
}

impl StreamSource for Flood {
    fn next(&mut self) -> StreamStep {
        StreamStep::Data(Arc::clone(&self.piece))
    }

    fn heartbeat(&mut self) -> Vec<u8> {
        Vec::new()
    }
}

/// So many bytes, 0 to 250 again and again.
pub(crate) struct Pattern {
    at: usize,
    len: usize,
}

impl Pattern {
    pub(crate) fn new(len: usize) -> Self {
        Self { at: 0, len }
    }

    pub(crate) fn bytes(len: usize) -> Vec<u8> {
        (0..=250).cycle().take(len).collect()
    }
}

impl Read for Pattern {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(self.len - self.at).min(10_000);
        for byte in &mut buffer[..count] {
            *byte = u8::try_from(self.at % 251).unwrap();
            self.at += 1;
        }
        Ok(count)
    }
}

struct Broken {
    left: usize,
}

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("as asked"));
        }
        let count = buffer.len().min(self.left);
        self.left -= count;
        Ok(count)
    }
}

struct Endless {
    pulled: Arc<AtomicU64>,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.pulled.fetch_add(buffer.len() as u64, Ordering::SeqCst);
        Ok(buffer.len())
    }
}

/// A server with the toy behind it.
pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) state: Arc<State>,
    pub(crate) bell: Bell,
    /// Of its clients, where it has a certificate.
    pub(crate) trust: Option<Arc<ClientConfig>>,
}

impl Running {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// Two threads, so that what depends on there being more than one is seen on any machine.
    pub(crate) fn with(change: impl FnOnce(&mut ConnectionLimits)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self::on(vec![Listener::tcp(listener).unwrap()], None, change)
    }

    pub(crate) fn on(
        listeners: Vec<Listener>,
        trust: Option<Arc<ClientConfig>>,
        change: impl FnOnce(&mut ConnectionLimits),
    ) -> Self {
        let mut limits =
            ConnectionLimits { connection_threads: 2, pool_threads: 2, ..ConnectionLimits::default() };
        change(&mut limits);
        let state = Arc::new(State::default());
        let bell = Bell::new();
        let service = Arc::new(Toy { state: Arc::clone(&state) });
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let server = Server::start(listeners, service, &bell, limits, logger).unwrap();
        Self { server, state, bell, trust }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A pool thread that waits at a gate would outlive the test.
        self.state.slow.open();
    }
}
