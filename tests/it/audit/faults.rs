//! The audit file of a real server: killed, asked to stop, on a full disk, with a second server on the file.

use std::fs;
use std::time::Duration;

use serde_json::json;

use super::File;
use crate::support::eventually;
use crate::support::http::Client;
use crate::support::places::Place;
use crate::support::server::{Server, Store};
use crate::support::shim::{Shim, Trouble};
use crate::support::writes::{ada, made, name};

#[test]
fn a_file_of_a_server_that_is_killed_has_every_change_of_the_log() {
    let (folder, file) = (tempfile::tempdir().unwrap(), File::new());
    let store = Store::File(folder.path().join("configapi.db"));
    let path = file.path();
    let arguments = ["--audit-file", path.to_str().expect("a path of letters")];
    let mut acknowledged = 0;
    for round in 0..4 {
        let server = Server::start(&store, &arguments);
        std::thread::scope(|scope| {
            let client = server.client();
            for writer in 0..4 {
                let client = client.clone();
                scope.spawn(move || {
                    (0..10).for_each(|at| {
                        client
                            .put(&format!("/v1/config/n{writer}"), &format!("secret {round} {at}"))
                            .expect(200);
                    });
                });
            }
        });
        acknowledged += 40;
        server.kill9();
    }
    let mut server = Server::start(&store, &arguments);
    let changes = server.client().get("/v1/health").json()["details"].clone();
    assert!(server.sigterm().success());
    assert!(file.revisions().into_iter().eq(1..=acknowledged), "{changes}\n{:?}", file.revisions());
    assert!(!fs::read_to_string(&path).unwrap().contains("secret"));
}

/// The process ended when its store was let go of, and a connection thread that was just ending could be the
/// last to do that: then nothing waited for the audit to catch up.
#[test]
fn a_server_that_is_asked_to_stop_has_audited_the_whole_log() {
    let (place, file) = (Place::file(), File::new());
    let store = Store::File(place.file_path());
    let path = file.path();
    let arguments = ["--audit-file", path.to_str().expect("a path of letters")];
    drop(file.open(&place));
    for round in 1..=20 {
        // Not audited yet.
        made(place.open().put(&name("a"), "1", ada()));
        let mut server = Server::start(&store, &arguments);
        server.client().get("/v1/health").expect(200);
        assert!(server.sigterm().success());
        assert_eq!(file.revisions().len(), round, "{}", server.stderr());
    }
}

/// The disk took half of the record; the retry wrote it whole behind the half, and if it was the last line, the
/// server did not start again.
#[test]
fn a_full_disk_delays_the_audit_file_and_tears_no_line() {
    let (folder, file) = (tempfile::tempdir().unwrap(), File::new());
    let store = Store::File(folder.path().join("configapi.db"));
    let path = file.path();
    let arguments = ["--audit-file", path.to_str().expect("a path of letters")];
    let shim = Shim::about("audit.jsonl");
    let environment = shim.environment();
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let server = Server::try_start(&store, &arguments, &environment).expect("it is ready");
    let client = server.client();
    let long = |client: &Client| {
        let set = |number| json!({"set": {"name": format!("n{number}"), "value": "x"}});
        let body = json!({"operations": (0..10_000).map(set).collect::<Vec<_>>()}).to_string();
        let fields = [("content-type", "application/json")];
        client.send("POST", "/v1/transactions", &fields, Some(body.as_bytes())).expect(200);
    };
    for round in 1..=3 {
        shim.writes(Trouble::Full);
        long(&client);
        let delayed = |server: &Server| server.stderr().matches("audit delayed").count();
        let before = delayed(&server);
        eventually(Duration::from_secs(30), || delayed(&server) > before + 1);
        let text = fs::read(&path).unwrap();
        assert!(text.ends_with(b"\n"), "no half of a record stays: {} bytes", text.len());
        shim.writes(Trouble::None);
        eventually(Duration::from_secs(30), || file.revisions().last() == Some(&round));
    }
    server.kill9();
    let mut server = Server::start(&store, &arguments);
    server.client().put("/v1/config/a", "1").expect(200);
    assert!(server.sigterm().success());
    assert_eq!(file.revisions(), [1, 2, 3, 4]);
}

#[test]
fn a_second_server_on_one_audit_file_is_refused_and_learns_what_to_do() {
    let (folder, file) = (tempfile::tempdir().unwrap(), File::new());
    let stores = ["a.db", "b.db"].map(|name| Store::File(folder.path().join(name)));
    let path = file.path();
    let arguments = ["--audit-file", path.to_str().expect("a path of letters")];
    let first = Server::start(&stores[0], &arguments);
    let refused = Server::try_start(&stores[1], &arguments, &[]).expect_err("the file is in use");
    assert_eq!(refused.status.and_then(|status| status.code()), Some(1), "{refused:?}");
    let said = "another process writes it: stop that process, or name another file";
    assert!(refused.stderr.contains(said) && refused.stderr.contains("audit.jsonl"), "{refused:?}");
    first.client().put("/v1/config/a", "1").expect(200);
    eventually(Duration::from_secs(30), || file.revisions() == [1]);
    first.kill9();
    Server::start(&stores[0], &arguments);
}
