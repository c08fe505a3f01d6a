//! Health, stopping, and what happens when writes get stuck.

use std::time::Duration;

use configapi::application::Options;
use configapi::presentation::http::ApiSettings;
use configapi::runtime::stop::Stopper;
use serde_json::json;

use super::driver::Client;

#[test]
fn health_says_what_works() {
    let client = Client::new();
    client.put("a", "v");
    for target in ["/health", "/v1/health"] {
        let health = client.get_json(target);
        assert_eq!(health["status"], "healthy");
        assert_eq!(
            health["checks"],
            json!({"eventstore": "ok", "projection": "ok", "database": "ok", "clock": "ok"})
        );
        let details = &health["details"];
        assert_eq!(
            (&details["applied_revision"], &details["head_revision"], &details["lag"]),
            (&json!(1), &json!(1), &json!(0))
        );
        assert!(health["timestamp"].as_str().is_some_and(|text| text.ends_with('Z')));
    }
    assert_eq!(client.get("/livez").body, "ok\n");
    assert!(client.get("/readyz?verbose").body.contains("[+] database"));
}

#[test]
fn a_server_that_stops_is_not_ready_and_lives() {
    let mut stopper = Stopper::new();
    let settings = ApiSettings { stop: Some(stopper.watch()), ..ApiSettings::default() };
    let client = Client::with(&Options::memory(), settings);
    assert_eq!(client.get("/readyz").status, 200);
    stopper.stop();
    assert_eq!((client.get("/readyz").status, client.get("/livez").status), (503, 200));
}

#[test]
fn a_write_that_waits_too_long_says_whether_it_was_stored() {
    let settings = ApiSettings { write_wait: Duration::ZERO, ..ApiSettings::default() };
    let client = Client::with(&Options::memory(), settings);
    let mut outcomes = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let answer = client.send("PUT", "/v1/config/a", &["Content-Type: text/plain"], b"v");
        if answer.status == 503 {
            assert_eq!(answer.field("Retry-After"), "1");
            outcomes.insert(answer.json()["outcome"].as_str().unwrap().to_owned());
        }
    }
    assert!(!outcomes.is_empty());
    assert!(outcomes.iter().all(|outcome| outcome == "not stored" || outcome == "unknown"), "{outcomes:?}");
}
