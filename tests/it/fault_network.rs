//! The network between the server and PostgreSQL: replies that are lost, connections that are cut in the midst
//! of a message, packets that vanish; and a head that another session holds.

use std::time::{Duration, Instant};

use crate::support::history::{Random, Scene, Told};
use crate::support::http::{Client, Response};
use crate::support::postgres::{fresh_database, psql};
use crate::support::proxy::{Fault, Proxy};
use crate::support::server::Store;
use crate::support::{eventually, long_run};

/// What a write waits for its outcome, as the service promises, and a second for the machine.
const WRITE_DEADLINE: Duration = Duration::from_secs(11);
/// As the catalogue says: from the cause to what health shows.
const NOTICED: Duration = Duration::from_secs(5);

struct Far {
    proxy: Proxy,
    direct: String,
    scene: Scene,
}

fn behind_a_proxy() -> Far {
    let direct = fresh_database();
    let (proxy, through) = Proxy::before(&direct);
    let mut scene = Scene::on(Store::Postgres(through), Store::Postgres(direct.clone()));
    scene.serve(1);
    Far { proxy, direct, scene }
}

fn keyed_put(client: &Client, value: &str) -> Response {
    client.send(
        "PUT",
        "/v1/config/a",
        &[("content-type", "text/plain"), ("idempotency-key", "k1")],
        Some(value.as_bytes()),
    )
}

#[test]
fn a_lost_reply_of_a_commit_is_resolved_and_a_retry_finds_the_one_event() {
    let mut far = behind_a_proxy();
    let client = far.scene.server(0).client();
    far.proxy.lose_next_append_reply();
    let first = keyed_put(&client, "1").expect(200);
    assert_eq!(far.proxy.lost_replies(), 1);
    let second = keyed_put(&client, "1").expect(200);
    assert_eq!(first.header("config-revision"), second.header("config-revision"));
    assert_eq!(psql(&far.direct, "SELECT count(*) FROM configapi.log"), "1");
    let server = far.scene.server(0);
    eventually(NOTICED, || server.stderr().contains("outcome of an append resolved"));
    far.scene.check("one lost reply");
}

#[test]
fn replies_lost_under_load_leave_each_write_once() {
    let mut far = behind_a_proxy();
    let cycles = if long_run() { 200 } else { 12 };
    let load = far.scene.load(8, 8);
    for cycle in 1..=cycles {
        far.scene.acknowledge(8);
        far.proxy.lose_next_append_reply();
        eventually(Duration::from_secs(20), || far.proxy.lost_replies() == cycle);
    }
    far.scene.acknowledge(8);
    load.finish();
    assert_eq!(far.scene.recorder.count(|told| matches!(told, Told::Unknown(_))), 0, "each was resolved");
    far.scene.check(&format!("{cycles} lost replies under load"));
}

#[test]
fn a_server_killed_after_a_reply_was_lost_finds_the_write_by_its_key() {
    let mut far = behind_a_proxy();
    let cycles = if long_run() { 40 } else { 4 };
    let load = far.scene.load(8, 8);
    for cycle in 1..=cycles {
        far.scene.acknowledge(8);
        far.proxy.lose_next_append_reply();
        eventually(Duration::from_secs(20), || far.proxy.lost_replies() == cycle);
        // Committed and not applied, or resolved and not answered: nobody knows but the log.
        far.scene.take(0).kill9();
        far.scene.serve_again(0);
    }
    far.scene.acknowledge(8);
    load.finish();
    far.scene.check(&format!("{cycles} lost replies, each with SIGKILL of the server"));
}

#[test]
fn connections_cut_in_the_midst_of_any_message_leave_each_write_once() {
    let mut far = behind_a_proxy();
    let mut random = Random(far.scene.seed);
    let cycles = if long_run() { 400 } else { 25 };
    let load = far.scene.load(8, 8);
    for cycle in 0..cycles {
        far.scene.acknowledge(3);
        let bytes = usize::try_from(random.below(400)).expect("small");
        far.proxy.cut_after(bytes);
        if cycle % 5 == 4 {
            far.proxy.reset_all();
        }
    }
    far.scene.acknowledge(8);
    load.finish();
    assert_eq!(far.scene.recorder.count(|told| matches!(told, Told::Unknown(_))), 0, "each was resolved");
    far.scene.check(&format!("{cycles} cuts and resets"));
}

#[test]
fn behind_a_black_hole_every_request_is_answered_in_its_time_and_reads_of_now_go_on() {
    let mut far = behind_a_proxy();
    let client = far.scene.server(0).client();
    client.put("/v1/config/held", "1").expect(200);
    let load = far.scene.load(8, 8);
    far.scene.acknowledge(20);
    far.proxy.set(Fault::BlackHole);
    let begun = far.scene.recorder.now();
    eventually(NOTICED, || client.get("/readyz").status == 503);
    client.get("/livez").expect(200);
    assert_eq!(client.get("/v1/health").json()["checks"]["database"], "down");
    // Each of these would wait for the database; none may wait for ever.
    let past = |path: &str| {
        let asked = Instant::now();
        let answer = client.get(path);
        assert!(asked.elapsed() < WRITE_DEADLINE, "{path} after {:?}", asked.elapsed());
        answer
    };
    let mut reads = 0;
    while far.scene.recorder.now() < begun + WRITE_DEADLINE {
        let asked = Instant::now();
        assert_eq!(client.get("/v1/config/held").expect(200).text, "1");
        assert!(asked.elapsed() < Duration::from_secs(1), "a read of now after {:?}", asked.elapsed());
        reads += 1;
        if reads == 3 {
            past("/v1/config/held/history").expect(503);
        }
    }
    far.proxy.set(Fault::None);
    let took = far.scene.until_acknowledged();
    eventually(NOTICED, || client.get("/readyz").status == 200);
    load.finish();
    let calls = far.scene.recorder.calls();
    let slowest = calls.iter().map(|call| call.end.saturating_sub(call.begin)).max().expect("calls");
    assert!(slowest < WRITE_DEADLINE, "a call took {slowest:?}");
    let refused =
        calls.iter().filter(|call| matches!(call.told, Told::NotStored(503) | Told::Unknown(_))).count();
    assert!(refused > 0, "eleven seconds are longer than a write waits");
    far.scene.check(&format!("black hole, slowest call {slowest:?}, writes again after {took:?}"));
}

#[test]
fn a_head_that_another_session_holds_costs_503_within_seconds_and_no_threads() {
    let mut scene = Scene::postgres();
    scene.serve(1);
    let Store::Postgres(url) = scene.direct.clone() else { panic!("it is PostgreSQL") };
    let base = scene.server(0).url("");
    let client = Client::new(&base);
    client.put("/v1/config/a", "1").expect(200);
    let mut holder = ::postgres::Client::connect(&url, ::postgres::NoTls).expect("a connection");
    holder.batch_execute("BEGIN; SELECT FROM configapi.head FOR UPDATE").expect("the lock");
    let threads = || {
        std::fs::read_dir(format!("/proc/{}/task", scene.servers[0].as_ref().expect("it runs").pid()))
            .expect("it runs")
            .count()
    };
    let before = threads();
    let waiting: Vec<_> = (0..40)
        .map(|number| {
            let client = Client::new(&base);
            let work = move || {
                let begun = Instant::now();
                let answer = client.put(&format!("/v1/config/b{number}"), "2");
                (answer, begun.elapsed())
            };
            std::thread::Builder::new().spawn(work).expect("a thread")
        })
        .collect();
    client.get("/v1/config/a").expect(200);
    let answers: Vec<_> = waiting.into_iter().map(|one| one.join().expect("an answer")).collect();
    let slowest = answers.iter().map(|(_, took)| *took).max().expect("answers");
    for (answer, _) in &answers {
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{answer:?}");
        assert_eq!(answer.json()["outcome"], "not stored");
    }
    // The first is a batch of its own, the others one behind it: a lock's wait each.
    assert!(slowest < Duration::from_secs(4), "{slowest:?}");
    assert_eq!(threads(), before);
    holder.batch_execute("ROLLBACK").expect("the lock is free");
    client.put("/v1/config/a", "3").expect(200);
    assert_eq!(client.get("/v1/config/b0").status, 404);
    scene.check(&format!("the head locked by another session, 503 after {slowest:?} at most"));
}

#[test]
fn reads_that_find_every_connection_busy_are_told_so_and_the_rest_goes_on() {
    let mut scene = Scene::postgres();
    scene.serve(1);
    let Store::Postgres(url) = scene.direct.clone() else { panic!("it is PostgreSQL") };
    let base = scene.server(0).url("");
    let client = Client::new(&base);
    client.put("/v1/config/a", "1").expect(200);
    let mut holder = ::postgres::Client::connect(&url, ::postgres::NoTls).expect("a connection");
    holder.batch_execute("BEGIN; LOCK TABLE configapi.log IN ACCESS EXCLUSIVE MODE").expect("the lock");
    let waiting: Vec<_> = (0..16)
        .map(|_| {
            let client = Client::new(&base);
            let work = move || {
                let begun = Instant::now();
                (client.get("/v1/config/a/history"), begun.elapsed())
            };
            std::thread::Builder::new().spawn(work).expect("a thread")
        })
        .collect();
    client.get("/v1/config/a").expect(200);
    client.get("/livez").expect(200);
    for one in waiting {
        let (answer, took) = one.join().expect("an answer");
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{answer:?}");
        assert!(took < Duration::from_secs(6), "{took:?}");
    }
    holder.batch_execute("ROLLBACK").expect("the lock is free");
    client.get("/v1/config/a/history").expect(200);
    eventually(NOTICED, || client.get("/readyz").status == 200);
}
