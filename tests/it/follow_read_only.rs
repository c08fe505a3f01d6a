//! A server that only reads, beside a standby that would take nothing else.

use std::time::Duration;

use crate::support::eventually;
use crate::support::history::Scene;
use crate::support::http::Client;
use crate::support::postgres::{Cluster, Options, psql};
use crate::support::server::{Server, Store};

const SOON: Duration = Duration::from_secs(20);

fn written(response: &crate::support::http::Response) -> u64 {
    response
        .header("config-revision")
        .and_then(|text| text.parse().ok())
        .expect("every answer has a revision")
}

fn refuses_writes(client: &Client) {
    let text = [("content-type", "text/plain")];
    let json = [("content-type", "application/json")];
    let set = br#"{"operations": [{"set": {"name": "a", "value": "2"}}]}"#;
    for refused in [
        client.send("PUT", "/v1/config/a", &text, Some(b"2")),
        client.delete("/v1/config/a"),
        client.send("POST", "/v1/transactions", &json, Some(set)),
        client.send("POST", "/v1/restore", &json, Some(br#"{"to": 0, "prefix": ""}"#)),
    ] {
        let refused = refused.expect(503);
        assert_eq!(refused.json()["type"], "/problems/read-only");
        assert_eq!(refused.json()["outcome"], "not stored");
    }
    let dry = br#"{"operations": [{"set": {"name": "a", "value": "2"}}], "dry_run": true}"#;
    client.send("POST", "/v1/transactions", &json, Some(dry)).expect(200);
}

#[test]
fn a_read_only_server_beside_a_standby_follows_the_primarys_writes_and_takes_none() {
    let primary = Cluster::start();
    let mut scene = Scene::cluster(&primary);
    scene.serve(1);
    let writer = scene.server(0).client();
    let first = written(&writer.put("/v1/config/a", "1").expect(200));
    let standby = primary.start_standby(Options::default());
    let Store::Postgres(url) = &scene.direct else { panic!("it is PostgreSQL") };
    let name = url.rsplit_once('/').expect("a URL with a database").1;
    let mut reader = Server::start(&Store::Postgres(standby.url(name)), &["--read-only"]);
    let client = reader.client();
    assert_eq!(client.get("/v1/config/a").expect(200).text, "1");
    refuses_writes(&client);
    // Other servers' writes come by way of the standby.
    for number in 2..=4 {
        let value = number.to_string();
        let revision = written(&writer.put("/v1/config/a", &value).expect(200)).to_string();
        let fields = [("config-min-revision", revision.as_str()), ("prefer", "wait=10")];
        assert_eq!(client.send("GET", "/v1/config/a", &fields, None).expect(200).text, value);
    }
    assert_eq!(client.get(&format!("/v1/config/a?at={first}")).expect(200).text, "1");
    client.get("/v1/config/a/history").expect(200);
    client.get("/readyz").expect(200);
    // Without the flag a server says at its first write what it is beside.
    let plain = Server::start(&Store::Postgres(standby.url(name)), &[]);
    let refused = plain.client().put("/v1/config/a", "9").expect(503);
    assert!(refused.text.contains("read-only"), "{refused:?}");
    drop(plain);
    assert!(reader.sigterm().success());
    scene.check("a read-only server beside a standby");
}

/// The standby's own head was taken for the log's: a server on a standby that replayed nothing said lag 0.
#[test]
fn a_read_only_server_on_a_paused_standby_says_how_long_it_may_be_behind() {
    let primary = Cluster::start();
    let mut scene = Scene::cluster(&primary);
    scene.serve(1);
    let writer = scene.server(0).client();
    writer.put("/v1/config/a", "1").expect(200);
    let standby = primary.start_standby(Options::default());
    let Store::Postgres(url) = scene.direct.clone() else { panic!("it is PostgreSQL") };
    let standby_url = standby.url(url.rsplit_once('/').expect("a URL with a database").1);
    let reading = Store::Postgres(standby_url.clone());
    let reader = Server::start(&reading, &["--read-only"]);
    let lag = |server: &Server| server.client().get("/v1/health").json()["details"]["lag_seconds"].clone();
    eventually(SOON, || lag(&reader) == 0);
    psql(&standby_url, "SELECT pg_wal_replay_pause()");
    writer.put("/v1/config/a", "2").expect(200);
    eventually(SOON, || lag(&reader).as_u64() >= Some(3));
    // One that starts there can't know.
    let started = Server::start(&reading, &["--read-only"]);
    assert_eq!(lag(&started), serde_json::Value::Null);
    assert!(started.client().get("/metrics").text.contains("configapi_lag_seconds NaN"));
    psql(&standby_url, "SELECT pg_wal_replay_resume()");
    eventually(SOON, || lag(&reader) == 0 && lag(&started) == 0);
    scene.check("a read-only server beside a paused standby");
}

#[test]
fn a_read_only_server_takes_no_lock_and_migrates_nothing() {
    let cluster = Cluster::start();
    let mut scene = Scene::cluster(&cluster);
    let Store::Postgres(url) = scene.direct.clone() else { panic!("it is PostgreSQL") };
    let failed = Server::try_start(&scene.store, &["--read-only"], &[]).expect_err("there is no schema");
    assert!(failed.stderr.contains("configapi migrate"), "{failed:?}");
    assert_eq!(psql(&url, "SELECT count(*) FROM pg_namespace WHERE nspname = 'configapi'"), "0");
    scene.serve(1);
    let writer = scene.server(0).client();
    writer.put("/v1/config/a", "1").expect(200);
    // A role that may only look is enough.
    let rights = "CREATE ROLE looker LOGIN; GRANT USAGE ON SCHEMA configapi TO looker; \
                  GRANT SELECT ON ALL TABLES IN SCHEMA configapi TO looker";
    psql(&url, rights);
    let looking = Store::Postgres(url.replace("postgres@", "looker@"));
    let reader = Server::start(&looking, &["--read-only"]);
    refuses_writes(&reader.client());
    writer.put("/v1/config/a", "2").expect(200);
    eventually(SOON, || reader.client().get("/v1/config/a").text == "2");
    let on_file = tempfile::tempdir().expect("a folder");
    let file = Store::File(on_file.path().join("configapi.db"));
    let failed = Server::try_start(&file, &["--read-only"], &[]).expect_err("a file has one server");
    assert!(failed.stderr.contains("only PostgreSQL can be served read-only"), "{failed:?}");
    scene.check("a read-only server of a role that may only look");
}
