//! Every limit and deadline holds, and the refusal reaches the client.

use std::io::Write;
use std::time::Duration;

use configapi::server::UnlimitedPeers;

use super::client::{Client, eventually};
use super::toy::Running;

const BRIEFLY: Duration = Duration::from_millis(50);

#[test]
fn a_long_request_line_is_414() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.send(format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(9_000)));
    let answer = client.answer();
    assert_eq!((answer.status, answer.text()), (414, "414 send a shorter request line Some(8192)"));
    client.assert_closed();
    // Refused before its end has come.
    let mut client = Client::connect(&running);
    client.send(format!("GET /{}", "x".repeat(9_000)));
    assert_eq!(client.answer().status, 414);
}

#[test]
fn a_large_head_is_431() {
    let running = Running::new();
    let large = format!("X: {}\r\n", "x".repeat(17_000));
    let many = "X: y\r\n".repeat(65);
    for fields in [large, many] {
        let mut client = Client::connect(&running);
        client.send(format!("GET /hello HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
        assert_eq!(client.answer().status, 431);
        client.assert_closed();
    }
    let mut client = Client::connect(&running);
    client.send(format!("GET /hello HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(63)));
    assert_eq!(client.answer().status, 200);
}

#[test]
fn a_header_line_of_200_megabytes_is_refused_early() {
    // No lingering: the server reads on only until it looks at its deadlines again.
    let running = Running::with(|limits| limits.linger_deadline = Duration::ZERO);
    let mut client = Client::connect(&running);
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\nX: ");
    let megabyte = vec![b'x'; 1 << 20];
    let _closed_midway = (0..200).try_for_each(|_| client.socket.write_all(&megabyte));
    eventually("the connection is closed", || running.server.stats().connections_open == 0);
    let stats = running.server.stats();
    assert_eq!(stats.requests_refused, 1);
    assert!(stats.bytes_received < 8 << 20, "{} bytes were read", stats.bytes_received);
    assert_eq!(Client::connect(&running).ask("/hello").status, 200);
}

#[test]
fn a_body_past_the_limit_is_413_and_the_answer_reaches_who_still_sends() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    client.send(vec![b'x'; 1_000_000]);
    let answer = client.answer();
    assert_eq!((answer.status, answer.text()), (413, "413 send a smaller body Some(65536)"));
    client.assert_closed();

    let mut client = Client::connect(&running);
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for _ in 0..5 {
        client.send(format!("4000\r\n{}\r\n", "x".repeat(0x4000)));
    }
    assert_eq!(client.answer().status, 413);
    client.assert_closed();
}

#[test]
fn the_service_sets_the_limit_of_a_body() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    let body = vec![b'x'; 5 << 20];
    client.send(format!("POST /echo?large HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len()));
    client.send(&body);
    assert!(client.answer().body == body);
}

#[test]
fn a_body_past_the_budget_is_refused_with_503() {
    let running = Running::with(|limits| limits.bodies_bytes_max = 100_000);
    let mut first = Client::connect(&running);
    first.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
    first.send(vec![b'x'; 59_999]);
    eventually("the first body is held", || running.server.stats().bodies_bytes >= 59_999);
    let mut second = Client::connect(&running);
    second.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
    second.send(vec![b'x'; 60_000]);
    let answer = second.answer();
    assert_eq!((answer.status, answer.field("Retry-After")), (503, Some("1")));
    first.send("x");
    assert_eq!(first.answer().body.len(), 60_000);
    eventually("the bodies are freed", || running.server.stats().bodies_bytes == 0);
}

/// 60,000 bytes of a body, of which the last one is missing.
const UNFINISHED: &str = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n";

#[test]
fn a_client_has_a_share_of_the_memory_for_bodies_while_it_is_short() {
    for unlimited_peers in [UnlimitedPeers::Nobody, UnlimitedPeers::Loopback] {
        let running = Running::with(|limits| {
            limits.bodies_bytes_max = 100_000;
            limits.peer_bodies_bytes_max = 70_000;
            limits.unlimited_peers = unlimited_peers;
        });
        let mut first = Client::connect(&running);
        first.send(UNFINISHED);
        first.send(vec![b'x'; 59_999]);
        eventually("the first body is held", || running.server.stats().bodies_bytes == 60_000);
        let mut second = Client::connect(&running);
        second.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n");
        second.send(vec![b'x'; 20_000]);
        let answer = second.answer();
        let expected = match unlimited_peers {
            UnlimitedPeers::Nobody => (503, Some("1")),
            UnlimitedPeers::Loopback | UnlimitedPeers::Everybody => (200, None),
        };
        assert_eq!((answer.status, answer.field("Retry-After")), expected);
        first.send("x");
        assert_eq!(first.answer().body.len(), 60_000);
    }
}

#[test]
fn a_body_that_hardly_comes_is_408_once_memory_is_short() {
    let running = Running::with(|limits| {
        limits.bodies_bytes_max = 100_000;
        limits.body_rate_grace = BRIEFLY;
        limits.body_bytes_per_second_min = 1 << 30;
        limits.unlimited_peers = UnlimitedPeers::Nobody;
    });
    let mut slow = Client::connect(&running);
    slow.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
    eventually("it is held", || running.server.stats().bodies_bytes == 10);
    // Complete, so that it keeps its memory while it waits for its answer.
    let mut large = Client::connect(&running);
    large.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
    large.send(vec![b'x'; 60_000]);
    assert_eq!(slow.answer().status, 408);
    slow.assert_closed();
    running.state.slow.open();
    assert_eq!(large.answer().text(), "slow");
    eventually("the bodies are freed", || running.server.stats().bodies_bytes == 0);
}

/// Work on large bodies whose clients had left was counted nowhere.
#[test]
fn the_memory_of_a_body_counts_until_the_work_on_it_is_done_also_when_the_client_has_left() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
    client.send(vec![b'x'; 60_000]);
    eventually("the work has begun", || running.state.slow.has_waiter());
    // A reset, not only the end of what it sends.
    rustix::net::sockopt::set_socket_linger(&client.socket, Some(Duration::ZERO)).unwrap();
    drop(client);
    eventually("the client has left", || running.server.stats().connections_open == 0);
    assert_eq!(running.server.stats().bodies_bytes, 60_000, "the work goes on");
    running.state.slow.open();
    eventually("the body is freed", || running.server.stats().bodies_bytes == 0);
}

#[test]
fn chunk_extensions_and_trailers_are_bounded() {
    let running = Running::new();
    let head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let extension = format!("1;{}\r\n", "x".repeat(2_000));
    let long = format!("0\r\nT: {}\r\n\r\n", "x".repeat(9_000));
    let many = format!("0\r\n{}\r\n", "T: u\r\n".repeat(70));
    for (body, status) in [(extension, 400), (long, 431), (many, 431)] {
        let mut client = Client::connect(&running);
        client.send(head);
        client.send(body);
        assert_eq!(client.answer().status, status);
        client.assert_closed();
    }
}

#[test]
fn a_slow_head_and_a_slow_body_are_408() {
    let running = Running::with(|limits| {
        limits.head_deadline = BRIEFLY;
        limits.body_deadline = BRIEFLY;
    });
    for part in
        ["GET /hello HTTP/1.1\r\nHo", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel"]
    {
        let mut client = Client::connect(&running);
        client.send(part);
        assert_eq!(client.answer().status, 408);
        client.assert_closed();
    }
}

#[test]
fn a_head_that_comes_drop_by_drop_is_408_all_the_same() {
    let running = Running::with(|limits| limits.head_deadline = BRIEFLY);
    let mut client = Client::connect(&running);
    client.send("GET /hello HTTP/1.1\r\n");
    // Writes go on until the server closes.
    eventually("the server gives up", || {
        client.socket.write_all(b"X: y\r\n").is_err() || { running.server.stats().requests_refused == 1 }
    });
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let running = Running::with(|limits| limits.idle_deadline = BRIEFLY);
    Client::connect(&running).assert_closed();
    let mut client = Client::connect(&running);
    assert_eq!(client.ask("/hello").status, 200);
    client.assert_closed();
}

#[test]
fn a_client_that_does_not_read_is_cut() {
    let running = Running::with(|limits| limits.write_deadline = BRIEFLY);
    let mut client = Client::connect(&running);
    client.get("/endless");
    eventually("it is cut", || running.server.stats().connections_cut == 1);
    eventually("it is closed", || running.server.stats().connections_open == 0);
}

#[test]
fn clients_that_do_not_read_are_cut_when_they_hold_too_much_together() {
    let running = Running::with(|limits| limits.outputs_bytes_max = 64 << 10);
    let mut clients: Vec<_> = (0..12).map(|_| Client::connect(&running)).collect();
    for client in &mut clients {
        client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n".repeat(50));
    }
    eventually("one is cut", || running.server.stats().connections_cut > 0);
    assert_eq!(Client::connect(&running).ask("/hello").text(), "hello");
    drop(clients);
    eventually("it is given back", || running.server.stats().outputs_bytes == 0);
}

#[test]
fn a_client_that_pipelines_without_reading_is_not_read_further() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.socket.set_nonblocking(true).unwrap();
    let requests = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000);
    // Sends until neither side takes more: a hundred tries in a row without room.
    let mut refused = 0;
    let mut sent = 0;
    while refused < 100 && sent < 100 << 20 {
        match client.socket.write(requests.as_bytes()) {
            Ok(count) => (sent, refused) = (sent + count, 0),
            Err(_) => refused += 1,
        }
        std::thread::yield_now();
    }
    let stats = running.server.stats();
    assert!(stats.requests < 100, "handled {} requests whose answers nobody reads", stats.requests);
    assert!(stats.bytes_received < 1 << 20, "read {} bytes ahead", stats.bytes_received);
}
