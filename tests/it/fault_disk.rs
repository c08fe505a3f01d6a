//! The disk under the log fails, is full, or may not be written; and the clock beside it is wrong.

use std::time::Duration;

use crate::support::history::{Log, Random, Scene, Told};
use crate::support::http::Response;
use crate::support::postgres::{Cluster, Options, psql};
use crate::support::server::{Server, Store};
use crate::support::shim::{Shim, Trouble};
use crate::support::{eventually, seed};

const SOON: Duration = Duration::from_secs(15);

fn on_a_file(shim: &Shim) -> Scene {
    let mut scene = Scene::file().with_environment(shim.environment());
    scene.serve(1);
    scene
}

fn a_failing_disk(fail: impl Fn(&Shim), what: &str) {
    let shim = Shim::about("configapi.db");
    let mut scene = on_a_file(&shim);
    let load = scene.load(6, 8);
    scene.acknowledge(40);
    fail(&shim);
    let mut server = scene.take(0);
    let status = server.wait(SOON);
    assert!(!status.success(), "{status:?}");
    assert!(server.stderr().contains("the store can't go on"), "{}", server.stderr());
    drop(server);
    shim.writes(Trouble::None);
    shim.fsyncs(Trouble::None);
    scene.serve_again(0);
    scene.acknowledge(20);
    load.finish();
    scene.check(what);
}

#[test]
fn after_a_failed_fsync_nothing_more_is_acknowledged_and_the_server_ends_with_an_error() {
    a_failing_disk(|shim| shim.fsyncs(Trouble::Broken), "failed fsync");
}

#[test]
fn after_a_failed_write_nothing_more_is_acknowledged_and_the_server_ends_with_an_error() {
    a_failing_disk(|shim| shim.writes(Trouble::Broken), "failed write");
}

#[test]
fn a_full_disk_under_a_file_is_507_reads_go_on_and_writes_return_with_the_room() {
    let shim = Shim::about("configapi.db");
    let mut scene = on_a_file(&shim);
    let load = scene.load(6, 8);
    let client = scene.server(0).client();
    for _ in 0..3 {
        scene.acknowledge(30);
        shim.writes(Trouble::Full);
        let refused =
            eventually(SOON, || Some(client.put("/v1/config/a", "x")).filter(|it| it.status == 507));
        assert_eq!(
            (refused.json()["outcome"].as_str(), refused.header("retry-after")),
            (Some("not stored"), Some("1"))
        );
        client.get("/v1/config").expect(200);
        client.get("/v1/config/app%2F1/history").expect(200);
        client.get("/livez").expect(200);
        shim.writes(Trouble::None);
        scene.until_acknowledged();
    }
    load.finish();
    let full = scene.recorder.count(|told| *told == Told::NotStored(507));
    assert!(full > 0);
    scene.check(&format!("full disk under a file, {full} times 507"));
}

/// A value that no compression makes small, so that a few of them need new pages.
fn large(random: &mut Random) -> String {
    (0..20_000).map(|_| char::from(b'a' + u8::try_from(random.below(26)).expect("a letter"))).collect()
}

fn full_cluster(part: &str) -> (Shim, Cluster, Scene) {
    let shim = Shim::about(part);
    let cluster =
        Cluster::start_with(Options { environment: shim.environment().into(), ..Options::default() });
    let mut scene = Scene::cluster(&cluster);
    scene.serve(1);
    (shim, cluster, scene)
}

fn put_large(scene: &mut Scene, random: &mut Random) -> Response {
    scene.server(0).client().put("/v1/config/large", &large(random))
}

#[test]
fn a_full_disk_under_the_tables_of_postgres_is_503_that_says_so_and_writes_return_with_the_room() {
    let (shim, _cluster, mut scene) = full_cluster("/base/");
    let mut random = Random(seed());
    put_large(&mut scene, &mut random).expect(200);
    shim.writes(Trouble::Full);
    let refused = eventually(SOON, || Some(put_large(&mut scene, &mut random)).filter(|it| it.status != 200));
    assert_eq!(
        (refused.status, refused.json()["outcome"].as_str()),
        (503, Some("not stored")),
        "{refused:?}"
    );
    assert_eq!(refused.json()["type"], "/problems/full");
    let client = scene.server(0).client();
    client.get("/v1/config/large").expect(200);
    client.get("/v1/config/large/history?limit=1").expect(200);
    shim.writes(Trouble::None);
    put_large(&mut scene, &mut random).expect(200);
    scene.check("full disk under PostgreSQL's tables");
}

#[test]
fn a_full_disk_under_the_wal_of_postgres_stops_it_and_nothing_is_lost_when_it_is_back() {
    let (shim, mut cluster, mut scene) = full_cluster("/pg_wal/");
    let load = scene.load(6, 8);
    scene.acknowledge(40);
    shim.writes(Trouble::Full);
    let client = scene.server(0).client();
    eventually(SOON, || client.get("/readyz").status == 503);
    client.get("/v1/config").expect(200);
    shim.writes(Trouble::None);
    // With no room for its own recovery it has ended: the operator frees space and starts it.
    cluster.restart();
    scene.until_acknowledged();
    scene.acknowledge(20);
    load.finish();
    scene.check("full disk under PostgreSQL's WAL");
}

#[test]
fn a_file_that_may_not_be_written_is_refused_at_the_start_with_the_reason() {
    // Root may write everything; a system call that fails is the same for everybody.
    let shim = Shim::about("configapi.db");
    shim.writes(Trouble::Full);
    let scene = Scene::file();
    let environment = shim.environment();
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let failed = Server::try_start(&scene.store, &[], &environment).expect_err("there is no room for a log");
    assert!(failed.status.is_some_and(|status| !status.success()), "{failed:?}");
    assert!(failed.stderr.contains("full"), "{failed:?}");
}

fn instants_around(scene: &mut Scene, shim: &Shim) -> Log {
    let load = scene.load(4, 6);
    for offset_s in [0, -3_600, 10 * 365 * 86_400, -86_400, 0] {
        shim.clock(offset_s);
        scene.acknowledge(20);
        let client = scene.server(0).client();
        client.get("/v1/config?at=1h").expect(200);
    }
    load.finish();
    // That instants rise with revisions is one of the checks.
    scene.check("clock an hour back, ten years forward, a day back")
}

#[test]
fn instants_rise_with_revisions_while_the_clock_jumps_back_and_forth() {
    let shim = Shim::about("configapi.db");
    let mut scene = on_a_file(&shim);
    instants_around(&mut scene, &shim);
}

/// A clock past the year 9999 was followed; every write after the first was a 500, with `/readyz` 200, for ever.
#[test]
fn a_clock_past_the_year_9999_is_refused_with_words_until_it_is_right() {
    let shim = Shim::about("configapi.db");
    let mut scene = on_a_file(&shim);
    let client = scene.server(0).client();
    client.put("/v1/config/a", "1").expect(200);
    shim.clock(8_100 * 366 * 86_400);
    for _ in 0..3 {
        let refused = client.put("/v1/config/a", "2").expect(503).json();
        assert_eq!(refused["outcome"], "not stored");
        assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("clock")), "{refused}");
    }
    eventually(SOON, || client.get("/readyz?verbose").text.contains("[-] clock"));
    client.get("/readyz").expect(503);
    client.get("/v1/config/a").expect(200);
    shim.clock(0);
    client.put("/v1/config/a", "2").expect(200);
    eventually(SOON, || client.get("/readyz").status == 200);
    scene.check("a clock past the year 9999");
}

#[test]
fn a_retry_after_the_clock_jumped_a_day_finds_its_first_write() {
    let shim = Shim::about("configapi.db");
    let mut scene = on_a_file(&shim);
    let client = scene.server(0).client();
    let put = |name: &str, key: &str| {
        let fields = [("content-type", "text/plain"), ("idempotency-key", key)];
        let answer = client.send("PUT", &format!("/v1/config/{name}"), &fields, Some(b"1")).expect(200);
        answer.header("config-revision").map(str::to_owned)
    };
    let first = put("a", "one");
    shim.clock(25 * 3_600);
    assert_eq!(put("a", "one"), first);
    put("b", "two");
    assert_eq!(put("a", "one"), first);
    let log = scene.check("the clock jumped a day between a write and its retry");
    assert_eq!(log.head, 2);
}

#[test]
fn a_server_with_a_wrong_clock_records_the_time_of_postgres() {
    let shim = Shim::about("configapi.db");
    let mut scene = Scene::postgres().with_environment(shim.environment());
    scene.serve(1);
    let log = instants_around(&mut scene, &shim);
    let Store::Postgres(url) = &scene.direct else { panic!("it is PostgreSQL") };
    let now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    let now: i64 = psql(url, now).parse().expect("a number");
    let minute_us = 60_000_000;
    assert!(log.rows.iter().all(|row| (row.instant_us - now).abs() < minute_us), "{:?}", log.rows.last());
}
