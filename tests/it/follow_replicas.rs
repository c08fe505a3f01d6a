//! Several servers on one PostgreSQL: they write at once, serve each other's writes, and say when they can't.

use std::time::{Duration, Instant};

use crate::support::history::{Scene, Target, Told};
use crate::support::http::Client;
use crate::support::places::Place;
use crate::support::postgres::{fresh_database, psql};
use crate::support::proxy::{Fault, Notifications, Proxy};
use crate::support::server::{Server, Store};
use crate::support::writes::{ada, made, name, now, rev};
use crate::support::{eventually, long_run};

const SOON: Duration = Duration::from_secs(10);
/// How often a server looks at the log by itself, and the machine's own time.
const POLL_INTERVAL: Duration = Duration::from_millis(1_000 + 500);
/// A poll interval that no test outlasts: only notifications can be in time.
const NEVER: Duration = Duration::from_hours(1);

/// Asks for a revision, waiting for it.
fn at_least(client: &Client, path: &str, revision: u64) -> crate::support::http::Response {
    let revision = revision.to_string();
    client.send("GET", path, &[("config-min-revision", &revision), ("prefer", "wait=10")], None)
}

fn written(response: &crate::support::http::Response) -> u64 {
    response.header("config-revision").and_then(|text| text.parse().ok()).expect("a write has a revision")
}

#[test]
fn three_servers_that_write_the_same_names_leave_no_gap_and_each_gets_through() {
    let mut scene = Scene::postgres();
    scene.serve(3);
    scene.watch();
    let load = scene.load(9, 3);
    scene.acknowledge(if long_run() { 20_000 } else { 600 });
    load.finish();
    let mut shares = [0; 3];
    for call in scene.recorder.calls() {
        if matches!(call.told, Told::Written(_)) {
            shares[call.server] += 1;
        }
    }
    let total: usize = shares.iter().sum();
    assert!(shares.iter().all(|&share| share * 20 > total), "each writes a twentieth at least: {shares:?}");
    scene.check(&format!("three servers, writes of each {shares:?}"));
}

#[test]
fn servers_killed_in_turn_under_contention_lose_nothing_and_the_others_go_on() {
    let mut scene = Scene::postgres();
    scene.serve(2);
    scene.watch();
    let load = scene.load(8, 3);
    for cycle in 0..if long_run() { 60 } else { 6 } {
        scene.acknowledge(20);
        scene.take(cycle % 2).kill9();
        // The other one serves meanwhile.
        scene.acknowledge(5);
        scene.serve_again(cycle % 2);
    }
    load.finish();
    scene.check("two servers, killed in turn");
}

#[test]
fn a_server_that_stands_still_holds_nobody_up_and_goes_on_where_the_log_is() {
    let mut scene = Scene::postgres();
    scene.serve(2);
    scene.watch();
    let load = scene.load(8, 3);
    for cycle in 0..if long_run() { 40 } else { 4 } {
        scene.acknowledge(10);
        scene.server(cycle % 2).sigstop();
        // In whatever it was: with the head's lock at the worst, which PostgreSQL takes from it.
        scene.acknowledge(20);
        scene.server(cycle % 2).sigcont();
    }
    scene.acknowledge(20);
    load.finish();
    scene.check("two servers, stopped and continued in turn");
}

#[test]
fn a_write_is_readable_on_another_server_without_waiting_for_its_poll() {
    let place = Place::postgres();
    let open = || place.open_with(|options| options.limits.poll_interval = NEVER);
    let (one, other) = (open(), open());
    for number in 0..200 {
        let revision = made(one.put(&name("a"), &number.to_string(), ada()));
        eventually(SOON, || other.applied() >= rev(revision));
        assert_eq!(now(&other, "a"), Some(number.to_string()));
    }
}

#[test]
fn an_idempotency_key_that_one_server_took_is_known_to_every_other() {
    let mut scene = Scene::postgres();
    scene.serve(2);
    let put = |place: usize, value: &str| {
        let fields = [("content-type", "text/plain"), ("idempotency-key", "\"once\"")];
        let base = scene.targets[place].base();
        Client::new(&base).send("PUT", "/v1/config/a", &fields, Some(value.as_bytes()))
    };
    let first = written(&put(0, "1").expect(200));
    assert_eq!(written(&put(1, "1").expect(200)), first);
    put(1, "2").expect(422);
    let log = scene.check("one key on two servers");
    assert_eq!(log.head, 1);
}

/// A server whose way to PostgreSQL goes through a proxy, beside one that goes straight.
fn one_near_one_far() -> (Scene, Proxy, String) {
    let direct = fresh_database();
    let (proxy, through) = Proxy::before(&direct);
    let mut scene = Scene::on(Store::Postgres(direct.clone()), Store::Postgres(direct.clone()));
    scene.serve(1);
    let far = Server::start(&Store::Postgres(through), &[]);
    scene.targets.push(Target::new(&far.url("")));
    scene.servers.push(Some(far));
    (scene, proxy, direct)
}

#[test]
fn a_server_that_is_cut_off_says_that_it_is_behind_and_catches_up_by_itself() {
    let (mut scene, proxy, _) = one_near_one_far();
    let (near, far) = (scene.server(0).client(), scene.server(1).client());
    let first = written(&near.put("/v1/config/a", "1").expect(200));
    at_least(&far, "/v1/config/a", first).expect(200);
    proxy.set(Fault::BlackHole);
    let second = written(&near.put("/v1/config/a", "2").expect(200));
    // What it has it serves, with its revision; what it has not it doesn't pretend to have.
    let stale = far.get("/v1/config/a").expect(200);
    assert_eq!((stale.text.as_str(), written(&stale)), ("1", first));
    let wanted = second.to_string();
    let fields = [("config-min-revision", wanted.as_str()), ("prefer", "wait=1")];
    let behind = far.send("GET", "/v1/config/a", &fields, None).expect(503);
    assert_eq!(behind.json()["type"], "/problems/replica-behind");
    eventually(SOON, || far.get("/readyz").status == 503);
    near.get("/readyz").expect(200);
    proxy.set(Fault::None);
    assert_eq!(at_least(&far, "/v1/config/a", second).expect(200).text, "2");
    eventually(SOON, || far.get("/readyz").status == 200);
    scene.check("a server cut off from its database");
}

#[test]
fn dropped_notifications_cost_the_poll_interval_and_repeated_ones_nothing() {
    let (mut scene, proxy, _) = one_near_one_far();
    let (near, far) = (scene.server(0).client(), scene.server(1).client());
    for (notifications, rounds) in [(Notifications::Drop, 4), (Notifications::Repeat, 20)] {
        proxy.set_notifications(notifications);
        let mut slowest = Duration::ZERO;
        for number in 0..rounds {
            let value = format!("{notifications:?} {number}");
            let revision = written(&near.put("/v1/config/a", &value).expect(200));
            let begun = Instant::now();
            assert_eq!(at_least(&far, "/v1/config/a", revision).expect(200).text, value);
            slowest = slowest.max(begun.elapsed());
        }
        eprintln!("notifications {notifications:?}: followed after {slowest:?} at most");
        assert!(slowest < POLL_INTERVAL, "{slowest:?}");
    }
    scene.check("notifications dropped and repeated");
}

/// The instant was cut to what the server followed: the write that the restore aimed at was taken back.
#[test]
fn a_restore_to_the_instant_of_a_write_keeps_it_on_a_server_that_has_not_seen_it() {
    let (mut scene, proxy, _) = one_near_one_far();
    let (near, far) = (scene.server(0).client(), scene.server(1).client());
    proxy.set_notifications(Notifications::Drop);
    for number in 0..6 {
        let value = number.to_string();
        let revision = written(&near.put("/v1/config/a", &value).expect(200));
        let history = near.get("/v1/config/a/history?limit=1&order=desc").expect(200).json();
        let body = |dry_run: bool| {
            let instant = &history[0]["data"]["timestamp"];
            serde_json::json!({"to": instant, "prefix": "", "dry_run": dry_run}).to_string()
        };
        for dry_run in [true, false] {
            let json = [("content-type", "application/json")];
            let restored = far.send("POST", "/v1/restore", &json, Some(body(dry_run).as_bytes())).expect(200);
            assert_eq!(restored.json()["changes"], serde_json::json!([]), "{restored:?}");
            assert_eq!((restored.json()["revision"].as_u64(), written(&restored)), (None, revision));
        }
        assert_eq!(near.get("/v1/config/a").expect(200).text, value);
    }
    scene.check("restores to an instant on a server that is behind");
}

#[test]
fn a_watch_whose_session_is_ended_is_covered_by_polling_and_made_anew() {
    let (mut scene, _proxy, direct) = one_near_one_far();
    let (near, far) = (scene.server(0).client(), scene.server(1).client());
    let watches = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%LISTEN configapi%' \
                   AND pid <> pg_backend_pid()";
    let count = || psql(&direct, &format!("SELECT count(*) {watches}"));
    eventually(SOON, || count() == "2");
    for number in 0..3 {
        psql(&direct, &format!("SELECT count(pg_terminate_backend(pid)) {watches}"));
        let revision = written(&near.put("/v1/config/a", &number.to_string()).expect(200));
        let begun = Instant::now();
        at_least(&far, "/v1/config/a", revision).expect(200);
        assert!(begun.elapsed() < POLL_INTERVAL, "{:?}", begun.elapsed());
        eventually(SOON, || count() == "2");
    }
    scene.check("watches ended");
}
