//! The HTTP contract once more, mounted in a server of rouille's own by `http::handler`.
//!
//! Left out are event streams, which it refuses, and what belongs to the connection layer: framing, `100 Continue`,
//! limits and deadlines.

#![cfg(feature = "server")]
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test's way to fail is to panic; these tests use a part of what they share"
)]

/// Requests go through a socket of rouille's server.
const MOUNTED: bool = true;

#[path = "http/activity.rs"]
mod activity;
#[path = "http/bad_input.rs"]
mod bad_input;
#[path = "http/bodies.rs"]
mod bodies;
#[path = "http/change_sets.rs"]
mod change_sets;
#[path = "http/content_types.rs"]
mod content_types;
#[path = "http/driver.rs"]
mod driver;
#[path = "http/idempotency.rs"]
mod idempotency;
#[path = "http/lists.rs"]
mod lists;
#[path = "http/mounted.rs"]
mod mounted;
#[path = "http/past.rs"]
mod past;
#[path = "http/searches.rs"]
mod searches;
#[path = "server/support.rs"]
mod support;
#[path = "http/token_entries.rs"]
mod token_entries;
#[path = "http/tokens.rs"]
mod tokens;
#[path = "http/values.rs"]
mod values;

/// Rouille's server flushes a response every 8 KiB: an event would wait for the next ones.
#[test]
fn an_event_stream_is_refused_with_a_reason_and_a_long_poll_is_served() {
    let client = driver::Client::new();
    let refused = client.send("GET", "/v1/events", &["Accept: text/event-stream"], b"");
    assert_eq!((refused.status, refused.problem()), (406, "not-acceptable".to_owned()));
    assert_eq!(client.get("/v1/events?wait=10ms").json()["changes"], serde_json::json!([]));
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.get("/v1/events?wait=20s"));
        client.put("a", "v");
        waiting.join().unwrap()
    });
    assert_eq!(waiting.json()["changes"][0]["revision"], 1);
}
