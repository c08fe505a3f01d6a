//! The driver's hook around its socket: deadline, TLS, and the guard of the password.
//!
//! The driver has one hook, meant for TLS, and calls it when it has reached a host by TCP; its own idea of TLS is not used, since
//! it has neither libpq's modes nor a deadline. For a unix socket it has no hook. There it is sent to a door: a TCP
//! port of this machine on which nothing is answered. The hook leaves that connection and makes the one to the socket,
//! so that a unix socket has the same deadlines and the same guard.
//!
//! Called by `sessions`. Failures: [`Unconnected`].

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::postgres::Socket;
use ::postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio::net::UnixStream;

use super::authentication::{Guarded, Methods};
use super::deadline::{Deadline, TimedStream};
use super::refusal::Unconnected;
use super::tls::{Peer, Tls, Way, begin};

/// Where a connection leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// By TCP, to a host of this name; none if only its address is known.
    Network {
        host: Option<String>,
    },
    Unix(PathBuf),
}

/// Makes a connection fit for the driver.
#[derive(Clone)]
pub(super) struct Channel {
    pub(super) deadline: Deadline,
    pub(super) connect_timeout: Duration,
    pub(super) place: Place,
    pub(super) way: Way,
    pub(super) tls: Arc<Tls>,
    pub(super) methods: Methods,
    /// Set once the connection is encrypted: `prefer` depends on it.
    pub(super) is_encrypted: Arc<AtomicBool>,
}

impl Channel {
    async fn open(self, socket: Socket) -> Result<Guarded, Unconnected> {
        let timed = |link| Box::new(TimedStream::new(link, self.deadline.clone()));
        let host = match &self.place {
            Place::Network { host } => host.as_deref(),
            Place::Unix(path) => {
                drop(socket);
                let link = timed(Box::new(UnixStream::connect(path).await?));
                return Ok(Guarded::new(link, Peer::Plain, self.methods));
            }
        };
        let begun = begin(timed(Box::new(socket)), self.way, &self.tls, host).await?;
        self.is_encrypted.store(begun.peer != Peer::Plain, Ordering::Relaxed);
        Ok(Guarded::new(begun.link, begun.peer, self.methods))
    }
}

impl MakeTlsConnect<Socket> for Channel {
    type Stream = Guarded;
    type TlsConnect = Self;
    type Error = io::Error;

    fn make_tls_connect(&mut self, _host: &str) -> io::Result<Self> {
        Ok(self.clone())
    }
}

impl TlsConnect<Socket> for Channel {
    type Stream = Guarded;
    type Error = Unconnected;
    type Future = Pin<Box<dyn Future<Output = Result<Guarded, Unconnected>> + Send>>;

    /// Called once a host has been reached, so that each of several hosts has the whole time.
    fn connect(self, socket: Socket) -> Self::Future {
        self.deadline.set(self.connect_timeout);
        Box::pin(self.open(socket))
    }
}

impl TlsStream for Guarded {
    fn channel_binding(&self) -> ChannelBinding {
        match &self.peer {
            Peer::Tls { end_point: Some(hash), .. } => ChannelBinding::tls_server_end_point(hash.clone()),
            Peer::Tls { end_point: None, .. } | Peer::Plain => ChannelBinding::none(),
        }
    }
}
