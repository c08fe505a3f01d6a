//! Bodies that do not end and commands that are larger than their bodies: memory stays bounded, ordinary writes go on.

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use crate::support::connection::Connection;
use crate::support::eventually;
use crate::support::server::{Server, Store};

fn server() -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&Store::File(folder.path().join("configapi.db")), &["--log-level", "warning"]);
    (server, folder)
}

fn head(line: &str, content_type: &str, length: usize) -> String {
    format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// A metric without labels.
fn measured(server: &Server, metric: &str) -> usize {
    let metrics = server.client().get("/metrics").text;
    let line = metrics.lines().find(|line| line.starts_with(metric)).unwrap();
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Five uploads that stopped before their end took all of the memory for bodies, and every PUT was 503 for half a minute.
#[test]
fn small_writes_go_on_while_large_bodies_stall() {
    const ANNOUNCED_BYTES: usize = 64 << 20;
    let (server, _folder) = server();
    // But for its last byte, so that each takes all that it announced.
    let unfinished = vec![b' '; ANNOUNCED_BYTES - 1];
    let mut stalled = Vec::new();
    for _ in 0..5 {
        let mut connection = Connection::connect(&server);
        connection.send(head("POST /v1/transactions", "application/json", ANNOUNCED_BYTES));
        // A refused one is closed in the middle.
        let _refused = connection.socket.write_all(&unfinished);
        stalled.push(connection);
        eventually(Duration::from_secs(20), || {
            let held = measured(&server, "configapi_request_bodies_bytes") / ANNOUNCED_BYTES;
            held + measured(&server, "configapi_requests_refused_total") >= stalled.len()
        });
    }
    for number in 0..100 {
        server.client().put(&format!("/v1/config/a{number}"), "value").expect(200);
    }
    let mut large = Connection::connect(&server);
    large.send(head("POST /v1/transactions", "application/json", ANNOUNCED_BYTES));
    let _refused = large.socket.write_all(&unfinished);
    let answer = large.answer();
    assert_eq!((answer.status, answer.field("Retry-After")), (503, Some("1")), "{answer:?}");
}

/// A row of `/proc/<pid>/status`, in MiB.
fn memory(server: &Server, row: &str) -> u64 {
    let path = format!("/proc/{}/status", server.pid().as_raw_nonzero());
    let status = fs::read_to_string(path).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(row)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
}

/// 700 transactions of 10,000 checks took 994 MB, because only the bytes of their bodies were counted.
#[test]
fn the_memory_of_many_transactions_is_bounded() {
    const CLIENTS: usize = 300;
    let (server, _folder) = server();
    let check = |number| format!("{{\"check\":{{\"name\":\"name-{number}\",\"if_revision\":0}}}}");
    let checks: Vec<String> = (0..10_000).map(check).collect();
    let body = format!("{{\"operations\":[{}]}}", checks.join(","));
    let before = memory(&server, "VmHWM:");
    let mut clients: Vec<Connection> = (0..CLIENTS).map(|_| Connection::connect(&server)).collect();
    std::thread::scope(|scope| {
        for some in clients.chunks_mut(CLIENTS / 4) {
            scope.spawn(|| {
                for client in &mut *some {
                    client.send(head("POST /v1/transactions", "application/json", body.len()));
                    let _refused = client.socket.write_all(body.as_bytes());
                }
                for client in some {
                    let (status, _) = client.head();
                    assert!(matches!(status, 200 | 503), "{status}");
                }
            });
        }
    });
    let peak = memory(&server, "VmHWM:");
    // What is counted, 64 MiB for what is being parsed and answered, and the server itself.
    assert!(peak < 256 + 64 + before, "{before} MiB before, {peak} MiB at the peak");
    drop(clients);
    eventually(Duration::from_secs(10), || measured(&server, "configapi_request_bodies_bytes") == 0);
}
