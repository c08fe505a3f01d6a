//! The proxy's faults, as PostgreSQL's own driver meets them.

use std::sync::mpsc::channel;
use std::time::Instant;

use ::postgres::fallible_iterator::FallibleIterator as _;
use ::postgres::{Client, NoTls};

use super::super::eventually;
use super::super::postgres::{fresh_database, psql};
use super::*;

const SOON: Duration = Duration::from_secs(20);
const APPEND: &str = "INSERT INTO configapi.log (x) VALUES (1)";

/// A database with a log, the proxy before it, and a connection through it.
fn behind_a_proxy() -> (String, Proxy, String, Client) {
    let direct = fresh_database();
    psql(&direct, "CREATE SCHEMA configapi; CREATE TABLE configapi.log (x int)");
    let (proxy, through) = Proxy::before(&direct);
    let client = Client::connect(&through, NoTls).expect("the proxy relays");
    (direct, proxy, through, client)
}

fn stored(direct: &str) -> String {
    psql(direct, "SELECT count(*) FROM configapi.log")
}

#[test]
fn without_a_fault_every_byte_gets_through_both_ways() {
    let (_direct, proxy, _through, mut client) = behind_a_proxy();
    let long = "0123456789".repeat(300_000);
    let row = client.query_one("SELECT $1::text", &[&long]).expect("an answer");
    assert!(row.get::<_, &str>(0) == long);
    assert_eq!(proxy.connections(), 1);
    drop(client);
    eventually(SOON, || proxy.connections() == 0);
}

#[test]
fn the_lost_reply_of_a_prepared_append_is_lost_after_the_commit() {
    let (direct, proxy, through, mut client) = behind_a_proxy();
    let append = client.prepare(APPEND).expect("prepared");
    client.execute(&append, &[]).expect("the first reply comes");
    proxy.lose_next_append_reply();
    client.query("SELECT * FROM configapi.log", &[]).expect("a read is no append");
    client.execute(&append, &[]).expect_err("the reply is lost");
    assert_eq!((stored(&direct).as_str(), proxy.lost_replies()), ("2", 1));
    let mut again = Client::connect(&through, NoTls).expect("a new connection is not cut");
    again.batch_execute(APPEND).expect("one reply was to be lost, not two");
}

#[test]
fn the_lost_reply_of_an_append_in_a_transaction_is_that_of_its_commit() {
    let (direct, proxy, _through, mut client) = behind_a_proxy();
    proxy.lose_next_append_reply();
    let mut rolled_back = client.transaction().expect("BEGIN");
    rolled_back.execute(APPEND, &[]).expect("not committed yet");
    rolled_back.rollback().expect("nothing was committed");
    client.batch_execute(&format!("BEGIN; {APPEND}; SELECT 1/0; COMMIT")).expect_err("a division by zero");
    client.batch_execute("ROLLBACK").expect("the connection is there");
    let mut committed = client.transaction().expect("BEGIN");
    committed.execute(APPEND, &[]).expect("not committed yet");
    committed.commit().expect_err("the reply is lost");
    assert_eq!((stored(&direct).as_str(), proxy.lost_replies()), ("1", 1));
}

#[test]
fn a_black_hole_answers_nothing_and_what_it_held_arrives_when_it_ends() {
    let (direct, proxy, _through, mut client) = behind_a_proxy();
    proxy.set(Fault::BlackHole);
    let (sender, answers) = channel();
    spawn("black hole client", move || {
        let _test_has_failed = sender.send(client.execute(APPEND, &[]).map_err(|error| error.to_string()));
    });
    answers.recv_timeout(Duration::from_millis(200)).expect_err("no answer, and no error either");
    assert_eq!(stored(&direct), "0");
    proxy.set(Fault::None);
    assert_eq!(answers.recv_timeout(SOON).expect("it ends"), Ok(1));
}

#[test]
fn a_delay_and_a_throttle_slow_down_and_lose_nothing() {
    let (_direct, proxy, _through, mut client) = behind_a_proxy();
    let mut time = |fault, bytes: i32| {
        proxy.set(fault);
        let begin = Instant::now();
        let row = client.query_one(&format!("SELECT repeat('x', {bytes})"), &[]).expect("an answer");
        assert_eq!(row.get::<_, &str>(0).len(), usize::try_from(bytes).expect("a length"));
        begin.elapsed()
    };
    assert!(time(Fault::Delay(Duration::from_millis(100)), 1) >= Duration::from_millis(200));
    assert!(time(Fault::Throttle(200_000), 60_000) >= Duration::from_millis(250));
}

#[test]
fn a_reset_ends_open_connections_and_refusal_stops_new_ones() {
    let (_direct, proxy, through, mut client) = behind_a_proxy();
    proxy.set(Fault::Refuse);
    assert!(Client::connect(&through, NoTls).is_err());
    client.batch_execute("SELECT 1").expect("an open connection goes on");
    proxy.reset_all();
    client.batch_execute("SELECT 1").expect_err("it was reset");
    proxy.set(Fault::None);
    Client::connect(&through, NoTls).expect("it relays again");
}

#[test]
fn a_cut_falls_in_the_midst_of_a_message_and_on_one_connection() {
    let (_direct, proxy, through, mut client) = behind_a_proxy();
    proxy.cut_after(50_000);
    client.batch_execute("SELECT 1").expect("it isn't there yet");
    client.query_one("SELECT repeat('x', 100000)", &[]).expect_err("it is cut");
    Client::connect(&through, NoTls).expect("it relays again");
}

#[test]
fn notifications_are_dropped_or_repeated() {
    let (direct, proxy, _through, mut client) = behind_a_proxy();
    client.batch_execute("LISTEN changes").expect("listening");
    proxy.set_notifications(Notifications::Drop);
    psql(&direct, "NOTIFY changes, 'dropped'");
    // A notification goes out before the answer to what is asked after it.
    client.batch_execute("SELECT 1").expect("an answer");
    proxy.set_notifications(Notifications::Repeat);
    psql(&direct, "NOTIFY changes, 'repeated'");
    let mut notifications = client.notifications();
    let heard = notifications.timeout_iter(SOON).take(2).map(|one| Ok(one.payload().to_owned()));
    assert_eq!(heard.collect::<Vec<_>>().expect("connected"), ["repeated", "repeated"]);
}
