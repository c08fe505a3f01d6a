//! Content types of values, and names that a set must not make.

use serde_json::json;

use super::driver::{Answer, Client};

const JSON: &str = "Content-Type: application/json";
const ITEM: &str = "Accept: application/json";

fn put(client: &Client, fields: &[&str], body: &str) -> Answer {
    client.send("PUT", "/v1/config/a", fields, body.as_bytes())
}

fn set(client: &Client, name: &str) -> Answer {
    client.send("PUT", &format!("/v1/config/{name}"), &["Content-Type: text/plain"], b"x")
}

/// The type that the value is served with, and the type that its item names.
fn types(client: &Client, target: &str) -> (String, String) {
    let text = client.send("GET", target, &[], b"");
    let item = client.send("GET", target, &[ITEM], b"").json();
    (text.field("Content-Type").to_owned(), item["content_type"].as_str().unwrap().to_owned())
}

#[test]
fn a_value_is_served_with_the_type_that_it_was_put_with() {
    let client = Client::new();
    for (sent, served) in [
        ("text/plain", "text/plain; charset=utf-8"),
        ("application/yaml; charset=utf-8", "application/yaml"),
        ("Application/TOML", "application/toml"),
    ] {
        assert_eq!(put(&client, &[&format!("Content-Type: {sent}")], "a: 1").status, 200, "{sent}");
        let (text, item) = types(&client, "/v1/config/a");
        assert_eq!(text, served);
        assert_eq!(item, served.split(';').next().unwrap());
        assert_eq!(client.get("/v1/config/a").body, "a: 1");
    }
    // A set states all of it.
    client.put("a", "plain");
    assert_eq!(types(&client, "/v1/config/a").1, "text/plain");
    assert_eq!(types(&client, "/v1/config/a?at=2").1, "application/yaml");
    assert_eq!(client.get("/v1/config?prefix=a").json()[0]["content_type"], "text/plain");
}

#[test]
fn a_json_body_is_an_envelope_unless_a_header_says_that_it_is_the_value() {
    let client = Client::new();
    let envelope = r#"{"value": "a = 1", "content_type": "application/toml"}"#;
    assert_eq!(put(&client, &[JSON], envelope).status, 200);
    assert_eq!(types(&client, "/v1/config/a").1, "application/toml");
    let bare = "Config-Content-Type: application/json";
    assert_eq!(put(&client, &[JSON, bare], r#"{"value": 1}"#).status, 200);
    assert_eq!(client.get("/v1/config/a").body, r#"{"value": 1}"#);
    assert_eq!(types(&client, "/v1/config/a"), ("application/json".into(), "application/json".into()));
}

#[test]
fn a_type_that_is_not_supported_and_a_value_that_is_not_json_are_refused() {
    let client = Client::new();
    assert_eq!(put(&client, &["Content-Type: text/html"], "x").status, 415);
    assert_eq!(put(&client, &[JSON, "Config-Content-Type: text/html"], "x").status, 415);
    assert_eq!(put(&client, &[JSON], r#"{"value": "x", "content_type": "text/html"}"#).status, 422);
    let not_json = put(&client, &[JSON, "Config-Content-Type: application/json"], "{s3cret");
    assert_eq!(not_json.status, 422);
    assert!(not_json.body.contains("line 1, column 2") && !not_json.body.contains("s3cret"), "{not_json:?}");
    assert_eq!(client.get("/v1/config/a").status, 404);
}

#[test]
fn a_changed_type_is_a_difference_and_a_restore_brings_it_back() {
    let client = Client::new();
    let set = |content_type: &str| {
        let set = json!({"name": "a", "value": "1", "content_type": content_type});
        client.post("/v1/transactions", &json!({"operations": [{"set": set}]}))
    };
    assert_eq!(set("application/yaml").json()["results"][0]["content_type"], "application/yaml");
    set("application/json");
    let diff = client.get("/v1/diff?from=1&to=2").json();
    assert_eq!(diff["changes"][0]["kind"], "changed");
    let restored = client.post("/v1/restore", &json!({"to": 1})).json();
    assert_eq!(
        (restored["revision"].as_u64(), types(&client, "/v1/config/a").1.as_str()),
        (Some(3), "application/yaml")
    );
    assert_eq!(
        client.post("/v1/restore", &json!({"to": 1})).json()["revision"],
        json!(null),
        "nothing differs"
    );
}

#[test]
fn names_of_the_service_are_not_set() {
    let client = Client::new();
    let refused = set(&client, "%2Econfigapi%2Ftokens%2F1");
    assert_eq!((refused.status, &refused.json()["type"]), (422, &json!("/problems/reserved-name")));
    let one = |name: &str| json!({"set": {"name": name, "value": "x"}});
    let both = json!({"operations": [one("a"), one(".configapi/b")]});
    let refused = client.post("/v1/transactions", &both);
    assert_eq!((refused.status, &refused.json()["index"]), (422, &json!(1)));
    assert_eq!(client.put(".configapi", "x").status, 200, "only names below it");
}

#[test]
fn a_new_name_has_no_segment_that_a_path_loses() {
    let client = Client::new();
    for name in ["a%2F%2Fb", "%2Fa", "a%2F..%2Fb", "a%2F."] {
        assert_eq!(set(&client, name).status, 422, "{name}");
        assert_eq!(client.get(&format!("/v1/config/{name}")).status, 404, "{name} may be in an old log");
        assert_eq!(client.send("DELETE", &format!("/v1/config/{name}"), &[], b"").status, 404, "{name}");
    }
    assert_eq!(client.put("a%2F", "x").status, 200);
}
