//! The other end of a connection, and how it is reached.
//!
//! Made by `transport`; the service gets both with the head of each request.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    /// A client over TCP, with or without TLS.
    Tcp(SocketAddr),
    /// A process of this machine, over a unix socket. It has no address.
    Unix,
}

impl Peer {
    /// Its IP address. A unix socket counts as loopback.
    pub fn ip(self) -> IpAddr {
        self.socket_addr().ip()
    }

    /// Its address and port, for those who need one: 127.0.0.1 and port 0 for a unix socket.
    pub fn socket_addr(self) -> SocketAddr {
        match self {
            Self::Tcp(address) => address,
            Self::Unix => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        }
    }
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

impl<I: Into<IpAddr>> From<(I, u16)> for Peer {
    fn from(address: (I, u16)) -> Self {
        Self::Tcp(address.into())
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix => f.write_str("unix"),
        }
    }
}

/// The scheme of the URLs that lead to a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// Without encryption here. A proxy before the server may add it.
    #[default]
    Http,
    /// TLS ends in this process.
    Https,
}

impl Scheme {
    /// As it is written in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Peer;

    #[test]
    fn a_unix_socket_counts_as_loopback() {
        assert!(Peer::Unix.ip().is_loopback());
        assert_eq!(Peer::Unix.to_string(), "unix");
        let far = Peer::from(([192, 0, 2, 1], 80));
        assert_eq!((far.to_string().as_str(), far.ip().is_loopback()), ("192.0.2.1:80", false));
    }
}
