//! The HTTP round trip: the real server as a process, one keep-alive connection over the loopback.
//!
//! One request at a time, which is latency, and 64 in one write, which is what the server itself takes for a request.
//! Against other servers, and with many connections: `benches/peers`.
//!
//! `cargo bench --bench http`.

#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a bench prints, and its way to fail is to panic; each one uses its own part of the support"
)]

// Its own tests are run with the tests; here their imports are of no use.
#[allow(unused_imports, unused_macros, reason = "each bench uses its own part of what the tests share")]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use criterion::{Criterion, Throughput};

use support::postgres::Cluster;
use support::server::{Server, Store};

const NAMES: usize = 10_000;
const PIPELINED: usize = 64;
const VALUE: &str = "postgresql://db.internal/app-1";

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let (cluster, folder) = (Cluster::start(), tempfile::tempdir().expect("a temporary folder"));
    let stores = [
        ("postgres", Store::Postgres(cluster.create_database())),
        ("sqlite", Store::File(folder.path().join("log.db"))),
    ];
    for (title, store) in stores {
        let server = Server::start(&store, &["--log-level", "warning"]);
        let mut client = Client::connect(&server);
        for first in (0..NAMES).step_by(PIPELINED) {
            let puts: Vec<String> = (first..NAMES.min(first + PIPELINED)).map(put).collect();
            client.exchange(&puts.concat(), puts.len());
        }
        bench(&mut criterion, title, &mut client);
    }
    criterion.final_summary();
}

fn bench(criterion: &mut Criterion, title: &str, client: &mut Client) {
    let mut group = criterion.benchmark_group(format!("http/{title}"));
    group.sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    let pipelined: String = (0..PIPELINED).map(|number| get(number * 97 % NAMES)).collect();
    for (kind, request, answers) in
        [("GET", get(4_711), 1), ("GET, 64 pipelined", pipelined, PIPELINED), ("PUT", put(4_711), 1)]
    {
        group.throughput(Throughput::Elements(answers as u64));
        group.bench_function(kind, |bencher| bencher.iter(|| client.exchange(&request, answers)));
    }
    group.finish();
}

fn path(number: usize) -> String {
    format!("/v1/config/app%2Fservice-{:03}%2Fsetting-{number:06}", number % 100)
}

fn get(number: usize) -> String {
    format!("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path(number))
}

fn put(number: usize) -> String {
    let length = VALUE.len();
    let fields = format!("Host: localhost\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n");
    format!("PUT {} HTTP/1.1\r\n{fields}\r\n{VALUE}", path(number))
}

/// One connection that reads whole answers and nothing more: an HTTP library would measure itself.
struct Client {
    answers: BufReader<TcpStream>,
    line: Vec<u8>,
    body: Vec<u8>,
}

impl Client {
    fn connect(server: &Server) -> Self {
        let socket = TcpStream::connect(server.address()).expect("a connection");
        socket.set_nodelay(true).expect("a setting");
        Self { answers: BufReader::with_capacity(64 << 10, socket), line: Vec::new(), body: Vec::new() }
    }

    fn exchange(&mut self, requests: &str, answers: usize) {
        self.answers.get_mut().write_all(requests.as_bytes()).expect("a request sent");
        (0..answers).for_each(|_| self.answer());
    }

    fn answer(&mut self) {
        let mut length = 0;
        let mut first = true;
        loop {
            self.line.clear();
            self.answers.read_until(b'\n', &mut self.line).expect("a line");
            if std::mem::take(&mut first) {
                assert!(self.line.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&self.line));
            }
            let line = self.line.trim_ascii_end();
            if line.is_empty() {
                break;
            }
            if let Some(number) = line.strip_prefix(b"Content-Length: ") {
                length = std::str::from_utf8(number).expect("digits").parse().expect("a number");
            }
        }
        self.body.resize(length, 0);
        self.answers.read_exact(&mut self.body).expect("a body");
    }
}
