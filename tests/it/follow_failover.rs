//! PostgreSQL fails over to a synchronous standby under the real server, which is told both addresses.

use std::time::Duration;

use crate::support::history::Scene;
use crate::support::postgres::{Cluster, Options};
use crate::support::server::Store;
use crate::support::{eventually, long_run};

const SOON: Duration = Duration::from_secs(20);
/// From the promotion to the first write.
const WRITES_AGAIN: Duration = Duration::from_secs(10);

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
