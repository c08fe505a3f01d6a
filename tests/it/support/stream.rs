//! A reader of server-sent events (WHATWG HTML, section 9.2) that goes and comes back.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any heartbeat.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The revision of its place.
    pub id: Option<u64>,
    pub place: String,
    pub event: String,
    pub data: String,
}

/// An open stream. Dropped, the connection is cut.
pub struct EventStream {
    lines: BufReader<TcpStream>,
}

impl EventStream {
    /// Opens `path` where `last_event_id` left off.
    ///
    /// # Errors
    /// The server is not there.
    pub fn open(
        address: SocketAddr,
        path: &str,
        last_event_id: impl std::fmt::Display,
    ) -> std::io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(SILENCE_MAX))?;
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\nLast-Event-ID: {last_event_id}\r\n\r\n"
        );
        stream.write_all(head.as_bytes())?;
        Ok(Self { lines: BufReader::new(stream) })
    }

    /// Reads the opening: from here on the server knows where the stream is.
    pub fn begin(&mut self) {
        let mut line = String::new();
        while !line.starts_with("retry: ") {
            line.clear();
            assert!(self.lines.read_line(&mut line).is_ok_and(|bytes| bytes > 0), "the stream did not begin");
        }
    }

    /// The next message that has data; `None` when the stream has ended.
    ///
    /// The chunks of the transfer coding stand on lines of their own here, as each message ends with an empty
    /// line and no line of a message is a bare hexadecimal number.
    pub fn next(&mut self) -> Option<Message> {
        let mut message = Message::default();
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            if let Some(id) = line.strip_prefix("id: ") {
                message.id = id.split('-').next().and_then(|revision| revision.parse().ok());
                id.clone_into(&mut message.place);
            } else if let Some(event) = line.strip_prefix("event: ") {
                event.clone_into(&mut message.event);
            } else if let Some(data) = line.strip_prefix("data: ") {
                data.clone_into(&mut message.data);
            } else if line.is_empty() && !message.data.is_empty() {
                return Some(message);
            }
        }
    }
}
