//! The embedded file in the hands of the distribution's `sqlite3` shell, which is older than the SQLite in the service.
//! The documented backup used to make an empty file: a CHECK called a function that the shell did not have.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::history::Scene;
use crate::support::server::{Server, Store, run};

/// The shell of this machine, on a file.
fn shell(file: &Path, command: &str) -> Output {
    let mut shell = Command::new("sqlite3");
    shell.arg("-bail").arg(file).arg(command).stdin(Stdio::null());
    shell.output().unwrap_or_else(|error| panic!("sqlite3 ({error}): install the package sqlite3"))
}

#[track_caller]
fn does(file: &Path, command: &str) -> String {
    let output = shell(file, command);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{command}: {said}");
    String::from_utf8(output.stdout).expect("text")
}

fn with_a_log() -> Scene {
    let mut scene = Scene::file();
    scene.serve(1);
    let client = scene.server(0).client();
    for (name, value) in
        [("a", "1"), ("b", "it's \"quoted\"\n"), ("a", "2"), ("%D0%BA", "ключ 値 🗝"), ("e", "")]
    {
        client.put(&format!("/v1/config/{name}"), value).expect(200);
    }
    client.delete("/v1/config/b").expect(200);
    scene
}

/// Verifies, and serves the same tree and history.
#[track_caller]
fn is_the_same(copy: &Path, scene: &mut Scene, what: &str) {
    assert_eq!(does(copy, "PRAGMA integrity_check").trim(), "ok", "{what}");
    let store = Store::File(copy.to_owned());
    let verified = run(&store, "verify", &[]);
    assert!(verified.status.success(), "{what}: {verified:?}");
    let server = Server::start(&store, &[]);
    for path in ["/v1/config", "/v1/config?at=3", "/v1/config/b/history", "/v1/events"] {
        let expected = scene.server(0).client().get(path).expect(200).text;
        assert_eq!(server.client().get(path).expect(200).text, expected, "{what}: {path}");
    }
    server.client().put("/v1/config/a", "goes on").expect(200);
}

#[test]
fn each_way_of_the_shell_to_copy_a_served_file_gives_the_whole_log() {
    let mut scene = with_a_log();
    let Store::File(path) = scene.store.clone() else { panic!("it is a file") };
    let folder = tempfile::tempdir().expect("a folder");
    let to = |name: &str| folder.path().join(name);

    assert_eq!(does(&path, "PRAGMA integrity_check").trim(), "ok");
    does(&path, &format!("VACUUM INTO '{}'", to("vacuum.db").display()));
    is_the_same(&to("vacuum.db"), &mut scene, "VACUUM INTO");

    does(&path, &format!(".backup '{}'", to("backup.db").display()));
    is_the_same(&to("backup.db"), &mut scene, ".backup");

    let dump = does(&path, ".dump");
    assert!(!dump.contains("ROLLBACK"), "the dump ends early: {dump}");
    fs::write(to("dump.sql"), dump).expect("room");
    does(&to("dump.db"), &format!(".read '{}'", to("dump.sql").display()));
    is_the_same(&to("dump.db"), &mut scene, ".dump");

    // The server has lost none of its locks, and goes on.
    scene.server(0).client().put("/v1/config/a", "3").expect(200);
    scene.check("a file copied by the shell");
}

/// SQLite 3.35 is the oldest that a shell may have; STRICT tables need 3.37 of it.
#[test]
fn no_expression_of_the_schema_calls_a_function_newer_than_sqlite_3_35() {
    const OLD: &[&str] = &["cast", "coalesce", "length", "max", "raise"];
    let mut scene = with_a_log();
    let Store::File(path) = scene.store.clone() else { panic!("it is a file") };
    drop(scene.take(0));
    let schema = does(&path, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL");
    // In the schema a function's name is directly before its parenthesis; a table's or a keyword's is not.
    let called: BTreeSet<String> = schema
        .match_indices('(')
        .map(|(at, _)| {
            let before = &schema[..at];
            let name = before.rsplit(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next();
            name.unwrap_or_default().to_ascii_lowercase()
        })
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(called, OLD.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>());
}
