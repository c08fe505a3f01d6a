//! The embedded file is taken away, replaced or robbed of its `-wal` under the running server. It used to acknowledge
//! writes into a file that no later process found, and stayed ready.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::eventually;
use crate::support::history::Scene;
use crate::support::http::Client;
use crate::support::server::{Server, Store, run};

/// How soon the server must notice.
const NOTICED: Duration = Duration::from_secs(2);

struct Served {
    scene: Scene,
    path: PathBuf,
    client: Client,
}

/// A server whose log has ten changes.
fn served() -> Served {
    let mut scene = Scene::file();
    scene.serve(1);
    let client = scene.server(0).client();
    put_ten(&client, "first");
    let Store::File(path) = scene.store.clone() else { panic!("it is a file") };
    Served { scene, path, client }
}

fn put_ten(client: &Client, value: &str) {
    for number in 0..10 {
        client.put(&format!("/v1/config/n{number}"), value).expect(200);
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", path.display()))
}

/// Not ready, writes refused with the reason in the log, reads of now and of the past as before.
#[track_caller]
fn is_refused(server: &Server, why: &str) {
    let client = server.client();
    eventually(NOTICED, || client.get("/readyz").status == 503);
    let refused = client.put("/v1/config/n1", "lost").expect(503);
    assert_eq!(refused.json()["outcome"], "not stored", "{refused:?}");
    assert_eq!(client.get("/v1/config/n1").expect(200).text, "first");
    client.get("/v1/config/n1/history").expect(200);
    client.get("/livez").expect(200);
    eventually(NOTICED, || server.stderr().contains(why));
}

#[track_caller]
fn is_ready(client: &Client) {
    eventually(NOTICED, || client.get("/readyz").status == 200);
    client.put("/v1/config/n1", "again").expect(200);
}

/// How many changes a copy of one file, without the files beside it, has; it verifies.
#[track_caller]
fn verified_alone(file: &Path) -> i64 {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy.db");
    fs::copy(file, &copy).expect("a copy");
    let verified = run(&Store::File(copy.clone()), "verify", &[]);
    assert!(verified.status.success(), "{verified:?}");
    let connection = rusqlite::Connection::open(copy).expect("a database");
    connection.query_row("SELECT revision FROM log_head", [], |row| row.get(0)).expect("a head")
}

#[test]
fn a_file_that_was_renamed_is_noticed_and_opens_whole_when_it_is_back() {
    let Served { mut scene, path, .. } = served();
    let away = path.with_file_name("away.db");
    fs::rename(&path, &away).expect("a rename");
    is_refused(scene.server(0), "was renamed");
    // What was in its `-wal` was written into it.
    assert_eq!(verified_alone(&away), 10);
    fs::rename(&away, &path).expect("a rename");
    // Another process may have written it: only opening it again shows all of it.
    is_refused(scene.server(0), "restart the server");
    scene.take(0).kill9();
    scene.serve_again(0);
    is_ready(&scene.server(0).client());
    assert_eq!(scene.check("a file renamed and back").head, 11);
}

#[test]
fn a_file_that_was_removed_is_noticed_and_its_absence_is_no_new_log_at_the_next_start() {
    let Served { mut scene, path, .. } = served();
    fs::remove_file(&path).expect("a file");
    is_refused(scene.server(0), "removed");
    assert!(scene.server(0).sigterm().success());
    let failed = Server::try_start(&scene.store, &[], &[]).expect_err("a log was there");
    assert_eq!(failed.status.and_then(|status| status.code()), Some(4), "{failed:?}");
    assert!(failed.stderr.contains("is missing, and held a log before"), "{failed:?}");
    // The advice of the message works.
    fs::remove_file(beside(&path, ".lock")).expect("a lock");
    Server::start(&scene.store, &[]);
}

#[test]
fn a_folder_that_was_renamed_is_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).expect("a folder");
    let server = Server::start(&Store::File(inner.join("configapi.db")), &[]);
    let client = server.client();
    put_ten(&client, "first");
    fs::rename(&inner, folder.path().join("elsewhere")).expect("a rename");
    is_refused(&server, "renamed");
}

#[test]
fn a_file_that_was_replaced_is_refused_until_a_restart() {
    let Served { mut scene, path, client } = served();
    // A backup of ten changes; the file goes on to twenty.
    let folder = tempfile::tempdir_in(path.parent().expect("a folder")).expect("a folder");
    let (backup, away) = (folder.path().join("backup.db"), folder.path().join("away.db"));
    let connection = rusqlite::Connection::open(&path).expect("a database");
    connection.execute("VACUUM INTO ?1", [backup.to_str()]).expect("a backup");
    drop(connection);
    put_ten(&client, "first");
    fs::hard_link(&path, &away).expect("a second name");
    fs::rename(&backup, &path).expect("a rename");
    is_refused(scene.server(0), "replaced");
    assert_eq!(verified_alone(&away), 20);
    let server = scene.take(0);
    // The end is a crash. What was beside the old file must not get into the new one.
    server.kill9();
    scene.serve_again(0);
    let client = scene.server(0).client();
    let list = client.get("/v1/config").expect(200);
    assert_eq!(list.header("config-revision"), Some("10"));
    is_ready(&client);
    drop(scene.take(0));
    assert!(run(&scene.store, "verify", &[]).status.success());
}

#[test]
fn a_log_beside_the_file_that_was_removed_loses_nothing() {
    let Served { mut scene, path, .. } = served();
    fs::remove_file(beside(&path, "-wal")).expect("a file");
    is_refused(scene.server(0), "-wal");
    scene.take(0).kill9();
    scene.serve_again(0);
    let client = scene.server(0).client();
    is_ready(&client);
    assert_eq!(scene.check("a -wal removed under the server").head, 11);
}

#[test]
fn what_is_acknowledged_while_the_file_goes_is_in_the_file_wherever_it_is() {
    let mut scene = Scene::file();
    scene.serve(1);
    let Store::File(path) = scene.store.clone() else { panic!("it is a file") };
    let away = path.with_file_name("away.db");
    let load = scene.load(6, 8);
    scene.acknowledge(100);
    fs::rename(&path, &away).expect("a rename");
    let client = scene.server(0).client();
    eventually(NOTICED, || client.get("/readyz").status == 503);
    scene.take(0).kill9();
    load.finish();
    fs::rename(&away, &path).expect("a rename");
    scene.serve_again(0);
    scene.check("a file renamed under load");
}
