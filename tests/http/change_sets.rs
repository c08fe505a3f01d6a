//! Transactions, differences, restores.

use std::sync::Arc;

use serde_json::{Value, json};

use super::driver::Client;

fn set(name: &str, value: &str) -> Value {
    json!({"set": {"name": name, "value": value}})
}

fn delete(name: &str) -> Value {
    json!({"delete": {"name": name}})
}

#[test]
fn a_transaction_happens_whole_or_not_at_all() {
    let client = Client::new();
    client.put("a", "1");
    client.put("b", "1");
    let operations =
        json!([set("c", "2"), delete("a"), {"check": {"name": "b", "if_revision": 2}}, set("app/d", "3")]);
    let done = client.post("/v1/transactions", &json!({"operations": operations, "reason": "move"}));
    assert_eq!((done.status, done.field("Config-Revision")), (200, "3"), "{done:?}");
    let done = done.json();
    assert_eq!(done["revision"], 3);
    assert_eq!((&done["results"][0]["value"], &done["results"][3]["name"]), (&json!("2"), &json!("app/d")));
    assert_eq!((&done["results"][1], &done["results"][2]), (&Value::Null, &Value::Null));
    assert_eq!(done["results"][0]["reason"], "move");

    let bad = json!({"operations": [set("e", "1"), delete("a"), {"check": {"name": "b", "if_revision": 1}},
        {"set": {"name": "c", "value": "x", "if_revision": 0}}]});
    let refused = client.post("/v1/transactions", &bad);
    assert_eq!((refused.status, refused.problem().as_str()), (409, "transaction-failed"));
    assert_eq!(
        refused.json()["failed"],
        json!([{"index": 1, "name": "a", "current_revision": 0}, {"index": 2, "name": "b", "current_revision": 2},
            {"index": 3, "name": "c", "current_revision": 3}])
    );
    assert_eq!(client.get("/v1/config/e").status, 404);
    assert_eq!(client.store.applied().get(), 3);
}

#[test]
fn a_dry_run_and_checks_alone_make_no_revision() {
    let client = Client::new();
    client.put("a", "1");
    let dry = client.post("/v1/transactions", &json!({"operations": [set("a", "2")], "dry_run": true}));
    assert_eq!((&dry.json()["revision"], &dry.json()["results"][0]["value"]), (&Value::Null, &json!("2")));
    let checks = json!({"operations": [{"check": {"name": "a", "if_revision": 1}}]});
    assert_eq!(client.post("/v1/transactions", &checks).json(), json!({"revision": null, "results": [null]}));
    assert_eq!((client.store.applied().get(), client.get("/v1/config/a").body.as_str()), (1, "1"));
}

#[test]
fn a_malformed_transaction_is_refused_whole() {
    let client = Client::new();
    let many: Vec<Value> = (0..=10_000).map(|number| set(&number.to_string(), "")).collect();
    for body in [
        json!({}),
        json!([]),
        json!({"operations": []}),
        json!({"operations": [{}]}),
        json!({"operations": ["set"]}),
        json!({"operations": [{"set": ["a", "b"]}]}),
        json!({"operations": [{"set": {"name": "a"}}]}),
        json!({"operations": [{"set": {"name": "a", "value": "v", "if": 1}}]}),
        json!({"operations": [{"set": {"name": "a", "value": "v"}, "delete": {"name": "b"}}]}),
        json!({"operations": [{"drop": {"name": "a"}}]}),
        json!({"operations": [{"check": {"name": "a"}}]}),
        json!({"operations": [{"set": {"name": "a", "value": "v", "if_revision": -1}}]}),
        json!({"operations": [set("a", "1"), delete("a")]}),
        json!({"operations": [set("..", "1")]}),
        json!({"operations": [set("a", "\0")]}),
        json!({"operations": [set("a", "1")], "dry_run": "yes"}),
        json!({"operations": many}),
    ] {
        let refused = client.post("/v1/transactions", &body);
        assert_eq!((refused.status, refused.problem().as_str()), (422, "invalid"), "{body:.200}");
    }
    assert_eq!(
        client.send("POST", "/v1/transactions", &["Content-Type: application/json"], b"{").status,
        400
    );
    assert_eq!(client.send("POST", "/v1/transactions", &["Content-Type: text/plain"], b"{}").status, 415);
    assert_eq!(client.send("POST", "/transactions", &[], b"").status, 404);
    assert_eq!(client.store.applied().get(), 0);
}

#[test]
fn a_problem_says_which_rule_of_transactions_the_operations_break() {
    let client = Client::new();
    let refused = |operations: Vec<Value>| {
        let refused = client.post("/v1/transactions", &json!({"operations": operations, "dry_run": true}));
        assert_eq!((refused.status, refused.problem().as_str()), (422, "invalid"), "{refused:.200?}");
        refused.json()
    };
    let none = refused(Vec::new());
    assert_eq!((none.get("index"), none.get("limit")), (None, None), "{none}");
    let twice = refused(vec![set("a", "1"), set("b", "1"), delete("a"), delete("b")]);
    assert_eq!((&twice["index"], &twice["name"]), (&json!(2), &json!("a")));
    let most: Vec<Value> = (0..10_000).map(|number| set(&number.to_string(), "")).collect();
    assert_eq!(client.post("/v1/transactions", &json!({"operations": most, "dry_run": true})).status, 200);
    let too_many = refused([most, vec![set("one-more", ""), json!("never read")]].concat());
    assert_eq!(too_many["limit"], 10_000, "{too_many}");
    assert_eq!(client.store.applied().get(), 0);
}

#[test]
fn a_repeated_transaction_gives_the_first_answer() {
    let client = Client::new();
    let body =
        json!({"operations": [set("a", "1"), {"check": {"name": "b", "if_revision": 0}}, set("c", "2")]});
    let post = || {
        let fields = ["Content-Type: application/json", "Idempotency-Key: k"];
        client.send("POST", "/v1/transactions", &fields, body.to_string().as_bytes())
    };
    let (first, again) = (post(), post());
    assert_eq!((first.status, &first.body), (200, &again.body));
    assert_eq!(client.store.applied().get(), 1);
}

#[test]
fn a_difference_is_between_two_revisions() {
    let client = Client::new();
    client.put("app%2Fa", "1");
    client.put("app%2Fb", "1");
    client.put("other", "1");
    client.put("app%2Fa", "2");
    client.put("app%2Fb", "1");
    client.delete("other");
    client.put("app%2Fc", "1");
    let diff = client.get_json("/v1/diff?from=3&prefix=app/");
    assert_eq!((&diff["from"], &diff["to"]), (&json!(3), &json!(7)));
    let seen: Vec<_> =
        diff["changes"].as_array().unwrap().iter().map(|change| (&change["name"], &change["kind"])).collect();
    assert_eq!(seen, [(&json!("app/a"), &json!("changed")), (&json!("app/c"), &json!("added"))]);
    assert_eq!(
        (&diff["changes"][0]["from"]["value"], &diff["changes"][0]["to"]["value"]),
        (&json!("1"), &json!("2"))
    );
    assert_eq!(diff["changes"][1]["from"], Value::Null);
    let back = client.get("/v1/diff?from=7&to=0");
    assert_eq!(back.json()["changes"].as_array().map(Vec::len), Some(3));
    assert_eq!(back.field("Cache-Control"), "no-cache");
    let (seventh, third) = (client.place(7), client.place(3));
    let fixed = client.get(&format!("/v1/diff?from={seventh}&to={third}"));
    assert_eq!((&fixed.json()["from"], &fixed.json()["to"]), (&json!(7), &json!(3)));
    assert!(fixed.field("Cache-Control").contains("immutable"));
    let half = client.get(&format!("/v1/diff?from={seventh}&to=3"));
    assert_eq!(half.field("Cache-Control"), "no-cache");
    let other = client.get(&format!("/v1/diff?from=1&to={}", third.replace("3-", "4-")));
    assert_eq!((other.status, other.problem().as_str()), (404, "no-such-place"));
    assert_eq!(client.get("/v1/diff?from=3").field("Cache-Control"), "no-cache");
    for target in ["/v1/diff", "/v1/diff?to=1", "/v1/diff?from=then"] {
        assert_eq!(client.get(target).status, 400, "{target}");
    }
}

#[test]
fn a_dry_run_of_a_restore_says_what_it_then_does() {
    let client = Client::new();
    for (name, value) in [("app%2Fa", "1"), ("app%2Fb", "1"), ("other", "1")] {
        client.put(name, value);
    }
    client.put("app%2Fa", "wrong");
    client.delete("app%2Fb");
    client.put("app%2Fnew", "wrong");
    client.put("other", "2");
    let restore = |body: Value| client.post("/v1/restore", &body);
    let dry = restore(json!({"to": 3, "prefix": "app/", "dry_run": true})).json();
    assert_eq!((&dry["revision"], client.store.applied().get()), (&Value::Null, 7));
    let done = restore(json!({"to": "3", "prefix": "app/", "reason": "undo"}));
    assert_eq!(done.field("Config-Revision"), "8");
    let done = done.json();
    assert_eq!(done["revision"], 8);
    let bare = |changes: &Value| -> Vec<Value> {
        let change = |change: &Value| {
            json!([change["name"], change["kind"], change["from"]["value"], change["to"]["value"]])
        };
        changes.as_array().unwrap().iter().map(change).collect()
    };
    assert_eq!(bare(&dry["changes"]), bare(&done["changes"]));
    assert_eq!(
        bare(&done["changes"]),
        [
            json!(["app/a", "changed", "wrong", "1"]),
            json!(["app/b", "added", null, "1"]),
            json!(["app/new", "removed", "wrong", null])
        ]
    );
    assert_eq!(client.get("/v1/config/other").body, "2");

    // A restore of the restore brings everything back, and one that has nothing to do makes no change.
    assert_eq!(restore(json!({"to": 7, "prefix": "app/"})).json()["revision"], 9);
    assert_eq!(client.get("/v1/config/app%2Fa").body, "wrong");
    assert_eq!(restore(json!({"to": 9})).json(), json!({"revision": null, "changes": []}));
    let one = restore(json!({"to": 1, "name": "app/a"})).json();
    assert_eq!(bare(&one["changes"]), [json!(["app/a", "changed", "wrong", "1"])]);
}

#[test]
fn a_revert_undoes_one_change_and_keeps_the_later_ones() {
    let client = Client::new();
    client.put("a", "1");
    client.put("gone", "1");
    let operations = json!([set("a", "2"), set("new", "2"), delete("gone")]);
    client.post("/v1/transactions", &json!({"operations": operations}));
    client.put("later", "1");
    let revert = |body: Value| client.post("/v1/revert", &body);
    let kinds = |answer: &Value| -> Vec<Value> {
        answer["changes"].as_array().unwrap().iter().map(|change| change["kind"].clone()).collect()
    };
    let dry = revert(json!({"revision": 3, "dry_run": true}));
    assert_eq!((dry.status, &dry.json()["revision"]), (200, &Value::Null), "{dry:?}");
    assert_eq!(kinds(&dry.json()), ["changed", "added", "removed"]);
    let done = revert(json!({"revision": 3, "reason": "undo"}));
    assert_eq!((done.status, &done.json()["revision"]), (200, &json!(5)), "{done:?}");
    assert_eq!(kinds(&done.json()), kinds(&dry.json()));
    let held = |name: &str| client.get(&format!("/v1/config/{name}")).body;
    assert_eq!((held("a"), held("gone"), held("later")), ("1".into(), "1".into(), "1".into()));
    assert_eq!(client.get("/v1/config/new").status, 404);
    assert_eq!(client.get_json("/v1/events?after=4")["changes"][0]["reason"], "undo");

    // Its names have changed since, by the revert itself; the revert can be reverted.
    let refused = revert(json!({"revision": 3}));
    assert_eq!((refused.status, refused.problem().as_str()), (409, "overwritten"));
    let names = json!([{"name": "a", "current_revision": 5}, {"name": "gone", "current_revision": 5},
        {"name": "new", "current_revision": 0}]);
    assert_eq!(refused.json()["names"], names);
    assert_eq!(revert(json!({"revision": 5.0})).json()["revision"], 6);
    assert_eq!((held("a"), held("new"), held("later")), ("2".into(), "2".into(), "1".into()));

    // A set to the existing value leaves nothing to undo.
    client.put("later", "1");
    assert_eq!(revert(json!({"revision": 7})).json(), json!({"revision": null, "changes": []}));
    assert_eq!(client.store.applied().get(), 7);

    let fields = ["Content-Type: application/json", "Idempotency-Key: once"];
    let keyed = || client.send("POST", "/v1/revert", &fields, b"{\"revision\":6}");
    let (first, again) = (keyed(), keyed());
    assert_eq!((first.status, &first.json()["revision"]), (200, &json!(8)), "{first:?}");
    assert_eq!(first.json(), again.json());
}

#[test]
fn a_malformed_revert_is_refused() {
    let client = Client::new();
    let status = |body: Value| client.post("/v1/revert", &body).status;
    for body in [json!({}), json!({"revision": "1"}), json!({"revision": -1}), json!({"revision": 0})] {
        assert_eq!(status(body.clone()), 422, "{body}");
    }
    assert_eq!(status(json!({"revision": 1, "prefix": "a"})), 422);
    let beyond = Client::over(Arc::clone(&client.store), super::driver::impatient());
    let refused = beyond.send(
        "POST",
        "/v1/revert",
        &["Content-Type: application/json", "Prefer: wait=0"],
        b"{\"revision\":5}",
    );
    assert_eq!(refused.problem(), "replica-behind");
}

#[test]
fn a_malformed_restore_is_refused() {
    let client = Client::new();
    let status = |body: Value| client.post("/v1/restore", &body).status;
    for body in [
        json!({}),
        json!({"to": null}),
        json!({"to": true}),
        json!({"to": 0, "name": "a", "prefix": "b"}),
        json!({"to": 0, "name": ""}),
        json!({"to": 0, "all": true}),
    ] {
        assert_eq!(status(body.clone()), 422, "{body}");
    }
    for body in [json!({"to": "then"}), json!({"to": -1}), json!({"to": 1.5})] {
        assert_eq!(status(body.clone()), 400, "{body}");
    }
    let beyond = Client::over(Arc::clone(&client.store), super::driver::impatient());
    assert_eq!(beyond.post("/v1/restore", &json!({"to": 5})).problem(), "replica-behind");
}
