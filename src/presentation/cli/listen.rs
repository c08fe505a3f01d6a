//! The addresses of `--listen`, from their texts to bound listeners.
//!
//! Called by the command `serve`, before it opens the store: an address in use is an error at once.

use std::fmt;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;

use super::error::Failure;
use crate::server::{Listener, TlsKeys};

/// How the address of a unix socket begins.
const UNIX: &str = "unix:";

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl Endpoint {
    /// Reads one address, and asks the system for the numbers of a host's name.
    pub(super) fn resolve(text: &str) -> Result<Self, Failure> {
        let usage = |why: &str| Failure::usage(format!("--listen {text}: {why}"));
        if let Some(path) = text.strip_prefix(UNIX) {
            if path.is_empty() {
                return Err(usage("write unix: and a path, such as unix:/run/configapi.sock"));
            }
            return Ok(Self::Unix(path.into()));
        }
        let mut addresses = text
            .to_socket_addrs()
            .map_err(|_| usage("write HOST:PORT, such as 127.0.0.1:4000, or unix:PATH"))?;
        addresses.next().map(Self::Tcp).ok_or_else(|| usage("the host has no address"))
    }

    /// Whether only processes of this machine can reach it.
    pub(super) fn is_local(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => true,
        }
    }

    /// Listens there; with TLS where there are keys and the address is one of TCP.
    pub(super) fn bind(&self, keys: Option<&Arc<TlsKeys>>) -> Result<Listener, Failure> {
        let bound = match (self, keys) {
            (Self::Tcp(address), None) => TcpListener::bind(address).and_then(Listener::tcp),
            (Self::Tcp(address), Some(keys)) => {
                TcpListener::bind(address).and_then(|listener| Listener::tls(listener, Arc::clone(keys)))
            }
            (Self::Unix(path), _) => Listener::unix(path),
        };
        bound.map_err(|error| Failure::system(format!("can't listen on {self}: {error}")))
    }
}

/// Whether only processes of this machine can reach the server.
pub(super) fn is_local(endpoints: &[Endpoint]) -> bool {
    endpoints.iter().all(Endpoint::is_local)
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(texts: &[&str]) -> Vec<Endpoint> {
        texts.iter().map(|text| Endpoint::resolve(text).unwrap()).collect()
    }

    #[test]
    fn loopback_and_unix_sockets_are_local() {
        for texts in
            [&["127.0.0.1:1"][..], &["[::1]:1", "unix:/run/a"], &["[::ffff:127.0.0.1]:1"], &["unix:a"]]
        {
            assert!(is_local(&endpoints(texts)), "{texts:?}");
        }
        for texts in [&["0.0.0.0:1"][..], &["[::]:1"], &["unix:/run/a", "192.0.2.1:1"]] {
            assert!(!is_local(&endpoints(texts)), "{texts:?}");
        }
    }

    #[test]
    fn an_address_without_port_or_path_is_refused() {
        for text in ["127.0.0.1", "unix:", ":4000x", ""] {
            assert!(Endpoint::resolve(text).is_err(), "{text}");
        }
    }
}
