//! Schemas: set, read, checked, and in force for every set.

use serde_json::{Value, json};

use super::driver::{Answer, Client};
use super::policy::{closed, root, token};

const JSON: &str = "Content-Type: application/json";
pub const SCHEMA: &str = "Content-Type: application/schema+json";
pub const TEXT: &str = "Content-Type: text/plain";

fn adopt(client: &Client, prefix: &str, schema: &Value) -> Answer {
    client.send("PUT", &format!("/v1/schemas/{prefix}"), &[SCHEMA], schema.to_string().as_bytes())
}

#[track_caller]
pub fn in_force(client: &Client, prefix: &str, schema: &Value) {
    let set = adopt(client, prefix, schema);
    assert_eq!(set.status, 200, "{set:?}");
}

pub fn put(client: &Client, name: &str, value: &str) -> Answer {
    client.send("PUT", &format!("/v1/config/{name}"), &[TEXT], value.as_bytes())
}

#[track_caller]
pub fn refused(answer: &Answer, status: u16, kind: &str) -> Value {
    assert_eq!((answer.status, answer.problem().as_str()), (status, kind), "{answer:?}");
    answer.json()
}

pub fn number() -> Value {
    json!({"type": "integer", "minimum": 1})
}

#[test]
fn a_schema_is_kept_as_it_was_sent_and_removed() {
    let client = Client::new();
    assert_eq!(client.get("/v1/schemas").json(), json!([]));
    refused(&client.get("/v1/schemas/app/prod"), 404, "no-such-schema");
    let text = "{ \"type\":\n \"integer\" }";
    let set = client.send("PUT", "/v1/schemas/app/prod", &[JSON, "Config-Reason: new"], text.as_bytes());
    assert_eq!((set.status, set.field("Config-Revision")), (200, "1"), "{set:?}");
    for target in ["/v1/schemas/app/prod", "/v1/schemas/app%2Fprod", "/v1/schemas/app/prod/"] {
        let found = client.get(target);
        assert_eq!((found.status, found.body.as_str()), (200, text), "{target}");
        assert_eq!(found.field("Content-Type"), "application/schema+json");
        assert_eq!((found.field("ETag"), set.field("ETag")), (&*client.tag(1), &*client.tag(1)));
    }
    in_force(&client, "", &json!(true));
    let list = client.get("/v1/schemas").json();
    assert_eq!((&list[0]["prefix"], &list[0]["schema"]), (&json!(""), &json!(true)));
    assert_eq!((&list[1]["prefix"], &list[1]["schema"]), (&json!("app/prod"), &json!({"type": "integer"})));
    assert_eq!((&list[1]["revision"], &list[1]["updated_by"]), (&json!(1), &json!("anonymous")));
    assert_eq!(client.get("/v1/schemas/").body, "true");

    let stale = client.send("PUT", "/v1/schemas/app/prod", &[JSON, "If-None-Match: *"], b"{}");
    assert_eq!(refused(&stale, 412, "precondition-failed")["current_revision"], 1);
    let unchanged =
        client.send("GET", "/v1/schemas/app/prod", &[&format!("If-None-Match: {}", client.tag(1))], b"");
    assert_eq!(unchanged.status, 304);
    assert_eq!(client.send("DELETE", "/v1/schemas/app/prod", &[], b"").status, 200);
    for method in ["GET", "DELETE"] {
        refused(&client.send(method, "/v1/schemas/app/prod", &[], b""), 404, "no-such-schema");
    }
    assert_eq!(client.get("/v1/config").json(), json!([]), "access data are not in lists");
}

#[test]
fn a_schema_that_is_not_one_is_refused_and_the_old_one_stays_in_force() {
    let client = Client::new();
    in_force(&client, "app", &number());
    let before = client.store.applied();
    for body in ["", "{", "{'type': 'string'}"] {
        refused(&client.send("PUT", "/v1/schemas/app", &[SCHEMA], body.as_bytes()), 400, "malformed");
    }
    let deep = format!("{}{}", "{\"not\":".repeat(100), "true") + &"}".repeat(100);
    for schema in [
        "5",
        "[]",
        "null",
        "{\"type\": \"whole number\"}",
        "{\"minimum\": \"1\"}",
        "{\"$ref\": \"https://example.org/schema.json\"}",
        "{\"$ref\": \"other.json#/x\"}",
        "{\"$schema\": \"http://json-schema.org/draft-07/schema#\"}",
        "{\"pattern\": \"(a)\\\\1\"}",
        "{\"pattern\": \"(?=a)b\"}",
        "{\"$ref\": \"#\"}",
        &deep,
    ] {
        for target in ["/v1/schemas/app", "/v1/schemas/app/check"] {
            let method = if target.ends_with("check") { "POST" } else { "PUT" };
            refused(&client.send(method, target, &[SCHEMA], schema.as_bytes()), 422, "invalid");
        }
    }
    let large = format!("{{\"description\": \"{}\"}}", "x".repeat(10 << 20));
    let answer = client.send("PUT", "/v1/schemas/app", &[SCHEMA], large.as_bytes());
    assert_eq!(answer.status, 413);
    assert_eq!(client.send("PUT", "/v1/schemas/app", &[TEXT], b"{}").status, 415);
    for prefix in ["a//b", "a%2F..%2Fb", "%00", ".configapi", ".configapi/tokens"] {
        let answer = adopt(&client, prefix, &json!({}));
        assert_eq!(answer.status, 422, "{prefix}: {answer:?}");
    }
    assert_eq!(client.store.applied(), before);
    refused(&put(&client, "app/a", "0"), 422, "schema-violation");
}

#[test]
fn a_pattern_that_backtracks_elsewhere_takes_linear_time_here() {
    let client = Client::new();
    in_force(&client, "app", &json!({"type": "string", "pattern": "^(a+)+$"}));
    assert_eq!(put(&client, "app/a", &"a".repeat(100_000)).status, 200);
    let refusal = put(&client, "app/a", &format!("{}!", "a".repeat(100_000)));
    refused(&refusal, 422, "schema-violation");
}

#[test]
fn a_value_that_does_not_match_is_refused_and_never_repeated() {
    let client = Client::new();
    let schema = json!({"type": "object", "required": ["port"], "properties": {"port": number()}});
    in_force(&client, "app", &schema);
    let problem = refused(&put(&client, "app/db", "{\"port\": -7654}"), 422, "schema-violation");
    assert_eq!(problem["name"], "app/db");
    let errors = &problem["errors"];
    assert_eq!((&errors[0]["name"], &errors[0]["pointer"]), (&json!("app/db"), &json!("/port")));
    assert!(errors[0]["detail"].as_str().unwrap().starts_with("must be at least 1"), "{problem}");
    assert!(!problem.to_string().contains("7654"), "{problem}");
    assert_eq!(errors[0].get("index"), None);
    let not_json = put(&client, "app/db", "s3cret");
    assert!(!not_json.body.contains("s3cret"), "{not_json:?}");
    refused(&not_json, 422, "schema-violation");
    let envelope = client.send("PUT", "/v1/config/app/db", &[JSON], b"{\"value\": \"{}\"}");
    refused(&envelope, 422, "schema-violation");
    assert_eq!(put(&client, "app/db", "{\"port\": 5432}").status, 200);
    assert_eq!(client.delete("app/db").status, 200, "a delete is not validated");
}

#[test]
fn a_schema_holds_for_whole_segments_and_the_nearest_one_applies() {
    let client = Client::new();
    in_force(&client, "app/a", &number());
    in_force(&client, "app/a/text", &json!({"type": "string"}));
    for (name, value, status) in [
        ("app/a", "x", 422),
        ("app/a", "1", 200),
        ("app/a/b", "x", 422),
        ("app/a/b", "2", 200),
        ("app/ab", "x", 200),
        ("app", "x", 200),
        ("App/a", "x", 200),
        ("app/a/text", "x", 200),
        ("app/a/text/b", "x", 200),
        ("app/a/texts", "x", 422),
    ] {
        let answer = put(&client, name, value);
        assert_eq!(answer.status, status, "{name} {value}: {answer:?}");
    }
    assert_eq!(client.send("DELETE", "/v1/schemas/app/a/text", &[], b"").status, 200);
    assert_eq!(put(&client, "app/a/text", "x").status, 422, "then the next one applies");
}

#[test]
fn a_transaction_names_each_operation_with_a_wrong_value() {
    let client = Client::new();
    in_force(&client, "app", &number());
    let body = |dry: bool| {
        json!({"dry_run": dry, "operations": [
            {"set": {"name": "app/a", "value": "1"}},
            {"set": {"name": "app/b", "value": "0"}},
            {"check": {"name": "app/c", "if_revision": 0}},
            {"set": {"name": "other", "value": "x"}},
            {"set": {"name": "app/d", "value": "x"}}
        ]})
    };
    for dry in [true, false] {
        let problem = refused(&client.post("/v1/transactions", &body(dry)), 422, "schema-violation");
        assert_eq!(problem["index"], 1);
        let places: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|it| (&it["index"], &it["name"])).collect();
        assert_eq!(places, [(&json!(1), &json!("app/b")), (&json!(4), &json!("app/d"))]);
    }
    assert_eq!(client.store.applied().get(), 1);
    let many: Vec<_> =
        (0..300).map(|at| json!({"set": {"name": format!("app/{at}"), "value": "x"}})).collect();
    let problem = client.post("/v1/transactions", &json!({"operations": many})).json();
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(100), "a refusal has a limit");
}

#[test]
fn rights_come_before_schemas_and_a_secret_is_only_said_not_to_match() {
    let client = closed();
    let schema = json!({"type": "object", "additionalProperties": false}).to_string();
    let set = client.send("PUT", "/v1/schemas/app", &[SCHEMA, &root()], schema.as_bytes());
    assert_eq!(set.status, 200, "{set:?}");
    let reader = token(&client, "reader", &json!([{"prefix": "app", "actions": ["read"]}]));
    let writer = token(&client, "writer", &json!([{"prefix": "app", "actions": ["write"]}]));
    let put = |field: &str, name: &str| {
        client.send("PUT", &format!("/v1/config/{name}"), &[TEXT, field], b"{\"member\": 1}")
    };
    refused(&put(&reader, "app/a"), 403, "forbidden");
    let open = refused(&put(&writer, "app/a"), 422, "schema-violation");
    assert!(open["errors"][0]["detail"].as_str().unwrap().contains("additionalProperties"), "{open}");
    let secret = refused(&put(&writer, "app/password"), 422, "schema-violation");
    assert_eq!(
        secret["errors"],
        json!([{"name": "app/password", "pointer": "", "detail": "does not match the schema"}])
    );
    let revealed = refused(&put(&root(), "app/password"), 422, "schema-violation");
    assert!(revealed["errors"][0]["detail"].as_str().unwrap().contains("additionalProperties"));
}

#[test]
fn a_token_sees_the_schemas_of_prefixes_that_it_may_read_and_sets_those_that_it_administers() {
    let client = closed();
    for prefix in ["", "app", "app/a", "app/a/b", "app/ab"] {
        let target = format!("/v1/schemas/{prefix}");
        assert_eq!(client.send("PUT", &target, &[SCHEMA, &root()], b"{}").status, 200);
    }
    let shown = |field: &str| -> Vec<String> {
        let list = client.send("GET", "/v1/schemas", &[field], b"").json();
        list.as_array().unwrap().iter().map(|it| it["prefix"].as_str().unwrap().to_owned()).collect()
    };
    let reader = token(&client, "reader", &json!([{"prefix": "app/a", "actions": ["read"]}]));
    assert_eq!(shown(&reader), ["app/a", "app/a/b"]);
    let but = json!([{"prefix": "", "actions": ["read"]}, {"prefix": "app/a/b", "deny": ["read"]}]);
    assert_eq!(shown(&token(&client, "but", &but)), ["", "app", "app/a", "app/ab"]);
    let writer = token(&client, "writer", &json!([{"prefix": "", "actions": ["write", "admin"]}]));
    assert_eq!(shown(&writer), Vec::<String>::new());
    // A hidden schema is as an absent one.
    let get = |field: &str, prefix: &str| client.send("GET", &format!("/v1/schemas/{prefix}"), &[field], b"");
    let (hidden, absent) = (get(&reader, "app/ab"), get(&reader, "app/none"));
    assert_eq!((hidden.status, &hidden.body), (404, &absent.body));
    assert_eq!(get(&reader, "app/a/b").status, 200);

    let admin =
        json!([{"prefix": "app/a", "actions": ["admin"]}, {"prefix": "app/a/b/c", "deny": ["admin"]}]);
    let admin = token(&client, "admin", &admin);
    for (prefix, status) in
        [("app/a/x", 200), ("app/a", 403), ("app/a/b", 403), ("app/a/b/c", 403), ("app", 403), ("", 403)]
    {
        let target = format!("/v1/schemas/{prefix}");
        assert_eq!(client.send("PUT", &target, &[SCHEMA, &admin], b"{}").status, status, "{prefix}");
        assert_eq!(client.send("DELETE", &target, &[&reader], b"").status, 403, "{prefix}");
    }
    assert_eq!(client.send("GET", "/v1/schemas", &[], b"").status, 401);
}

#[test]
fn a_check_reports_the_current_values_that_a_schema_would_refuse() {
    let client = Client::new();
    for (name, value) in [
        ("app", "x"),
        ("app/a", "1"),
        ("app/b", "x"),
        ("app/deep/c", "0"),
        ("app/own/d", "x"),
        ("app-x", "x"),
        ("apple", "x"),
    ] {
        client.put(name, value);
    }
    in_force(&client, "app/own", &json!({"type": "string"}));
    let check = |prefix: &str| {
        let target = format!("/v1/schemas/{prefix}/check");
        client.send("POST", &target, &[SCHEMA], number().to_string().as_bytes())
    };
    let names = |answer: &Answer| -> Vec<String> {
        let found = answer.json();
        found["violations"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().into()).collect()
    };
    let found = check("app");
    assert_eq!(
        (found.json()["checked"].clone(), names(&found)),
        (json!(4), vec!["app".to_owned(), "app/b".to_owned(), "app/deep/c".to_owned()])
    );
    assert_eq!(found.json().get("partial"), None);
    assert_eq!(check("app/own").json()["checked"], 1);
    assert_eq!(check("").json()["checked"], 6, "but for the one with a nearer schema");
    assert_eq!(client.store.applied().get(), 8, "a check changes nothing");
    assert_eq!(put(&client, "app/b", "y").status, 200, "and refuses nothing");
}

#[test]
fn a_check_reports_only_names_that_the_token_may_read() {
    let client = closed();
    let put = |name: &str| {
        let target = format!("/v1/config/{name}");
        assert_eq!(client.send("PUT", &target, &[TEXT, &root()], b"{\"s3cret\": 1}").status, 200);
    };
    ["app/a", "app/hidden/b", "app/password"].into_iter().for_each(put);
    let scopes = json!([{"prefix": "app", "actions": ["read"]}, {"prefix": "app/hidden", "deny": ["read"]}]);
    let reader = token(&client, "reader", &scopes);
    let check = |field: &str, prefix: &str| {
        let schema = json!({"additionalProperties": {"type": "string"}}).to_string();
        client.send("POST", &format!("/v1/schemas/{prefix}/check"), &[SCHEMA, field], schema.as_bytes())
    };
    let found = check(&reader, "app").json();
    assert_eq!(found["checked"], 2);
    assert_eq!(found["violations"][0]["pointer"], "/s3cret");
    let of_secret = json!({"name": "app/password", "pointer": "", "detail": "does not match the schema"});
    assert_eq!(found["violations"][1], of_secret);
    assert_eq!(check(&root(), "app").json()["checked"], 3);
    for prefix in ["", "ap", "app/hidden", "other"] {
        refused(&check(&reader, prefix), 403, "forbidden");
    }
    let writer = token(&client, "writer", &json!([{"prefix": "", "actions": ["write", "admin"]}]));
    refused(&check(&writer, "app"), 403, "forbidden");
}

#[test]
fn a_check_of_many_values_goes_on_in_turns_to_its_limit_of_violations() {
    let client = Client::new();
    for chunk in 0..3 {
        let set = |at| json!({"set": {"name": format!("app/{chunk}/{at:04}"), "value": "x"}});
        let operations: Vec<Value> = (0..1_000).map(set).collect();
        assert_eq!(client.post("/v1/transactions", &json!({"operations": operations})).status, 200);
    }
    let check = |schema: &Value| {
        client.send("POST", "/v1/schemas/app/check", &[SCHEMA], schema.to_string().as_bytes()).json()
    };
    assert_eq!(check(&json!({"type": "string"})), json!({"checked": 3_000, "violations": []}));
    let found = check(&number());
    assert_eq!(
        (found["violations"].as_array().map(Vec::len), &found["partial"]),
        (Some(1_000), &json!(true))
    );
}

#[test]
fn a_restore_and_a_revert_bring_values_back_that_no_longer_match_and_list_them() {
    let client = Client::new();
    client.put("app/a", "x");
    client.put("app/a", "1");
    in_force(&client, "app", &number());
    let expected = |answer: &Answer| {
        let found = answer.json();
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(found["changes"].as_array().map(Vec::len), Some(1));
        let violations = found["violations"].as_array().unwrap();
        assert_eq!(violations.iter().map(|it| &it["name"]).collect::<Vec<_>>(), ["app/a"]);
        assert!(violations[0]["detail"].as_str().unwrap().starts_with("must be"), "{found}");
    };
    let back = |dry: bool| client.post("/v1/restore", &json!({"to": 1, "prefix": "app/", "dry_run": dry}));
    expected(&back(true));
    expected(&client.post("/v1/revert", &json!({"revision": 2, "dry_run": true})));
    expected(&back(false));
    assert_eq!(client.get("/v1/config/app/a").body, "x");
    let good = client.post("/v1/restore", &json!({"to": 2, "prefix": "app/"})).json();
    assert_eq!(good.get("violations"), None);
}
