//! The connection layer: sockets to requests, replies to sockets.
//!
//! It replaces rouille's own listener. Connection threads, one per core, each have their own epoll and share the listener.
//! They accept, read, parse, run the service inline, write, and keep every deadline. Nothing on them blocks. A handler
//! that can't answer at once returns a [`Reply`] for the pool, for the holder of the [`Responder`], for the [`Bell`], or
//! a stream.
//!
//! The way of a request: `accept` → `turn` (read) → `connection` (`parser`, the head) → [`Service::begin`] → `connection`
//! (`body`) → [`Exchange::handle`] → `respond` or `stream` → [`Exchange::finish`] → `encode` → `turn` (write).
//!
//! `thread` is the loop, `slab` its table of clients with their deadlines, `client` the state of one, `context` what a
//! client needs of its thread, `mailbox` the messages of other threads, `pool` the workers, `budget` the memory of bodies,
//! `limits` every bound. `listener` is where clients connect, `transport` the byte stream of one: TCP, `tls` or a `unix`
//! socket.
//!
//! Called by `presentation::cli`, which passes the service of `presentation::http`. Of this crate it uses nothing.
//! Its promises are the test names in `tests/server`.

mod accept;
mod body;
mod budget;
mod client;
mod connection;
mod context;
mod date;
mod encode;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod limits;
mod listener;
mod mailbox;
mod parser;
mod peer;
mod pool;
mod reply;
mod respond;
mod shared;
mod slab;
mod socket;
mod stats;
mod stream;
mod thread;
mod tls;
mod transport;
mod turn;
mod unix;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::Poll;
use parking_lot::Mutex;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use slog::{info, warn};

pub use budget::BodyShare;
pub use limits::{ConnectionLimits, FIELDS_MAX, UnlimitedPeers};
pub use listener::{Address, Listener};
pub use mailbox::Bell;
pub use peer::{Peer, Scheme};
pub use reply::{
    Begun, ConnectionMemory, Exchange, Expired, Field, Headers, Refusal, Reply, RequestHead, Responder,
    Service, StreamSource, StreamStep, Work,
};
pub use stats::Stats;
pub use tls::{TlsError, TlsFiles, TlsKeys, TlsWatch};

use accept::Acceptor;
use mailbox::Mailbox;
use pool::Pool;
use shared::{ServerPhase, ServerState};
use thread::{Thread, WAKER, listener_token};
use unix::SocketFile;

/// What the threads may need to let go after the hard deadline: they close sockets and end.
const END_WAIT: Duration = Duration::from_secs(2);

/// A running server. Dropped, it stops at once.
pub struct Server {
    shared: Arc<ServerState>,
    bell: Bell,
    addresses: Vec<Address>,
    keys: Option<Arc<TlsKeys>>,
    /// Removed when it stops.
    files: Mutex<Vec<SocketFile>>,
}

impl Server {
    /// Serves what connects to the listeners. Raises the process's limit of open files as far as it may.
    ///
    /// # Errors
    ///
    /// Where the system has no epoll, descriptors or threads left.
    pub fn start(
        mut listeners: Vec<Listener>,
        service: Arc<dyn Service>,
        bell: &Bell,
        limits: ConnectionLimits,
        logger: slog::Logger,
    ) -> io::Result<Self> {
        for listener in &listeners {
            listener.set_nonblocking()?;
            rustix::net::listen(listener, limits.accept_queue_max.into())?;
        }
        let addresses = listeners.iter().map(|listener| listener.address.clone()).collect();
        let keys = listeners.iter().find_map(Listener::keys).cloned();
        let files = listeners.iter_mut().filter_map(|listener| listener.file.take()).collect();
        raise_file_limit(&logger);

        let mut polls = Vec::new();
        let mut mailboxes = Vec::new();
        for _ in 0..limits.connection_threads.max(1) {
            let poll = Poll::new()?;
            mailboxes.push(Arc::new(Mailbox::new(mio::Waker::new(poll.registry(), WAKER)?)));
            polls.push(poll);
        }
        let pool = Pool::start(&limits)?;
        bell.attach(&mailboxes);
        let shared = Arc::new(ServerState::new(service, limits, logger, mailboxes.clone()));
        // From here on a failure stops the threads that have started.
        let server = Self {
            shared: Arc::clone(&shared),
            bell: bell.clone(),
            addresses,
            keys,
            files: Mutex::new(files),
        };
        // As many copies as threads and no more: when they are closed, connecting is refused.
        let copy = |_| listeners.iter().map(Listener::try_clone).collect::<io::Result<Vec<_>>>();
        let mut copies = (1..polls.len()).map(copy).collect::<io::Result<Vec<_>>>()?;
        copies.push(listeners);
        for (number, ((poll, mailbox), listeners)) in polls.into_iter().zip(mailboxes).zip(copies).enumerate()
        {
            let accept =
                |(number, listener)| Acceptor::new(listener, poll.registry(), listener_token(number));
            let acceptors = listeners.into_iter().enumerate().map(accept).collect::<io::Result<Vec<_>>>()?;
            let thread = Thread::new(Arc::clone(&shared), pool.clone(), mailbox, poll, acceptors);
            std::thread::Builder::new().name(format!("connections-{number}")).spawn(move || thread.run())?;
        }
        for address in &server.addresses {
            info!(shared.logger, "serving"; "address" => address.place());
        }
        Ok(server)
    }

    /// Where it listens, in the order of the listeners.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// The first TCP address that it listens on; 127.0.0.1 and port 0 where it listens on unix sockets alone.
    pub fn local_addr(&self) -> SocketAddr {
        let first = self.addresses.iter().find_map(Address::socket_addr);
        first.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// The bell that its waiting requests and streams hear.
    pub fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// What it has done and holds.
    pub fn stats(&self) -> Stats {
        let mut stats = Stats {
            bodies_bytes: self.shared.bodies.used_bytes(),
            outputs_bytes: self.shared.outputs.used_bytes(),
            tls_expires_unix_s: self.keys.as_ref().and_then(|keys| keys.expires_unix_s()),
            tls_reload_failures: self.keys.as_ref().map(|keys| keys.reload_failures()),
            ..Stats::default()
        };
        for mailbox in &self.shared.mailboxes {
            stats.add(&mailbox.counters);
        }
        stats
    }

    /// Stops: accepts nothing more, closes idle connections, ends waits and streams, finishes what was begun,
    /// and after `grace` cuts what is left. Returns how many connections that were. [`Server::stop_now`] from
    /// another thread shortens it.
    pub fn stop(&self, grace: Duration) -> u64 {
        self.files.lock().clear();
        self.shared.enter(ServerPhase::Draining);
        let cut = self.shared.wait_ended(Instant::now() + grace);
        cut.unwrap_or_else(|| self.stop_now())
    }

    /// Stops without waiting for anybody. Returns how many connections were cut.
    pub fn stop_now(&self) -> u64 {
        self.files.lock().clear();
        self.shared.enter(ServerPhase::Ended);
        let cut = self.shared.wait_ended(Instant::now() + END_WAIT);
        cut.unwrap_or_else(|| {
            warn!(self.shared.logger, "connection threads did not end in time");
            self.stats().connections_open
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop_now();
        self.bell.detach(&self.shared.mailboxes);
    }
}

/// Each connection is a file; the soft limit is often 1,024 while the hard one is far higher.
fn raise_file_limit(logger: &slog::Logger) {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        warn!(logger, "limit of open files not raised"; "error" => %error);
    }
}
