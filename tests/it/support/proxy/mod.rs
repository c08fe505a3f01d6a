//! A fault proxy between the server and PostgreSQL, in the test process: two threads a connection.
//!
//! It delays, throttles, swallows, resets and cuts; and, since it reads PostgreSQL's messages (`frames`),
//! it loses the reply to an append that was committed, and drops or repeats notifications. The service
//! speaks plain protocol v3 to it. What was said before a fault began is out already; a fault holds for
//! every connection, the open ones too, until it is set back.

mod frames;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use frames::{AppendWatch, Frames, Verdict};

/// What happens to every byte, in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    #[default]
    None,
    /// Each piece is held this long.
    Delay(Duration),
    /// So many bytes a second and connection.
    Throttle(u32),
    /// Nothing gets through and nothing is refused, as behind a broken network. It gets through when this ends.
    BlackHole,
    /// New connections are reset; the open ones go on.
    Refuse,
}

/// What happens to PostgreSQL's notifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notifications {
    #[default]
    Pass,
    Drop,
    Repeat,
}

#[derive(Debug, Default)]
struct Faults {
    fault: Fault,
    notifications: Notifications,
    /// So many of the next append replies are lost.
    replies_to_lose: u32,
    /// Counts down the bytes that still get to the client; then that connection is reset.
    bytes_to_cut: Option<usize>,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    faults: Mutex<Faults>,
    changed: Condvar,
    stopped: AtomicBool,
    lost_replies: AtomicU64,
    connections: Mutex<Vec<Weak<Connection>>>,
}

/// A listening proxy. Dropped: all its connections end.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// Both sockets of a relayed connection. Closed when both of its threads have let go.
#[derive(Debug)]
struct Connection {
    client: TcpStream,
    server: TcpStream,
    ended: AtomicBool,
    watch: Mutex<AppendWatch>,
    /// Bytes of the server's that are no message: answers to a request for encryption.
    bare: AtomicU64,
}

impl Proxy {
    /// A proxy before `upstream`, on a free port of 127.0.0.1, without a fault.
    pub fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared {
            upstream,
            faults: Mutex::default(),
            changed: Condvar::new(),
            stopped: AtomicBool::new(false),
            lost_replies: AtomicU64::new(0),
            connections: Mutex::default(),
        });
        let ours = Arc::clone(&shared);
        spawn("proxy accept", move || ours.accept(&listener));
        Self { address, shared }
    }

    /// A proxy before the server that a database's URL names, and the URL of the same database through it.
    pub fn before(url: &str) -> (Self, String) {
        let (scheme, rest) = url.split_once("://").expect("a URL");
        let (authority, path) = rest.split_once('/').expect("a URL with a database");
        let (user, host) = authority.rsplit_once('@').expect("a URL with a user");
        let proxy = Self::start(host.parse().expect("a URL with an address and a port"));
        let through = format!("{scheme}://{user}@{}/{path}", proxy.address);
        (proxy, through)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the fault that holds from now on; `Fault::None` heals.
    pub fn set(&self, fault: Fault) {
        lock(&self.shared.faults).fault = fault;
        self.shared.changed.notify_all();
    }

    pub fn set_notifications(&self, notifications: Notifications) {
        lock(&self.shared.faults).notifications = notifications;
    }

    /// The next append that is forwarded is carried out and committed, and its connection reset before the
    /// client has heard of it.
    pub fn lose_next_append_reply(&self) {
        lock(&self.shared.faults).replies_to_lose += 1;
    }

    /// How many replies have been lost so.
    pub fn lost_replies(&self) -> u64 {
        self.shared.lost_replies.load(Ordering::SeqCst)
    }

    /// Lets so many more bytes through to clients, then resets the connection in the midst of a message.
    pub fn cut_after(&self, bytes: usize) {
        lock(&self.shared.faults).bytes_to_cut = Some(bytes);
    }

    /// Resets every open connection, on both sides.
    pub fn reset_all(&self) {
        for connection in self.shared.open() {
            connection.reset();
        }
        // Under the lock, so that none who has just looked goes to sleep on it.
        let _looked = lock(&self.shared.faults);
        self.shared.changed.notify_all();
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.shared.open().len()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        self.reset_all();
        // Wakes the thread that accepts, which then sees that it is over.
        let _wake = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming().map_while(Result::ok) {
            if self.stopped.load(Ordering::SeqCst) {
                return;
            }
            let ours = Arc::clone(self);
            spawn("proxy client", move || ours.relay(client));
        }
    }

    fn relay(self: Arc<Self>, client: TcpStream) {
        // A black hole swallows the connection's beginning too.
        let waiting = AtomicBool::new(false);
        let server = match self.wait_at_the_gate(0, &waiting) {
            Some(Fault::Refuse) | None => None,
            Some(_) => TcpStream::connect_timeout(&self.upstream, Duration::from_secs(5)).ok(),
        };
        let Some(server) = server else {
            let _closed_already = rustix::net::sockopt::set_socket_linger(&client, Some(Duration::ZERO));
            return;
        };
        for socket in [&client, &server] {
            let _only_slower = socket.set_nodelay(true);
        }
        let connection = Arc::new(Connection {
            client,
            server,
            ended: AtomicBool::new(false),
            watch: Mutex::default(),
            bare: AtomicU64::new(0),
        });
        lock(&self.connections).push(Arc::downgrade(&connection));
        let (shared, other) = (Arc::clone(&self), Arc::clone(&connection));
        spawn("proxy server", move || shared.to_client(&other));
        self.to_server(&connection);
    }

    fn to_server(&self, connection: &Connection) {
        let mut frames = Frames::of_client();
        pump(&connection.client, |bytes| {
            frames.push(bytes);
            let mut out = Vec::new();
            while let Some(frame) = frames.next() {
                if frame.asks_for_encryption() {
                    connection.bare.fetch_add(1, Ordering::SeqCst);
                }
                lock(&connection.watch).client_says(&frame);
                out.extend(frame.bytes);
            }
            self.forward(&out, &connection.server, connection)
        });
        self.end(connection, &connection.server);
    }

    fn to_client(&self, connection: &Connection) {
        let mut frames = Frames::of_server();
        pump(&connection.server, |bytes| {
            for _ in 0..connection.bare.swap(0, Ordering::SeqCst) {
                frames.expect_bare_byte();
            }
            frames.push(bytes);
            let mut out = Vec::new();
            while let Some(frame) = frames.next() {
                let notifications = lock(&self.faults).notifications;
                let passed = match lock(&connection.watch).server_says(frame) {
                    Verdict::Committed(_) if self.takes_a_reply() => {
                        connection.reset();
                        return None;
                    }
                    Verdict::Pass(passed) | Verdict::Committed(passed) => passed,
                };
                for frame in passed {
                    let times = match (frame.kind, notifications) {
                        (b'A', Notifications::Drop) => 0,
                        (b'A', Notifications::Repeat) => 2,
                        _ => 1,
                    };
                    out.extend(frame.bytes.repeat(times));
                }
            }
            let cut = self.bytes_before_the_cut(out.len());
            self.forward(&out[..cut.unwrap_or(out.len())], &connection.client, connection)?;
            if cut.is_some() {
                connection.reset();
                return None;
            }
            Some(())
        });
        self.end(connection, &connection.client);
    }

    /// Whether the reply to an append is to be lost now.
    fn takes_a_reply(&self) -> bool {
        let mut faults = lock(&self.faults);
        let lose = faults.replies_to_lose > 0;
        if lose {
            faults.replies_to_lose -= 1;
            self.lost_replies.fetch_add(1, Ordering::SeqCst);
        }
        lose
    }

    /// How many of these bytes still get through, if the cut falls among them.
    fn bytes_before_the_cut(&self, count: usize) -> Option<usize> {
        let mut faults = lock(&self.faults);
        let left = faults.bytes_to_cut?;
        faults.bytes_to_cut = left.checked_sub(count);
        faults.bytes_to_cut.is_none().then_some(left)
    }

    /// Passes bytes on in pieces, each by way of the gate; `None` when the connection has ended.
    fn forward(&self, bytes: &[u8], mut to: &TcpStream, connection: &Connection) -> Option<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let fault = lock(&self.faults).fault;
            let most: u16 = match fault {
                Fault::Throttle(rate) => u16::try_from(rate / 20).unwrap_or(u16::MAX).max(1),
                _ => 16 * 1024,
            };
            let (piece, later) = rest.split_at(rest.len().min(most.into()));
            self.wait_at_the_gate(most.into(), &connection.ended)?;
            to.write_all(piece).ok()?;
            rest = later;
        }
        Some(())
    }

    /// Waits as the fault says; an end of the fault, of the connection or of the proxy ends the wait.
    fn wait_at_the_gate(&self, bytes: u32, ended: &AtomicBool) -> Option<Fault> {
        let over = || self.stopped.load(Ordering::SeqCst) || ended.load(Ordering::SeqCst);
        let faults = lock(&self.faults);
        let began = faults.fault;
        let hold = match began {
            Fault::None | Fault::Refuse => return (!over()).then_some(began),
            Fault::Delay(time) => time,
            Fault::Throttle(rate) => Duration::from_secs(1) * bytes / rate.max(1),
            Fault::BlackHole => Duration::MAX,
        };
        let unchanged = |faults: &mut Faults| faults.fault == began && !over();
        if hold == Duration::MAX {
            drop(self.changed.wait_while(faults, unchanged).unwrap_or_else(PoisonError::into_inner));
        } else {
            drop(self.changed.wait_timeout_while(faults, hold, unchanged));
        }
        // A black hole that ended may have become another fault.
        let now = lock(&self.faults).fault;
        (!over()).then_some(now)
    }

    /// One side has said its last word: tells the other, when the fault lets it through.
    fn end(&self, connection: &Connection, other: &TcpStream) {
        if self.wait_at_the_gate(0, &connection.ended).is_some() {
            let _closed_already = other.shutdown(Shutdown::Write);
        }
    }

    fn open(&self) -> Vec<Arc<Connection>> {
        let mut connections = lock(&self.connections);
        connections.retain(|connection| connection.strong_count() > 0);
        connections.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Connection {
    /// Ends it as a reset, not as a goodbye. A shutdown for reading wakes this side's threads and tells the
    /// peers nothing; the reset goes out when the last of them closes the sockets, for lack of lingering.
    fn reset(&self) {
        self.ended.store(true, Ordering::SeqCst);
        for socket in [&self.client, &self.server] {
            let _closed_already = rustix::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO));
            let _closed_already = socket.shutdown(Shutdown::Read);
        }
    }
}

/// Reads until the end, an error, or `None` from whoever takes the bytes.
fn pump(mut from: &TcpStream, mut take: impl FnMut(&[u8]) -> Option<()>) {
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut chunk) {
        if take(&chunk[..count]).is_none() {
            return;
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).expect("a thread");
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
