//! What clients send without meaning any harm: balancers, scrapers, polyfills, editors, curl, JavaScript.

use std::time::{Duration, Instant};

use configapi::application::Options;
use configapi::presentation::http::ApiSettings;
use configapi::runtime::stop::Stopper;
use serde_json::json;

use super::driver::Client;

const JSON: &str = "Content-Type: application/json";
const STREAM: &str = "Accept: text/event-stream";
const LONG: Duration = Duration::from_secs(20);

/// A client whose waits are too long for a test.
fn patient() -> Client {
    Client::with(&Options::memory(), ApiSettings { revision_wait: LONG, ..ApiSettings::default() })
}

#[test]
fn a_balancer_asks_for_health_by_options() {
    let mut stopper = Stopper::new();
    let settings = ApiSettings { stop: Some(stopper.watch()), ..ApiSettings::default() };
    let client = Client::with(&Options::memory(), settings);
    for target in ["*", "/"] {
        let answer = client.send("OPTIONS", target, &[], b"");
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok\n"), "{target}");
    }
    stopper.stop();
    assert_eq!(client.send("OPTIONS", "*", &[], b"").status, 503);
    for target in ["/*", "/v1/", "/v1"] {
        assert_eq!(client.send("OPTIONS", target, &[], b"").status, 404, "{target}");
    }
}

#[test]
fn metrics_are_prometheus_text_unless_openmetrics_is_asked_for() {
    let client = Client::new();
    client.put("a", "v");
    for fields in [&[][..], &["Accept: */*"], &["Accept: text/plain"]] {
        let metrics = client.send("GET", "/metrics", fields, b"");
        assert_eq!(metrics.field("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
        assert!(!metrics.body.contains("# EOF") && !metrics.body.contains("# UNIT"), "{}", metrics.body);
        assert!(metrics.body.contains("# TYPE configapi_http_requests_total counter\n"), "{}", metrics.body);
        assert!(
            metrics.body.contains("# TYPE configapi_applied_revision gauge\nconfigapi_applied_revision 1\n")
        );
    }
    let prometheus =
        "Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let metrics = client.send("GET", "/metrics", &[prometheus], b"");
    assert_eq!(metrics.field("Content-Type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(
        metrics.body.contains("# TYPE configapi_http_requests counter\n")
            && metrics.body.ends_with("# EOF\n")
    );
}

#[test]
fn a_body_whose_form_is_not_supported_is_told_what_to_send() {
    let client = Client::new();
    let form = "Content-Type: application/x-www-form-urlencoded";
    for (method, target, header) in
        [("PUT", "/v1/config/a", "text/plain"), ("POST", "/v1/transactions", "application/json")]
    {
        let refused = client.send(method, target, &[form], b"value");
        assert_eq!((refused.status, refused.field("Accept-Encoding")), (415, ""));
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(&format!("add the header Content-Type: {header}")), "{detail}");
        let coded = client.send(method, target, &[JSON, "Content-Encoding: gzip"], b"{}");
        assert_eq!((coded.status, coded.field("Accept-Encoding")), (415, "identity"));
    }
}

#[test]
fn an_integer_may_be_written_with_a_point() {
    let client = Client::new();
    client.put("a", "v");
    let send = |operations: &str| {
        let body = format!("{{\"operations\":[{operations}]}}");
        client.send("POST", "/v1/transactions", &[JSON], body.as_bytes()).status
    };
    assert_eq!(send(r#"{"check":{"name":"a","if_revision":1.0}}"#), 200);
    assert_eq!(send(r#"{"set":{"name":"b","value":"v","if_revision":0.0}}"#), 200);
    assert_eq!(send(r#"{"delete":{"name":"b","if_revision":2e0}}"#), 200);
    assert_eq!(send(r#"{"set":{"name":"b","value":"v","if_revision":null}}"#), 200);
    assert_eq!(send(r#"{"check":{"name":"a","if_revision":7.0}}"#), 409);
    for number in ["1.5", "-1", "-1.0", "1e300", "\"1\"", "true"] {
        assert_eq!(send(&format!(r#"{{"check":{{"name":"a","if_revision":{number}}}}}"#)), 422, "{number}");
    }
    let restore = |body: &[u8]| client.send("POST", "/v1/restore", &[JSON], body).status;
    assert_eq!((restore(br#"{"to": 1.0}"#), restore(br#"{"to": 1.5}"#)), (200, 400));
}

#[test]
fn a_byte_order_mark_before_json_is_passed_over() {
    let client = Client::new();
    let put = "\u{feff}{\"value\": \"v\"}".as_bytes();
    assert_eq!(client.send("PUT", "/v1/config/a", &[JSON], put).status, 200);
    let operations = "\u{feff}{\"operations\": [{\"delete\": {\"name\": \"a\"}}]}".as_bytes();
    assert_eq!(client.send("POST", "/v1/transactions", &[JSON], operations).status, 200);
    // A value keeps what it has.
    let text = ["Content-Type: text/plain; charset=us-ascii"];
    assert_eq!(client.send("PUT", "/v1/config/b", &text, "\u{feff}v".as_bytes()).status, 200);
    assert_eq!(client.get("/v1/config/b").body, "\u{feff}v");
}

#[test]
fn a_polyfill_of_event_streams_resumes_by_its_parameter() {
    let client = Client::new();
    for value in ["1", "2", "3"] {
        client.put("a", value);
    }
    let begins_at = |target: &str, fields: &[&str]| {
        let mut stream = client.stream(target, fields);
        let configapi::server::StreamStep::Data(text) = stream.source.next() else { panic!("it begins") };
        String::from_utf8(text.to_vec()).unwrap()
    };
    let id = |revision| format!("retry: 2000\nid: {}\n\n", client.place(revision));
    for (target, fields, revision) in [
        ("/v1/events?lastEventId=2", &[STREAM][..], 2),
        // It adds the parameter to the address that it began with.
        ("/v1/events?after=1&lastEventId=2", &[STREAM], 2),
        ("/v1/events?after=1&lastEventId=", &[STREAM], 1),
        ("/v1/events?lastEventId=1", &[STREAM, "Last-Event-ID: 2"], 2),
        ("/v1/events?after=1", &[STREAM, "Last-Event-ID: "], 1),
        ("/v1/events", &[STREAM, "Last-Event-ID: "], 3),
    ] {
        assert_eq!(begins_at(target, fields), id(revision), "{target} {fields:?}");
    }
    assert_eq!(client.get("/v1/events?lastEventId=2").json()["changes"].as_array().unwrap().len(), 1);
    assert_eq!(client.get("/v1/events?lastEventId=x").status, 400);
}

#[test]
fn unix_seconds_for_an_instant_are_refused_at_once() {
    let client = patient();
    client.put("a", "v");
    let began = Instant::now();
    for target in [
        "/v1/config/a?at=1735689600",
        "/v1/config?at=1735689600",
        "/v1/config?at=1735689600000",
        "/v1/diff?from=1735689600",
        "/v1/events?after=1735689600",
        "/v1/events?after=1735689600&wait=20s",
    ] {
        let refused = client.get(target);
        assert_eq!((refused.status, refused.problem().as_str()), (400, "malformed"), "{target}");
        assert!(refused.body.contains("2025-01-01T00:00:00Z"), "{refused:?}");
    }
    assert_eq!(client.post("/v1/restore", &json!({"to": 1_735_689_600})).status, 400);
    assert!(began.elapsed() < LONG, "it waited for the revision");
}

#[test]
fn a_stream_beyond_the_head_does_not_wait_in_silence() {
    let client = patient();
    client.put("a", "v");
    let began = Instant::now();
    for id in ["Last-Event-ID: 9", "Last-Event-ID: 1735689600"] {
        let mut stream = client.stream("/v1/events", &[STREAM, id]);
        assert_eq!(stream.head.status, 200);
        assert!(matches!(stream.source.next(), configapi::server::StreamStep::Data(_)));
    }
    assert!(began.elapsed() < LONG, "it waited for the revision");
}
