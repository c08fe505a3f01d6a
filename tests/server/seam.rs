//! The three steps of the seam: what a head decides, and where every response head is finished.

use std::time::Duration;

use super::client::{Client, eventually};
use super::toy::Running;

const LARGE: &str = "Content-Length: 67108864\r\n";

/// A body was read to its limit before the service could say that it wants none of it.
#[test]
fn a_request_that_its_head_refuses_is_answered_before_its_body() {
    let running = Running::new();
    for fields in [LARGE, "Transfer-Encoding: chunked\r\n"] {
        for expectation in ["", "Expect: 100-continue\r\n"] {
            let before = running.server.stats().bytes_received;
            let mut client = Client::connect(&running);
            let head = format!("POST /refused HTTP/1.1\r\nHost: a\r\n{fields}{expectation}\r\n");
            client.send(&head);
            // The first head that comes is the response's, not that of `100 Continue`.
            let answer = client.answer();
            assert_eq!((answer.status, answer.text()), (403, "refused"));
            assert_eq!(answer.field("Connection"), Some("close"));
            assert_eq!(running.server.stats().bytes_received - before, head.len() as u64);
            client.assert_closed();
        }
    }
    assert_eq!(running.server.stats().bodies_bytes, 0);
}

#[test]
fn a_request_that_takes_no_body_refuses_one_at_its_head() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.send("GET /no-body HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
    let answer = client.answer();
    assert_eq!((answer.status, answer.text()), (413, "413 send this request without a body Some(0)"));
    client.assert_closed();
    let mut client = Client::connect(&running);
    client.send("GET /no-body HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(client.answer().status, 404);
    client.send("GET /no-body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    assert_eq!(client.answer().status, 404);
    client.send("GET /no-body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
    assert_eq!(client.answer().status, 413);
    client.assert_closed();
}

#[test]
fn a_connection_goes_on_after_a_refusal_whose_body_has_come() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    for body in [
        "\r\n",
        "Content-Length: 5\r\n\r\nhello",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ] {
        // With the next request behind it, in one piece.
        let next = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
        client.send(format!("POST /refused HTTP/1.1\r\nHost: a\r\n{body}{next}"));
        let answer = client.answer();
        assert_eq!((answer.status, answer.field("Connection")), (403, None), "{body}");
        assert_eq!(client.answer().text(), "hello");
    }
}

#[test]
fn a_refusal_behind_another_request_waits_for_its_turn() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    client.send(format!("POST /refused HTTP/1.1\r\nHost: a\r\n{LARGE}\r\n"));
    running.state.slow.open();
    assert_eq!(client.answer().text(), "slow");
    assert_eq!(client.answer().status, 403);
    client.assert_closed();
}

#[test]
fn a_panic_at_the_head_is_a_500_for_that_request_alone() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    assert_eq!(client.ask("/panic-at-the-head").status, 500);
    assert_eq!(client.ask("/hello").status, 200);
    client.send(format!("POST /panic-at-the-head HTTP/1.1\r\nHost: a\r\n{LARGE}\r\n"));
    assert_eq!(client.answer().status, 500);
    client.assert_closed();
}

#[test]
fn every_response_head_is_finished_by_the_service() {
    let running = Running::with(|limits| limits.body_deadline = Duration::from_millis(50));
    let text = |body: &str| Some(body.len() as u64);
    for (path, status, length) in [
        ("/hello", 200, text("hello")),
        ("/nothing", 204, Some(0)),
        ("/unchanged", 304, Some(0)),
        ("/panic", 500, None),
        ("/pool-panic", 500, None),
        ("/big", 200, None),
        ("/big-sized", 200, Some(1 << 20)),
        ("/deferred-briefly", 503, text("expired")),
        ("/wait-briefly", 200, text("nothing came")),
        ("/refused", 403, text("refused")),
    ] {
        let mut client = Client::connect(&running);
        let answer = client.ask(path);
        assert_eq!((answer.status, answer.field("X-Finished")), (status, Some(path)));
        let finished = running.state.finished.lock().unwrap().pop().unwrap();
        assert_eq!((finished.0.as_str(), finished.1), (path, status));
        assert!(length.is_none() || finished.2 == length, "{finished:?}");
    }
    for (sent, status, path) in [
        ("GET /hello HTTP/1.1\r\n\r\n", 400, ""),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n", 413, "/echo"),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", 408, "/echo"),
    ] {
        let mut client = Client::connect(&running);
        client.send(sent);
        let answer = client.answer();
        assert_eq!((answer.status, answer.field("X-Finished")), (status, Some(path)));
    }
    let mut client = Client::connect(&running);
    client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.answer_without_body().field("X-Finished"), Some("/hello"));
    client.get("/stream");
    assert!(client.head().1.contains("X-Finished: /stream"));
    drop(client);
    eventually("all have left", || running.server.stats().connections_open == 0);
}
