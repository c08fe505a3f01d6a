//! Tokens, the policy, schemas, shreds and health, over a server and in an open file.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::Value;

use crate::process::{Ended, Folder};
use crate::server::Server;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";
const EVERYTHING: &str = ":read,write,reveal,admin";

/// The JSON on standard output.
#[track_caller]
fn json(ended: &Ended) -> Value {
    ended.succeeded();
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

/// Runs a test against a server, and against a file that the commands open themselves.
fn on_both(test: impl Fn(&Folder, &dyn Fn(&[&str], &[(&str, &str)]) -> Ended)) {
    let folder = Folder::new();
    let server = Server::start(&folder);
    test(&folder, &|words, variables| server.run_with(&folder, words, variables));
    let folder = Folder::new();
    test(&folder, &|words, variables| folder.run(&[words, &["--file", "a.db"]].concat(), variables));
}

#[test]
fn the_first_token_closes_the_server_and_is_shown_only_once() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let made = server.run(&folder, &["token", "create", "admin", "--scope", EVERYTHING]);
    made.succeeded();
    let token = made.stdout.trim().to_owned();
    assert!(token.starts_with("cfgapi_") && made.stdout.lines().count() == 1, "{made:?}");
    assert!(!made.stderr.contains(&token) && made.stderr.contains("first token"), "{made:?}");

    server.run(&folder, &["get", "app/a"]).failed(6, &["configapi login"]);
    let wrong = server.run_with(&folder, &["get", "app/a", "-v"], &[("CONFIGAPI_TOKEN", "cfgapi_wrong")]);
    wrong.failed(6, &["401", "valid token"]);
    assert!(!wrong.stderr.contains("cfgapi_wrong"), "{wrong:?}");

    let admin = [("CONFIGAPI_TOKEN", token.as_str())];
    let run = |words: &[&str]| server.run_with(&folder, words, &admin);
    let web =
        run(&["token", "create", "web", "--scope", "app/web:read", "--expires-in", "1day", "-o", "json"]);
    let web = json(&web);
    let (id, first) = (web["id"].as_str().expect("an id"), web["token"].as_str().expect("a token"));
    let rotated = run(&["token", "rotate", id, "--keep-old-for", "1h"]);
    rotated.succeeded();
    let second = rotated.stdout.trim().to_owned();
    assert!(
        second.starts_with("cfgapi_") && second != first && rotated.stderr.contains("until"),
        "{rotated:?}"
    );

    // No other command shows a secret.
    let listed = run(&["token", "list"]);
    let shown = run(&["token", "show", id, "-o", "json"]);
    let who = server.run_with(&folder, &["whoami", "-v"], &[("CONFIGAPI_TOKEN", &second)]);
    for (ended, word) in [(&listed, "web"), (&shown, "app/web"), (&who, "scope\tapp/web:read")] {
        ended.succeeded();
        assert!(ended.stdout.contains(word), "{word}: {ended:?}");
        let all = format!("{ended:?}");
        assert!(![&token, first, &second].iter().any(|secret| all.contains(*secret)), "{all}");
    }

    run(&["token", "revoke", id]).succeeded();
    server.run_with(&folder, &["whoami"], &[("CONFIGAPI_TOKEN", &second)]).failed(6, &["valid token"]);
    run(&["token", "show", "0000000000000000000000"]).failed(3, &["token"]);
}

#[test]
fn a_scope_that_is_none_says_what_to_write() {
    let folder = Folder::new();
    let wrong = folder.run(&["token", "create", "web", "--scope", "app/web:wirte"], &[]);
    wrong.failed(2, &["wirte", "read, write, reveal, admin"]);
    folder.run(&["token", "create", "web", "--scope", "app/web"], &[]).failed(2, &["PREFIX:ACTION"]);
    folder.run(&["token", "create", "web"], &[]).failed(2, &["--scope"]);
}

#[test]
fn explain_says_by_which_scope_an_action_is_allowed() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let admin = server.run(&folder, &["token", "create", "admin", "--scope", EVERYTHING]).stdout;
    let admin = [("CONFIGAPI_TOKEN", admin.trim())];
    let words =
        ["token", "create", "ci", "--scope", "app:read,write", "--deny", "app/prod:write", "-o", "json"];
    let id = json(&server.run_with(&folder, &words, &admin))["id"].as_str().expect("an id").to_owned();
    let own = server.run_with(&folder, &["explain", "app/db_password"], &admin);
    own.succeeded();
    assert!(own.stdout.contains("secret pattern\t*password*"), "{own:?}");
    let other = server.run_with(&folder, &["explain", "app/prod/a", "--token", &id], &admin);
    other.succeeded();
    assert!(other.stdout.contains("read\tallowed by app:read,write"), "{other:?}");
    assert!(other.stdout.contains("write\tnot allowed by deny app/prod:write"), "{other:?}");
    assert!(other.stdout.contains("reveal\tnot allowed: no scope is about it"), "{other:?}");
}

#[test]
fn a_policy_is_set_from_a_file_after_its_difference_was_shown() {
    on_both(|folder, run| {
        run(&["set", "prod/a", "1"], &[]).succeeded();
        folder.write("policy.toml", "require_reason = ['prod/']\n");
        let asked = run(&["policy", "set", "policy.toml"], &[]);
        asked.failed(1, &["~ require_reason: [] → [\"prod/\"]", "0 to add, 1 to change", "--yes"]);
        let dry = run(&["policy", "set", "policy.toml", "--dry-run", "--exit-code"], &[]);
        dry.failed(9, &["require_reason"]);
        run(&["set", "prod/a", "2"], &[]).succeeded();
        run(&["policy", "set", "policy.toml", "--yes", "--reason", "rules"], &[]).succeeded();
        run(&["set", "prod/a", "3"], &[]).failed(1, &["reason"]);
        let shown = run(&["policy", "show"], &[]);
        folder.write("same.json", &shown.stdout);
        let same = run(&["policy", "set", "same.json"], &[]);
        same.succeeded();
        assert!(same.stderr.contains("already"), "{same:?}");
        folder.write("wrong.yaml", "require_raeson: [prod/]\n");
        run(&["policy", "set", "wrong.yaml"], &[]).failed(2, &["wrong.yaml", "require_raeson"]);
    });
}

#[test]
fn a_schema_is_checked_before_it_is_set() {
    on_both(|folder, run| {
        run(&["set", "app/web/port", "http"], &[]).succeeded();
        let schema = "{\"type\": \"integer\",   \"minimum\": 1}\n";
        folder.write("port.json", schema);
        folder.write("broken.json", "{");
        let checked = run(&["schema", "check", "app/web", "port.json"], &[]);
        assert_eq!(checked.status, Some(1), "{checked:?}");
        assert!(checked.stdout.starts_with("app/web/port\t"), "{checked:?}");
        assert!(!checked.stdout.contains("http"), "{checked:?}");
        let refused = run(&["schema", "set", "app/web", "port.json"], &[]);
        assert_eq!(refused.status, Some(5), "{refused:?}");
        run(&["schema", "set", "app/web", "broken.json"], &[]).failed(2, &["broken.json"]);
        run(&["schema", "get", "app/web"], &[]).failed(3, &["schema"]);

        run(&["set", "app/web/port", "80"], &[]).succeeded();
        run(&["schema", "set", "app/web", "port.json", "--reason", "a number"], &[]).succeeded();
        let text = run(&["schema", "get", "app/web"], &[]);
        assert_eq!(text.stdout, schema, "{text:?}");
        run(&["set", "app/web/port", "http"], &[]).failed(1, &["app/web/port", "must be JSON"]);
        run(&["schema", "check", "app/web"], &[]).succeeded();
        let listed = json(&run(&["schema", "list", "-o", "json"], &[]));
        assert_eq!(listed[0]["prefix"], "app/web");
        run(&["schema", "delete", "app/web"], &[]).succeeded();
        run(&["set", "app/web/port", "http"], &[]).succeeded();
        // The empty prefix has a schema too.
        run(&["schema", "set", "", "port.json", "--force"], &[]).succeeded();
        run(&["schema", "delete", ""], &[]).succeeded();
    });
}

#[test]
fn a_shred_shows_what_it_destroys_and_asks() {
    let key = [("CONFIGAPI_KEY", KEY)];
    let test = |run: &dyn Fn(&[&str]) -> Ended| {
        run(&["set", "app/key", "first", "--secret"]).succeeded();
        run(&["set", "app/key", "second", "--secret"]).succeeded();
        let asked = run(&["shred", "app/key", "--reason", "leaked"]);
        asked.failed(1, &["! app/key: versions 1, 2, in ", "--yes"]);
        let current = run(&["shred", "app/key", "--reason", "leaked", "--yes"]);
        current.failed(5, &["force"]);
        let old = run(&["shred", "app/key", "--version", "1", "--reason", "leaked", "--yes", "-o", "json"]);
        assert_eq!(json(&old)["versions"], serde_json::json!([1]));
        let shredded = |words: &[&str]| json(&run(words)).get("shredded").cloned();
        assert_eq!(shredded(&["get", "app/key", "--at", "1", "-o", "json"]), Some(true.into()));
        assert_eq!(shredded(&["get", "app/key", "-o", "json"]), None);
        run(&["shred", "app/key", "--version", "9", "--reason", "leaked"]).failed(3, &["version 9"]);
        run(&["shred", "app/key", "--reason", "leaked", "--yes", "--force"]).succeeded();
        assert_eq!(shredded(&["get", "app/key", "-o", "json"]), Some(true.into()));
        run(&["get", "app/key"]).failed(3, &["destroyed"]);
    };
    let folder = Folder::new();
    let server = Server::start_with(&folder, &[], &key);
    test(&|words| server.run(&folder, words));
    let folder = Folder::new();
    test(&|words| folder.run(&[words, &["--file", "a.db"]].concat(), &key));
}

#[test]
fn a_shred_of_what_is_not_there_is_not_found() {
    on_both(|_, run| {
        run(&["set", "app/a", "1"], &[]).succeeded();
        run(&["shred", "app/key", "--reason", "leaked"], &[]).failed(3, &["app/key"]);
        run(&["shred", "app/key"], &[]).failed(2, &["--reason"]);
    });
    let folder = Folder::new();
    let words = ["shred", "app/key", "--reason", "leaked", "--database"];
    folder.run(&words, &[]).failed(2, &["DATABASE_URL"]);
    // Nobody listens on port 1, and the password is not shown.
    let unreachable = folder.run(&words, &[("DATABASE_URL", "postgresql://u:hunter2@127.0.0.1:1/d")]);
    unreachable.failed(7, &[]);
    assert!(!unreachable.stderr.contains("hunter2"), "{unreachable:?}");
}

#[test]
fn status_exits_with_7_where_the_server_is_not_healthy() {
    on_both(|_, run| {
        run(&["set", "app/a", "1"], &[]).succeeded();
        let healthy = run(&["status"], &[]);
        healthy.succeeded();
        assert!(healthy.stdout.contains("status\thealthy\n"), "{healthy:?}");
    });
    let folder = Folder::new();
    folder.run(&["status", "--server", "http://127.0.0.1:1"], &[]).failed(7, &["can't be reached"]);
    // A server whose database is down answers with status 503 and its health.
    let health = r#"{"status":"unhealthy","timestamp":"2026-01-15T10:00:00Z","checks":{"eventstore":"down","projection":"ok","database":"down","clock":"ok"}}"#;
    let url = answering(&format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{health}",
        health.len()
    ));
    let ended = folder.run(&["status", "-o", "json", "--server", &url], &[]);
    assert_eq!(ended.status, Some(7), "{ended:?}");
    let health: Value = serde_json::from_str(&ended.stdout).expect("the health as JSON");
    assert_eq!(health["status"], "unhealthy");
}

/// The address of a server that gives one answer.
fn answering(answer: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let answer = answer.to_owned();
    let serve = move || {
        let (mut client, _) = listener.accept().expect("a client");
        let _ = client.read(&mut [0; 4_096]);
        client.write_all(answer.as_bytes()).expect("the client reads");
    };
    std::thread::Builder::new().spawn(serve).expect("a thread");
    format!("http://{address}")
}
