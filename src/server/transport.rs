//! The byte stream under a connection, and the few operations on it that are used.
//!
//! Owned by `client`; made by `accept`. The match in each method is all that a read or a write costs more for there being
//! several kinds. Calls `tls` and `socket`.

use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr};

use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};
use rustls::ServerConnection;

use super::connection::Output;
use super::peer::{Peer, Scheme};
use super::socket::{self, Flushed, Input, Sent};
use super::tls::TlsStream;

pub(super) enum Transport {
    /// TCP without encryption.
    Plain(TcpStream, SocketAddr),
    /// TLS over TCP.
    Tls(Box<TlsStream>),
    /// A unix socket.
    Unix(UnixStream),
}

impl Transport {
    /// Over an accepted socket.
    pub(super) fn plain(socket: TcpStream, peer: SocketAddr) -> Self {
        send_at_once(&socket);
        Self::Plain(socket, peer)
    }

    /// Over an accepted socket, whose client begins with a handshake.
    pub(super) fn tls(socket: TcpStream, peer: SocketAddr, session: ServerConnection) -> Self {
        send_at_once(&socket);
        Self::Tls(Box::new(TlsStream::new(socket, peer, session)))
    }

    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let both = Interest::READABLE | Interest::WRITABLE;
        match self {
            Self::Plain(socket, _) => registry.register(socket, token, both),
            Self::Tls(stream) => registry.register(stream.socket(), token, both),
            Self::Unix(socket) => registry.register(socket, token, both),
        }
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Input> {
        match self {
            Self::Plain(socket, _) => socket::read(socket, buffer),
            Self::Tls(stream) => stream.read(buffer),
            Self::Unix(socket) => socket::read(socket, buffer),
        }
    }

    /// Writes what it owes itself, such as a handshake, and then the output. `Drained` means that the socket has taken
    /// all of both.
    pub(super) fn send(&mut self, output: &mut Output) -> Sent {
        match self {
            Self::Plain(socket, _) => socket::send(socket, output),
            Self::Tls(stream) => stream.send(output),
            Self::Unix(socket) => socket::send(socket, output),
        }
    }

    /// Bytes that were taken from the output and that the socket has not taken yet.
    pub(super) fn unsent_bytes(&self) -> usize {
        match self {
            Self::Plain(..) | Self::Unix(_) => 0,
            Self::Tls(stream) => stream.unsent_bytes(),
        }
    }

    /// Says that nothing more will be written. `Blocked`: again, when there is room.
    pub(super) fn shut_down(&mut self) -> Flushed {
        let shut = match self {
            Self::Plain(socket, _) => socket.shutdown(Shutdown::Write),
            Self::Unix(socket) => socket.shutdown(Shutdown::Write),
            Self::Tls(stream) => return stream.shut_down(),
        };
        if shut.is_ok() { Flushed::Drained } else { Flushed::Gone }
    }

    /// Tells the client that the connection ends on purpose, where its protocol has a word for that.
    pub(super) fn say_goodbye(&mut self) {
        if let Self::Tls(stream) = self {
            stream.say_goodbye();
        }
    }

    /// Why TLS refused the client.
    pub(super) fn refusal(&self) -> Option<&rustls::Error> {
        if let Self::Tls(stream) = self { stream.refusal() } else { None }
    }

    /// Whether requests can't come yet.
    pub(super) fn is_handshaking(&self) -> bool {
        matches!(self, Self::Tls(stream) if stream.is_handshaking())
    }

    pub(super) fn scheme(&self) -> Scheme {
        match self {
            Self::Plain(..) | Self::Unix(_) => Scheme::Http,
            Self::Tls(_) => Scheme::Https,
        }
    }

    pub(super) fn peer(&self) -> Peer {
        match self {
            Self::Plain(_, peer) => Peer::Tcp(*peer),
            Self::Tls(stream) => Peer::Tcp(stream.peer()),
            Self::Unix(_) => Peer::Unix,
        }
    }
}

/// Responses are written whole, so waiting for more would only delay them. A socket that fails here fails again when it
/// is read.
fn send_at_once(socket: &TcpStream) {
    let _ = socket.set_nodelay(true);
}

/// The peer, for the log.
impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.peer().fmt(f)
    }
}
