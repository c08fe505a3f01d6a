//! `verify` makes, migrates and locks nothing: where there is no log, beside a running server, on a read-only disk,
//! on an older schema.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::write_six;
use crate::support::places::Place;
use crate::support::postgres::{client_program, fresh_database, psql};
use crate::support::server::{Server, Store, run};
use crate::support::writes::{ada, made, name};

/// The status and everything that it said.
fn verify(store: &Store) -> (Option<i32>, String) {
    said(&run(store, "verify", &[]))
}

fn said(output: &Output) -> (Option<i32>, String) {
    let text = [&output.stdout[..], &output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/0.1.0").join(name)
}

/// The files of a folder with their content.
fn files(folder: &TempDir) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<_> = fs::read_dir(folder.path())
        .expect("our own folder")
        .flatten()
        .map(|entry| {
            let content =
                if entry.path().is_file() { fs::read(entry.path()).expect("a file") } else { vec![] };
            (entry.file_name().to_string_lossy().into_owned(), content)
        })
        .collect();
    found.sort();
    found
}

/// It made the file or the schema, and called it right.
#[test]
fn where_there_is_no_log_verify_says_so_by_status_3_and_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("empty.db"), "").unwrap();
    fs::create_dir(path("folder.db")).unwrap();
    let foreign = rusqlite::Connection::open(path("foreign.db")).unwrap();
    foreign.execute_batch("CREATE TABLE t (x)").unwrap();
    drop(foreign);
    let before = files(&folder);
    for (file, expected) in [
        ("missing.db", "missing.db does not exist"),
        ("empty.db", "empty.db is empty"),
        ("folder.db", "folder.db is a folder"),
        ("foreign.db", "the database of another program"),
    ] {
        let (status, text) = verify(&Store::File(path(file)));
        assert!(status == Some(3) && text.contains("there is no log") && text.contains(expected), "{text}");
    }
    assert_eq!(files(&folder), before);

    let url = fresh_database();
    let store = Store::Postgres(url.clone());
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'configapi'";
    let (status, text) = verify(&store);
    assert!(status == Some(3) && text.contains("has no schema configapi"), "{text}");
    assert_eq!(psql(&url, schemas), "0");
    psql(&url, "CREATE SCHEMA configapi; CREATE TABLE configapi.events (x int)");
    let (status, text) = verify(&store);
    assert!(status == Some(3) && text.contains("was not made by this program"), "{text}");
}

#[test]
fn a_file_that_was_emptied_is_damaged_for_verify() {
    let place = Place::file();
    write_six(&place);
    fs::write(place.file_path(), "").unwrap();
    let (status, text) = verify(&Store::File(place.file_path()));
    assert!(status == Some(4) && text.contains("held a log before"), "{text}");
}

/// It migrated the log that it looked at.
#[test]
fn an_older_schema_of_postgres_is_verified_as_it_is() {
    let url = fresh_database();
    let dump = fixture("log.sql");
    let dump = dump.to_str().expect("a path");
    client_program(
        "psql",
        &url,
        &["--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--file", dump],
    );
    let store = Store::Postgres(url.clone());
    let (status, text) = verify(&store);
    assert!(status == Some(0) && text.contains("revision 11 is right"), "{text}");
    assert!(text.contains("the older schema 1; the tree was not compared"), "{text}");
    assert_eq!(psql(&url, "SELECT max(version) FROM configapi.schema_migrations"), "1");

    let force = "SET session_replication_role = replica; SET search_path = configapi;";
    for (damage, revision) in [
        ("UPDATE events SET value = 'forged' WHERE revision = 4", 4),
        ("UPDATE changes SET actor = 'mallory' WHERE revision = 3", 3),
        ("DELETE FROM changes WHERE revision = 2", 2),
    ] {
        psql(&url, &format!("{force} {damage}"));
        let (status, text) = verify(&store);
        assert!(status == Some(4) && text.contains(&format!("revision {revision}:")), "{damage}: {text}");
    }
}

#[test]
fn a_file_is_verified_while_a_server_writes_it() {
    let place = Place::file();
    let store = Store::File(place.file_path());
    let server = Server::start(&store, &[]);
    std::thread::scope(|scope| {
        let client = server.client();
        let writing = scope.spawn(move || {
            (0..400).for_each(|at| {
                client.put(&format!("/v1/config/n{}", at % 7), &format!("{at}")).expect(200);
            });
        });
        let mut rounds = 0;
        while !writing.is_finished() || rounds == 0 {
            let (status, text) = verify(&store);
            assert_eq!(status, Some(0), "{text}");
            rounds += 1;
        }
    });
    let (status, text) = verify(&store);
    assert!(status == Some(0) && text.contains("revision 400 is right"), "{text}");
}

#[test]
fn verify_changes_no_byte_and_leaves_no_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::File(folder.path().join("log.db"));
    let mut server = Server::start(&store, &[]);
    server.client().put("/v1/config/a", "1").expect(200);
    assert!(server.sigterm().success());
    let before = files(&folder);
    assert_eq!(verify(&store).0, Some(0));
    assert!(files(&folder) == before, "at rest");

    let server = Server::start(&store, &[]);
    server.client().put("/v1/config/a", "2").expect(200);
    server.kill9();
    let logged = |folder: &TempDir| {
        files(folder).into_iter().filter(|(name, _)| !name.ends_with("-shm")).collect::<Vec<_>>()
    };
    let before = logged(&folder);
    assert!(before.iter().any(|(name, bytes)| name == "log.db-wal" && !bytes.is_empty()));
    let (status, text) = verify(&store);
    assert!(status == Some(0) && text.contains("revision 2 is right"), "{text}");
    assert!(logged(&folder) == before, "after a crash");
}

/// The file of the store in a folder where nothing can be written, also by root: then as another user.
#[test]
fn a_backup_where_nothing_can_be_written_is_verified() {
    let place = Place::file();
    let store = place.open();
    made(store.put(&name("a"), "1", ada()));
    drop(store);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup 100%? #1.db");
    fs::copy(place.file_path(), &backup).unwrap();
    let program = folder.path().join("configapi");
    fs::copy(env!("CARGO_BIN_EXE_configapi"), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o555)).unwrap();
    fs::set_permissions(&backup, fs::Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let nobody = 65_534;
    let mut command = Command::new(&program);
    if folder.path().metadata().unwrap().uid() == 0 {
        command.uid(nobody).gid(nobody);
    }
    let output =
        command.env_clear().current_dir("/").args(["verify", "--file"]).arg(&backup).output().unwrap();
    let (status, text) = said(&output);
    assert!(status == Some(0) && text.contains("revision 1 is right"), "{text}");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let names: Vec<_> = files(&folder).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["backup 100%? #1.db", "configapi"]);
}
