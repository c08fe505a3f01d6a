//! Shreds: a value is gone on every way to it, for ever, and the log stays whole.

use configapi::application::{Options, verify};
use serde_json::{Value, json};

use super::driver::{Answer, Client};
use super::secret_place::{JSON, KEY, PLANTED, Place, get, item, put, put_secret};

fn shred(client: &Client, who: &str, body: &Value) -> Answer {
    let authorization = format!("Authorization: {who}");
    let fields = [authorization.as_str(), "Content-Type: application/json"];
    client.send("POST", "/v1/shred", &fields, body.to_string().as_bytes())
}

#[test]
fn a_shred_destroys_a_value_on_every_way_and_the_chain_holds() {
    let place = Place::new();
    let client = place.open(Some(KEY));
    put_secret(&client, "app/key", PLANTED);
    put_secret(&client, "app/key", "second");
    // Version 3 has the value of version 1.
    assert_eq!(client.post("/v1/restore", &json!({"to": 1, "name": "app/key"})).status, 200);
    put_secret(&client, "app/key", "fourth");
    let answer = shred(&client, "shredder", &json!({"name": "app/key", "versions": [1], "reason": "leaked"}));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json(), json!({"revision": 5, "name": "app/key", "versions": [1, 3]}));
    // The second time memory has loaded what it was told the first time.
    let mut opened = client;
    for _ in 0..2 {
        let client = opened;
        for target in ["/v1/config/app/key?at=1", "/v1/config/app/key?at=3&reveal=true"] {
            let shown = item(&client, "shredder", target);
            assert_eq!((&shown["value"], &shown["shredded"]), (&Value::Null, &json!(true)), "{target}");
            assert_eq!((&shown["masked"], &shown["fingerprint"]), (&Value::Null, &Value::Null));
        }
        let gone = get(&client, "shredder", "/v1/config/app/key?at=1&reveal=true", &[]);
        assert_eq!((gone.status, gone.problem().as_str()), (410, "shredded"));
        let shown = get(&client, "shredder", "/v1/config/app/key?at=2&reveal=true", &[]);
        assert_eq!(shown.body, "second");
        let history = get(&client, "shredder", "/v1/config/app/key/history?reveal=true", &[]).json();
        let types: Vec<_> =
            history.as_array().unwrap().iter().map(|event| event["event_type"].clone()).collect();
        let set = "ConfigValueSet";
        assert_eq!(types, [set, set, set, set, "ConfigValueShredded"]);
        assert_eq!(history[0]["data"]["shredded"], true);
        assert_eq!(history[1]["data"]["old_shredded"], true);
        assert_eq!(history[4]["data"]["versions"], json!([1, 3]));
        assert_eq!(
            (&history[4]["stream_version"], &history[4]["metadata"]["reason"]),
            (&json!(4), &json!("leaked"))
        );
        let newest = get(&client, "shredder", "/v1/config/app/key/history?order=desc&limit=1", &[]).json();
        assert_eq!(newest.as_array().unwrap().len(), 2);
        let feed = get(&client, "shredder", "/v1/events?prefix=app/&after=4", &[]).json();
        assert_eq!(feed["changes"][0]["events"][0]["data"]["config_name"], "app/key");
        for target in ["/v1/diff?from=0&to=1", "/v1/config?at=1", "/v1/events?after=0"] {
            let shown = get(&client, "shredder", target, &[]);
            assert!(shown.body.contains("\"shredded\":true") && !shown.body.contains(PLANTED), "{shown:?}");
        }
        let refused = client.post("/v1/restore", &json!({"to": 1, "name": "app/key"}));
        assert_eq!((refused.status, refused.problem().as_str()), (409, "shredded"));
        // Once more there is nothing to do.
        let again =
            shred(&client, "shredder", &json!({"name": "app/key", "versions": [3], "reason": "again"}));
        assert_eq!(again.json()["revision"], Value::Null);
        drop(client);
        opened = place.open(Some(KEY));
    }
    drop(opened);
    assert_eq!(verify(&Options::file(place.path("log.db")), |_| {}).unwrap().head.revision.get(), 5);
}

#[test]
fn a_shred_needs_its_rights_an_encrypted_value_and_force_for_the_current_one() {
    let place = Place::new();
    let client = place.open(Some(KEY));
    put(&client, "app/key", "clear", &["Content-Type: text/plain"]);
    put_secret(&client, "app/key", PLANTED);
    let versions = |versions: &[u64]| json!({"name": "app/key", "versions": versions, "reason": "r"});
    for who in ["reader", "editor", "revealer"] {
        let refused = shred(&client, who, &versions(&[2]));
        assert_eq!((refused.status, refused.problem().as_str()), (403, "forbidden"), "{who}");
    }
    for (body, status, problem) in [
        (json!({"name": "app/key", "reason": "r"}), 409, "not-encrypted"),
        (versions(&[1]), 409, "not-encrypted"),
        (versions(&[2]), 409, "current-version"),
        (versions(&[7]), 422, "invalid"),
        (json!({"name": "app/key", "versions": [2]}), 422, "invalid"),
        (json!({"name": "app/key", "versions": [2], "reason": ""}), 422, "invalid"),
        (json!({"name": "app/never", "reason": "r"}), 404, "no-such-name"),
    ] {
        let refused = shred(&client, "shredder", &body);
        assert_eq!((refused.status, refused.problem().as_str()), (status, problem), "{body}");
    }
    let forced = json!({"name": "app/key", "versions": [2], "reason": "r", "force": true});
    assert_eq!(shred(&client, "shredder", &forced).json()["versions"], json!([2]));
    let now = get(&client, "reader", "/v1/config/app/key", JSON).json();
    assert_eq!((&now["value"], &now["shredded"], &now["secret"]), (&Value::Null, &json!(true), &json!(true)));
    put_secret(&client, "app/key", "new");
    assert_eq!(get(&client, "revealer", "/v1/config/app/key?reveal=true", &[]).body, "new");
    // A deleted value needs no force.
    client.delete("app/key");
    assert_eq!(shred(&client, "shredder", &versions(&[3])).status, 200);
}

#[test]
fn a_shredded_key_is_in_no_file_any_more() {
    let place = Place::new();
    let client = place.open(Some(KEY));
    put_secret(&client, "app/key", PLANTED);
    client.store.stop();
    drop(client);
    let keys = place.wrapped_keys();
    assert_eq!(keys.len(), 1);
    let wrapped = &keys[0];
    assert!(place.bytes().windows(wrapped.len()).any(|window| window == wrapped.as_slice()));
    let client = place.open(Some(KEY));
    client.delete("app/key");
    assert_eq!(shred(&client, "shredder", &json!({"name": "app/key", "reason": "r"})).status, 200);
    client.store.stop();
    drop(client);
    assert!(!place.bytes().windows(wrapped.len()).any(|window| window == wrapped.as_slice()));
}
