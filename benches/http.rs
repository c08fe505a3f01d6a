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

use std::time::Duration;

use criterion::{Criterion, Throughput};

use support::connection::Connection;
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
        let mut connection = Connection::connect(&server);
        for first in (0..NAMES).step_by(PIPELINED) {
            let puts: Vec<String> = (first..NAMES.min(first + PIPELINED)).map(put).collect();
            exchange(&mut connection, &puts.concat(), puts.len());
        }
        bench(&mut criterion, title, &mut connection);
    }
    criterion.final_summary();
}

fn bench(criterion: &mut Criterion, title: &str, connection: &mut Connection) {
    let mut group = criterion.benchmark_group(format!("http/{title}"));
    group.sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    let pipelined: String = (0..PIPELINED).map(|number| get(number * 97 % NAMES)).collect();
    for (kind, request, answers) in
        [("GET", get(4_711), 1), ("GET, 64 pipelined", pipelined, PIPELINED), ("PUT", put(4_711), 1)]
    {
        group.throughput(Throughput::Elements(answers as u64));
        group.bench_function(kind, |bencher| bencher.iter(|| exchange(connection, &request, answers)));
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

fn exchange(connection: &mut Connection, requests: &str, responses: usize) {
    connection.send(requests);
    (0..responses).for_each(|_| connection.pass_one());
}
