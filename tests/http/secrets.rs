//! Secrets: who sees what of them on every way, how they are stored, and what is recorded.

use configapi::application::{Options, PageLimit};
use configapi::domain::{ContentDigest, Revision};
use configapi::infrastructure::encryption::Keys;
use serde_json::{Value, json};

use super::secret_place::{
    JSON, KEY, OTHER_KEY, PLANTED, Place, SECRET, get, holds, item, put, put_secret, serve,
};

#[test]
fn a_secret_is_masked_on_every_way_to_it() {
    for keys in [None, Some(KEY)] {
        let place = Place::new();
        let client = place.open(keys);
        put(&client, "app/open", "shown", &["Content-Type: text/plain"]);
        put_secret(&client, "app/key", PLANTED);
        put_secret(&client, "app/key", "second-planted");
        put_secret(&client, "app/gone", PLANTED);
        client.delete("app/gone");
        let at = client.place(3);
        for target in [
            "/v1/config/app/key".to_owned(),
            "/v1/config/app/key?at=2".to_owned(),
            format!("/v1/config/app/key?at={at}"),
            "/v1/config".to_owned(),
            "/v1/config?limit=1&after=app/gone".to_owned(),
            "/v1/config?at=2".to_owned(),
            format!("/v1/config?at={at}"),
            "/v1/config?at=3&limit=2".to_owned(),
            "/v1/config/app/key/history".to_owned(),
            "/v1/config/app/gone/history?order=desc".to_owned(),
            "/v1/diff?from=1&to=3".to_owned(),
            "/v1/events".to_owned(),
            "/v1/events?prefix=app/key&after=1".to_owned(),
            "/v1/events?after=1&wait=10ms".to_owned(),
        ] {
            for who in ["reader", "revealer"] {
                let answer = get(&client, who, &target, JSON);
                assert_eq!(answer.status, 200, "{target}: {answer:?}");
                assert!(
                    !answer.body.contains("planted") && !answer.body.contains(PLANTED),
                    "{target}: {answer:?}"
                );
                let is_masked =
                    answer.body.contains("\"masked\":true") || answer.body.contains("_masked\":true");
                assert!(is_masked, "{target}: {answer:?}");
                assert!(!answer.body.contains("fingerprint\":null"), "{target}: {answer:?}");
                assert_eq!(answer.field("Cache-Control"), "no-cache", "{target}");
            }
        }
        assert!(get(&client, "reader", "/v1/config", &[]).body.contains("\"value\":\"shown\""));
        let problem = get(&client, "revealer", "/v1/config/app/key", &[]);
        assert_eq!((problem.status, problem.problem().as_str()), (403, "secret"));
        assert!(place.reveals().is_empty());
    }
}

#[test]
fn an_event_stream_masks_secrets() {
    let place = Place::new();
    let client = place.open(Some(KEY));
    put_secret(&client, "app/key", PLANTED);
    let mut stream = client.stream("/v1/events?after=0", &["Accept: text/event-stream"]);
    let mut received = String::new();
    while !received.contains("event: change") {
        match stream.source.next() {
            configapi::server::StreamStep::Data(bytes) => received.push_str(&String::from_utf8_lossy(&bytes)),
            configapi::server::StreamStep::Work(turn) => {
                received.extend(turn().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()));
            }
            _ => panic!("the stream has no change: {received}"),
        }
    }
    assert!(received.contains("\"masked\":true"), "{received}");
    assert!(!received.contains(PLANTED), "{received}");
}

#[test]
fn a_reveal_needs_the_right_and_the_request_and_is_recorded() {
    for keys in [None, Some(KEY)] {
        let place = Place::new();
        let client = place.open(keys);
        put_secret(&client, "app/key", PLANTED);
        put_secret(&client, "app/two", "second");
        put(&client, "app/open", "shown", &["Content-Type: text/plain"]);

        let refused = get(&client, "reader", "/v1/config/app/key?reveal=true", &[]);
        assert_eq!((refused.status, refused.problem().as_str()), (403, "reveal-required"));
        for (target, fields) in [
            ("/v1/config/app/key?reveal=true", &[][..]),
            ("/v1/config/app/key", &["Config-Reveal: true"]),
            ("/v1/config/app/key?at=1", &["Config-Reveal: true", "Config-Reason: incident"]),
        ] {
            let shown = get(&client, "revealer", target, fields);
            assert_eq!((shown.status, shown.body.as_str()), (200, PLANTED));
            assert_eq!(shown.field("Cache-Control"), "no-store");
            assert!(shown.field("Vary").contains("Config-Reveal"));
        }
        let shown = item(&client, "revealer", "/v1/config/app/key?reveal=true");
        assert_eq!((&shown["value"], &shown["secret"]), (&json!(PLANTED), &json!(true)));
        assert_eq!((&shown["masked"], &shown["fingerprint"]), (&Value::Null, &Value::Null));
        // Public values need no right and no record.
        assert_eq!(get(&client, "reader", "/v1/config/app/open?reveal=true", &[]).body, "shown");

        let records = place.reveals();
        assert_eq!(records.len(), 4, "{records:?}");
        let first = &records[2];
        assert_eq!((&first["actor"], &first["actor_id"]), (&json!("revealer"), &json!("revealer")));
        assert_eq!(
            (&first["name"], &first["version"], &first["count"]),
            (&json!("app/key"), &json!(1), &json!(1))
        );
        assert_eq!(first["reason"], "incident");
        assert!(first["request_id"].is_string());

        for target in
            ["/v1/config?reveal=true", "/v1/config?reveal=true&at=2", "/v1/config?reveal=true&limit=5&at=2"]
        {
            let list = get(&client, "revealer", target, &[]);
            assert!(list.body.contains(PLANTED) && list.body.contains("second"), "{target}: {list:?}");
            assert_eq!(list.field("Cache-Control"), "no-store");
        }
        let history = get(&client, "revealer", "/v1/config/app/key/history?reveal=true", &[]);
        assert!(history.body.contains(PLANTED), "{history:?}");
        assert_eq!(history.field("Cache-Control"), "no-store");
        for target in ["/v1/config?reveal=true", "/v1/config/app/key/history?reveal=true"] {
            let masked = get(&client, "reader", target, &[]);
            assert!(masked.status == 200 && !masked.body.contains(PLANTED), "{masked:?}");
        }
        let records = place.reveals();
        let counts: Vec<_> = records[4..].iter().map(|record| record["count"].clone()).collect();
        assert_eq!(counts, [2, 2, 2, 1]);
        assert_eq!(records[7]["history"], "app/key");
    }
}

#[test]
fn a_reveal_that_cannot_be_recorded_shows_nothing() {
    // A log that nobody reads takes no record.
    let options = Options::memory().keys(Keys::parse(KEY).unwrap());
    let client = serve(&options);
    put_secret(&client, "app/key", PLANTED);
    for target in
        ["/v1/config/app/key?reveal=true", "/v1/config?reveal=true", "/v1/config/app/key/history?reveal=true"]
    {
        let refused = get(&client, "revealer", target, &[]);
        assert_eq!((refused.status, refused.problem().as_str()), (503, "audit-failed"), "{refused:?}");
        assert!(!format!("{refused:?}").contains(PLANTED));
    }
    assert_eq!(get(&client, "revealer", "/v1/config/app/key", JSON).status, 200);
}

#[test]
fn secrecy_is_inherited_across_a_delete_and_only_a_revealer_ends_it() {
    let place = Place::new();
    let client = place.open(Some(KEY));
    let plain = ["Content-Type: text/plain"];
    put_secret(&client, "app/key", "one");
    put(&client, "app/key", "two", &plain);
    assert_eq!(item(&client, "reader", "/v1/config/app/key")["masked"], true);
    client.delete("app/key");
    put(&client, "app/key", "three", &plain);
    assert_eq!(item(&client, "reader", "/v1/config/app/key")["masked"], true);

    let body = br#"{"value":"four","secret":false}"#;
    let send = |who: &str| {
        let fields = [format!("Authorization: {who}"), "Content-Type: application/json".into()];
        client.send("PUT", "/v1/config/app/key", &[&fields[0], &fields[1]], body)
    };
    let refused = send("editor");
    assert_eq!((refused.status, refused.problem().as_str()), (403, "reveal-required"));
    let batch = json!({"operations": [
        {"set": {"name": "app/other", "value": "x"}},
        {"set": {"name": "app/key", "value": "x", "secret": false}},
    ]});
    let fields = ["Authorization: editor", "Content-Type: application/json"];
    let refused = client.send("POST", "/v1/transactions", &fields, batch.to_string().as_bytes());
    assert_eq!((refused.status, refused.problem().as_str()), (403, "reveal-required"));
    assert_eq!(refused.json()["index"], 1);

    assert_eq!(send("revealer").status, 200);
    assert_eq!(get(&client, "reader", "/v1/config/app/key", &[]).body, "four");
    // Secret versions stay secret in the past.
    let past = item(&client, "reader", "/v1/config/app/key?at=1");
    assert_eq!((&past["value"], &past["masked"]), (&Value::Null, &json!(true)));
    let history = get(&client, "reader", "/v1/config/app/key/history?order=desc&limit=1", &[]).json();
    let data = &history[0]["data"];
    assert_eq!(
        (&data["value"], &data["old_value"], &data["old_masked"]),
        (&json!("four"), &Value::Null, &json!(true))
    );
    client.store.stop();
    let audited = place.audited();
    let last = audited.iter().rfind(|record| record["actor"] == "revealer").unwrap();
    assert_eq!(last["events"][0]["old"], json!({"secret": true}));
    assert!(last["events"][0]["new"]["fingerprint"].is_string());
}

#[test]
fn a_restore_of_secrets_shows_nothing_and_the_second_one_does_nothing() {
    let place = Place::new();
    let client = place.open(Some(KEY));
    put_secret(&client, "app/key", PLANTED);
    let first = item(&client, "reader", "/v1/config/app/key");
    put_secret(&client, "app/key", "two");
    put(&client, "app/key", "three", &["Content-Type: text/plain", "Config-Secret: false"]);
    drop(client);
    // No key is needed.
    let client = place.open(None);
    let restore = |to: u64| client.post("/v1/restore", &json!({"to": to, "name": "app/key"}));
    let restored = restore(1);
    assert_eq!(restored.status, 200, "{restored:?}");
    assert_eq!(restored.json()["changes"][0]["to"]["masked"], true);
    assert!(!restored.body.contains(PLANTED));
    assert_eq!(restore(1).json()["revision"], Value::Null);
    drop(client);
    let client = place.open(Some(KEY));
    let now = item(&client, "reader", "/v1/config/app/key");
    assert_eq!(now["fingerprint"], first["fingerprint"]);
    assert_eq!(get(&client, "revealer", "/v1/config/app/key?reveal=true", &[]).body, PLANTED);
}

#[test]
fn fingerprints_tell_the_same_from_changed_within_a_name_alone() {
    for keys in [None, Some(KEY)] {
        let place = Place::new();
        let client = place.open(keys);
        for (name, value) in [("a", "one"), ("a", "two"), ("a", "one"), ("b", "one")] {
            put_secret(&client, &format!("app/{name}"), value);
        }
        let at = |name: &str, at: u64| {
            let item = item(&client, "reader", &format!("/v1/config/app/{name}?at={at}"));
            let text = item["fingerprint"].as_str().unwrap().to_owned();
            assert_eq!(text.len(), 16);
            text
        };
        assert_eq!(at("a", 1), at("a", 3));
        assert_ne!(at("a", 1), at("a", 2));
        assert_ne!(at("a", 1), at("b", 4));
    }
}

#[test]
fn a_server_without_the_key_serves_everything_but_reveals() {
    let place = Place::new();
    let client = place.open(Some(KEY));
    put_secret(&client, "app/key", PLANTED);
    drop(client);
    for keys in [None, Some(OTHER_KEY)] {
        let client = place.open(keys);
        let masked = item(&client, "reader", "/v1/config/app/key");
        assert_eq!((&masked["masked"], &masked["fingerprint"]), (&json!(true), &Value::Null));
        for target in ["/v1/config/app/key?reveal=true", "/v1/config?reveal=true"] {
            let refused = get(&client, "revealer", target, &[]);
            assert_eq!((refused.status, refused.problem().as_str()), (503, "key-missing"));
        }
        client.put("app/open", "1");
        client.delete("app/open");
        let refused = put(&client, "app/new", "secret", SECRET);
        assert_eq!((refused.status, refused.problem().as_str()), (503, "key-missing"));
        assert_eq!(refused.json()["outcome"], "not stored");
    }
    assert!(place.reveals().is_empty());
    let client = place.open(Some(KEY));
    assert_eq!(get(&client, "revealer", "/v1/config/app/key?reveal=true", &[]).body, PLANTED);
}

#[test]
fn a_write_is_answered_with_what_was_sent_and_a_repetition_is_masked() {
    let place = Place::new();
    let client = place.open(Some(KEY));
    let fields = ["Content-Type: application/json", "Accept: application/json", "Idempotency-Key: k"];
    let send = |value: &str| {
        let body = json!({"value": value, "secret": true}).to_string();
        client.send("PUT", "/v1/config/app/key", &fields, body.as_bytes())
    };
    let first = send(PLANTED);
    assert_eq!((&first.json()["value"], first.field("Cache-Control")), (&json!(PLANTED), "no-store"));
    // A copy of the database does not help to guess the secret by its digest.
    let one = PageLimit { rows: 1, bytes: usize::MAX };
    let stored = client.store.changes_after(Revision::ZERO, one).unwrap()[0].change.idempotency.clone();
    assert!(matches!(stored.unwrap().content, ContentDigest::Keyed { .. }));
    let again = send(PLANTED);
    assert_eq!((&again.json()["masked"], &again.json()["revision"]), (&json!(true), &json!(1)));
    let other = send("other");
    assert_eq!((other.status, other.problem().as_str()), (422, "idempotency-key-reused"));

    let batch = json!({"operations": [
        {"set": {"name": "app/key", "value": "in-a-batch"}},
        {"set": {"name": "app/open", "value": "shown"}},
    ]});
    let dry = json!({"operations": batch["operations"], "dry_run": true});
    let previewed = client.post("/v1/transactions", &dry);
    assert_eq!(previewed.json()["results"][0]["masked"], true, "{previewed:?}");
    let done = client.post("/v1/transactions", &batch);
    assert_eq!(done.json()["results"][0]["value"], "in-a-batch");
    assert_eq!(done.field("Cache-Control"), "no-store");
    assert_eq!(item(&client, "reader", "/v1/config/app/key")["masked"], true);
}

#[test]
fn a_secret_is_encrypted_before_it_is_queued() {
    let place = Place::new();
    let client = place.open(Some(KEY));
    put_secret(&client, "app/key", PLANTED);
    // Deleted: memory does not know that it was a secret, and the log thread has it prepared again.
    client.delete("app/key");
    put(&client, "app/key", "horse-in-a-stable", &["Content-Type: text/plain", "Idempotency-Key: k"]);
    let batch =
        json!({"operations": [{"set": {"name": "app/two", "value": "second-planted", "secret": true}}]});
    assert_eq!(client.post("/v1/transactions", &batch).status, 200);
    assert_eq!(item(&client, "reader", "/v1/config/app/key")["masked"], true);
    put(&client, "app/open", "found-in-the-file", &["Content-Type: text/plain"]);
    client.store.stop();
    let bytes = place.bytes();
    assert!(holds(&bytes, "found-in-the-file"));
    for planted in [PLANTED, "horse-in-a-stable", "second-planted"] {
        assert!(!holds(&bytes, planted), "{planted} is in a file");
    }
}

#[test]
fn many_secrets_in_a_list_have_their_fingerprints_also_after_a_start() {
    let place = Place::new();
    let client = place.open(Some(KEY));
    let operations: Vec<_> = (0..1_200)
        .map(|number| json!({"set": {"name": format!("app/{number}"), "value": "v", "secret": true}}))
        .collect();
    assert_eq!(client.post("/v1/transactions", &json!({"operations": operations})).status, 200);
    drop(client);
    let client = place.open(Some(KEY));
    let list = get(&client, "reader", "/v1/config", &[]).json();
    let fingerprints = list.as_array().unwrap().iter().filter(|item| item["fingerprint"].is_string());
    assert_eq!(fingerprints.count(), 1_200);
}

#[test]
fn a_deleted_secret_that_has_a_schema_is_set_and_encrypted_again() {
    let place = Place::new();
    let client = place.open(Some(KEY));
    put_secret(&client, "app/key", "1");
    client.delete("app/key");
    let fields = ["Content-Type: application/schema+json"];
    let schema = client.send("PUT", "/v1/schemas/app", &fields, br#"{"type": "integer"}"#);
    assert_eq!(schema.status, 200, "{schema:?}");
    let set = |text: &[u8]| client.send("PUT", "/v1/config/app/key", &["Content-Type: text/plain"], text);
    assert_eq!(set(b"a text").problem(), "schema-violation");
    let set = set(b"2");
    assert_eq!(set.status, 200, "{set:?}");
    assert_eq!(item(&client, "reader", "/v1/config/app/key")["masked"], true);
}
