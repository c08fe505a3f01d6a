//! The contract mounted in a server of rouille's own, and a client that talks to it by its socket.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::Sender;
use std::time::Duration;

use configapi::presentation::http::{Api, handler};

use super::driver::Answer;

/// A server of rouille's with the contract. Dropped: stopped.
pub struct Mounted {
    address: SocketAddr,
    _stop: Sender<()>,
}

impl Mounted {
    pub fn start(api: &Api) -> Self {
        let server = rouille::Server::new("127.0.0.1:0", handler(api)).unwrap().pool_size(8);
        let address = server.server_addr();
        let (_thread, stop) = server.stoppable();
        Self { address, _stop: stop }
    }

    /// One request on a connection of its own; `fields` are `Name: value`.
    pub fn send(&self, method: &str, target: &str, fields: &[String], body: &[u8]) -> Answer {
        let mut socket = TcpStream::connect(self.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let fields: Vec<_> = fields.iter().map(|field| format!("{field}\r\n")).collect();
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let head =
            format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n{length}{}\r\n", fields.concat());
        socket.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut received = Vec::new();
        socket.read_to_end(&mut received).unwrap();
        answer(&received, method)
    }
}

fn answer(received: &[u8], method: &str) -> Answer {
    let end = received.windows(4).position(|at| at == b"\r\n\r\n").expect("a head");
    let head = std::str::from_utf8(&received[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let field = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    let fields: Vec<_> = lines.map(|line| field(line).unwrap()).collect();
    let is_chunked = fields
        .iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("transfer-encoding") && value == "chunked");
    let body = &received[end + 4..];
    let body = if is_chunked && method != "HEAD" { unchunked(body) } else { body.to_vec() };
    Answer::with(status, fields, body)
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|at| at == b"\r\n").expect("the length of a chunk");
        let bytes = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        if bytes == 0 {
            return body;
        }
        let (chunk, after) = rest[line + 2..].split_at(bytes);
        body.extend_from_slice(chunk);
        rest = &after[2..];
    }
}
