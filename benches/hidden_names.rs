//! A name that a token may not read against one that is not there: the responses are alike, and so must be their times.
//!
//! The real server as a process, one keep-alive connection over the loopback, both kinds of request in turns. A round is
//! the median of some thousand requests, so that a busy machine slows both alike. A name that the token may read is the
//! third side: it shows how much two kinds of response can differ.
//!
//! `cargo bench --bench hidden_names`.

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

#[path = "support/rounds.rs"]
mod rounds;
// Its own tests are run with the tests; here their imports are of no use.
#[allow(unused_imports, unused_macros, reason = "each bench uses its own part of what the tests share")]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::cell::RefCell;
use std::time::Instant;

use rounds::{Side, compare};
use serde_json::json;
use support::connection::Connection;
use support::server::{Server, Store};

const ROOT: &str = "a-root-token-of-thirty-two-characters";
const NAMES: usize = 1_000;
const REQUESTS: usize = 4_000;
const ROUNDS: usize = 21;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::File(folder.path().join("log.db"));
    let server = Server::try_start(&store, &["--log-level", "warning"], &[("CONFIGAPI_ROOT_TOKEN", ROOT)])
        .expect("it starts");
    let (client, root) = (server.client(), format!("Bearer {ROOT}"));
    let fields = [("authorization", root.as_str()), ("content-type", "application/json")];
    let scopes = json!([{ "prefix": "app", "actions": ["read"] }]);
    let body = json!({ "name": "reader", "scopes": scopes }).to_string();
    let made = client.send("POST", "/v1/tokens", &fields, Some(body.as_bytes())).expect(201).json();
    for number in 0..NAMES {
        for folder in ["app", "other"] {
            let body = json!({ "value": "postgresql://db.internal/app-1" }).to_string();
            let path = format!("/v1/config/{folder}/setting-{number:06}");
            client.send("PUT", &path, &fields, Some(body.as_bytes())).expect(200);
        }
    }
    let token = made["token"].as_str().expect("a token");
    let connection = RefCell::new(Connection::connect(&server));
    let side = |label, folder: &'static str, status| {
        let connection = &connection;
        Side::new(label, move || median_us(&mut connection.borrow_mut(), token, folder, status))
    };
    let mut sides =
        [side("hidden", "other", 404), side("absent", "nowhere", 404), side("readable", "app", 200)];
    compare("GET of a hidden name", "µs", ROUNDS, &mut sides);
}

/// The median of the time of a GET under a folder, in microseconds.
fn median_us(connection: &mut Connection, token: &str, folder: &str, status: u16) -> f64 {
    let mut times: Vec<f64> = (0..REQUESTS)
        .map(|number| {
            let path = format!("/v1/config/{folder}/setting-{:06}", number * 97 % NAMES);
            let request =
                format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n");
            let begin = Instant::now();
            connection.send(&request);
            let answer = connection.answer();
            assert_eq!(answer.status, status, "{}", answer.head);
            begin.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
