//! Reading and writing a non-blocking socket, and the words for how it went.
//!
//! Called by `transport` and `tls`; `turn` acts on the results.

use std::io::{self, Read, Write};

use super::connection::Output;

/// How reading went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// So many bytes were put into the buffer.
    Bytes(usize, Rest),
    /// No bytes for the parser yet, but the transport has come further: write what it owes, and read again.
    Step,
    /// The client has ended its side.
    End,
    /// The client does not speak the protocol of this port. The transport's last words wait to be sent.
    Refused,
}

/// Whether more may be read before the next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// Read again: events announce changes only.
    Maybe,
    /// All was read; what comes later has an event of its own.
    Nothing,
}

/// How writing went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flushed {
    /// The socket took everything.
    Drained,
    /// An event will announce room.
    Blocked,
    /// The peer has gone.
    Gone,
}

/// Whether the socket took any byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    None,
    Made,
}

/// The outcome of writing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) progress: Progress,
    pub(super) end: Flushed,
}

/// Reads once.
pub(super) fn read(socket: &mut impl Read, buffer: &mut [u8]) -> io::Result<Input> {
    let count = socket.read(buffer)?;
    // A short read took everything (epoll(7)).
    let rest = if count < buffer.len() { Rest::Nothing } else { Rest::Maybe };
    Ok(if count == 0 { Input::End } else { Input::Bytes(count, rest) })
}

/// Writes as much as the socket takes.
pub(super) fn send(socket: &mut impl Write, output: &mut Output) -> Sent {
    let mut progress = Progress::None;
    let end = loop {
        if output.is_empty() {
            break Flushed::Drained;
        }
        match socket.write(output.unwritten()) {
            Ok(0) => break Flushed::Gone,
            Ok(count) => {
                output.advance(count);
                progress = Progress::Made;
            }
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock => break Flushed::Blocked,
                _ => break Flushed::Gone,
            },
        }
    };
    Sent { progress, end }
}
