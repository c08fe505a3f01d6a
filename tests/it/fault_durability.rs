//! Settings of PostgreSQL that would lose acknowledged writes, changed while the service runs: a reload, a new primary.

use std::time::Duration;

use configapi::infrastructure::store::{PostgresOptions, PostgresStore, StoreError};

use crate::support::eventually;
use crate::support::history::Scene;
use crate::support::postgres::{Cluster, Options, psql};
use crate::support::server::Store;

/// From a cause to what health says of it.
const NOTICED: Duration = Duration::from_secs(10);

/// Changes a setting of the running cluster for all sessions.
fn reload(cluster: &Cluster, setting: &str, value: &str) {
    cluster.psql(&format!("ALTER SYSTEM SET {setting} = {value}"));
    cluster.psql("SELECT pg_reload_conf()");
    eventually(NOTICED, || cluster.psql(&format!("SHOW {setting}")) == value.trim_matches('\''));
}

fn turn_synchronous_commit_off(servers: usize) {
    // A commit that does not write its own WAL leaves it in memory for so long.
    let settings = vec![("wal_writer_delay", "10s".to_owned())];
    let mut cluster = Cluster::start_with(Options { settings, ..Options::default() });
    let mut scene = Scene::cluster(&cluster);
    scene.serve(servers);
    let load = scene.load(8, 12);
    scene.acknowledge(50);
    reload(&cluster, "synchronous_commit", "off");
    scene.acknowledge(200);
    cluster.kill9();
    cluster.restart();
    scene.until_acknowledged();
    load.finish();
    scene.check(&format!("synchronous_commit off by reload, {servers} servers, then SIGKILL of PostgreSQL"));
}

#[test]
fn a_reload_that_turns_synchronous_commit_off_loses_no_acknowledged_write_at_kill_9() {
    turn_synchronous_commit_off(1);
}

/// Some of their appends hold the head's lock in a transaction.
#[test]
fn a_reload_that_turns_synchronous_commit_off_loses_no_acknowledged_write_of_two_servers() {
    turn_synchronous_commit_off(2);
}

#[test]
fn a_commit_that_waits_for_no_standby_is_refused_at_the_start_where_there_is_one() {
    let cluster = Cluster::start();
    let url = cluster.create_database();
    reload(&cluster, "synchronous_commit", "local");
    drop(
        PostgresStore::open(PostgresOptions::new(&url)).expect("without a standby nothing more can be lost"),
    );
    reload(&cluster, "synchronous_standby_names", "'nobody'");
    let error = PostgresStore::open(PostgresOptions::new(&url)).err().expect("a refusal");
    assert!(
        matches!(&error, StoreError::Misconfigured(what) if what.contains("synchronous_commit local")),
        "{error}"
    );
}

#[test]
fn a_commit_waits_for_the_standby_also_where_a_reload_says_local() {
    let cluster = Cluster::start();
    let mut scene = Scene::cluster(&cluster);
    scene.serve(1);
    let client = scene.server(0).client();
    client.put("/v1/config/a", "1").expect(200);
    reload(&cluster, "synchronous_commit", "local");
    reload(&cluster, "synchronous_standby_names", "'nobody'");
    // No standby has it: it must not be acknowledged.
    let waits = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep')";
    std::thread::scope(|scope| {
        let write = scope.spawn(|| client.put("/v1/config/a", "2").status);
        eventually(NOTICED, || cluster.psql(waits) == "t" || write.is_finished());
        assert!(!write.is_finished(), "a write was acknowledged that no standby has");
        cluster.psql("ALTER SYSTEM RESET synchronous_standby_names");
        cluster.psql("SELECT pg_reload_conf()");
        write.join().expect("an answer")
    });
    scene.check("synchronous_commit local by reload");
}

#[test]
fn a_reload_that_turns_fsync_off_is_noticed_and_no_write_is_acknowledged_until_it_is_on_again() {
    let cluster = Cluster::start();
    let mut scene = Scene::cluster(&cluster);
    scene.serve(1);
    let client = scene.server(0).client();
    client.put("/v1/config/a", "1").expect(200);
    for setting in ["fsync", "full_page_writes"] {
        reload(&cluster, setting, "off");
        eventually(NOTICED, || client.get("/readyz").status == 503);
        let refused = client.put("/v1/config/a", "2").expect(503);
        assert!(refused.text.contains("not stored"), "{refused:?}");
        // The log is written behind the answer.
        let cause = format!("the PostgreSQL server has {setting} off");
        eventually(NOTICED, || scene.server(0).stderr().contains(&cause));
        client.get("/v1/config/a").expect(200);
        // The same for sessions that are made only now.
        let Store::Postgres(url) = &scene.direct else { unreachable!() };
        psql(
            url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'configapi'",
        );
        client.put("/v1/config/a", "2").expect(503);
        reload(&cluster, setting, "on");
        eventually(NOTICED, || client.get("/readyz").status == 200);
        eventually(NOTICED, || client.put("/v1/config/a", "3").status == 200);
    }
    scene.check("fsync off by reload");
}
