//! From the listener to clients: accepting, sharing out, refusing past the limit.
//!
//! Every thread has the listener in its epoll. Whoever accepts gives the connection to the thread with the fewest, so
//! that a burst does not end on one core. An accept that fails for want of descriptors or memory is counted and
//! tried again after a pause: the event that announced the connection does not come twice.
//!
//! Invariants: `a_burst_of_500_connections_is_answered`, `a_connection_past_the_limit_is_told_503`.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mio::Interest;
use mio::net::TcpStream;
use slog::warn;

use super::client::{Activity, Client, Fate};
use super::mailbox::Message;
use super::parser::refusal;
use super::stats;
use super::thread::Thread;

/// Connections accepted before the other clients have their turn.
const ACCEPTS_MAX: usize = 64;

/// When to accept next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accepting {
    /// The next event tells.
    WhenReady,
    /// There may be more.
    Now,
    /// The last accept failed.
    At(Instant),
}

impl Accepting {
    pub(super) fn until(self, now: Instant) -> Option<Duration> {
        match self {
            Self::WhenReady => None,
            Self::Now => Some(Duration::ZERO),
            Self::At(at) => Some(at.saturating_duration_since(now)),
        }
    }
}

impl Thread {
    pub(super) fn accept(&mut self) {
        match self.accepting {
            Accepting::WhenReady => return,
            Accepting::At(at) if at > self.now => return,
            Accepting::Now | Accepting::At(_) => {}
        }
        self.accepting = Accepting::Now;
        // When stopping there is no second turn: what has connected is taken now.
        let accepts_max = if self.shared.is_stopping() { usize::MAX } else { ACCEPTS_MAX };
        for _ in 0..accepts_max {
            let Some(listener) = &self.listener else {
                self.accepting = Accepting::WhenReady;
                return;
            };
            match listener.accept() {
                Ok((socket, peer)) => self.share_out(socket, peer),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.accepting = Accepting::WhenReady;
                    return;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    stats::add(&self.mailbox.counters.accept_errors, 1);
                    // That one client went away again says nothing of the next (accept(2), ECONNABORTED).
                    if error.kind() != io::ErrorKind::ConnectionAborted {
                        warn!(self.shared.logger, "accept failed"; "error" => %error);
                        self.accepting = Accepting::At(self.now + self.shared.limits.accept_pause);
                        return;
                    }
                }
            }
        }
    }

    fn share_out(&mut self, socket: TcpStream, peer: SocketAddr) {
        stats::add(&self.mailbox.counters.accepted, 1);
        let limits = &self.shared.limits;
        if self.open_connections() >= (limits.connections_max + limits.connections_refused_max) as u64 {
            stats::add(&self.mailbox.counters.refused, 1);
            return;
        }
        let own = self.mailbox.open_connections();
        let emptiest = self.shared.mailboxes.iter().min_by_key(|mailbox| mailbox.open_connections());
        // When stopping, the others may have ended already.
        let emptier = emptiest.filter(|other| other.open_connections() < own && !self.shared.is_stopping());
        if let Some(other) = emptier {
            other.counters.open.fetch_add(1, Ordering::Relaxed);
            other.post(Message::Adopt(socket, peer));
        } else {
            self.mailbox.counters.open.fetch_add(1, Ordering::Relaxed);
            self.adopt(socket, peer);
        }
    }

    /// Makes a socket a client of this thread; it is counted as open already.
    pub(super) fn adopt(&mut self, mut socket: TcpStream, peer: SocketAddr) {
        // Answers are written whole; waiting for more would only hold them back. A socket that fails here fails
        // again when it is read.
        let _ = socket.set_nodelay(true);
        let (registry, now) = (self.poll.registry(), self.now);
        let mut registered = Ok(());
        let key = self.clients.insert(|key| {
            registered = registry.register(&mut socket, key.into(), Interest::READABLE | Interest::WRITABLE);
            Client::new(key, socket, peer, now)
        });
        let over_limit = self.open_connections() > self.shared.limits.connections_max as u64;
        self.with_client(key, |thread, client| {
            if let Err(error) = registered {
                warn!(thread.shared.logger, "connection not registered"; "error" => %error);
                return Fate::Close;
            }
            // When stopping, a client that has not asked anything is closed: look first.
            client.readable = thread.shared.is_stopping();
            if over_limit {
                return thread.refuse_connection(client);
            }
            thread.turn(client)
        });
    }

    fn open_connections(&self) -> u64 {
        self.shared.mailboxes.iter().map(|mailbox| mailbox.open_connections()).sum()
    }

    fn refuse_connection(&mut self, client: &mut Client) -> Fate {
        stats::add(&self.mailbox.counters.refused, 1);
        client.connection.end_input();
        self.refuse(client, refusal(503, "the server has too many connections: try again in a second"));
        debug_assert!(matches!(client.activity, Activity::Closing), "a refusal before any request closes");
        self.turn(client)
    }
}
