//! One TLS connection: ciphertext from and to its socket, plaintext to and from the connection.
//!
//! rustls keeps bytes in both directions, and epoll knows of neither:
//! - Plaintext that was decrypted and not read yet. `read` says that there may be more until rustls has none, so that the
//!   client is not taken for idle.
//! - Ciphertext that the socket did not take. `send` takes no more of the output until the socket has taken all of it, and
//!   `unsent_bytes` counts it as output.
//!
//! A connection that is idle keeps 4 KiB for the next record, and nothing for writing
//! (`an_idle_connection_keeps_no_room_for_a_long_record`).
//!
//! Called by `transport`. Invariants: `requests_behind_one_that_waits_are_answered_over_tls`,
//! `a_download_by_a_slow_reader_over_tls_holds_bounded_memory`, `the_end_of_a_connection_is_announced_over_tls`,
//! `plain_http_on_a_tls_port_is_answered_400`, `a_handshake_that_is_too_long_ends`.

use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr};

use mio::net::TcpStream;
use rustls::ServerConnection;

use crate::server::connection::Output;
use crate::server::socket::{self, Flushed, Input, Progress, Rest, Sent};

/// The most that a client may send in its handshake. The first message has 2 KB, a chain of certificates up to 10 KB. rustls
/// itself would hold 64 KiB of each client for as long as a handshake may take.
const HANDSHAKE_BYTES_MAX: usize = 32 << 10;

/// The response to a client that speaks HTTP without TLS.
const PLAIN_HTTP_REFUSAL: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 51\r\n\
    Connection: close\r\n\r\n\
    this port speaks HTTPS: use a URL with https://...\n";

pub(in crate::server) struct TlsStream {
    socket: TcpStream,
    peer: SocketAddr,
    /// Why the client was refused: from then on what still comes is dropped.
    session: Result<ServerConnection, rustls::Error>,
    /// The first byte that came: TLS has 22 there, HTTP the letter of a method.
    first_byte: Option<u8>,
    /// Bytes that came in the handshake.
    handshake_bytes: usize,
    /// The part of the session's output that the socket has not taken.
    unsent: Output,
}

impl TlsStream {
    pub(in crate::server) fn new(socket: TcpStream, peer: SocketAddr, session: ServerConnection) -> Self {
        Self {
            socket,
            peer,
            session: Ok(session),
            first_byte: None,
            handshake_bytes: 0,
            unsent: Output::default(),
        }
    }

    pub(in crate::server) fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    pub(in crate::server) fn peer(&self) -> SocketAddr {
        self.peer
    }

    pub(in crate::server) fn is_handshaking(&self) -> bool {
        self.session.as_ref().is_ok_and(|session| session.is_handshaking())
    }

    /// Why the client was refused.
    pub(in crate::server) fn refusal(&self) -> Option<&rustls::Error> {
        self.session.as_ref().err()
    }

    pub(in crate::server) fn unsent_bytes(&self) -> usize {
        self.unsent.unwritten().len()
    }

    pub(in crate::server) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Input> {
        let Ok(session) = &mut self.session else {
            return socket::read(&mut self.socket, buffer);
        };
        if let Some(held) = plaintext(session, buffer)? {
            return Ok(held);
        }
        let mut tap = Tap { socket: &mut self.socket, first_byte: &mut self.first_byte, rest: Rest::Maybe };
        let count = session.read_tls(&mut tap)?;
        let rest = tap.rest;
        if count == 0 {
            return Ok(Input::End);
        }
        if session.is_handshaking() {
            self.handshake_bytes += count;
            if self.handshake_bytes > HANDSHAKE_BYTES_MAX {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the handshake is too long"));
            }
        }
        if let Err(error) = session.process_new_packets() {
            self.refuse(error);
            return Ok(Input::Refused);
        }
        match plaintext(session, buffer)? {
            Some(Input::Bytes(count, _)) if count < buffer.len() && rest == Rest::Nothing => {
                shrink(session);
                Ok(Input::Bytes(count, Rest::Nothing))
            }
            Some(input) => Ok(input),
            None => Ok(Input::Step),
        }
    }

    /// Ends the session. Its alert, or the text for a client without TLS, is what remains to be sent.
    fn refuse(&mut self, error: rustls::Error) {
        self.keep_output();
        let is_http = self.first_byte.is_some_and(|byte| byte.is_ascii_uppercase());
        if is_http && self.is_handshaking() {
            self.unsent = Output { bytes: PLAIN_HTTP_REFUSAL.to_vec(), written: 0 };
        }
        self.session = Err(error);
    }

    pub(in crate::server) fn send(&mut self, output: &mut Output) -> Sent {
        let mut progress = Progress::None;
        loop {
            let sent = self.drain();
            if sent.progress == Progress::Made {
                progress = Progress::Made;
            }
            if output.is_empty() || sent.end != Flushed::Drained {
                return Sent { progress, end: sent.end };
            }
            // As much as rustls takes at a time, 64 KiB: a slow client holds no more than that in ciphertext.
            let taken = self.session.as_mut().ok().map(|session| {
                let mut writer = session.writer();
                io::Write::write(&mut writer, output.unwritten())
            });
            match taken {
                Some(Ok(count)) if count > 0 => output.advance(count),
                _ => return Sent { progress, end: Flushed::Gone },
            }
        }
    }

    /// Writes the session's own output.
    fn drain(&mut self) -> Sent {
        let mut sent = socket::send(&mut self.socket, &mut self.unsent);
        if sent.end == Flushed::Drained && self.unsent.bytes.capacity() > 0 {
            self.unsent = Output::default();
        }
        let Ok(session) = &mut self.session else { return sent };
        while sent.end == Flushed::Drained && session.wants_write() {
            match session.write_tls(&mut self.socket) {
                Ok(0) => sent.end = Flushed::Gone,
                Ok(_) => sent.progress = Progress::Made,
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => sent.end = Flushed::Blocked,
                    _ => sent.end = Flushed::Gone,
                },
            }
        }
        if sent.end == Flushed::Blocked {
            self.keep_output();
        }
        sent
    }

    /// Takes over what the session has to send, so that it can be counted.
    fn keep_output(&mut self) {
        let Ok(session) = &mut self.session else { return };
        // Writing into memory fails for no reason.
        while session.wants_write() && session.write_tls(&mut self.unsent.bytes).is_ok() {}
    }

    /// Ends our side: with `close_notify`, then on the socket.
    pub(in crate::server) fn shut_down(&mut self) -> Flushed {
        if let Ok(session) = &mut self.session {
            session.send_close_notify();
        }
        match self.drain().end {
            Flushed::Drained => {}
            end => return end,
        }
        if self.socket.shutdown(Shutdown::Write).is_ok() { Flushed::Drained } else { Flushed::Gone }
    }

    /// Sends `close_notify`, if the socket takes it at once.
    pub(in crate::server) fn say_goodbye(&mut self) {
        if let Ok(session) = &mut self.session
            && !session.is_handshaking()
        {
            session.send_close_notify();
            self.drain();
        }
    }
}

/// Reads the plaintext that rustls has; none if it needs more ciphertext first.
fn plaintext(session: &mut ServerConnection, buffer: &mut [u8]) -> io::Result<Option<Input>> {
    match session.reader().read(buffer) {
        Ok(0) => Ok(Some(Input::End)),
        Ok(count) => Ok(Some(Input::Bytes(count, Rest::Maybe))),
        Err(error) => match error.kind() {
            io::ErrorKind::WouldBlock => Ok(None),
            // The end of the stream without `close_notify`. Requests have lengths, so that nothing can be cut off unnoticed.
            io::ErrorKind::UnexpectedEof => Ok(Some(Input::End)),
            _ => Err(error),
        },
    }
}

/// Makes rustls give up the memory of a long record: it does so before it reads.
fn shrink(session: &mut ServerConnection) {
    struct Dry;
    impl Read for Dry {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::WouldBlock.into())
        }
    }
    let _ = session.read_tls(&mut Dry);
}

/// The socket, watched while rustls reads it.
struct Tap<'a> {
    socket: &'a mut TcpStream,
    first_byte: &'a mut Option<u8>,
    rest: Rest,
}

impl Read for Tap<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.socket.read(buffer)?;
        if count < buffer.len() {
            self.rest = Rest::Nothing;
        }
        if self.first_byte.is_none() {
            *self.first_byte = buffer[..count].first().copied();
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::PLAIN_HTTP_REFUSAL;

    #[test]
    fn the_refusal_of_plain_http_has_the_length_that_it_says() {
        let text = std::str::from_utf8(PLAIN_HTTP_REFUSAL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{} bytes", body.len());
    }
}
