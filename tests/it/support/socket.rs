//! The socket of a test's client: TCP, with TLS over it where the server has a certificate.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use rustls::{ClientConfig, ClientConnection, Stream};

use super::connection::PATIENCE;

pub struct Socket {
    pub tcp: TcpStream,
    pub tls: Option<Box<ClientConnection>>,
}

impl Socket {
    /// The handshake comes with the first byte that is read or written.
    pub fn connect(address: SocketAddr, trust: Option<Arc<ClientConfig>>) -> io::Result<Self> {
        let tcp = TcpStream::connect(address)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        tcp.set_write_timeout(Some(PATIENCE))?;
        tcp.set_nodelay(true)?;
        let session = |config| ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap();
        Ok(Self { tcp, tls: trust.map(|config| Box::new(session(config))) })
    }

    pub fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.tcp.set_nonblocking(nonblocking)
    }

    /// Ends our side, in the words of the protocol.
    pub fn shut_down_writing(&mut self) -> io::Result<()> {
        if let Some(session) = &mut self.tls {
            session.send_close_notify();
            while session.wants_write() {
                session.write_tls(&mut self.tcp)?;
            }
        }
        self.tcp.shutdown(Shutdown::Write)
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.tls {
            None => self.tcp.read(buffer),
            Some(session) => Stream::new(&mut **session, &mut self.tcp).read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            None => self.tcp.write(bytes),
            Some(session) => Stream::new(&mut **session, &mut self.tcp).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.tls {
            None => Ok(()),
            Some(session) => Stream::new(&mut **session, &mut self.tcp).flush(),
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.tcp.as_fd()
    }
}
