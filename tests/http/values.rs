//! One value: get, put, delete, forms and preconditions.

use serde_json::json;

use super::driver::Client;

#[test]
fn a_value_that_was_put_is_got_as_text_or_as_an_item() {
    let client = Client::new();
    let put = client.put("app%2Fprod%2Fdb_url", "postgresql://db/app");
    assert_eq!(
        (put.body.as_str(), put.field("ETag"), put.field("Config-Revision")),
        ("OK", &*client.tag(1), "1")
    );

    for base in ["/v1/config", "/config"] {
        let target = format!("{base}/app%2Fprod%2Fdb_url");
        let text = client.get(&target);
        assert_eq!(text.body, "postgresql://db/app");
        for (field, value) in [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("ETag", &client.tag(1)),
            ("Config-Revision", "1"),
            ("Cache-Control", "no-cache"),
            ("Vary", "Accept, Accept-Datetime, Authorization, Config-Reveal"),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "sandbox"),
        ] {
            assert_eq!(text.field(field), value, "{field}");
        }
        let item = client.send("GET", &target, &["Accept: application/json"], b"");
        assert_eq!(item.field("ETag"), format!("\"{}.json\"", client.place(1)));
        assert_eq!(item.field("Content-Type"), "application/json");
        let item = item.json();
        assert_eq!(item["name"], "app/prod/db_url");
        assert_eq!((&item["version"], &item["revision"]), (&json!(1), &json!(1)));
        assert_eq!((&item["updated_by"], &item["reason"]), (&json!("anonymous"), &json!(null)));
    }
}

/// Proxies and frameworks decode `%2F`, or refuse it.
#[test]
fn a_name_is_the_rest_of_the_path_with_its_slashes_as_they_are_or_encoded() {
    let client = Client::new();
    client.put("app/prod/db_url", "v1");
    client.put("app%2Fprod%2Fdb_url", "v2");
    for path in ["app/prod/db_url", "app%2Fprod/db_url", "app%2Fprod%2Fdb_url"] {
        assert_eq!(client.get(&format!("/v1/config/{path}")).body, "v2", "{path}");
        assert_eq!(
            client.get(&format!("/config/{path}/history")).json().as_array().unwrap().len(),
            2,
            "{path}"
        );
        assert_eq!(client.get(&format!("/v1/config/{path}/at/2999-01-01T00:00:00Z")).body, "v2", "{path}");
    }
    // A value whose name ends like the path of a history is written with %2F, and the answer to its PUT says so.
    let plain = client.put("app/prod", "v");
    assert_eq!(plain.field("Config-Note"), "");
    for name in ["app%2Fhistory", "app%2Fat%2F2026"] {
        let put = client.put(name, "hidden");
        assert_eq!(put.status, 200);
        assert!(put.field("Config-Note").contains("%2F"), "{name}");
        assert_eq!(client.get(&format!("/v1/config/{name}")).body, "hidden");
    }
    assert_eq!(client.get("/v1/config/app/history").body, "[]");
    assert_eq!(client.put("history", "v").field("Config-Note"), "", "it is the value of this name");
    assert_eq!(client.get("/v1/config/history").body, "v");
}

#[test]
fn head_answers_where_get_does() {
    let client = Client::new();
    client.put("a", "v");
    for target in ["/v1/config/a", "/config", "/config/a/history", "/health", "/livez", "/readyz"] {
        assert_eq!(client.send("HEAD", target, &[], b"").status, 200, "{target}");
    }
}

#[test]
fn a_json_body_brings_value_and_reason_and_the_item_comes_back() {
    let client = Client::new();
    let fields = [
        "Content-Type: application/json; charset=utf-8",
        "Accept: application/json",
        "Config-Reason: not%20this",
    ];
    let body = br#"{"value": "\u0436\n", "reason": "because"}"#;
    let put = client.send("PUT", "/v1/config/a", &fields, body);
    assert_eq!((put.status, put.field("ETag")), (200, &*format!("\"{}.json\"", client.place(1))));
    assert_eq!((&put.json()["value"], &put.json()["reason"]), (&json!("ж\n"), &json!("because")));
    assert_eq!(client.get("/v1/config/a").body, "ж\n");
}

#[test]
fn names_may_hold_any_text() {
    let client = Client::new();
    for name in ["a%2Fb", "%D0%BA%D0%BB%D1%8E%D1%87", "a%20b", "100%25", "a+b", "history", "at", "~%22%3C%3E"]
    {
        client.put(name, name);
        assert_eq!(client.get(&format!("/v1/config/{name}")).body, name);
    }
    assert_eq!(client.get("/v1/config").json().as_array().map(Vec::len), Some(8));
    assert_eq!(client.get("/config/a+b/history").json()[0]["data"]["config_name"], "a+b");
}

#[test]
fn an_empty_value_is_a_value() {
    let client = Client::new();
    client.put("a", "");
    let got = client.get("/v1/config/a");
    assert_eq!((got.status, got.body.as_str()), (200, ""));
}

#[test]
fn deleting_twice_is_gone_and_deleting_nothing_is_not_found() {
    let client = Client::new();
    let never = client.send("DELETE", "/v1/config/a", &["If-Match: \"1\""], b"");
    assert_eq!((never.status, never.problem().as_str()), (404, "no-such-name"));
    client.put("a", "v");
    let deleted = client.delete("a");
    assert_eq!((deleted.body.as_str(), deleted.field("Config-Revision")), ("OK", "2"));
    let again = client.send("DELETE", "/v1/config/a", &[], b"");
    assert_eq!((again.status, again.problem().as_str()), (410, "already-deleted"));
    assert_eq!(again.json()["name"], "a");
    assert_eq!((client.get("/v1/config/a").status, client.get("/v1/config/b").status), (404, 404));
    assert_eq!(client.get("/v1/config/a").field("Config-Revision"), "2");
}

#[test]
fn writes_hold_only_under_their_preconditions() {
    let client = Client::new();
    let put = |conditions: &[&str]| {
        let fields: Vec<_> =
            ["Content-Type: text/plain"].into_iter().chain(conditions.iter().copied()).collect();
        let answer = client.send("PUT", "/v1/config/a", &fields, b"v");
        let current = (answer.status == 412).then(|| answer.json()["current_revision"].clone());
        (answer.status, current)
    };
    assert_eq!(put(&["If-Match: *"]), (412, Some(json!(0))));
    assert_eq!(put(&["If-None-Match: *"]), (200, None));
    assert_eq!(put(&["If-None-Match: *"]), (412, Some(json!(1))));
    assert_eq!(put(&["If-Match: \"1.json\""]), (200, None));
    assert_eq!(put(&["If-Match: \"1\""]), (412, Some(json!(2))));
    assert_eq!(put(&["If-Match: \"7\"", "If-Match: \"2\""]), (200, None));
    assert_eq!(put(&["If-Match: 3"]).0, 400);
    client.delete("a");
    assert_eq!(put(&["If-Match: \"4\""]), (412, Some(json!(0))));
    assert_eq!(put(&["If-None-Match: *"]), (200, None));
    let delete = client.send("DELETE", "/v1/config/a", &["If-Match: \"1\""], b"");
    assert_eq!((delete.status, delete.problem().as_str()), (412, "precondition-failed"));
}

#[test]
fn a_read_compares_the_tag_that_it_would_send() {
    let client = Client::new();
    client.put("a", "v");
    let get = |fields: &[&str]| client.send("GET", "/v1/config/a", fields, b"");
    let unchanged = get(&["If-None-Match: \"1\""]);
    assert_eq!(
        (unchanged.status, unchanged.body.as_str(), unchanged.field("ETag")),
        (304, "", &*client.tag(1))
    );
    assert_eq!(get(&["If-None-Match: \"1.json\""]).status, 200);
    assert_eq!(get(&["If-None-Match: \"1.json\"", "Accept: application/json"]).status, 304);
    assert_eq!(get(&["If-Match: \"2\""]).status, 412);
    assert_eq!(get(&["If-Match: \"1\""]).status, 200);
    assert_eq!(client.send("GET", "/v1/config/b", &["If-Match: *"], b"").status, 404);
    assert_eq!(get(&["If-None-Match: 1"]).status, 400);
}

#[test]
fn a_tag_of_another_log_does_not_match() {
    let (client, other) = (Client::new(), Client::new());
    for client in [&client, &other] {
        client.put("a", "v");
        client.put("a", "w");
    }
    let (own, foreign) = (client.tag(2), other.tag(2));
    let get =
        |name: &str, tag: &str| client.send("GET", "/v1/config/a", &[&format!("{name}: {tag}")], b"").status;
    assert_eq!([&*own, &*foreign, "\"2\""].map(|tag| get("If-None-Match", tag)), [304, 200, 304]);
    assert_eq!([&*own, &*foreign, "\"2\""].map(|tag| get("If-Match", tag)), [200, 412, 200]);
    let list = |tag: &str| client.send("GET", "/config", &[&format!("If-None-Match: {tag}")], b"").status;
    assert_eq!([&*own, &*foreign].map(list), [304, 200]);

    let put = |tag: &str| {
        let fields = ["Content-Type: text/plain", &format!("If-Match: {tag}")];
        client.send("PUT", "/v1/config/a", &fields, b"x")
    };
    let stale = put(&foreign);
    assert_eq!(
        (stale.problem().as_str(), &stale.json()["current_revision"]),
        ("precondition-failed", &json!(2))
    );
    assert_eq!(put(&own).status, 200);
    let deleted = client.send("DELETE", "/v1/config/a", &[&format!("If-Match: {}", client.tag(3))], b"");
    assert_eq!((deleted.status, deleted.field("ETag")), (200, &*client.tag(4)));
}

/// The second write is decided on the outcome of the first one, which has its hash only once it is sealed.
#[test]
fn the_tag_of_a_write_is_that_of_the_reads_after_it() {
    let client = Client::new();
    for value in ["1", "2", "3"] {
        let put = client.put("a", value);
        assert_eq!(put.field("ETag"), client.get("/v1/config/a").field("ETag"), "{value}");
        let then = client.get(&format!("/v1/config/a?at={}", put.field("ETag").trim_matches('"')));
        assert_eq!((then.body.as_str(), then.field("ETag")), (value, put.field("ETag")));
    }
}

#[test]
fn who_why_and_in_which_request_is_in_the_history() {
    let client = Client::new();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let parent = format!("traceparent: {trace}");
    let fields = ["Content-Type: text/plain", "X-Request-Id: r-1", &parent, "Config-Reason: f%C3%BCr%20dich"];
    let put = client.send("PUT", "/v1/config/a", &fields, b"v");
    assert_eq!((put.field("X-Request-Id"), put.field("traceparent")), ("r-1", trace));
    let deleted = client.delete("a");
    let history = client.get_json("/v1/config/a/history");
    assert_eq!(
        history[0]["metadata"],
        json!({"actor": "anonymous", "reason": "für dich", "request_id": "r-1",
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"})
    );
    let (first, second) = (&history[0], &history[1]);
    assert_eq!((&first["event_type"], &first["data"]["old_value"]), (&json!("ConfigValueSet"), &json!(null)));
    assert_eq!(second["event_type"], "ConfigValueDeleted");
    assert_eq!(second["data"]["deleted_value"], "v");
    assert_eq!((&second["stream_version"], &second["revision"]), (&json!(2), &json!(2)));
    assert_eq!(second["created_at"], second["data"]["timestamp"]);
    assert!(second["metadata"]["request_id"].as_str().is_some_and(|id| id.len() > 16), "{second}");
    assert_eq!(second["metadata"]["request_id"], deleted.field("X-Request-Id"));
}

/// People write a reason as they would say it; `openapi.json` forbade its spaces, and all but ASCII.
#[test]
fn a_reason_may_have_spaces_as_they_are() {
    let client = Client::new();
    client.send("PUT", "/v1/config/a", &["Content-Type: text/plain", "Config-Reason: f%c3%bcr dich"], b"v");
    assert_eq!(client.get_json("/v1/config/a/history")[0]["metadata"]["reason"], "für dich");
}

#[test]
fn every_answer_has_a_revision_and_a_request_id() {
    let client = Client::new();
    client.put("a", "v");
    for (method, target) in
        [("GET", "/v1/config/none"), ("POST", "/v1/config/a"), ("GET", "/v1/nothing"), ("GET", "/v1/health")]
    {
        let answer = client.send(method, target, &["X-Request-Id: not valid"], b"");
        assert_eq!(answer.field("Config-Revision"), "1", "{target}");
        assert!(!answer.field("X-Request-Id").is_empty() && answer.field("X-Request-Id") != "not valid");
    }
}
