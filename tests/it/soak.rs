//! A long mixed load: memory, descriptors and threads of the server stay where they are.
//!
//! Ten seconds in the ordinary run, ten minutes with `./tests/run --long`.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::http::raw;
use crate::support::server::{Server, Store};
use crate::support::stream::EventStream;
use crate::support::{eventually, long_run};

/// What may come and go while a server is at work: buffers, pages of the allocator, the embedded store's cache.
const GROWTH_MAX_KIB: u64 = 48 << 10;

#[derive(Clone, Copy, Debug)]
struct Held {
    resident_kib: u64,
    descriptors: usize,
    threads: usize,
}

fn held(server: &Server) -> Held {
    let process = format!("/proc/{}", server.pid().as_raw_nonzero());
    let status = fs::read_to_string(format!("{process}/status")).unwrap();
    let number = |field: &str| -> u64 {
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    Held {
        resident_kib: number("VmRSS:"),
        descriptors: fs::read_dir(format!("{process}/fd")).unwrap().count(),
        threads: usize::try_from(number("Threads:")).unwrap(),
    }
}

/// One client's round: what people do, and what they should not.
fn round(server: &Server, number: usize) {
    let client = server.client();
    let path = format!("/v1/config/name-{}", number % 500);
    client.put(&path, &"v".repeat(number % 5_000)).expect(200);
    client.get(&path).expect(200);
    client.get(&format!("{path}/history?limit=10")).expect(200);
    client.get("/v1/config?prefix=name-1").expect(200);
    match number % 5 {
        0 => drop(raw(server.address(), b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n")),
        1 => drop(EventStream::open(server.address(), "/v1/events", 0).map(|mut stream| stream.next())),
        2 => drop(TcpStream::connect(server.address()).map(|mut half| half.write_all(b"PUT /v1/conf"))),
        3 => drop(client.get("/v1/events?after=0&limit=5&wait=1ms")),
        _ => drop(client.delete(&path)),
    }
}

#[test]
fn under_a_long_mixed_load_memory_descriptors_and_threads_stay_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&Store::File(folder.path().join("configapi.db")), &["--log-level", "error"]);
    let length = Duration::from_secs(if long_run() { 600 } else { 10 });
    let before = held(&server);
    let (begun, over) = (Instant::now(), AtomicBool::new(false));
    let warm = std::thread::scope(|scope| {
        for worker in 0..4 {
            let (server, over) = (&server, &over);
            scope.spawn(move || {
                let mut rounds = (worker..).step_by(4);
                while !over.load(Ordering::Relaxed) {
                    round(server, rounds.next().unwrap());
                }
            });
        }
        // Warm when a third is over: every buffer has had its size by then.
        eventually(2 * length, || begun.elapsed() > length / 3);
        let warm = held(&server);
        eventually(2 * length, || begun.elapsed() > length);
        over.store(true, Ordering::Relaxed);
        warm
    });
    eventually(Duration::from_secs(20), || held(&server).descriptors <= before.descriptors + 4);
    let after = held(&server);
    // Fewer: the watch of a store that nobody else writes ends soon after the start.
    assert!(after.threads <= before.threads, "{before:?} {after:?}");
    assert!(after.resident_kib < warm.resident_kib + GROWTH_MAX_KIB, "{before:?} {warm:?} {after:?}");
    server.client().get("/v1/health").expect(200);
}
