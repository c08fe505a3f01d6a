//! What the head of a request decides, over real sockets, and what every response leaves behind.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use configapi::application::{ConfigStore, Options};
use configapi::presentation::http::{Api, ApiSettings};
use configapi::server::{Bell, ConnectionLimits, Listener, Server};
use slog::{Discard, Drain, KV, Level, Logger, OwnedKVList, Record, o};

use super::driver::Client;

const LARGE: &str = "Content-Length: 67108864\r\n";

fn serve(api: Arc<Api>) -> Server {
    let listeners = vec![Listener::tcp(TcpListener::bind("127.0.0.1:0").unwrap()).unwrap()];
    Server::start(listeners, api, &Bell::new(), ConnectionLimits::default(), Logger::root(Discard, o!()))
        .unwrap()
}

/// Everything that the server sends until it ends the connection.
fn sent_back(server: &Server, head: &str) -> String {
    let mut socket = TcpStream::connect(server.local_addr()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    socket.write_all(head.as_bytes()).unwrap();
    let mut received = String::new();
    socket.read_to_string(&mut received).unwrap();
    received
}

/// A client could upload 64 MiB before anybody said that the path does not exist.
#[test]
fn what_the_head_refuses_is_answered_before_a_byte_of_the_body() {
    let server = serve(Client::new().api);
    for (line, fields, status) in [
        // Its route takes as much.
        ("POST /v1/transactions", "Origin: https://evil.example\r\n", 403),
        ("PUT /nothing", "", 404),
        ("POST /v1/config/a", "", 405),
        ("PUT /v1/config/a", "Origin: https://evil.example\r\n", 403),
        ("PUT /v1/config/a", "Sec-Fetch-Site: cross-site\r\n", 403),
        ("PUT /v1/config/a", "Origin: http://localhost\r\nOrigin: http://localhost\r\n", 400),
        ("POST /v1/%72estore", "", 404),
        ("GET /v1/config/a", "", 413),
        ("DELETE /v1/config/a", "", 413),
        ("PUT /v1/config/a", "", 413),
        ("PUT /v1/config/%zz", "", 400),
    ] {
        for expectation in ["", "Expect: 100-continue\r\n"] {
            let before = server.stats().bytes_received;
            let head = format!(
                "{line} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine\r\n{fields}{LARGE}{expectation}\r\n"
            );
            let answer = sent_back(&server, &head);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {answer}");
            assert!(answer.contains("\r\nX-Request-Id: mine\r\n"), "{answer}");
            assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
            assert_eq!(server.stats().bytes_received - before, head.len() as u64, "{line}");
        }
    }
    for expectation in ["", "Expect: 100-continue\r\n"] {
        let head = format!("PUT /v1/config/a HTTP/1.1\r\nHost: evil.example\r\n{LARGE}{expectation}\r\n");
        let misdirected = sent_back(&server, &head);
        assert!(misdirected.starts_with("HTTP/1.1 421 "), "{misdirected}");
    }
    assert_eq!(server.stats().bodies_bytes, 0);
}

#[test]
fn metrics_count_requests_by_route_and_never_by_name() {
    let client = Client::new();
    client.put("s3cret", "v");
    client.get("/config/s3cret");
    client.get("/v1/config/s3cret");
    client.get("/v1/config/absent");
    client.send("HEAD", "/v1/config/s3cret", &[], b"");
    client.send("S3CRET", "/v1/config/s3cret", &[], b"");
    client.get("/s3cret");
    let metrics = client.get("/metrics").body;
    for line in [
        r#"configapi_http_requests_total{route="/config/{name}",method="PUT",status="2xx"} 1"#,
        r#"configapi_http_requests_total{route="/config/{name}",method="GET",status="2xx"} 2"#,
        r#"configapi_http_requests_total{route="/config/{name}",method="GET",status="4xx"} 1"#,
        r#"configapi_http_requests_total{route="/config/{name}",method="HEAD",status="2xx"} 1"#,
        r#"configapi_http_requests_total{route="other",method="other",status="4xx"} 2"#,
        r#"configapi_http_request_duration_seconds_count{route="/config/{name}",method="GET"} 4"#,
        r#"configapi_http_request_duration_seconds_bucket{le="+Inf",route="/config/{name}",method="PUT"} 1"#,
    ] {
        assert!(metrics.lines().any(|held| held == line), "{line}: {metrics}");
    }
    assert!(!metrics.to_ascii_lowercase().contains("s3cret"), "{metrics}");
}

/// Keeps the lines of level debug, as their keys and values.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Drain for Lines {
    type Ok = ();
    type Err = slog::Never;

    fn log(&self, record: &Record<'_>, _: &OwnedKVList) -> Result<(), slog::Never> {
        struct Pairs(String);
        impl slog::Serializer for Pairs {
            fn emit_arguments(&mut self, key: slog::Key, value: &std::fmt::Arguments<'_>) -> slog::Result {
                write!(self.0, " {key}={value};").map_err(slog::Error::from)
            }
        }
        if record.level() == Level::Debug {
            let mut pairs = Pairs(record.msg().to_string());
            record.kv().serialize(record, &mut pairs).unwrap();
            self.0.lock().unwrap().push(pairs.0);
        }
        Ok(())
    }
}

fn lines_of(requests: &[&str], level: Level) -> Vec<String> {
    let lines = Lines::default();
    let store = Arc::new(ConfigStore::open(&Options::memory()).unwrap());
    let logger = Logger::root(slog::LevelFilter::new(lines.clone(), level).fuse(), o!());
    let server = serve(Arc::new(Api::new(store, ApiSettings::default(), logger)));
    for request in requests {
        sent_back(&server, request);
    }
    server.stop_now();
    let lines = lines.0.lock().unwrap();
    lines.iter().filter(|line| line.starts_with("request answered")).cloned().collect()
}

#[test]
fn each_request_has_an_access_line_with_its_id_and_route_at_debug_level_and_none_above() {
    const REST: &str = "HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine\r\nConnection: close\r\n\r\n";
    let requests = [
        format!("GET /v1/config/a?secret {REST}"),
        format!("GET /livez {REST}"),
        format!("HEAD /livez {REST}"),
        format!("GET /\"\\' {REST}"),
        "nonsense\r\n\r\n".to_owned(),
    ];
    let requests = requests.each_ref().map(String::as_str);
    let lines = lines_of(&requests, Level::Debug);
    let expected = [
        "method=GET; path=/v1/config/a; route=/config/{name}; status=400; request_id=mine;",
        "method=GET; path=/livez; route=/livez; status=200; body_bytes=3; request_id=mine;",
        "method=HEAD; path=/livez; route=/livez; status=200; body_bytes=0; request_id=mine;",
        "method=GET; path=/\\\"\\\\\\'; route=other; status=404; request_id=mine;",
        "method=; path=; route=other; status=400;",
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    for (line, expected) in lines.iter().zip(expected) {
        for pair in expected.split("; ").chain(["peer=127.0.0.1:", "duration_us="]) {
            assert!(line.contains(&format!(" {pair}")), "{pair} is not in {line}");
        }
    }
    assert!(!lines.concat().contains("secret"));
    assert_eq!(lines_of(&requests, Level::Info), [""; 0]);
}
