//! The byte stream under a connection, and the few operations on it that are used.
//!
//! Owned by `client`; made by `accept`. Plain TCP is the one kind so far. TLS and unix sockets become further variants:
//! the match in each method is all that a read or a write costs more.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

pub(super) enum Transport {
    /// TCP without encryption.
    Plain(TcpStream, SocketAddr),
}

impl Transport {
    /// Over an accepted socket.
    pub(super) fn plain(socket: TcpStream, peer: SocketAddr) -> Self {
        // Responses are written whole, so waiting for more would only delay them. A socket that fails here fails
        // again when it is read.
        let _ = socket.set_nodelay(true);
        Self::Plain(socket, peer)
    }

    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match self {
            Self::Plain(socket, _) => {
                registry.register(socket, token, Interest::READABLE | Interest::WRITABLE)
            }
        }
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket, _) => socket.read(buffer),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket, _) => socket.write(bytes),
        }
    }

    /// Says that nothing more will be written.
    pub(super) fn shut_down(&self) -> io::Result<()> {
        match self {
            Self::Plain(socket, _) => socket.shutdown(Shutdown::Write),
        }
    }

    pub(super) fn peer(&self) -> SocketAddr {
        match self {
            Self::Plain(_, peer) => *peer,
        }
    }
}

/// The peer, for the log.
impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.peer().fmt(f)
    }
}
