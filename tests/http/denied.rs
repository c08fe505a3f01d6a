//! Denied requests in the audit: which ones, with which words, and how many.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use configapi::application::{AuditSink, ConfigStore, Options};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::driver::Client;
use super::tokens::{ROOT, closed_over, get, make, put, scope, send};

/// A folder with a log and an audit file.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn open(&self) -> Client {
        let options = Options::file(self.path("log.db")).audit(AuditSink::File(self.path("audit")));
        closed_over(Arc::new(ConfigStore::open(&options).unwrap()))
    }

    /// The lines of the audit file. The store must be closed, so that all of them are written.
    fn audited(&self) -> Vec<Value> {
        let lines = fs::read_to_string(self.path("audit")).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn denied(&self) -> Vec<Value> {
        self.audited().into_iter().filter(|line| line["kind"] == "denied").collect()
    }
}

#[test]
fn a_denied_request_is_audited_without_its_path() {
    let place = Place::new();
    let client = place.open();
    let (token, id) = make(&client, ROOT, "ada", &json!([scope("app", &["read"])]));
    let by = |token: &str| format!("Authorization: Bearer {token}");
    let hidden = "/v1/config/other/planted-name";
    assert_eq!(put(&client, &token, "other/planted-name").status, 403);
    assert_eq!(
        send(
            &client,
            &token,
            "POST",
            "/v1/tokens",
            &json!({ "name": "x", "scopes": [scope("app", &["read"])] })
        )
        .status,
        403
    );
    assert_eq!(client.send("GET", hidden, &[&by("planted-token"), "X-Request-Id: mine"], b"").status, 401);
    assert_eq!(client.send("BREW", "/planted", &[&by("planted-token")], b"").status, 401);
    let foreign = ["Origin: https://evil.example", "Sec-Fetch-Site: cross-site"];
    assert_eq!(client.send("DELETE", hidden, &foreign, b"").status, 403);
    // None of these is denied: no token, a name that may not be read, a path that is not there.
    assert_eq!(client.get(hidden).status, 401);
    assert_eq!(get(&client, &token, hidden).status, 404);
    assert_eq!(get(&client, &token, "/v1/nowhere").status, 404);
    drop(client);

    let denied = place.denied();
    let words = |line: &Value| {
        let text = |key: &str| line[key].as_str().unwrap_or("-").to_owned();
        format!(
            "{} {} {} {} {} {}",
            line["status"],
            text("problem"),
            text("method"),
            text("route"),
            text("actor"),
            text("actor_id")
        )
    };
    assert_eq!(
        denied.iter().map(words).collect::<Vec<_>>(),
        [
            format!("403 forbidden PUT /config/{{name}} ada {id}"),
            format!("403 forbidden POST /tokens ada {id}"),
            "401 unauthenticated GET /config/{name} - -".to_owned(),
            "401 unauthenticated other other - -".to_owned(),
            "403 forbidden-origin DELETE /config/{name} - -".to_owned(),
        ]
    );
    assert_eq!(denied[2]["request_id"], "mine");
    assert!(denied.iter().all(|line| line["peer"].as_str().unwrap().starts_with("127.0.0.1:")), "{denied:?}");
    let text = fs::read_to_string(place.path("audit")).unwrap();
    assert!(!text.contains("planted") && !text.contains("evil"), "{text}");
}

#[test]
fn many_denied_requests_are_counted_in_the_next_record() {
    let place = Place::new();
    let client = place.open();
    let tries: u64 = 200;
    for _ in 0..tries {
        client.send("GET", "/v1/whoami", &["Authorization: Bearer wrong"], b"");
    }
    let metrics = get(&client, ROOT, "/metrics").body;
    let metric = |name: &str| {
        let line = metrics.lines().find(|line| line.starts_with(&format!("configapi_{name} ")));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .unwrap_or_else(|| panic!("{metrics}"))
    };
    let (denied, not_recorded) =
        (metric("denied_requests_total"), metric("denied_requests_not_recorded_total"));
    assert_eq!(denied, tries);
    drop(client);
    let records = place.denied();
    assert_eq!(records.len() as u64, tries - not_recorded);
    let counted: u64 = records.iter().filter_map(|line| line["not_recorded"].as_u64()).sum();
    assert!(counted <= not_recorded, "{counted} {not_recorded}");
}

#[test]
fn an_audit_file_that_ends_in_denied_requests_goes_on_after_its_last_change() {
    let place = Place::new();
    for round in 0..3 {
        let client = place.open();
        assert_eq!(put(&client, ROOT, &format!("a{round}")).status, 200);
        assert_eq!(put(&client, "wrong", "a").status, 401);
        drop(client);
    }
    let lines = place.audited();
    assert_eq!(lines.last().unwrap()["kind"], "denied");
    let changes: Vec<_> = lines[1..]
        .iter()
        .filter(|line| line.get("kind").is_none())
        .map(|line| line["revision"].clone())
        .collect();
    assert_eq!(changes, [1, 2, 3], "{lines:?}");
}

#[test]
fn the_record_of_a_token_names_its_entry_and_its_maker_and_never_its_secret() {
    let place = Place::new();
    let client = place.open();
    let (token, id) = make(&client, ROOT, "admin", &json!([scope("", &["admin", "write"])]));
    let (made, made_id) = make(&client, &token, "ada", &json!([scope("", &["write"])]));
    assert_eq!(put(&client, &made, "a").status, 200);
    drop(client);
    let lines = place.audited();
    let entry = |id: &str| json!(format!(".configapi/tokens/{id}"));
    for (line, actor, actor_id, name) in [
        (&lines[1], "root", "root", entry(&id)),
        (&lines[2], "admin", id.as_str(), entry(&made_id)),
        (&lines[3], "ada", made_id.as_str(), json!("a")),
    ] {
        assert_eq!((&line["actor"], &line["actor_id"]), (&json!(actor), &json!(actor_id)), "{line}");
        assert_eq!(line["events"][0]["name"], name, "{line}");
    }
    let text = fs::read_to_string(place.path("audit")).unwrap();
    // The id is the beginning of the token; the secret follows it.
    let secret = |token: &str, id: &str| token.split_once(id).unwrap().1[..10].to_owned();
    assert!(!text.contains(&secret(&token, &id)) && !text.contains(&secret(&made, &made_id)), "{text}");
}
