//! The policy: read, set, and what it refuses.

use configapi::application::Options;
use configapi::presentation::http::{ApiSettings, RootToken};
use serde_json::{Value, json};

use super::driver::{Answer, Client};

const JSON: &str = "Content-Type: application/json";
const TEXT: &str = "Content-Type: text/plain";
const ROOT: &str = "0123456789abcdef0123456789abcdef";

/// A server with a root token.
pub fn closed() -> Client {
    let root_token = Some(RootToken::parse(ROOT).unwrap());
    Client::with(&Options::memory(), ApiSettings { root_token, ..ApiSettings::default() })
}

/// The field of a token.
pub fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

/// The field of the root token.
pub fn root() -> String {
    bearer(ROOT)
}

/// The field of a new token with these scopes.
pub fn token(client: &Client, name: &str, scopes: &Value) -> String {
    let body = json!({"name": name, "scopes": scopes}).to_string();
    let made = client.send("POST", "/v1/tokens", &[JSON, &root()], body.as_bytes());
    assert_eq!(made.status, 201, "{made:?}");
    bearer(made.json()["token"].as_str().unwrap())
}

fn set_policy(client: &Client, policy: &Value) -> Answer {
    client.send("PUT", "/v1/policy", &[JSON], policy.to_string().as_bytes())
}

#[track_caller]
fn in_force(client: &Client, policy: &Value) {
    let set = set_policy(client, policy);
    assert_eq!(set.status, 200, "{set:?}");
}

fn put(client: &Client, name: &str, fields: &[&str]) -> Answer {
    client.send("PUT", &format!("/v1/config/{name}"), &[&[TEXT], fields].concat(), b"v")
}

fn sets(names: impl IntoIterator<Item = String>, value: &str) -> Value {
    let set = |name| json!({"set": {"name": name, "value": value}});
    names.into_iter().map(set).collect()
}

fn named(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("prod/{number}")).collect()
}

#[track_caller]
fn refused(answer: &Answer, status: u16, kind: &str) -> Value {
    assert_eq!((answer.status, answer.problem().as_str()), (status, kind), "{answer:?}");
    answer.json()
}

#[test]
fn the_policy_has_defaults_until_it_is_set_and_a_tag_from_then_on() {
    let client = Client::new();
    let default = client.get("/v1/policy");
    let policy = default.json();
    assert_eq!((default.status, default.field("ETag")), (200, "\"0\""));
    assert_eq!(policy["secret_patterns"].as_array().unwrap().len(), 6);
    assert_eq!((&policy["require_reason"], &policy["protect"]), (&json!([]), &json!([])));
    assert_eq!(policy["writes_per_second"], Value::Null);

    let rules = json!({"require_reason": ["prod/"], "protect": [{"prefix": "prod", "names_max": 2}]});
    let set = client.send("PUT", "/v1/policy", &[JSON, "Config-Reason: rules"], rules.to_string().as_bytes());
    assert_eq!((set.status, set.field("Config-Revision")), (200, "1"), "{set:?}");
    assert_eq!(set.json()["require_reason"], json!(["prod"]));
    assert_eq!(
        set.json()["secret_patterns"],
        policy["secret_patterns"],
        "absent members have their defaults"
    );
    let now = client.get("/v1/policy");
    assert_eq!((now.body.as_str(), now.field("ETag")), (set.body.as_str(), set.field("ETag")));
    assert_eq!(now.field("ETag"), client.tag(1));
    let same = client.send("GET", "/v1/policy", &[&format!("If-None-Match: {}", client.tag(1))], b"");
    assert_eq!((same.status, same.body.as_str()), (304, ""));
}

#[test]
fn a_policy_is_set_only_on_the_one_that_was_expected() {
    let client = Client::new();
    let set = |field: &str| client.send("PUT", "/v1/policy", &[JSON, field], b"{}");
    assert_eq!(refused(&set("If-Match: *"), 412, "precondition-failed")["current_revision"], 0);
    assert_eq!(set("If-Match: \"0\"").status, 200, "the default policy has the tag 0");
    assert_eq!(set("If-Match: \"0\"").status, 412);
    assert_eq!(set("If-None-Match: *").status, 412);
    let first = format!("If-Match: {}", client.tag(1));
    assert_eq!(set(&first).status, 200);
    assert_eq!(refused(&set(&first), 412, "precondition-failed")["current_revision"], 2);
    assert_eq!(client.store.applied().get(), 2);
}

#[test]
fn a_policy_that_is_not_one_is_refused_and_the_old_one_stays_in_force() {
    let client = Client::new();
    in_force(&client, &json!({"require_reason": ["prod"]}));
    for body in ["", "{", "prod", "{\"protect\": []} x"] {
        refused(&client.send("PUT", "/v1/policy", &[JSON], body.as_bytes()), 400, "malformed");
    }
    let too_many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    for policy in [
        json!([]),
        json!(null),
        json!("x"),
        json!({"require_reasons": []}),
        json!({"require_reason": "prod"}),
        json!({"require_reason": [5]}),
        json!({"require_reason": ["a//b"]}),
        json!({"require_reason": ["a/../b"]}),
        json!({"secret_patterns": [""]}),
        json!({"secret_patterns": ["a//b"]}),
        json!({"secret_patterns": too_many}),
        json!({"protect": [{"prefix": "a"}]}),
        json!({"protect": [{"prefix": "a", "names_max": -1}]}),
        json!({"protect": [{"prefix": "a", "names_max": 1}, {"prefix": "a/", "names_max": 2}]}),
        json!({"protect": [{"prefix": "a", "names_max": 1, "more": 1}]}),
        json!({"writes_per_second": 0}),
        json!({"writes_per_second": 1.5}),
        json!({"writes_per_second": 1_000_001}),
    ] {
        refused(&set_policy(&client, &policy), 422, "invalid");
    }
    let large = format!("{{\"require_reason\": [\"{}\"]}}", "x".repeat(70_000));
    assert_eq!(client.send("PUT", "/v1/policy", &[JSON], large.as_bytes()).status, 413);
    assert_eq!(client.send("PUT", "/v1/policy", &[TEXT], b"{}").status, 415);
    refused(&put(&client, "prod/a", &[]), 422, "reason-required");
    assert_eq!(client.store.applied().get(), 1);
}

#[test]
fn every_token_reads_the_policy_and_an_admin_of_everything_sets_it() {
    let client = closed();
    let everything = token(&client, "admin", &json!([{"prefix": "", "actions": ["admin"]}]));
    let part = token(&client, "part", &json!([{"prefix": "app", "actions": ["admin", "read", "write"]}]));
    let but = json!([{"prefix": "", "actions": ["admin"]}, {"prefix": "a", "deny": ["admin"]}]);
    let but = token(&client, "but", &but);
    let writer = token(&client, "writer", &json!([{"prefix": "app", "actions": ["write"]}]));
    for field in [&everything, &part, &but, &writer] {
        assert_eq!(client.send("GET", "/v1/policy", &[field], b"").status, 200);
    }
    assert_eq!(client.send("GET", "/v1/policy", &[], b"").status, 401);
    assert_eq!(client.send("PUT", "/v1/policy", &[JSON], b"{}").status, 401);
    for field in [&part, &but, &writer] {
        for body in ["{}", "no policy"] {
            refused(&client.send("PUT", "/v1/policy", &[JSON, field], body.as_bytes()), 403, "forbidden");
        }
    }
    for field in [&everything, &root()] {
        assert_eq!(client.send("PUT", "/v1/policy", &[JSON, field], b"{}").status, 200);
    }
}

#[test]
fn every_way_of_writing_under_a_prefix_needs_a_reason() {
    let client = Client::new();
    client.put("prod/a", "1");
    client.put("other", "1");
    client.put("prod/a", "2");
    in_force(&client, &json!({"require_reason": ["prod"]}));
    let head = client.store.applied().get();
    let operations = json!([{"set": {"name": "other", "value": "2"}}, {"delete": {"name": "prod/a"}}]);
    let transaction = |more: Value| {
        let mut body = json!({"operations": operations, "dry_run": true});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.post("/v1/transactions", &body)
    };
    let restore = json!({"to": 1, "prefix": "prod/"});
    let without = [
        put(&client, "prod/a", &[]),
        put(&client, "prod", &[]),
        put(&client, "prod/a", &["Config-Reason: "]),
        client.send("DELETE", "/v1/config/prod/a", &[], b""),
        transaction(json!({})),
        transaction(json!({"dry_run": false, "reason": ""})),
        client.post("/v1/restore", &restore),
        client.post("/v1/restore", &json!({"to": 1, "prefix": "prod/", "dry_run": true})),
        client.post("/v1/revert", &json!({"revision": 3})),
        client.post("/v1/revert", &json!({"revision": 3, "dry_run": true})),
    ];
    for answer in &without {
        assert_eq!(refused(answer, 422, "reason-required")["prefix"], "prod", "{answer:?}");
    }
    assert_eq!(client.store.applied().get(), head, "something was written");
    // No change there, no reason.
    assert_eq!(put(&client, "production", &[]).status, 200);
    assert_eq!(client.post("/v1/restore", &json!({"to": 3, "prefix": "prod/"})).status, 200);
    let checks = json!({"operations": [{"check": {"name": "prod/a", "if_revision": 3}}]});
    assert_eq!(client.post("/v1/transactions", &checks).status, 200);
    // With one.
    assert_eq!(transaction(json!({"reason": "why"})).status, 200);
    assert_eq!(put(&client, "prod/a", &["Config-Reason: why"]).status, 200);
    let reasoned = json!({"to": 1, "prefix": "prod/", "reason": "why"});
    assert_eq!(client.post("/v1/restore", &reasoned).status, 200);
    assert_eq!(client.send("DELETE", "/v1/config/prod/a", &["Config-Reason: why"], b"").status, 200);
}

#[test]
fn a_large_change_is_confirmed_by_its_number() {
    let client = Client::new();
    in_force(&client, &json!({"protect": [{"prefix": "prod", "names_max": 10}]}));
    let transact = |count, value, fields: &[&str], dry: bool| {
        let body = json!({"operations": sets(named(count), value), "dry_run": dry}).to_string();
        client.send("POST", "/v1/transactions", &[&[JSON], fields].concat(), body.as_bytes())
    };
    assert_eq!(transact(10, "1", &[], false).status, 200, "as many as are allowed");
    for (fields, dry) in
        [(&[][..], false), (&["Config-Confirm: 10"], false), (&["Config-Confirm: 12"], false), (&[], true)]
    {
        let problem = refused(&transact(11, "2", fields, dry), 422, "confirmation-required");
        let members = (&problem["prefix"], &problem["names_altered"], &problem["limit"]);
        assert_eq!(members, (&json!("prod"), &json!(11), &json!(10)));
        assert!(problem["detail"].as_str().unwrap().ends_with("Config-Confirm: 11"), "{problem}");
    }
    for fields in [&["Config-Confirm: many"][..], &["Config-Confirm: -1"], &["Config-Confirm: 11"; 2]] {
        refused(&transact(11, "2", fields, false), 400, "malformed");
    }
    assert_eq!(client.store.applied().get(), 2);
    // Of these eleven one alone differs.
    assert_eq!(transact(11, "1", &[], false).status, 200);
    assert_eq!(transact(11, "2", &["Config-Confirm: 11"], true).status, 200);
    assert_eq!(transact(11, "2", &["Config-Confirm: 11"], false).status, 200);

    let back = json!({"to": 3, "prefix": ""});
    assert_eq!(
        refused(&client.post("/v1/restore", &back), 422, "confirmation-required")["names_altered"],
        11
    );
    let dry = client.post("/v1/restore", &json!({"to": 3, "prefix": "", "dry_run": true}));
    assert_eq!(refused(&dry, 422, "confirmation-required")["names_altered"], 11);
    let revert = json!({"revision": 4}).to_string();
    let reverted =
        |fields: &[&str]| client.send("POST", "/v1/revert", &[&[JSON], fields].concat(), revert.as_bytes());
    assert_eq!(refused(&reverted(&[]), 422, "confirmation-required")["names_altered"], 11);
    let confirmed =
        client.send("POST", "/v1/restore", &[JSON, "Config-Confirm: 11"], back.to_string().as_bytes());
    assert_eq!(confirmed.json()["changes"].as_array().map(Vec::len), Some(11), "{confirmed:?}");
}

#[test]
fn the_policy_does_not_hold_for_access_data() {
    let client = Client::new();
    let everything = json!({"require_reason": [""], "protect": [{"prefix": "", "names_max": 0}]});
    in_force(&client, &everything);
    in_force(&client, &everything);
    assert_eq!(client.send("PUT", "/v1/schemas/app", &[JSON], b"{}").status, 200);
    let first = json!({"name": "admin", "scopes": [{"prefix": "", "actions": ["admin"]}]});
    assert_eq!(client.post("/v1/tokens", &first).status, 201);
}

#[test]
fn a_token_that_writes_too_often_waits_and_reads_go_on() {
    let client = closed();
    let scopes = json!([{"prefix": "", "actions": ["read", "write", "admin"]}]);
    let fields = [token(&client, "one", &scopes), token(&client, "two", &scopes)];
    let policy = json!({"writes_per_second": 3}).to_string();
    assert_eq!(client.send("PUT", "/v1/policy", &[JSON, &root()], policy.as_bytes()).status, 200);
    // A refusal counts too: it is decided at the head.
    let mut written: Vec<Answer> = (0..8).map(|_| put(&client, "a", &[&fields[0]])).collect();
    let limited = written.split_off(3);
    assert!(written.iter().all(|answer| answer.status == 200), "{written:?}");
    // So slow a machine may let one more through.
    let late: Vec<&Answer> = limited.iter().filter(|answer| answer.status == 429).collect();
    assert!(!late.is_empty(), "{limited:?}");
    for answer in late {
        refused(answer, 429, "too-many-writes");
        assert_eq!(answer.field("Retry-After"), "1");
    }
    for _ in 0..10 {
        assert_eq!(client.send("GET", "/v1/config/a", &[&fields[0]], b"").status, 200);
        assert_eq!(put(&client, "a", &[&root()]).status, 200, "root has no limit");
    }
    assert_eq!(put(&client, "a", &[&fields[1]]).status, 200, "another token");
}

#[test]
fn every_route_that_writes_is_limited_before_its_body() {
    let client = Client::new();
    in_force(&client, &json!({"writes_per_second": 1}));
    assert_eq!(put(&client, "a", &[]).status, 200);
    let mut limited = 0;
    for (method, target) in [
        ("PUT", "/v1/config/a"),
        ("DELETE", "/config/a"),
        ("POST", "/v1/transactions"),
        ("POST", "/v1/restore"),
        ("POST", "/v1/revert"),
        ("POST", "/v1/tokens"),
        ("PUT", "/v1/policy"),
        ("PUT", "/v1/schemas/a"),
        ("DELETE", "/v1/schemas/a"),
    ] {
        let refusal = client.begin(method, target, &[("Host".into(), "localhost".into())]).admitted.err();
        limited += usize::from(refusal.is_some_and(|response| response.status_code == 429));
    }
    assert!(limited >= 8, "a second may pass in between once");
    let check = client.begin("POST", "/v1/schemas/a/check", &[("Host".into(), "localhost".into())]);
    assert!(check.admitted.is_ok(), "a check writes nothing");
}

#[test]
fn explain_names_the_rules_of_a_name() {
    let client = closed();
    let policy = json!({
        "require_reason": ["prod"],
        "protect": [{"prefix": "prod/eu", "names_max": 1}],
        "secret_patterns": ["*key*"]
    });
    assert_eq!(client.send("PUT", "/v1/policy", &[JSON, &root()], policy.to_string().as_bytes()).status, 200);
    assert_eq!(client.send("PUT", "/v1/schemas/prod", &[JSON, &root()], b"{}").status, 200);
    let explained = |field: &str, name: &str| {
        client.send("GET", &format!("/v1/explain?name={name}"), &[field], b"").json()
    };
    let found = explained(&root(), "prod/eu/api_key");
    assert_eq!(found["policy"], json!({"require_reason": "prod", "protect": "prod/eu"}));
    assert_eq!((&found["schema"], &found["secret_pattern"]), (&json!("prod"), &json!("*key*")));
    let found = explained(&root(), "production");
    assert_eq!(found["policy"], json!({"require_reason": null, "protect": null}));
    assert_eq!((&found["schema"], &found["secret_pattern"]), (&Value::Null, &Value::Null));
    let eu = token(&client, "eu", &json!([{"prefix": "prod/eu", "actions": ["read"]}]));
    assert_eq!(explained(&eu, "prod/eu/a")["schema"], Value::Null, "a schema outside of its scopes");
    let open = Client::new();
    let found = open.get("/v1/explain?name=a/password").json();
    assert_eq!(found["secret_pattern"], Value::Null, "patterns apply once the server is closed");
}
