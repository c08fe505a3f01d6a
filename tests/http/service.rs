//! Health, stopping, and what happens when writes get stuck.

use std::sync::Arc;
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
        assert_eq!(details["version"], env!("CARGO_PKG_VERSION"));
        assert!(health["timestamp"].as_str().is_some_and(|text| text.ends_with('Z')));
    }
    assert_eq!(client.get("/livez").body, "ok\n");
    assert!(client.get("/readyz?verbose").body.contains("[+] database"));
}

#[test]
fn health_has_the_end_of_the_chain_as_an_anchor() {
    let client = Client::new();
    let mut hashes = Vec::new();
    for revision in 0..3_u64 {
        let head = client.get_json("/v1/health")["details"]["head"].clone();
        let hash = head["hash"].as_str().unwrap().to_owned();
        assert_eq!((&head["revision"], hash.len()), (&json!(revision), 64), "{head}");
        if revision > 0 {
            assert_eq!(client.place(revision), format!("{revision}-{}", &hash[..8]));
        }
        assert!(!hashes.contains(&hash));
        hashes.push(hash);
        client.put("a", "v");
    }
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
    const TRIES_MAX: usize = 100_000;
    let settings = ApiSettings { write_wait: Duration::ZERO, ..ApiSettings::default() };
    let client = Client::with(&Options::memory(), settings);
    let (mut stored, mut not_stored) = (Vec::new(), Vec::new());
    for number in 0..TRIES_MAX {
        let target = format!("/v1/config/a{number}");
        let answer = client.send("PUT", &target, &["Content-Type: text/plain"], b"v");
        if answer.status == 200 {
            stored.push(target);
            continue;
        }
        assert_eq!((answer.status, answer.field("Retry-After")), (503, "1"), "{answer:?}");
        match answer.json()["outcome"].as_str() {
            Some("not stored") => not_stored.push(target),
            Some("unknown") => {}
            other => panic!("{other:?}: {answer:?}"),
        }
        if number >= 200 && !not_stored.is_empty() {
            break;
        }
    }
    assert!(!not_stored.is_empty(), "no write was withdrawn");
    // A write of a client that waits comes after all of the others.
    Client::over(Arc::clone(&client.store), ApiSettings::default()).put("last", "v");
    for target in &stored {
        assert_eq!(client.get(target).status, 200, "{target}");
    }
    for target in &not_stored {
        assert_eq!(client.get(target).status, 404, "{target}");
    }
}
