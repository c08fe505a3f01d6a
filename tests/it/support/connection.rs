//! One kept connection: sends exactly the bytes it is given, and reads responses strictly.
//!
//! For malformed requests, pipelining, streams of chunks, and what happens to the connection itself. For all else
//! `tests/it` has [`super::http::Client`], a connection for each request.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::socket::Socket;

/// Longer than anything here takes, so that a hang is a failure.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A server that a connection can go to.
pub trait Listening {
    fn listening_on(&self) -> SocketAddr;

    /// What a client of a server with TLS trusts.
    fn trust(&self) -> Option<Arc<ClientConfig>> {
        None
    }
}

pub struct Connection {
    pub socket: Socket,
    received: Vec<u8>,
    /// How much of it was taken already.
    taken: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Status line and fields.
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Connection {
    #[track_caller]
    pub fn connect(to: &impl Listening) -> Self {
        Self::over(Socket::connect(to.listening_on(), to.trust()).unwrap())
    }

    pub fn to(address: SocketAddr) -> Self {
        Self::over(Socket::connect(address, None).unwrap())
    }

    pub fn over(socket: Socket) -> Self {
        Self { socket, received: Vec::new(), taken: 0 }
    }

    /// `None` when the server accepts nothing more.
    pub fn try_connect(to: &impl Listening) -> Option<Self> {
        Socket::connect(to.listening_on(), to.trust()).ok().map(Self::over)
    }

    /// Whether the request was answered with 200; false where the connection ended before any of an answer.
    pub fn try_ask(&mut self, path: &str) -> bool {
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

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.socket.write_all(bytes.as_ref()).unwrap();
    }

    pub fn get(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    }

    pub fn ask(&mut self, path: &str) -> Answer {
        self.get(path);
        self.answer()
    }

    pub fn half_close(&mut self) {
        self.socket.shut_down_writing().unwrap();
    }

    /// More bytes; false at the end of the stream.
    fn more(&mut self) -> bool {
        self.received.drain(..std::mem::take(&mut self.taken));
        let mut buffer = [0; 16 << 10];
        let count = self.socket.read(&mut buffer).expect("an answer in time");
        self.received.extend_from_slice(&buffer[..count]);
        count > 0
    }

    fn line(&mut self) -> String {
        loop {
            let unread = &self.received[self.taken..];
            if let Some(end) = unread.windows(2).position(|pair| pair == b"\r\n") {
                let line = String::from_utf8(unread[..end].to_vec()).unwrap();
                self.taken += end + 2;
                return line;
            }
            assert!(self.more(), "the stream ended in a line: {:?}", String::from_utf8_lossy(&self.received));
        }
    }

    fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.received.len() - self.taken < count {
            assert!(self.more(), "the stream ended {} bytes early", count - self.received.len());
        }
        self.taken += count;
        self.received[self.taken - count..self.taken].to_vec()
    }

    /// Reads one response of status 200 with a `Content-Length`, and keeps nothing of it: for what is measured.
    pub fn pass_one(&mut self) {
        let head_bytes = loop {
            let unread = &self.received[self.taken..];
            if let Some(end) = unread.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(self.more(), "the stream ended in a head");
        };
        let head = &self.received[self.taken..self.taken + head_bytes];
        assert!(head.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(head));
        let length =
            head.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"Content-Length: "));
        let length = std::str::from_utf8(length.expect("a length")).expect("digits").trim_end();
        let end = head_bytes + length.parse::<usize>().expect("a number");
        while self.received.len() - self.taken < end {
            assert!(self.more(), "the stream ended in a body");
        }
        self.taken += end;
    }

    /// Status line and fields, up to the empty line.
    pub fn head(&mut self) -> (u16, String) {
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
    pub fn chunk(&mut self) -> Vec<u8> {
        let size = usize::from_str_radix(&self.line(), 16).unwrap();
        let chunk = self.exactly(size);
        assert_eq!(self.line(), "");
        chunk
    }

    pub fn answer(&mut self) -> Answer {
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
    pub fn answer_without_body(&mut self) -> Answer {
        let (status, head) = self.head();
        Answer { status, head, body: Vec::new() }
    }

    /// Everything up to the end of the stream, a reset counting as one.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut buffer = [0; 16 << 10];
        loop {
            match self.socket.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => self.received.extend_from_slice(&buffer[..count]),
                // A response that is cut ends a TLS connection unannounced.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof
                    ) =>
                {
                    break;
                }
                Err(error) => panic!("the stream did not end: {error}"),
            }
        }
        self.received.drain(..std::mem::take(&mut self.taken));
        std::mem::take(&mut self.received)
    }

    /// The server ends the connection and sends nothing more.
    pub fn assert_closed(&mut self) {
        let rest = self.rest();
        assert!(rest.is_empty(), "unexpected: {:?}", String::from_utf8_lossy(&rest));
    }
}
