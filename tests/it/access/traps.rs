//! Ways past the door that other services left open, each tried over a socket.

use configapi::domain::{ConfigName, Operation};
use serde_json::{Value, json};

use super::{Holder, ROOT, ask, closed, everything, problem, scope, store_of};
use crate::support::connection::{Connection, PATIENCE};
use crate::support::eventually;
use crate::support::http::raw;
use crate::support::places::{Place, in_every_durable_place};
use crate::support::server::{Server, Store};
use crate::support::writes::{all_of, made, value};

in_every_durable_place!(
    the_actor_is_the_token_whatever_a_client_claims,
    a_replay_is_of_the_tokens_id_across_restarts,
    a_deny_covers_whole_segments_of_old_names_too,
);

fn scene() -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let server = closed(&Store::File(folder.path().join("configapi.db")), &[]);
    (server, folder)
}

#[test]
fn every_route_of_the_document_needs_a_token() {
    let (server, _folder) = scene();
    let document = server.client().get("/openapi.json").expect(200).json();
    let nobody = Holder::nobody(&server);
    let mut closed_routes = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.replace(['{', '}'], "");
        let is_open = ["/livez", "/readyz", "/health", "/openapi.json"].iter().any(|end| path.ends_with(end));
        for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            let method = method.to_uppercase();
            let response = nobody.send(&method, &path, &Value::Null);
            assert_eq!(response.status != 401, is_open, "{method} {path}: {response:?}");
            if is_open {
                continue;
            }
            closed_routes += 1;
            assert_eq!(problem(&response), "unauthenticated", "{method} {path}");
            assert_eq!(response.header("www-authenticate"), Some("Bearer realm=\"configapi\""));
            for prefix in ["/livez", "/openapi.json", "/v1/health", "/"] {
                let target = format!("{prefix}{path}");
                nobody.send(&method, &target, &Value::Null).expect(401);
            }
            // Below the console are its own files, and nothing else.
            let of_console = nobody.send(&method, &format!("/console{path}"), &Value::Null);
            assert_eq!(of_console.status, if method == "GET" { 404 } else { 401 }, "{method} {path}");
            // Neither reading of such a path opens it.
            for target in [
                format!("/livez/..{path}"),
                format!("/livez%2f..{path}"),
                format!("{path}/../livez"),
                format!("{path}?/livez"),
                format!("{path};/livez"),
                format!("{path}#/livez"),
            ] {
                let status = nobody.send(&method, &target, &Value::Null).status;
                assert!(matches!(status, 400 | 401), "{method} {target}: {status}");
            }
        }
    }
    assert!(closed_routes > 15, "{closed_routes} routes");
    assert_eq!(Holder::root(&server).get("/v1/config").json(), json!([]), "nothing was written");
}

#[test]
fn a_wrong_token_is_refused_before_the_body_is_asked_for() {
    let (server, _folder) = scene();
    let head = |authorization: &str| {
        format!(
            "PUT /v1/config/a HTTP/1.1\r\nHost: localhost\r\n{authorization}Content-Type: text/plain\r\n\
             Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"
        )
    };
    for authorization in ["", "Authorization: Bearer wrong\r\n", "Authorization: Basic d3Jvbmc6d3Jvbmc=\r\n"]
    {
        let response = String::from_utf8(raw(server.address(), head(authorization).as_bytes())).unwrap();
        assert!(response.starts_with("HTTP/1.1 401 "), "{authorization}: {response}");
        assert!(!response.contains("HTTP/1.1 100"), "{response}");
    }
    let mut connection = Connection::connect(&server);
    let head = head(&format!("Authorization: Bearer {ROOT}\r\n")).replace("1000000", "1");
    connection.send(head);
    assert_eq!(connection.head().0, 100);
    connection.send("v");
    assert_eq!(connection.answer().status, 200);
}

fn the_actor_is_the_token_whatever_a_client_claims(place: &Place) {
    let server = closed(&store_of(place), &[]);
    let made = Holder::root(&server).make("ada", &[scope("app", &["read", "write"])]);
    let claims = [
        ("X-Request-Id", "root"),
        ("User-Agent", "root"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-User", "root"),
        ("X-Remote-User", "root"),
        ("Forwarded", "for=127.0.0.1;by=root"),
        ("Config-Actor", "root"),
        ("From", "root@example.com"),
    ];
    let put = |field: (&str, &str), authorization: &str| {
        let headers = [field, ("Authorization", authorization), ("Content-Type", "text/plain")];
        server.client().send("PUT", "/v1/config/app/a", &headers, Some(field.0.as_bytes())).expect(200);
    };
    let bearer = format!("Bearer {}", made.token);
    for claim in claims {
        put(claim, &bearer);
    }
    // The user of Basic is a claim like the others: here it is `root`.
    let basic = {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(format!("root:{}", made.token));
        format!("Basic {text}")
    };
    put(("Accept", "*/*"), &basic);
    // A member of the body that names an actor is refused, or means nothing.
    let ada = Holder::of(&server, &made.token);
    ada.send("PUT", "/v1/config/app/a", &json!({ "value": "v", "actor": "root" }));
    let history = ada.get("/v1/config/app/a/history").expect(200).json();
    let events = history.as_array().unwrap();
    assert!(events.len() > claims.len(), "{history}");
    for event in events {
        assert_eq!(event["metadata"]["actor"], "ada", "{event}");
    }
    for claim in claims {
        let without = server.client().send("PUT", "/v1/config/app/a", &[claim], Some(b"v"));
        assert_eq!(without.status, 401, "{claim:?}");
    }
}

fn a_replay_is_of_the_tokens_id_across_restarts(place: &Place) {
    let store = store_of(place);
    let keyed = |server: &Server, token: &str| {
        let bearer = format!("Bearer {token}");
        let headers =
            [("Authorization", &*bearer), ("Content-Type", "text/plain"), ("Idempotency-Key", "the-key")];
        let response = server.client().send("PUT", "/v1/config/app/a", &headers, Some(b"v"));
        (response.status, response.header("config-revision").map(str::to_owned))
    };
    let mut server = closed(&store, &[]);
    let scopes = [scope("app", &["write"])];
    let first = Holder::root(&server).make("ada", &scopes);
    let written = keyed(&server, &first.token);
    let path = format!("/v1/tokens/{}/rotate", first.id);
    let rotated = Holder::root(&server).post(&path, &json!({})).expect(201).json();
    let rotated = rotated["token"].as_str().unwrap();
    assert_eq!(keyed(&server, rotated), written, "a rotation keeps the id");
    assert!(server.sigterm().success());
    let server = closed(&store, &[]);
    assert_eq!(keyed(&server, rotated), written);
    assert_ne!(keyed(&server, ROOT), written);
    Holder::root(&server).revoke(&first.id);
    let second = Holder::root(&server).make("ada", &scopes);
    let other = keyed(&server, &second.token);
    assert!(other.0 == 200 && other != written, "the same name is another token: {other:?}");
    eventually(PATIENCE, || keyed(&server, &first.token).0 == 401);
}

fn a_deny_covers_whole_segments_of_old_names_too(place: &Place) {
    let old = ["prod", "prod/a", "prod//x", "/prod/x", "prod/./x", "Prod/x", "product", "app/a", "app/a/b"];
    let plant = |name: &&str| Operation::set(ConfigName::from_log(name).unwrap(), value(name));
    // An older release accepted such names.
    made(place.open().write(all_of(&old.iter().map(plant).collect::<Vec<_>>())));
    let server = closed(&store_of(place), &[]);
    let root = Holder::root(&server);
    let deny = json!({ "prefix": "prod/", "deny": ["read", "write"] });
    let all_but_prod = root.make("all-but-prod", &[everything(), deny]);
    let app_a = root.make("app-a", &[scope("app/a", &["read", "write"])]);
    // It comes after the token that it must not be seen by.
    root.put("app/ab", "later").expect(200);

    let names = |holder: &Holder, query: &str| -> Vec<String> {
        let listed = holder.get(&format!("/v1/config{query}")).expect(200).json();
        listed.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    let all_but_prod = Holder::of(&server, &all_but_prod.token);
    let seen = names(&all_but_prod, "");
    // A path that begins with the segment `prod` is below it, an empty or a dot segment after it included.
    assert_eq!(seen, ["/prod/x", "Prod/x", "app/a", "app/a/b", "app/ab", "product"], "all but prod");
    for (name, status) in
        [("prod", 404), ("prod%2Fa", 404), ("prod%2F%2Fx", 404), ("%2Fprod%2Fx", 200), ("product", 200)]
    {
        all_but_prod.get(&format!("/v1/config/{name}")).expect(status);
    }
    assert_eq!(names(&all_but_prod, "?prefix=prod"), ["product"]);
    all_but_prod.send("DELETE", "/v1/config/prod%2F%2Fx", &Value::Null).expect(403);
    all_but_prod.send("DELETE", "/v1/config/%2Fprod%2Fx", &Value::Null).expect(200);
    // New names of these forms are refused to everybody.
    for name in ["prod%2F%2Fy", "%2Fprod%2Fy", "prod%2F.%2Fy", "prod%2F..%2Fy"] {
        assert!(matches!(root.put(name, "v").status, 400 | 422), "{name}");
    }

    let app_a = Holder::of(&server, &app_a.token);
    for query in ["", "?prefix=app", "?prefix=app/a", "?prefix=app%2Fab", "?q=app"] {
        let expected: &[&str] = if query.ends_with("ab") { &[] } else { &["app/a", "app/a/b"] };
        assert_eq!(names(&app_a, query), expected, "{query}");
    }
    app_a.get("/v1/config/app/ab").expect(404);
    app_a.put("app/ab", "v").expect(403);
    app_a.put("app/a/c", "v").expect(200);
    let feed = app_a.get("/v1/events?after=0&prefix=app/a").expect(200).text;
    assert!(!feed.contains("app/ab") && feed.contains("app/a/b"), "{feed}");
}

#[test]
fn a_connection_of_several_users_has_the_identity_of_each_request() {
    let (server, _folder) = scene();
    let root = Holder::root(&server);
    for name in ["ada", "ben"] {
        root.put(&format!("{name}/a"), name).expect(200);
    }
    let [ada, ben] = ["ada", "ben"].map(|name| root.make(name, &[scope(name, &["read"])]).token);
    let mut connection = Connection::connect(&server);
    for _ in 0..20 {
        for (token, own, other) in [(&ada, "ada", "ben"), (&ben, "ben", "ada")] {
            ask(&mut connection, Some(token), &format!("/v1/config/{own}/a"), "");
            let answer = connection.answer();
            assert_eq!((answer.status, answer.text()), (200, own));
            ask(&mut connection, Some(token), &format!("/v1/config/{other}/a"), "");
            assert_eq!(connection.answer().status, 404);
            // A request without a token never has the one before it.
            ask(&mut connection, None, &format!("/v1/config/{own}/a"), "");
            assert_eq!(connection.answer().status, 401);
        }
    }
    // All in one flight, as a proxy may pass them on.
    for token in [&ada, &ben, &ada] {
        ask(&mut connection, Some(token), "/v1/whoami", "");
    }
    for name in ["ada", "ben", "ada"] {
        assert!(connection.answer().text().contains(&format!("\"name\":\"{name}\"")));
    }
    // Longer and shorter than the remembered one, and with another letter.
    for wrong in [format!("{ada}a"), ada[..ada.len() - 1].to_owned(), ada.to_lowercase()] {
        if wrong == ada {
            continue;
        }
        ask(&mut connection, Some(&wrong), "/v1/whoami", "");
        assert_eq!(connection.answer().status, 401, "{wrong}");
        ask(&mut connection, Some(&ada), "/v1/whoami", "");
        assert_eq!(connection.answer().status, 200);
    }
}

/// A proxy has one address for all of its clients.
#[test]
fn the_limit_on_failed_tries_refuses_no_valid_token() {
    let (server, _folder) = scene();
    let ada = Holder::root(&server).make("ada", &[scope("", &["read"])]).token;
    let mut connection = Connection::connect(&server);
    let mut status = |token: Option<&str>| {
        ask(&mut connection, token, "/v1/whoami", "");
        let answer = connection.answer();
        (answer.status, answer.field("Retry-After").map(str::to_owned), answer.text().to_owned())
    };
    let (_, retry_after, text) = eventually(PATIENCE, || {
        let tried = status(Some("wrong"));
        assert!(matches!(tried.0, 401 | 429), "{tried:?}");
        (tried.0 == 429).then_some(tried)
    });
    assert!(retry_after.is_some() && text.contains("/problems/too-many-tries"), "{retry_after:?} {text}");
    assert!(!text.contains("wrong"), "{text}");
    for _ in 0..20 {
        assert_eq!(status(Some(&ada)).0, 200);
        assert_eq!(status(None).0, 401, "none is not a failed try");
    }
    eventually(PATIENCE, || status(Some("wrong")).0 == 401);
}

#[test]
fn an_id_in_a_path_is_an_id_and_no_way_to_elsewhere() {
    let (server, _folder) = scene();
    let root = Holder::root(&server);
    root.put("a", "v").expect(200);
    let made = root.make("ada", &[scope("", &["read"])]);
    for id in [
        "..".to_owned(),
        "../config/a".to_owned(),
        "%2e%2e".to_owned(),
        "..%2F..%2Fconfig%2Fa".to_owned(),
        format!("{}%2F..%2F{}", made.id, made.id),
        format!("{}/..", made.id),
        format!("{}%00", made.id),
        format!("{}%20", made.id),
        made.id.to_lowercase() + "x",
        "*".to_owned(),
        "'%20OR%201=1".to_owned(),
    ] {
        for (method, end) in [("GET", ""), ("DELETE", ""), ("POST", "/rotate")] {
            let path = format!("/v1/tokens/{id}{end}");
            let response = root.send(method, &path, &Value::Null);
            assert!(matches!(response.status, 400 | 404 | 405), "{method} {path}: {response:?}");
        }
        let explained = root.get(&format!("/v1/explain?name=a&token={id}"));
        assert!(matches!(explained.status, 400 | 404), "{id}: {explained:?}");
    }
    Holder::of(&server, &made.token).get("/v1/config/a").expect(200);
}
