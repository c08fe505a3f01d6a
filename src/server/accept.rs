//! From a listener to transports: accepting, sharing out, refusing past the limit.
//!
//! Every thread has every listener in its epoll. The thread that accepts hands the connection to the thread with the
//! fewest, so that a burst does not end on one core. An accept that fails for want of descriptors or memory is counted
//! and tried again after a pause: the event that announced the connection does not come twice.
//!
//! Invariants: `a_burst_of_500_connections_is_answered`, `a_connection_past_the_limit_is_told_503`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use mio::{Interest, Registry, Token};
use rustls::{ServerConfig, ServerConnection};
use slog::warn;

use super::context::Context;
use super::listener::{Kind, Listener};
use super::mailbox::Message;
use super::stats;
use super::tls::TlsKeys;
use super::transport::Transport;

/// Connections accepted before the other clients have their turn.
const ACCEPTS_MAX: usize = 64;

/// When to accept next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Accepting {
    /// At the next event.
    WhenReady,
    /// There may be more.
    Now,
    /// The last accept failed.
    At(Instant),
}

/// A thread's copy of a listener.
pub(super) struct Acceptor {
    listener: Option<Accepts>,
    accepting: Accepting,
}

enum Accepts {
    Tcp(TcpListener),
    Tls(TcpListener, Arc<TlsKeys>),
    Unix(UnixListener),
}

/// An accepted socket, and what its transport needs.
pub(super) enum Accepted {
    Tcp(TcpStream, SocketAddr),
    Tls(TcpStream, SocketAddr, Arc<ServerConfig>),
    Unix(UnixStream),
}

impl Accepts {
    fn accept(&self) -> io::Result<Accepted> {
        Ok(match self {
            Self::Tcp(listener) => {
                let (socket, peer) = listener.accept()?;
                Accepted::Tcp(socket, peer)
            }
            Self::Tls(listener, keys) => {
                let (socket, peer) = listener.accept()?;
                Accepted::Tls(socket, peer, keys.config())
            }
            Self::Unix(listener) => Accepted::Unix(listener.accept()?.0),
        })
    }
}

impl Accepted {
    fn into_transport(self) -> Result<Transport, rustls::Error> {
        Ok(match self {
            Self::Tcp(socket, peer) => Transport::plain(socket, peer),
            Self::Tls(socket, peer, config) => Transport::tls(socket, peer, ServerConnection::new(config)?),
            Self::Unix(socket) => Transport::Unix(socket),
        })
    }
}

impl Acceptor {
    /// Puts the listener into the epoll of the thread.
    pub(super) fn new(listener: Listener, registry: &Registry, token: Token) -> io::Result<Self> {
        let listener = match listener.kind {
            Kind::Tcp(listener) => {
                let mut listener = TcpListener::from_std(listener);
                registry.register(&mut listener, token, Interest::READABLE)?;
                Accepts::Tcp(listener)
            }
            Kind::Tls(listener, keys) => {
                let mut listener = TcpListener::from_std(listener);
                registry.register(&mut listener, token, Interest::READABLE)?;
                Accepts::Tls(listener, keys)
            }
            Kind::Unix(listener) => {
                let mut listener = UnixListener::from_std(listener);
                registry.register(&mut listener, token, Interest::READABLE)?;
                Accepts::Unix(listener)
            }
        };
        Ok(Self { listener: Some(listener), accepting: Accepting::WhenReady })
    }

    /// Notes that an event announced connections.
    pub(super) fn wake(&mut self) {
        self.accepting = Accepting::Now;
    }

    /// Closes the listener: when all threads have, connecting is refused.
    pub(super) fn close(&mut self) {
        self.listener = None;
        self.accepting = Accepting::WhenReady;
    }

    pub(super) fn until(&self, now: Instant) -> Option<Duration> {
        match self.accepting {
            Accepting::WhenReady => None,
            Accepting::Now => Some(Duration::ZERO),
            Accepting::At(at) => Some(at.saturating_duration_since(now)),
        }
    }

    /// How many connections may be accepted now. When stopping there is no second turn: all are taken.
    pub(super) fn turn(&mut self, cx: &Context) -> usize {
        match self.accepting {
            Accepting::WhenReady => return 0,
            Accepting::At(at) if at > cx.now => return 0,
            Accepting::Now | Accepting::At(_) => {}
        }
        self.accepting = Accepting::Now;
        if cx.shared.is_stopping() { usize::MAX } else { ACCEPTS_MAX }
    }

    /// The next connection; `None` when there is none for now.
    pub(super) fn accept(&mut self, cx: &Context) -> Option<Accepted> {
        loop {
            let Some(listener) = &self.listener else {
                self.accepting = Accepting::WhenReady;
                return None;
            };
            match listener.accept() {
                Ok(accepted) => return Some(accepted),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.accepting = Accepting::WhenReady;
                    return None;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    stats::add(&cx.mailbox.counters.accept_errors, 1);
                    // That one client went away again says nothing about the next (accept(2), ECONNABORTED).
                    if error.kind() != io::ErrorKind::ConnectionAborted {
                        warn!(cx.shared.logger, "accept failed"; "error" => %error);
                        self.accepting = Accepting::At(cx.now + cx.shared.limits.accept_pause);
                        return None;
                    }
                }
            }
        }
    }
}

/// Counts a connection and hands it to the thread with the fewest; returns it if that is this one.
pub(super) fn share_out(cx: &Context, accepted: Accepted) -> Option<Transport> {
    stats::add(&cx.mailbox.counters.accepted, 1);
    let limits = &cx.shared.limits;
    let open = cx.shared.open_connections();
    // A refusal would need a handshake first, which costs more than the request that is refused.
    let refused_max = if matches!(accepted, Accepted::Tls(..)) { 0 } else { limits.connections_refused_max };
    if open >= (limits.connections_max + refused_max) as u64 {
        stats::add(&cx.mailbox.counters.refused, 1);
        return None;
    }
    let transport = match accepted.into_transport() {
        Ok(transport) => transport,
        Err(error) => {
            warn!(cx.shared.logger, "TLS connection not made"; "error" => %error);
            return None;
        }
    };
    let own = cx.mailbox.open_connections();
    let emptiest = cx.shared.mailboxes.iter().min_by_key(|mailbox| mailbox.open_connections());
    // When stopping, the others may have ended already.
    let emptier = emptiest.filter(|other| other.open_connections() < own && !cx.shared.is_stopping());
    if let Some(other) = emptier {
        other.counters.open.fetch_add(1, Ordering::Relaxed);
        other.post(Message::Adopt(transport));
        return None;
    }
    cx.mailbox.counters.open.fetch_add(1, Ordering::Relaxed);
    Some(transport)
}
