//! What can't be read and what breaks a rule: a clear problem, and nothing written.

use configapi::application::Options;
use configapi::presentation::http::ApiSettings;
use configapi::server::{Refusal, Service};

use super::driver::{Answer, Client};

const JSON: &str = "Content-Type: application/json";
const TEXT: &str = "Content-Type: text/plain";

#[track_caller]
fn refused(client: &Client, answer: &Answer, status: u16, kind: &str) {
    assert_eq!((answer.status, answer.problem().as_str()), (status, kind), "{answer:?}");
    assert_eq!(client.store.applied().get(), 0, "something was written");
}

#[test]
fn a_body_that_is_not_json_is_400() {
    let client = Client::new();
    for body in ["", "value", "{", "{\"value\": 5", "{\"value\": \"a\"}}"] {
        refused(&client, &client.send("PUT", "/v1/config/a", &[JSON], body.as_bytes()), 400, "malformed");
    }
    refused(
        &client,
        &client.send("PUT", "/v1/config/a", &[JSON], b"{\"value\": \"\xff\"}"),
        400,
        "malformed",
    );
    refused(&client, &client.send("PUT", "/v1/config/a", &[TEXT], b"\xff"), 400, "malformed");
}

#[test]
fn json_of_another_shape_is_422_and_is_not_repeated() {
    let client = Client::new();
    let long = format!("{{\"value\": \"a\", \"reason\": \"{}\"}}", "x".repeat(4_097));
    for body in [
        "{}",
        "[\"s3cret\"]",
        "\"s3cret\"",
        "{\"value\": null}",
        "{\"value\": 5}",
        "{\"value\": {\"s3cret\": 1}}",
        "{\"value\": \"s3cret\", \"extra\": 1}",
        "{\"value\": \"s3cret\", \"value\": \"s3cret\"}",
        "{\"value\": \"s3cret\\u0000\"}",
        &long,
    ] {
        let answer = client.send("PUT", "/v1/config/a", &[JSON], body.as_bytes());
        refused(&client, &answer, 422, "invalid");
        assert!(!answer.body.contains("s3cret"), "{answer:?}");
    }
    refused(&client, &client.send("PUT", "/v1/config/a", &[TEXT], b"a\0b"), 422, "invalid");
}

#[test]
fn a_value_past_the_limit_is_413_measured_decoded() {
    let options = Options { value_bytes_max: 10, ..Options::memory() };
    let client = Client::with(&options, ApiSettings::default());
    for (field, body) in [(TEXT, "12345678901"), (JSON, "{\"value\": \"12345678901\"}")] {
        let answer = client.send("PUT", "/v1/config/a", &[field], body.as_bytes());
        refused(&client, &answer, 413, "too-large");
        assert_eq!(answer.json()["limit"], 10);
    }
    let escaped = format!("{{\"value\": \"{}\"}}", "\\u0031".repeat(10));
    assert_eq!(client.send("PUT", "/v1/config/a", &[JSON], escaped.as_bytes()).status, 200);
}

#[test]
fn a_content_type_that_is_missing_or_foreign_is_415() {
    let client = Client::new();
    let form = "Content-Type: application/x-www-form-urlencoded";
    for fields in
        [&[][..], &[form], &["Content-Type: text/plain; charset=latin1"], &[JSON, "Content-Encoding: gzip"]]
    {
        let answer = client.send("PUT", "/v1/config/a", fields, b"{\"value\": \"v\"}");
        refused(&client, &answer, 415, "unsupported-media-type");
    }
}

#[test]
fn a_name_that_is_none_is_422_and_a_path_that_cannot_be_decoded_400() {
    let client = Client::new();
    let long = "a".repeat(513);
    for name in ["a%00b", "a%0Ab", "%7F", "%C2%85", "a/%00", &long] {
        for (method, body) in [("GET", ""), ("PUT", "v"), ("DELETE", "")] {
            let answer = client.send(method, &format!("/v1/config/{name}"), &[TEXT], body.as_bytes());
            refused(&client, &answer, 422, "invalid");
        }
    }
    for name in ["", "a//b", "/a", "a%2F%2Fb"] {
        let answer = client.send("PUT", &format!("/v1/config/{name}"), &[TEXT], b"v");
        let (status, kind) = if name.is_empty() { (404, "no-such-path") } else { (422, "invalid") };
        refused(&client, &answer, status, kind);
    }
    // A client or a proxy resolves them, so that the two would not mean one name.
    for name in ["%", "%2", "%zz", "%ff", "%ED%A0%80", ".", "..", "%2E%2e", "a/../b", "a/%2e/b"] {
        refused(&client, &client.send("PUT", &format!("/config/{name}"), &[TEXT], b"v"), 400, "malformed");
    }
}

#[test]
fn an_unknown_path_is_404_and_a_wrong_method_405() {
    let client = Client::new();
    for target in ["/", "/v1", "/v1/", "/v2/config", "/v1/config/", "/Config", "//config"] {
        refused(&client, &client.get(target), 404, "no-such-path");
    }
    for (method, target, allow) in [
        ("POST", "/v1/config/a", "GET, HEAD, PUT, DELETE"),
        ("DELETE", "/config", "GET, HEAD"),
        ("PUT", "/health", "GET, HEAD"),
        ("OPTIONS", "/v1/config/a/history", "GET, HEAD"),
        ("PUT", "/v1/config/a/b/history", "GET, HEAD"),
        ("get", "/v1/config/a", "GET, HEAD, PUT, DELETE"),
    ] {
        let answer = client.send(method, target, &[], b"");
        refused(&client, &answer, 405, "method-not-allowed");
        assert_eq!(answer.field("Allow"), allow);
    }
}

#[test]
fn what_is_missing_or_means_something_else_is_told_how_to_write_it() {
    let client = Client::new();
    let detail = |method: &str, target: &str| {
        client.send(method, target, &[TEXT], b"").json()["detail"].as_str().unwrap().to_owned()
    };
    assert!(detail("PUT", "/v1/config/app/history").contains("%2F"));
    assert!(detail("GET", "/v1/config/").contains("GET /v1/config"));
    assert!(detail("GET", "/v1/config/app/").contains("?prefix="));
}

#[test]
fn parameters_that_are_unknown_repeated_or_unreadable_are_refused() {
    let client = Client::new();
    for target in [
        "/config?prefx=a",
        "/config?prefix=a&prefix=b",
        "/config?prefix=%ff",
        "/config?limit=ten",
        "/config?limit=-1",
        "/config?values=maybe",
        "/config?at=yesterday",
        "/config/a?limit=1",
        "/config/a?at=5%20parsecs",
        "/config/a/history?order=up",
        "/config/a/history?after=x",
        "/config/a/at/yesterday",
        "/config/a/at/1737000000",
        "/config/a/at/2026-01-15",
        "/health?x",
    ] {
        refused(&client, &client.get(target), 400, "malformed");
    }
    for target in [
        "/config?limit=0",
        "/config?limit=10001",
        "/config?prefix=%00",
        "/config?after=..",
        "/config/a/history?limit=0",
    ] {
        refused(&client, &client.get(target), 422, "invalid");
    }
    assert_eq!(client.send("PUT", "/config/a?at=1", &[TEXT], b"v").status, 400);
}

#[test]
fn fields_that_cannot_be_read_are_400() {
    let client = Client::new();
    for field in [
        "Config-Min-Revision: five",
        "Accept-Datetime: yesterday",
        "If-None-Match: 5",
        "Accept-Datetime: Fri, 15 Jan 2026 10:00:00 GMT",
    ] {
        refused(&client, &client.send("GET", "/v1/config/a", &[field], b""), 400, "malformed");
    }
    let long = format!("Idempotency-Key: {}", "k".repeat(256));
    for field in
        ["Config-Reason: %ff", "Config-Reason: 100%", "Idempotency-Key: \"open", "Idempotency-Key: ", &long]
    {
        refused(&client, &client.send("PUT", "/v1/config/a", &[TEXT, field], b"v"), 400, "malformed");
    }
    let twice = ["Idempotency-Key: a", "Idempotency-Key: b", TEXT];
    refused(&client, &client.send("PUT", "/v1/config/a", &twice, b"v"), 400, "malformed");
    refused(
        &client,
        &client.send("PUT", "/v1/config/a", &[TEXT, "Config-Reason: a%00"], b"v"),
        422,
        "invalid",
    );
}

#[test]
fn the_head_of_a_request_sets_the_limit_of_its_body() {
    let options = Options { value_bytes_max: 10, ..Options::memory() };
    let client = Client::with(&options, ApiSettings::default());
    let limit = |method, target| client.begin(method, target, &[]).admitted.ok();
    assert_eq!(limit("PUT", "/v1/config/a?x"), Some(60 + 65_536));
    assert_eq!(limit("POST", "/v1/transactions"), Some(64 << 20));
    assert_eq!(limit("POST", "/v1/restore"), Some(64 << 10));
    for (method, target) in [("GET", "/v1/config/a"), ("DELETE", "/v1/config/a"), ("GET", "/health")] {
        assert_eq!(limit(method, target), Some(0), "{method} {target}");
    }
    for (method, target) in [("PUT", "/nothing"), ("POST", "/v1/config/a"), ("PUT", "/v1/config/%zz")] {
        assert_eq!(limit(method, target), None, "{method} {target}");
    }
}

#[test]
fn what_the_connection_layer_refuses_is_a_problem_too() {
    let client = Client::new();
    let read = client.begin("GET", "/v1/config/a", &[("X-Request-Id".into(), "mine".into())]).exchange;
    let unread = client.api.unreadable(configapi::server::Peer::Unix, std::time::Instant::now());
    // A body that claims more than it sends ends as a timeout or a cut there.
    for status in [400, 408, 413, 414, 431, 500, 501, 503, 505] {
        for exchange in [&read, &unread] {
            let refusal = Refusal { status, detail: "do this instead", limit: Some(5) };
            let answer = Answer::of(exchange.as_ref(), exchange.refuse(refusal));
            assert_eq!(answer.status, status);
            answer.problem();
            for name in [
                "Config-Revision",
                "X-Request-Id",
                "Content-Security-Policy",
                "Cache-Control",
                "Cross-Origin-Resource-Policy",
            ] {
                assert_ne!(answer.field(name), "", "{name}");
            }
        }
        let refusal = Refusal { status, detail: "do this instead", limit: None };
        assert_eq!(Answer::of(read.as_ref(), read.refuse(refusal)).field("X-Request-Id"), "mine");
    }
}

#[test]
fn foreign_hosts_and_foreign_pages_are_refused() {
    let client = Client::new();
    let rebound = client.send("GET", "/v1/config", &["Host: evil.example:4000"], b"");
    refused(&client, &rebound, 421, "misdirected");
    let foreign = client.send("PUT", "/v1/config/a", &[TEXT, "Origin: https://evil.example"], b"v");
    refused(&client, &foreign, 403, "forbidden-origin");
    assert!(foreign.fields.iter().all(|(name, _)| !name.starts_with("Access-Control")));
    // A page that embeds it must not learn whether the name exists.
    for target in ["/v1/config/a", "/livez"] {
        let read =
            client.send("GET", target, &["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"], b"");
        refused(&client, &read, 403, "forbidden-origin");
        assert_eq!(read.field("Cross-Origin-Resource-Policy"), "same-origin");
    }
}
