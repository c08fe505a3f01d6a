//! What two servers could read differently is refused and ends the connection: requests can't be smuggled.

use super::client::Client;
use super::toy::Running;

/// Each request is followed by another one that must never be answered.
fn assert_refused(request: impl AsRef<[u8]>, statuses: &[u16]) {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.send(request.as_ref());
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    let answer = client.answer();
    let shown = String::from_utf8_lossy(request.as_ref()).into_owned();
    assert!(statuses.contains(&answer.status), "{shown:?}: {}", answer.status);
    assert_eq!(answer.field("Connection"), Some("close"), "{shown:?}");
    client.assert_closed();
    assert_eq!(running.server.stats().requests, 0, "{shown:?}");
}

fn with_fields(fields: &str) -> String {
    format!("POST /echo HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n")
}

#[test]
fn a_length_that_is_not_one_plain_number_is_refused() {
    for length in ["+5", "-5", "abc", "", "5, 5", "5,6", "0x5", "5 5", "5;", "1e3"] {
        assert_refused(with_fields(&format!("Content-Length: {length}")), &[400]);
    }
    for twice in ["Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\ncontent-length: 6"] {
        assert_refused(with_fields(twice), &[400]);
    }
}

#[test]
fn a_huge_length_is_413_and_the_server_lives() {
    let running = Running::new();
    for length in ["30000000000", "18446744073709551615", "99999999999999999999999999"] {
        let mut client = Client::connect(&running);
        client.send(with_fields(&format!("Content-Length: {length}")));
        assert_eq!(client.answer().status, 413);
        client.assert_closed();
    }
    assert_eq!(Client::connect(&running).ask("/hello").text(), "hello");
}

#[test]
fn any_transfer_coding_but_chunked_alone_is_refused() {
    for codings in ["gzip", "identity", "xchunked", "gzip, chunked", "chunked\x0b", ""] {
        assert_refused(with_fields(&format!("Transfer-Encoding: {codings}")), &[400, 501]);
    }
    for codings in
        ["chunked, chunked", "chunked, gzip", "chunked\r\nTransfer-Encoding: chunked", "chunked, identity"]
    {
        assert_refused(with_fields(&format!("Transfer-Encoding: {codings}")), &[400]);
    }
    assert_refused(with_fields("Content-Length: 5\r\nTransfer-Encoding: chunked"), &[400]);
    assert_refused(with_fields("Transfer-Encoding: chunked\r\nContent-Length: 5"), &[400]);
    assert_refused("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400]);
}

#[test]
fn lines_and_fields_that_are_not_well_formed_are_refused() {
    for head in [
        "GET /hello HTTP/1.1\nHost: a\n\n",
        "GET /hello HTTP/1.1\r\nHost: a\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\n\n",
        "GET /hello HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n",
        "GET /hello HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX\0: a\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\x7fb\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "GET /he\0llo HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /he llo HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET  /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /hello  HTTP/1.1\r\nHost: a\r\n\r\n",
        "G(T /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /hello\r\nHost: a\r\n\r\n",
        "GET /hello HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET /hello http/1.1\r\nHost: a\r\n\r\n",
        "GET /h\u{e9}llo HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET ftp://a/hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http:///hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://user@a/hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        assert_refused(head, &[400]);
    }
    for field in ["Host: \u{e9}", "Content-Length: \u{e9}", "Transfer-Encoding: \u{e9}"] {
        assert_refused(with_fields(field), &[400, 501]);
        // The same letter in Latin-1.
        let head = with_fields(field).chars().map(|letter| u8::try_from(letter).unwrap()).collect::<Vec<_>>();
        assert_refused(head, &[400, 501]);
    }
}

#[test]
fn another_version_of_http_is_505() {
    for version in ["HTTP/2.0", "HTTP/3.0", "HTTP/0.9", "HTTP/1.2"] {
        assert_refused(format!("GET /hello {version}\r\nHost: a\r\n\r\n"), &[505]);
    }
    assert_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[505]);
    assert_refused("GET /hello HTTP/x\r\n\r\n", &[400]);
}

#[test]
fn host_must_be_there_exactly_once() {
    assert_refused("GET /hello HTTP/1.1\r\n\r\n", &[400]);
    assert_refused("GET /hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", &[400]);
    assert_refused("GET /hello HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", &[400]);
    assert_refused("GET /hello HTTP/1.1\r\nHost: a, b\r\n\r\n", &[400]);
    assert_refused("GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", &[400]);
    assert_refused("GET http://b/hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", &[400]);
    assert_refused("GET http://b/hello HTTP/1.1\r\n\r\n", &[400]);
    for host in [
        "a:b", "a:80:80", "a:-1", "a:0x50", "a:123456", "[::1", "[::1]80", "[::1]:x", "::1", "a[b]",
        "[[::1]]",
    ] {
        assert_refused(format!("GET /hello HTTP/1.1\r\nHost: {host}\r\n\r\n"), &[400]);
        assert_refused(format!("GET http://{host}/hello HTTP/1.1\r\nHost: a\r\n\r\n"), &[400]);
    }
}

#[test]
fn chunks_that_are_not_well_formed_are_refused() {
    for body in [
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        ";x\r\nhello\r\n0\r\n\r\n",
        "5 5\r\nhello\r\n0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "5;\0\r\nhello\r\n0\r\n\r\n",
        "10000000000000000\r\nhello\r\n0\r\n\r\n",
        "0\r\nTrailer: a\n\r\n",
        "0\r\nTrailer: \0\r\n\r\n",
    ] {
        assert_refused(with_fields("Transfer-Encoding: chunked") + body, &[400]);
    }
}

#[test]
fn a_request_split_at_each_byte_is_answered_like_a_whole_one() {
    let running = Running::new();
    let request =
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nT: u\r\n\r\n";
    let mut client = Client::connect(&running);
    for byte in request.as_bytes() {
        client.send([*byte]);
    }
    assert_eq!(client.answer().text(), "abc");
    for middle in 0..request.len() {
        let (first, second) = request.split_at(middle);
        client.send(first);
        client.send(second);
        assert_eq!(client.answer().text(), "abc");
    }
}
