//! Requests and answers as RFC 9110 and 9112 have them.

use super::client::Client;
use super::toy::Running;

#[test]
fn a_kept_connection_answers_request_after_request() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    for _ in 0..3 {
        let answer = client.ask("/hello");
        assert_eq!((answer.status, answer.text()), (200, "hello"));
        assert_eq!(answer.field("Connection"), None);
        assert!(answer.field("Date").is_some_and(|date| date.ends_with(" GMT")));
    }
    assert_eq!(running.server.stats().requests, 3);
}

#[test]
fn close_among_the_connection_tokens_ends_the_connection() {
    let running = Running::new();
    for tokens in ["close", "x, Close", "keep-alive, close"] {
        let mut client = Client::connect(&running);
        client.send(format!("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: {tokens}\r\n\r\n"));
        let answer = client.answer();
        assert_eq!(answer.field("Connection"), Some("close"));
        client.assert_closed();
    }
}

#[test]
fn http_1_0_ends_the_connection_unless_it_asks_to_keep_it() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.send("GET /hello HTTP/1.0\r\n\r\n");
    assert_eq!(client.answer().field("Connection"), Some("close"));
    client.assert_closed();

    let mut client = Client::connect(&running);
    for _ in 0..2 {
        client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assert_eq!(client.answer().field("Connection"), Some("keep-alive"));
    }
}

#[test]
fn head_answers_have_the_length_and_no_body() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    let answer = client.answer_without_body();
    assert_eq!((answer.status, answer.field("Content-Length")), (200, Some("5")));
    assert_eq!(client.answer().field("X-Method"), Some("GET"));
    client.send("HEAD /big HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.answer_without_body().field("Transfer-Encoding"), Some("chunked"));
    assert_eq!(client.ask("/hello").text(), "hello");
}

#[test]
fn answers_without_a_body_by_status_have_no_length() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    for (path, status) in [("/nothing", 204), ("/unchanged", 304)] {
        let answer = client.ask(path);
        assert_eq!((answer.status, answer.field("Content-Length")), (status, None));
        assert_eq!(answer.body, b"");
    }
    assert_eq!(client.ask("/hello").text(), "hello");
}

#[test]
fn bodies_come_in_sized_and_chunked() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(client.answer().text(), "hello");
    client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n\
         5;name=value\r\nhello\r\n006 ; q=\"a;b\"\r\n world\r\n0\r\nTrailer: ignored\r\n\r\n",
    );
    assert_eq!(client.answer().text(), "hello world");
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    assert_eq!(client.answer().text(), "");
    assert_eq!(running.server.stats().bodies_bytes, 0);
}

#[test]
fn a_client_that_expects_100_is_told_to_continue() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.head().0, 100);
    client.send("hello");
    assert_eq!(client.answer().text(), "hello");
}

#[test]
fn a_client_that_expects_100_for_too_large_a_body_gets_413_at_once() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 999999\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.answer().status, 413);
    client.assert_closed();
}

#[test]
fn an_absolute_target_names_the_host() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    for (target, host) in [("http://b:81/echo?x", "b:81"), ("HTTPS://[::1]:4/echo", "[::1]:4")] {
        client.send(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let answer = client.answer();
        assert_eq!((answer.status, answer.field("X-Host")), (200, Some(host)));
    }
    for host in ["", "a:", "[::1]:", "[::1]", "xn--e1afmkfd.example:4000", "a_b"] {
        client.send(format!("GET /hello HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(client.answer().status, 200, "{host}");
    }
    client.send("GET http://b HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.answer().status, 404);
    client.send("GET http://b/echo HTTP/1.0\r\n\r\n");
    assert_eq!(client.answer().field("X-Host"), Some("b"));
}

/// A proxy's header with a name in Latin-1 made every request through it a 400.
#[test]
fn bytes_beyond_ascii_in_a_field_that_nobody_reads_do_no_harm() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.send(b"GET /hello HTTP/1.1\r\nHost: a\r\nX-Forwarded-User: Andr\xe9\r\n\r\n");
    assert_eq!(client.answer().text(), "hello");
    client.send("GET /headers HTTP/1.1\r\nHost: a\r\nX-Forwarded-User: André\r\n\r\n");
    assert!(client.answer().text().contains("X-Forwarded-User=André"));
}

#[test]
fn one_empty_line_before_a_request_is_ignored() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.send("\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.answer().text(), "hello");
}

#[test]
fn a_half_closed_client_gets_its_answer() {
    let running = Running::new();
    for path in ["/hello", "/big", "/wait-briefly"] {
        let mut client = Client::connect(&running);
        client.get(path);
        client.half_close();
        assert_eq!(client.answer().status, 200, "{path}");
        client.assert_closed();
    }
    let mut client = Client::connect(&running);
    client.get("/deferred");
    client.half_close();
    super::client::eventually("the request is deferred", || {
        running.state.deferred.lock().unwrap().pop_front().is_some_and(|responder| {
            let response = rouille::Response::text("later");
            responder.respond(configapi::server::Reply::Ready(response));
            true
        })
    });
    assert_eq!(client.answer().text(), "later");
}

#[test]
fn every_kind_of_long_body_arrives_whole() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    let expected = super::toy::Pattern::bytes(1 << 20);
    for path in ["/big", "/big-sized", "/ready-unsized"] {
        assert!(client.ask(path).body == expected, "{path}");
    }
    assert_eq!(client.ask("/large").body.len(), 1 << 20);
    // Without chunks, the end of the connection is the end of the body.
    client.send("GET /big HTTP/1.0\r\n\r\n");
    let answer = client.answer();
    assert!(answer.body == expected);
    assert_eq!(answer.field("Transfer-Encoding"), None);
}

#[test]
fn a_body_that_fails_ends_the_connection_without_the_last_chunk() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.get("/broken");
    assert_eq!(client.head().0, 200);
    assert!(!client.rest().ends_with(b"0\r\n\r\n"));
    let mut client = Client::connect(&running);
    client.get("/short");
    assert_eq!(client.head().0, 200);
    assert!(client.rest().len() < 200_000);
    assert_eq!(running.server.stats().connections_cut, 2);
}

#[test]
fn a_header_with_a_line_break_becomes_a_500() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    let answer = client.ask("/split");
    assert_eq!((answer.status, answer.field("X-Evil")), (500, None));
    assert_eq!(client.ask("/hello").status, 200);
}
