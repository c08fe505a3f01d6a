//! The past, and waiting for what is not there yet.

use std::time::Duration;

use configapi::application::Options;
use serde_json::{Value, json};

use super::driver::{Client, impatient};

/// `a` is `one` at 1, `two` at 2, deleted at 3; `b` is there from 4.
fn client() -> Client {
    let client = Client::with(&Options::memory(), impatient());
    client.put("a", "one");
    client.put("a", "two");
    client.delete("a");
    client.put("b", "three");
    client
}

fn created_at(client: &Client, index: usize) -> String {
    let history: Value = client.get_json("/config/a/history");
    history[index]["created_at"].as_str().unwrap().to_owned()
}

#[test]
fn a_value_is_read_at_a_revision_an_instant_or_an_age() {
    let client = client();
    let first = created_at(&client, 0);
    for (target, expected) in [
        ("/config/a?at=1".to_owned(), "one"),
        ("/v1/config/a?at=2".to_owned(), "two"),
        (format!("/v1/config/a?at={first}"), "one"),
        (format!("/v1/config/a/at/{first}"), "one"),
        (format!("/config/a?at={}", first.replace('Z', "%2B00:00")), "one"),
        (format!("/config/a?at={}", first.replace('Z', "+00:00")), "one"),
        ("/config/b?at=0s".to_owned(), "three"),
        ("/config/b?at=2999-01-01T00:00:00Z".to_owned(), "three"),
    ] {
        let answer = client.get(&target);
        assert_eq!((answer.status, answer.body.as_str()), (200, expected), "{target}");
    }
    for target in [
        "/config/a?at=0",
        "/config/a?at=3",
        "/config/b?at=3",
        "/config/a?at=1h",
        "/config/a/at/1970-01-01T00:00:00Z",
    ] {
        assert_eq!(client.get(target).problem(), "no-such-name", "{target}");
    }
    assert_eq!(client.get("/config/a?at=1").field("Config-Revision"), "1");
    assert_eq!(client.get("/config?at=2").json()[0]["value"], "two");
    assert_eq!(client.get("/config?at=0").body, "[]");
}

#[test]
fn only_a_place_with_its_hash_is_kept_for_ever() {
    let client = client();
    let first = created_at(&client, 0);
    let forever = |target: &str| {
        let answer = client.get(target);
        assert_eq!(answer.status, 200, "{answer:?}");
        let forever = answer.field("Cache-Control") == "private, max-age=31536000, immutable";
        assert!(
            forever && answer.field("Vary").contains("Authorization")
                || answer.field("Cache-Control") == "no-cache"
        );
        forever
    };
    for (name, revision) in [("/a", 1), ("/a", 2), ("/b", 4), ("", 4), ("", 2)] {
        let place = client.place(revision);
        assert!(forever(&format!("/config{name}?at={place}")), "{name} {place}");
        assert!(!forever(&format!("/config{name}?at={revision}")), "{name} {revision}");
    }
    // A log can be restored from an older backup: numbers and instants may come to another state.
    assert!(!forever(&format!("/config/a?at={first}")) && !forever(&format!("/config/a/at/{first}")));
    assert!(
        !forever("/config/b?at=0s") && !forever("/config/b") && !forever("/config/b?at=2999-01-01T00:00:00Z")
    );
}

#[test]
fn a_place_of_another_log_is_not_found() {
    let (client, other) = (client(), client());
    let (own, foreign) = (client.place(2), other.place(2));
    assert_eq!(client.get(&format!("/config/a?at={own}")).body, "two");
    assert_eq!(client.get(&format!("/config?at={own}")).json()[0]["value"], "two");
    for target in ["/config/a?at=", "/config?at=", "/config?limit=1&at=", "/v1/diff?from="] {
        let refused = client.get(&format!("{target}{foreign}"));
        assert_eq!((refused.status, refused.problem().as_str()), (404, "no-such-place"), "{target}");
        assert_eq!(
            (&refused.json()["place"], refused.field("Cache-Control")),
            (&foreign.clone().into(), "no-cache")
        );
    }
    assert_eq!(client.get("/config/a?at=9-9f3a1c2e").problem(), "replica-behind");
    for text in ["2-9F3A1C2E", "2-9f3a", "02-9f3a1c2e", "0-9f3a1c2e"] {
        assert_eq!(client.get(&format!("/config/a?at={text}")).problem(), "malformed", "{text}");
    }
    let restore = |to: &str| client.post("/v1/restore", &json!({"name": "a", "to": to}));
    assert_eq!((restore(&foreign).status, restore(&foreign).problem().as_str()), (404, "no-such-place"));
    assert_eq!(client.store.applied().get(), 4);
    assert_eq!((restore(&own).status, client.get("/config/a").body.as_str()), (200, "two"));
}

#[test]
fn accept_datetime_is_the_end_of_its_second() {
    let client = client();
    let future = "Accept-Datetime: Tue, 01 Jan 2999 00:00:00 GMT";
    let memento = client.send("GET", "/v1/config/b", &[future], b"");
    assert_eq!((memento.status, memento.body.as_str()), (200, "three"));
    assert_eq!(memento.field("Content-Location"), "/v1/config/b?at=4");
    assert_eq!(memento.field("Cache-Control"), "no-cache");
    assert_eq!(
        memento.field("Link"),
        "</v1/config/b>; rel=\"original timegate\", </v1/config/b/history>; rel=\"version-history\""
    );
    // The second in which it was set is the second that the answer names.
    let field = format!("Accept-Datetime: {}", memento.field("Memento-Datetime"));
    let again = client.send("GET", "/v1/config/b", &[&field], b"");
    assert_eq!((again.status, again.field("ETag")), (200, memento.field("ETag")));
    let list = client.send("GET", "/v1/config?prefix=b", &[future], b"");
    assert_eq!(list.field("Content-Location"), "/v1/config?prefix=b&at=4");

    let before = ["Accept-Datetime: Thu, 01 Jan 1970 00:00:00 GMT"];
    assert_eq!(client.send("GET", "/v1/config/b", &before, b"").problem(), "no-such-name");
    for target in ["/v1/config/b?at=4", "/v1/config/b/at/2999-01-01T00:00:00Z"] {
        assert_eq!(client.send("GET", target, &before, b"").problem(), "malformed");
    }
}

#[test]
fn a_revision_that_is_not_there_is_waited_for() {
    let client = client();
    let behind = client.get("/config/a?at=5");
    assert_eq!((behind.status, behind.problem().as_str()), (503, "replica-behind"));
    assert_eq!((behind.field("Retry-After"), behind.field("Config-Revision")), ("1", "4"));
    let min = client.send("GET", "/config/b", &["Config-Min-Revision: 5"], b"");
    assert_eq!(min.problem(), "replica-behind");
    assert_eq!(client.send("GET", "/config/b", &["Config-Min-Revision: 4"], b"").status, 200);

    let fields = ["Config-Min-Revision: 5", "Prefer: wait=60"];
    let waiting = [("/config/b", "later"), ("/config/b?at=5", "later")]
        .map(|(target, body)| (client.start("GET", target, &fields, b""), body));
    client.put("b", "later");
    for ((exchange, reply), body) in waiting {
        let super::driver::End::Answer(answer) = client.end(exchange.as_ref(), reply) else {
            panic!("it is an answer")
        };
        assert_eq!((answer.status, answer.body.as_str()), (200, body));
    }
}

#[test]
fn in_restart_mode_reads_of_now_stay_and_the_log_shows_more() {
    let client = Client::restart_mode();
    let put = client.put("a", "v");
    assert_eq!(put.field("Config-Revision"), "1");
    assert_eq!(client.get("/config/a").status, 404);
    assert_eq!(client.get("/config").body, "[]");
    assert_eq!(client.get("/config/a?at=1").body, "v");
    assert_eq!(client.get_json("/config/a/history").as_array().map(Vec::len), Some(1));
    // Not after five seconds: waiting can't help.
    let began = std::time::Instant::now();
    let behind = client.send("GET", "/config/a", &["Config-Min-Revision: 1"], b"");
    assert_eq!((behind.status, behind.problem().as_str()), (503, "replica-behind"));
    assert!(began.elapsed() < Duration::from_secs(3));
    let deleted = client.delete("a");
    assert_eq!(deleted.status, 200);
    let again = client.send("DELETE", "/config/a", &[], b"");
    assert_eq!((again.status, again.field("Config-Revision")), (410, "2"));
}
