//! Tokens: an open server and a closed one, scopes, delegation, rotation and revocation.

use std::sync::Arc;
use std::time::Duration;

use configapi::application::{ConfigStore, Options};
use configapi::presentation::http::{ApiSettings, RootToken};
use serde_json::{Value, json};

use super::driver::{Answer, Client};
use super::support::eventually::eventually;

pub const ROOT: &str = "a-root-token-of-thirty-two-characters";

pub fn closed() -> Client {
    closed_over(Arc::new(ConfigStore::open(&Options::memory()).unwrap()))
}

pub fn closed_over(store: Arc<ConfigStore>) -> Client {
    let root_token = Some(RootToken::parse(ROOT).unwrap());
    Client::over(store, ApiSettings { root_token, ..ApiSettings::default() })
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

pub fn send(client: &Client, token: &str, method: &str, target: &str, body: &Value) -> Answer {
    let (authorization, kind) = (bearer(token), "Content-Type: application/json");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    client.send(method, target, &[&authorization, kind], body.as_bytes())
}

pub fn get(client: &Client, token: &str, target: &str) -> Answer {
    client.send("GET", target, &[&bearer(token)], b"")
}

pub fn put(client: &Client, token: &str, name: &str) -> Answer {
    let target = format!("/v1/config/{name}");
    client.send("PUT", &target, &[&bearer(token), "Content-Type: text/plain"], b"v")
}

pub fn scope(prefix: &str, actions: &[&str]) -> Value {
    json!({ "prefix": prefix, "actions": actions })
}

/// Makes a token: its text and its id.
#[track_caller]
pub fn make(client: &Client, by: &str, name: &str, scopes: &Value) -> (String, String) {
    let made = send(client, by, "POST", "/v1/tokens", &json!({ "name": name, "scopes": scopes }));
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    (made["token"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
}

#[test]
fn an_open_server_closes_with_its_first_token() {
    let client = Client::new();
    client.put("a", "v");
    assert_eq!(client.get_json("/v1/whoami")["name"], "anonymous");
    let limited = json!({ "name": "ada", "scopes": [scope("app", &["admin", "read"])] });
    let refused = client.post("/v1/tokens", &limited);
    assert_eq!((refused.status, refused.problem().as_str()), (422, "first-token"));
    assert_eq!(client.get("/v1/config/a").status, 200, "it is open still");

    let made = client.post(
        "/v1/tokens",
        &json!({ "name": "ada", "scopes": [scope("", &["admin", "read"])], "note": "first" }),
    );
    assert_eq!((made.status, made.field("Cache-Control")), (201, "no-store"));
    let made = made.json();
    assert_eq!(made["server_closed"], true);
    assert_eq!((&made["created_by"], &made["note"]), (&json!("anonymous"), &json!("first")));
    let token = made["token"].as_str().unwrap();

    let refused = client.get("/v1/config/a");
    assert_eq!((refused.status, refused.problem().as_str()), (401, "unauthenticated"));
    assert_eq!(refused.field("WWW-Authenticate"), "Bearer realm=\"configapi\"");
    assert_eq!(get(&client, token, "/v1/config/a").body, "v");
    let whoami = get(&client, token, "/v1/whoami").json();
    assert_eq!((&whoami["name"], &whoami["id"]), (&json!("ada"), &made["id"]));
    assert_eq!(put(&client, token, "a").status, 403, "it may not write");
}

#[test]
fn every_path_but_the_open_ones_wants_a_token() {
    let client = closed();
    let document = client.get("/openapi.json").json();
    for (path, item) in document["paths"].as_object().unwrap() {
        let target = path.replace(['{', '}'], "");
        for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            let is_open =
                ["livez", "readyz", "health", "openapi.json"].iter().any(|word| path.ends_with(word));
            let answer = client.send(&method.to_uppercase(), &target, &[], b"");
            assert_eq!(answer.status != 401, is_open, "{method} {path}: {answer:?}");
            if !is_open {
                assert_eq!(answer.problem(), "unauthenticated");
            }
        }
    }
    for (method, target) in [
        ("GET", "/"),
        ("GET", "/v2"),
        ("GET", "/v1/%72estore"),
        ("PATCH", "/v1/config/a"),
        ("GET", "/livez/a"),
    ] {
        assert_eq!(client.send(method, target, &[], b"").status, 401, "{method} {target}");
    }
    assert_eq!(get(&client, ROOT, "/v1/%72estore").status, 404);
    // A body that would be refused later is not looked at before.
    assert_eq!(client.send("POST", "/v1/restore", &["Content-Type: text/html"], b"{").status, 401);
    assert_eq!(client.get("/health").json()["status"], "healthy");
    assert_eq!(client.get("/health").json().get("details"), None);
    assert!(get(&client, ROOT, "/health").json()["details"].is_object());
    assert_eq!(get(&client, "wrong", "/livez").status, 200, "a balancer's wrong token is no reason");
}

#[test]
fn every_token_that_is_not_valid_has_the_same_answer() {
    let client = closed();
    let (token, id) = make(&client, ROOT, "ada", &json!([scope("", &["read"])]));
    let (of_another_log, _) = make(&closed(), ROOT, "ada", &json!([scope("", &["read"])]));
    let (revoked, revoked_id) = make(&client, ROOT, "ben", &json!([scope("", &["read"])]));
    assert_eq!(send(&client, ROOT, "DELETE", &format!("/v1/tokens/{revoked_id}"), &Value::Null).status, 200);
    let flipped = format!("{}{}", &token[..token.len() - 1], if token.ends_with('0') { '1' } else { '0' });
    let mut bodies = Vec::new();
    for authorization in [
        bearer(&of_another_log),
        bearer(&revoked),
        bearer(&token[..token.len() - 1]),
        bearer(&flipped),
        bearer(&token.to_uppercase()),
        bearer(&format!("{token}{token}")),
        bearer(&"x".repeat(10_000)),
        bearer(&ROOT[1..]),
        bearer(""),
        "Authorization: Basic !!!".to_owned(),
        format!("Authorization: {token}"),
        format!("Authorization: Digest {token}"),
    ] {
        // Another address each time would not be limited; here the limit must not be met.
        eventually(Duration::from_secs(20), || {
            let answer = client.send("GET", "/v1/whoami", &[&authorization], b"");
            if answer.status == 429 {
                return None;
            }
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (401, "unauthenticated"),
                "{authorization}"
            );
            let challenge = answer.field("WWW-Authenticate");
            assert_eq!(challenge, "Bearer realm=\"configapi\", error=\"invalid_token\"");
            bodies.push(answer.body);
            Some(())
        });
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    let twice = client.send("GET", "/v1/whoami", &[&bearer(&token), &bearer(&token)], b"");
    assert!([401, 429].contains(&twice.status), "{twice:?}");
    assert_eq!(get(&client, &token, "/v1/whoami").json()["id"], id.as_str(), "the limit spares valid tokens");
}

#[test]
fn a_scope_is_a_path_and_its_actions() {
    let client = closed();
    let wrong = |scope: Value| {
        let body = json!({ "name": "ada", "scopes": [scope] });
        let answer = send(&client, ROOT, "POST", "/v1/tokens", &body);
        (answer.status, answer.problem())
    };
    let invalid = (422, "invalid".to_owned());
    for prefix in ["/", "..", "a/../b", "a//b", "/a", "./a", "a\u{0}"] {
        assert_eq!(wrong(scope(prefix, &["read"])), invalid, "{prefix:?}");
    }
    assert_eq!(wrong(scope("a", &[])), invalid);
    assert_eq!(wrong(scope("a", &["reed"])), invalid);
    assert_eq!(wrong(json!({ "prefix": "a" })), invalid);
    assert_eq!(wrong(json!({ "prefix": "a", "actions": ["read"], "deny": ["write"] })), invalid);
    for name in ["", "root", "Anonymous", "a\nb", &"x".repeat(65)] {
        let body = json!({ "name": name, "scopes": [scope("a", &["read"])] });
        assert_eq!(send(&client, ROOT, "POST", "/v1/tokens", &body).status, 422, "{name:?}");
    }
    let body = json!({ "name": "ada", "scopes": [] });
    assert_eq!(send(&client, ROOT, "POST", "/v1/tokens", &body).status, 422);

    for (at, prefix) in ["app/a", "app/b/"].into_iter().enumerate() {
        let (token, _) = make(&client, ROOT, &format!("t{at}"), &json!([scope(prefix, &["write"])]));
        let path = prefix.trim_end_matches('/');
        for (name, status) in [
            (path.to_owned(), 200),
            (format!("{path}/x"), 200),
            (format!("{path}x"), 403),
            ("app".into(), 403),
        ] {
            assert_eq!(put(&client, &token, &name).status, status, "{prefix} {name}");
        }
    }
}

#[test]
fn an_admin_of_a_prefix_makes_tokens_with_no_more_than_its_own_scopes() {
    let client = closed();
    let own = json!([
        scope("app", &["admin", "read", "write"]),
        { "prefix": "app/secret", "deny": ["read"] },
    ]);
    let (admin, admin_id) = make(&client, ROOT, "team", &own);
    let (root_made, root_made_id) = make(&client, ROOT, "other", &json!([scope("app", &["reveal"])]));
    let tried = |scopes: Value| {
        send(&client, &admin, "POST", "/v1/tokens", &json!({ "name": "x", "scopes": scopes })).status
    };
    for scopes in [
        json!([scope("", &["read"])]),
        json!([scope("apple", &["read"])]),
        json!([scope("app", &["reveal"])]),
        json!([scope("app/x", &["read"]), scope("b", &["write"])]),
    ] {
        assert_eq!(tried(scopes.clone()), 403, "{scopes}");
    }
    let (token, id) = make(&client, &admin, "reader", &json!([scope("app", &["read"])]));
    for name in ["app/a", "app/secret/a"] {
        assert_eq!(put(&client, &admin, name).status, 200);
    }
    assert_eq!(get(&client, &token, "/v1/config/app/a").status, 200);
    assert_eq!(get(&client, &token, "/v1/config/app/secret/a").status, 404, "the maker's deny goes along");
    assert_eq!(
        send(&client, &token, "POST", "/v1/tokens", &json!({ "name": "y", "scopes": [] })).status,
        422
    );
    let none = json!({ "name": "y", "scopes": [scope("app", &["read"])] });
    assert_eq!(send(&client, &token, "POST", "/v1/tokens", &none).status, 403, "it is no admin");

    let listed = get(&client, &admin, "/v1/tokens").json();
    let ids: Vec<_> = listed.as_array().unwrap().iter().map(|token| token["id"].as_str().unwrap()).collect();
    let mut expected = [admin_id.as_str(), id.as_str()];
    expected.sort_unstable();
    assert_eq!(ids, expected, "others' tokens with more rights are not its own");
    for (method, target) in [
        ("GET", format!("/v1/tokens/{root_made_id}")),
        ("DELETE", format!("/v1/tokens/{root_made_id}")),
        ("POST", format!("/v1/tokens/{root_made_id}/rotate")),
        ("GET", "/v1/tokens/00000000".to_owned()),
        ("GET", "/v1/tokens/nope".to_owned()),
    ] {
        let answer = send(&client, &admin, method, &target, &Value::Null);
        assert_eq!((answer.status, answer.problem().as_str()), (404, "no-such-token"), "{method} {target}");
    }
    assert_eq!(get(&client, &root_made, "/v1/whoami").status, 200);
    assert_eq!(get(&client, &token, "/v1/tokens").status, 403);
    assert_eq!(get(&client, ROOT, "/v1/tokens/%2e%2e").status, 400);
}

#[test]
fn a_name_is_of_one_live_token_and_an_id_of_one_token_ever() {
    let client = closed();
    let scopes = json!([scope("", &["write"])]);
    let (first, first_id) = make(&client, ROOT, "ada", &scopes);
    let again = send(&client, ROOT, "POST", "/v1/tokens", &json!({ "name": "ada", "scopes": scopes }));
    assert_eq!((again.status, again.problem().as_str()), (409, "token-exists"));
    let keyed = |token: &str| {
        let fields = [&*bearer(token), "Content-Type: text/plain", "Idempotency-Key: k"];
        client.send("PUT", "/v1/config/a", &fields, b"one").field("Config-Revision").to_owned()
    };
    let revision = keyed(&first);
    assert_eq!(keyed(&first), revision);
    assert_eq!(send(&client, ROOT, "DELETE", &format!("/v1/tokens/{first_id}"), &Value::Null).status, 200);
    let (second, second_id) = make(&client, ROOT, "ada", &scopes);
    assert_ne!(first_id, second_id);
    assert_ne!(keyed(&second), revision, "a replay is of the token's id, never of its name");
    let events = get(&client, ROOT, "/v1/config/a/history").json();
    assert_eq!(
        (&events[0]["metadata"]["actor"], &events[1]["metadata"]["actor"]),
        (&json!("ada"), &json!("ada"))
    );
}

#[test]
fn a_rotated_token_has_two_secrets_for_its_grace_time() {
    let client = closed();
    let (first, id) = make(&client, ROOT, "ada", &json!([scope("a", &["read"])]));
    let rotate = |body: &Value| send(&client, ROOT, "POST", &format!("/v1/tokens/{id}/rotate"), body);
    let made = rotate(&json!({ "keep_old_for": "1h" }));
    assert_eq!((made.status, made.field("Location")), (201, &*format!("/v1/tokens/{id}")));
    let second = made.json()["token"].as_str().unwrap().to_owned();
    assert!(made.json()["old_token_until"].is_string());
    for token in [&first, &second] {
        assert_eq!(get(&client, token, "/v1/whoami").json()["id"], id.as_str());
    }
    let third = rotate(&Value::Null).json()["token"].as_str().unwrap().to_owned();
    assert_eq!(get(&client, &third, "/v1/whoami").status, 200);
    for token in [&first, &second] {
        assert_eq!(get(&client, token, "/v1/whoami").status, 401, "without a grace time it ends at once");
    }
    for wrong in [json!({ "keep_old_for": "0s" }), json!({ "keep_old_for": "soon" }), json!({ "for": "1h" })]
    {
        assert_eq!(rotate(&wrong).status, 422, "{wrong}");
    }
}

#[test]
fn a_token_expires_at_its_instant() {
    let client = closed();
    for wrong in ["0s", "0days", "", "tomorrow"] {
        let body = json!({ "name": "ada", "scopes": [scope("a", &["read"])], "expires_in": wrong });
        assert_eq!(send(&client, ROOT, "POST", "/v1/tokens", &body).status, 422, "{wrong}");
    }
    let body = json!({ "name": "ada", "scopes": [scope("a", &["read"])], "expires_in": "1s" });
    let made = send(&client, ROOT, "POST", "/v1/tokens", &body).json();
    let token = made["token"].as_str().unwrap();
    assert!(made["expires_at"].is_string());
    assert_eq!(get(&client, token, "/v1/whoami").json()["expires_at"], made["expires_at"]);
    let metrics = get(&client, ROOT, "/metrics").body;
    assert!(metrics.contains("configapi_token_expiry_days"), "{metrics}");
    eventually(Duration::from_secs(20), || (get(&client, token, "/v1/whoami").status == 401).then_some(()));
    let (_, _) = make(&client, ROOT, "ada", &json!([scope("a", &["read"])]));
}

#[test]
fn explain_says_which_scope_decides() {
    let client = closed();
    let scopes = json!([
        scope("app", &["read", "write"]),
        { "prefix": "app/secret", "deny": ["write"] },
    ]);
    let (token, id) = make(&client, ROOT, "ada", &scopes);
    let explained = |by: &str, name: &str| {
        get(&client, by, &format!("/v1/explain?name={name}&token={id}")).json()["actions"].clone()
    };
    for by in [ROOT, &token] {
        let actions = explained(by, "app/secret/a");
        assert_eq!(actions["read"], json!({ "allowed": true, "by": scope("app", &["read", "write"]) }));
        let deny = json!({ "prefix": "app/secret", "deny": ["write"] });
        assert_eq!(actions["write"], json!({ "allowed": false, "by": deny }));
        assert_eq!(actions["reveal"], json!({ "allowed": false, "by": null }));
    }
    assert_eq!(get(&client, &token, "/v1/explain?name=b").json()["actions"]["read"]["allowed"], false);
    assert_eq!(get(&client, &token, "/v1/explain").status, 400);
    let (other, _) = make(&client, ROOT, "ben", &json!([scope("b", &["read"])]));
    assert_eq!(get(&client, &other, &format!("/v1/explain?name=a&token={id}")).status, 403);
}
