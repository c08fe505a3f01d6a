//! A client that sends exactly the bytes it is given and reads answers strictly.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::toy::Running;

/// Longer than anything here takes, so that a hang is a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    /// Received and not yet looked at.
    pub(crate) received: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and fields.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Client {
    pub(crate) fn connect(running: &Running) -> Self {
        Self::to(running.server.local_addr())
    }

    pub(crate) fn to(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket, received: Vec::new() }
    }

    /// `None` when the server accepts nothing more.
    pub(crate) fn try_connect(running: &Running) -> Option<Self> {
        let socket = TcpStream::connect(running.server.local_addr()).ok()?;
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Some(Self { socket, received: Vec::new() })
    }

    /// Whether the request was answered with 200; false where the connection ended before any of an answer.
    pub(crate) fn try_ask(&mut self, path: &str) -> bool {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        if self.socket.write_all(request.as_bytes()).is_err() {
            return false;
        }
        let mut buffer = [0; 4 << 10];
        match self.socket.read(&mut buffer) {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.received.extend_from_slice(&buffer[..count]);
                assert_eq!(self.answer().status, 200);
                true
            }
        }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.socket.write_all(bytes.as_ref()).unwrap();
    }

    pub(crate) fn get(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    }

    pub(crate) fn ask(&mut self, path: &str) -> Answer {
        self.get(path);
        self.answer()
    }

    pub(crate) fn half_close(&self) {
        self.socket.shutdown(Shutdown::Write).unwrap();
    }

    /// More bytes; false at the end of the stream.
    fn more(&mut self) -> bool {
        let mut buffer = [0; 16 << 10];
        let count = self.socket.read(&mut buffer).expect("an answer in time");
        self.received.extend_from_slice(&buffer[..count]);
        count > 0
    }

    fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.received.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.received.drain(..end + 2).collect();
                return String::from_utf8(line[..end].to_vec()).unwrap();
            }
            assert!(self.more(), "the stream ended in a line: {:?}", String::from_utf8_lossy(&self.received));
        }
    }

    fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.received.len() < count {
            assert!(self.more(), "the stream ended {} bytes early", count - self.received.len());
        }
        self.received.drain(..count).collect()
    }

    /// Status line and fields, up to the empty line.
    pub(crate) fn head(&mut self) -> (u16, String) {
        let mut head = self.line();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        loop {
            let line = self.line();
            if line.is_empty() {
                return (status, head);
            }
            head.push('\n');
            head.push_str(&line);
        }
    }

    /// One chunk of a chunked body; empty at its end.
    pub(crate) fn chunk(&mut self) -> Vec<u8> {
        let size = usize::from_str_radix(&self.line(), 16).unwrap();
        let chunk = self.exactly(size);
        assert_eq!(self.line(), "");
        chunk
    }

    pub(crate) fn answer(&mut self) -> Answer {
        let (status, head) = self.head();
        let mut answer = Answer { status, head, body: Vec::new() };
        answer.body = if let Some(length) = answer.field("Content-Length") {
            let length = length.parse().unwrap();
            self.exactly(length)
        } else if answer.field("Transfer-Encoding") == Some("chunked") {
            let mut body = Vec::new();
            loop {
                let chunk = self.chunk();
                if chunk.is_empty() {
                    break body;
                }
                body.extend_from_slice(&chunk);
            }
        } else if matches!(status, 204 | 304) {
            Vec::new()
        } else {
            self.rest()
        };
        answer
    }

    /// The answer to a HEAD.
    pub(crate) fn answer_without_body(&mut self) -> Answer {
        let (status, head) = self.head();
        Answer { status, head, body: Vec::new() }
    }

    /// Everything up to the end of the stream, a reset counting as one.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut buffer = [0; 16 << 10];
        loop {
            match self.socket.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => self.received.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => break,
                Err(error) => panic!("the stream did not end: {error}"),
            }
        }
        std::mem::take(&mut self.received)
    }

    /// The server ends the connection and sends nothing more.
    pub(crate) fn assert_closed(&mut self) {
        let rest = self.rest();
        assert!(rest.is_empty(), "unexpected: {:?}", String::from_utf8_lossy(&rest));
    }
}

/// Waits for a fact that nothing announces.
pub(crate) fn eventually(what: &str, mut fact: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !fact() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::yield_now();
    }
}
