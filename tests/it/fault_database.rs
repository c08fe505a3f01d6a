//! PostgreSQL dies, loses a session, is full of connections, turns read-only: under the real server, with
//! clients at work. Nothing acknowledged is lost, reads of now go on, and writes come back by themselves.

use std::time::{Duration, Instant};

use crate::support::history::{Scene, Told};
use crate::support::postgres::{Cluster, Options, psql};
use crate::support::server::Store;
use crate::support::{eventually, long_run};

/// From the moment that PostgreSQL takes connections again to a write that began after it and is acknowledged.
const WRITES_AGAIN: Duration = Duration::from_secs(2);
/// From a cause to what health says of it.
const NOTICED: Duration = Duration::from_secs(10);

fn url(scene: &Scene) -> &str {
    match &scene.direct {
        Store::Postgres(url) => url,
        Store::File(_) => panic!("this one is in PostgreSQL"),
    }
}

fn outages(what: &str, end: impl Fn(&mut Cluster)) {
    let mut cluster = Cluster::start();
    let mut scene = Scene::cluster(&cluster);
    scene.serve(1);
    scene.watch();
    let cycles = if long_run() { 20 } else { 3 };
    let load = scene.load(8, 12);
    let mut slowest = Duration::ZERO;
    for _ in 0..cycles {
        scene.acknowledge(20);
        end(&mut cluster);
        let client = scene.server(0).client();
        eventually(NOTICED, || client.get("/readyz").status == 503);
        client.get("/livez").expect(200);
        client.get("/v1/config").expect(200);
        cluster.restart();
        let took = scene.until_acknowledged();
        assert!(took < WRITES_AGAIN, "writes again {took:?} after PostgreSQL is back");
        slowest = slowest.max(took);
        eventually(NOTICED, || client.get("/readyz").status == 200);
    }
    scene.acknowledge(20);
    load.finish();
    scene.check(&format!("{what}, {cycles} cycles, writes again after {slowest:?} at most"));
}

#[test]
fn a_postgres_that_is_killed_under_load_loses_nothing_and_writes_return_within_two_seconds_of_it() {
    outages("SIGKILL of PostgreSQL", Cluster::kill9);
}

#[test]
fn an_immediate_stop_of_postgres_under_load_loses_nothing_and_writes_return_within_two_seconds() {
    outages("immediate stop of PostgreSQL", Cluster::stop_immediate);
}

#[test]
fn a_session_that_is_ended_under_load_costs_no_write() {
    let mut scene = Scene::postgres();
    scene.serve(1);
    let load = scene.load(8, 12);
    let cycles = if long_run() { 100 } else { 8 };
    for _ in 0..cycles {
        scene.acknowledge(15);
        let ended = psql(
            url(&scene),
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE application_name = 'configapi' AND datname = current_database()",
        );
        assert_ne!(ended, "0");
    }
    scene.acknowledge(15);
    load.finish();
    assert_eq!(scene.recorder.count(|told| matches!(told, Told::Unknown(_))), 0, "each was resolved");
    scene.check(&format!("sessions ended by an administrator, {cycles} cycles"));
}

#[test]
fn one_killed_backend_makes_postgres_restart_its_sessions_and_nothing_is_lost() {
    let cluster = Cluster::start();
    let mut scene = Scene::cluster(&cluster);
    scene.serve(1);
    let load = scene.load(8, 12);
    for _ in 0..if long_run() { 20 } else { 2 } {
        scene.acknowledge(15);
        let backend = eventually(NOTICED, || {
            let writers = "SELECT max(pid) FROM pg_stat_activity WHERE application_name = 'configapi' \
                           AND datname = current_database() AND query LIKE '%appends a batch%'";
            psql(url(&scene), writers).parse().ok().and_then(rustix::process::Pid::from_raw)
        });
        rustix::process::kill_process(backend, rustix::process::Signal::KILL).expect("it runs");
        scene.until_acknowledged();
    }
    load.finish();
    scene.check("SIGKILL of one backend");
}

#[test]
fn a_read_only_database_refuses_writes_with_the_reason_and_takes_them_again_when_it_may() {
    let mut scene = Scene::postgres();
    scene.serve(1);
    let client = scene.server(0).client();
    client.put("/v1/config/a", "1").expect(200);
    let database = psql(url(&scene), "SELECT current_database()");
    let end_sessions = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                        WHERE application_name = 'configapi' AND datname = current_database()";
    psql(url(&scene), &format!("ALTER DATABASE {database} SET default_transaction_read_only = on"));
    psql(url(&scene), end_sessions);
    // The first may be on its way over a session that has just ended: then its outcome is not known.
    let begun = Instant::now();
    let refused = eventually(NOTICED, || {
        Some(client.put("/v1/config/a", "2")).filter(|it| it.text.contains("read-only"))
    });
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert!(refused.status == 503 && refused.text.contains("not stored"), "{refused:?}");
    client.get("/v1/config/a").expect(200);
    client.get("/v1/config/a/history").expect(200);
    // Nobody ends the sessions now: those that were opened while it was read-only must not be kept for it.
    psql(url(&scene), "BEGIN READ WRITE; SELECT 1; COMMIT");
    let open =
        format!("BEGIN READ WRITE; ALTER DATABASE {database} RESET default_transaction_read_only; COMMIT");
    psql(url(&scene), &open);
    eventually(WRITES_AGAIN, || client.put("/v1/config/a", "3").status == 200);
    assert_eq!(client.get("/v1/config/a").text, "3");
    scene.check("read-only database");
}

#[test]
fn a_postgres_without_a_free_connection_costs_503_and_writes_return_with_one() {
    let cluster = Cluster::start_with(Options {
        settings: vec![
            ("max_connections", "15".to_owned()),
            ("superuser_reserved_connections", "4".to_owned()),
        ],
        ..Options::default()
    });
    let mut scene = Scene::cluster(&cluster);
    let plain = "CREATE ROLE app LOGIN; ALTER DATABASE postgres OWNER TO app";
    cluster.psql(plain);
    let database = psql(url(&scene), "SELECT current_database()");
    cluster.psql(&format!("ALTER DATABASE {database} OWNER TO app"));
    let as_app = url(&scene).replace("postgres@", "app@");
    scene.store = Store::Postgres(as_app.clone());
    scene.serve(1);
    let client = scene.server(0).client();
    client.put("/v1/config/a", "1").expect(200);
    // Somebody else is there first, whenever the service loses a connection.
    let mut hogs = Vec::new();
    eventually(Duration::from_secs(20), || {
        psql(
            url(&scene),
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'configapi'",
        );
        while let Ok(hog) = ::postgres::Client::connect(&as_app, ::postgres::NoTls) {
            hogs.push(hog);
        }
        psql(url(&scene), "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'configapi'") == "0"
    });
    // By then no write goes out over a session that has just ended.
    eventually(NOTICED, || client.get("/readyz").status == 503);
    let begun = Instant::now();
    let refused = client.put("/v1/config/a", "2").expect(503);
    assert_eq!(
        (refused.header("retry-after"), refused.json()["outcome"].as_str()),
        (Some("1"), Some("not stored"))
    );
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    client.get("/v1/config/a").expect(200);
    hogs.clear();
    eventually(Duration::from_secs(5), || client.put("/v1/config/a", "3").status == 200);
    scene.check("no free connection");
}
