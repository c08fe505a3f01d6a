//! Where a server listens: TCP, TLS over TCP, or a unix socket.
//!
//! Made by the command line and by tests, before the server; each connection thread has a copy, which `accept`
//! turns into transports.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::peer::Scheme;
use super::tls::TlsKeys;
use super::unix::{self, SocketFile};

/// A bound listener. Clients can connect from here on; they wait until a server accepts them.
#[derive(Debug)]
pub struct Listener {
    pub(super) kind: Kind,
    pub(super) address: Address,
    /// Of a unix socket, on the first copy alone.
    pub(super) file: Option<SocketFile>,
}

#[derive(Debug)]
pub(super) enum Kind {
    Tcp(TcpListener),
    Tls(TcpListener, Arc<TlsKeys>),
    Unix(UnixListener),
}

/// Where a listener can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Over TCP.
    Tcp(Scheme, SocketAddr),
    /// Over a unix socket.
    Unix(PathBuf),
}

impl Listener {
    /// On a TCP socket, without encryption.
    pub fn tcp(listener: TcpListener) -> io::Result<Self> {
        let address = Address::Tcp(Scheme::Http, listener.local_addr()?);
        Ok(Self { kind: Kind::Tcp(listener), address, file: None })
    }

    /// On a TCP socket, with TLS.
    pub fn tls(listener: TcpListener, keys: Arc<TlsKeys>) -> io::Result<Self> {
        let address = Address::Tcp(Scheme::Https, listener.local_addr()?);
        Ok(Self { kind: Kind::Tls(listener, keys), address, file: None })
    }

    /// On a unix socket, whose file gets the mode 0660. A file that a killed server left behind is replaced. The file is
    /// removed when the server stops.
    ///
    /// # Errors
    ///
    /// Where a process listens on the path already, or where the path is not a socket.
    pub fn unix(path: &Path) -> io::Result<Self> {
        let (listener, file) = unix::bind(path)?;
        Ok(Self { kind: Kind::Unix(listener), address: Address::Unix(path.to_owned()), file: Some(file) })
    }

    /// Where it can be reached; with port 0 asked for, the port that it got.
    pub fn address(&self) -> &Address {
        &self.address
    }

    pub(super) fn set_nonblocking(&self) -> io::Result<()> {
        match &self.kind {
            Kind::Tcp(listener) | Kind::Tls(listener, _) => listener.set_nonblocking(true),
            Kind::Unix(listener) => listener.set_nonblocking(true),
        }
    }

    /// A copy for one more thread.
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        let kind = match &self.kind {
            Kind::Tcp(listener) => Kind::Tcp(listener.try_clone()?),
            Kind::Tls(listener, keys) => Kind::Tls(listener.try_clone()?, Arc::clone(keys)),
            Kind::Unix(listener) => Kind::Unix(listener.try_clone()?),
        };
        Ok(Self { kind, address: self.address.clone(), file: None })
    }

    pub(super) fn keys(&self) -> Option<&Arc<TlsKeys>> {
        match &self.kind {
            Kind::Tls(_, keys) => Some(keys),
            Kind::Tcp(_) | Kind::Unix(_) => None,
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.kind {
            Kind::Tcp(listener) | Kind::Tls(listener, _) => listener.as_fd(),
            Kind::Unix(listener) => listener.as_fd(),
        }
    }
}

impl Address {
    /// The address of a TCP listener.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(_, address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// The address without its scheme, for the log.
    pub fn place(&self) -> String {
        match self {
            Self::Tcp(_, address) => address.to_string(),
            Self::Unix(_) => self.to_string(),
        }
    }

    /// Whether only processes of this machine can reach it.
    pub fn is_local(&self) -> bool {
        self.socket_addr().is_none_or(|address| address.ip().to_canonical().is_loopback())
    }
}

/// As the start of a URL, or `unix:` and the path.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(scheme, address) => write!(f, "{scheme}://{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}
