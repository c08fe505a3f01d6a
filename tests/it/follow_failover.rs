//! PostgreSQL fails over to a synchronous standby under the real server, which is told both addresses.

use std::time::Duration;

use crate::support::history::{Log, Scene, check_replicas};
use crate::support::postgres::{Cluster, Options};
use crate::support::proxy::{Fault, Proxy};
use crate::support::server::{Store, run};
use crate::support::{eventually, long_run};

const SOON: Duration = Duration::from_secs(20);
/// From the promotion to the first write.
const WRITES_AGAIN: Duration = Duration::from_secs(10);
/// The same where nobody says that the old primary is gone: an append's whole time, and a second a connection.
const VANISHED: Duration = Duration::from_secs(20);

fn replicated() -> (Cluster, Cluster) {
    let primary = Cluster::start_with(Options {
        settings: vec![("synchronous_standby_names", "*".to_owned()), ("wal_keep_size", "64".to_owned())],
        ..Options::default()
    });
    let standby = primary.start_standby(Options::default());
    let synchronous = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
    eventually(SOON, || primary.psql(synchronous) == "1");
    (primary, standby)
}

#[test]
fn after_a_fail_over_to_a_synchronous_standby_nothing_is_lost_and_writes_go_on_by_themselves() {
    for _ in 0..if long_run() { 5 } else { 1 } {
        let (mut primary, standby) = replicated();
        let database = primary.create_database();
        let name = database.rsplit_once('/').expect("a URL with a database").1;
        let both = format!(
            "postgres://postgres@{},{}/{name}?target_session_attrs=read-write",
            primary.address(),
            standby.address()
        );
        let mut scene = Scene::on(Store::Postgres(both), Store::Postgres(standby.url(name)));
        scene.serve(2);
        scene.watch();
        let load = scene.load(8, 6);
        scene.acknowledge(60);
        primary.kill9();
        let client = scene.server(0).client();
        eventually(SOON, || client.get("/readyz").status == 503);
        client.get("/v1/config").expect(200);
        assert_eq!(standby.psql("SELECT pg_promote()"), "t");
        let took = scene.until_acknowledged();
        assert!(took < WRITES_AGAIN, "writes again {took:?} after the promotion");
        scene.acknowledge(60);
        load.finish();
        eventually(SOON, || client.get("/readyz").status == 200);
        scene.check(&format!("fail-over to a synchronous standby, writes again after {took:?}"));
    }
}

#[test]
fn a_primary_that_vanishes_without_a_word_is_left_for_the_standby() {
    let (primary, standby) = replicated();
    let database = primary.create_database();
    let name = database.rsplit_once('/').expect("a URL with a database").1;
    let proxy = Proxy::start(primary.address());
    let both = format!("postgres://postgres@{},{}/{name}", proxy.address(), standby.address());
    let mut scene = Scene::on(Store::Postgres(both), Store::Postgres(standby.url(name)));
    scene.serve(1);
    scene.watch();
    let load = scene.load(8, 6);
    scene.acknowledge(60);
    // It runs on, and whoever still reached it would wait for its standby: nothing more is acknowledged there.
    proxy.set(Fault::BlackHole);
    let client = scene.server(0).client();
    eventually(SOON, || client.get("/readyz").status == 503);
    client.get("/v1/config").expect(200);
    assert_eq!(standby.psql("SELECT pg_promote()"), "t");
    let took = scene.until_acknowledged();
    assert!(took < VANISHED, "writes again {took:?} after the promotion");
    scene.acknowledge(60);
    load.finish();
    eventually(SOON, || client.get("/readyz").status == 200);
    scene.check(&format!("fail-over from a primary that vanished, writes again after {took:?}"));
}

#[test]
fn after_a_fail_over_that_lost_the_tail_the_server_takes_up_what_is_left_and_says_so() {
    let mut primary = Cluster::start();
    let database = primary.create_database();
    let name = database.rsplit_once('/').expect("a URL with a database").1;
    let proxy = Proxy::start(primary.address());
    let address = proxy.address();
    let from = format!("host={} port={} user=postgres", address.ip(), address.port());
    let standby =
        primary.start_standby(Options { settings: vec![("primary_conninfo", from)], ..Options::default() });
    let both = format!("postgres://postgres@{},{}/{name}", primary.address(), standby.address());
    let mut scene = Scene::on(Store::Postgres(both), Store::Postgres(standby.url(name)));
    scene.serve(1);
    let client = scene.server(0).client();
    for number in 1..=10 {
        client.put(&format!("/v1/config/n{number}"), "kept").expect(200);
    }
    let replayed = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()";
    eventually(SOON, || primary.psql(replayed) == "1");
    proxy.set(Fault::BlackHole);
    for number in 6..=15 {
        client.put(&format!("/v1/config/n{number}"), "lost").expect(200);
    }
    primary.kill9();
    // What the standby has of it is in the proxy: gone with the primary.
    drop(proxy);
    assert_eq!(standby.psql("SELECT pg_promote()"), "t");
    eventually(SOON, || client.get("/v1/config?values=false").header("config-revision") == Some("10"));
    let server = scene.server(0);
    eventually(SOON, || server.stderr().contains("rebuilding the tree"));
    eventually(SOON, || client.put("/v1/config/after", "1").status == 200);
    let log = Log::read(&scene.direct);
    assert_eq!(log.head, 11);
    check_replicas(&scene.targets, &log).expect("one state, and that of the log");
    assert!(run(&scene.direct, "verify", &[]).status.success());
    eventually(SOON, || client.get("/readyz").status == 200);
}
