//! The log under a running server is not the one that it followed: a backup was restored, a fail-over lost the
//! tail, the database is another one. The server says so, takes the log up anew, and never shows a mix.

use std::time::Duration;

use crate::support::eventually;
use crate::support::history::Scene;
use crate::support::http::Client;
use crate::support::postgres::{self, fresh_database, psql};
use crate::support::server::{Server, Store};

const SOON: Duration = Duration::from_secs(10);
const REBUILT: &str = "rebuilding the tree";

/// What a restored backup comes to: everything after a revision was never written.
pub(crate) fn rewind(url: &str, to: u64) {
    psql(
        url,
        &format!(
            "SET search_path = configapi; SET session_replication_role = replica; BEGIN; \
             DELETE FROM log WHERE revision > {to}; DELETE FROM names WHERE first_revision > {to}; \
             DELETE FROM changes WHERE revision > {to}; \
             UPDATE head SET revision = {to}, hash = last.hash, instant_us = last.instant_us, \
                 names = (SELECT count(*) FROM names), events = (SELECT count(*) FROM log) \
                 FROM changes last WHERE last.revision = {to}; COMMIT"
        ),
    );
}

pub(crate) fn put(client: &Client, from: u64, to: u64, value: &str) {
    for number in from..=to {
        client.put(&format!("/v1/config/n{}", number % 7), &format!("{value} {number}")).expect(200);
    }
}

/// The list with the revision that it is of.
fn list(client: &Client) -> (u64, String) {
    let answer = client.get("/v1/config").expect(200);
    let revision = answer.header("config-revision").and_then(|text| text.parse().ok());
    (revision.expect("every answer has one"), answer.text)
}

struct Rewound {
    scene: Scene,
    url: String,
}

fn with_thirty_changes() -> Rewound {
    let url = fresh_database();
    let mut scene = Scene::on(Store::Postgres(url.clone()), Store::Postgres(url.clone()));
    scene.serve(1);
    put(&scene.server(0).client(), 1, 30, "first");
    Rewound { scene, url }
}

#[test]
fn a_log_that_was_rewound_is_said_and_taken_up_anew_and_no_read_shows_a_mix() {
    let Rewound { mut scene, url } = with_thirty_changes();
    let client = scene.server(0).client();
    let before = list(&client);
    let of_twenty = (20, client.get("/v1/config?at=20").expect(200).text);
    rewind(&url, 20);
    eventually(SOON, || {
        let now = list(&client);
        assert!(now == before || now == of_twenty, "{now:?} is neither {before:?} nor {of_twenty:?}");
        now == of_twenty
    });
    let server = scene.server(0);
    eventually(SOON, || server.stderr().contains(REBUILT));
    eventually(SOON, || client.get("/readyz").status == 200);
    let stale = client.send(
        "PUT",
        "/v1/config/n2",
        &[("if-match", "\"30\""), ("content-type", "text/plain")],
        Some(b"x"),
    );
    stale.expect(412);
    put(&client, 21, 25, "second");
    assert_eq!(scene.check("a log rewound under a running server").head, 25);
}

#[test]
fn a_write_that_finds_the_log_rewound_is_decided_on_what_is_there() {
    let Rewound { mut scene, url } = with_thirty_changes();
    let client = scene.server(0).client();
    rewind(&url, 20);
    let revision = client.put("/v1/config/new", "x").expect(200);
    assert_eq!(revision.header("config-revision"), Some("21"));
    assert_eq!(scene.check("a write on a rewound log").head, 21);
}

#[test]
fn a_log_that_was_rewound_and_has_grown_past_the_old_head_is_noticed_by_its_hashes() {
    let Rewound { mut scene, url } = with_thirty_changes();
    let client = scene.server(0).client();
    scene.server(0).sigstop();
    rewind(&url, 20);
    let other = Server::start(&Store::Postgres(url), &[]);
    put(&other.client(), 21, 40, "second");
    let expected = list(&other.client());
    drop(other);
    scene.server(0).sigcont();
    eventually(SOON, || list(&client) == expected);
    let server = scene.server(0);
    eventually(SOON, || server.stderr().contains(REBUILT));
    assert_eq!(scene.check("a log rewound and grown").head, 40);
}

#[test]
fn a_log_that_was_exchanged_for_another_one_is_taken_up_whole() {
    let Rewound { mut scene, url } = with_thirty_changes();
    let client = scene.server(0).client();
    psql(&url, "ALTER SCHEMA configapi RENAME TO former");
    eventually(SOON, || client.get("/readyz").status == 503);
    // What it holds it still serves, and nothing is written anywhere.
    assert_eq!(list(&client).0, 30);
    let refused = client.put("/v1/config/a", "x");
    assert!(refused.status >= 500, "{refused:?}");
    let foreign = fresh_database();
    let other = Server::start(&Store::Postgres(foreign.clone()), &[]);
    put(&other.client(), 1, 35, "foreign");
    let expected = list(&other.client());
    drop(other);
    copy_schema(&foreign, &url);
    eventually(SOON, || list(&client) == expected);
    eventually(SOON, || client.get("/readyz").status == 200);
    put(&client, 36, 38, "foreign");
    assert_eq!(scene.check("a log exchanged under a running server").head, 38);
}

/// As an operator would: `pg_dump --schema=configapi | psql --single-transaction`.
fn copy_schema(from: &str, to: &str) {
    let folder = tempfile::tempdir().expect("a folder for the dump");
    let dump = postgres::client_program("pg_dump", from, &["--schema=configapi"]);
    let file = folder.path().join("dump.sql");
    std::fs::write(&file, dump).expect("a file of the test's own");
    let file = file.to_str().expect("a path");
    postgres::client_program(
        "psql",
        to,
        &["--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--file", file],
    );
}
