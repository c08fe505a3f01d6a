//! Connections that die, fall silent or lose an answer: every wait ends, and no outcome is guessed.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use configapi::infrastructure::store::{Append, PostgresOptions, PostgresStore, SealedChange, StoreError};
use rustix::process::{Pid, Signal, kill_process};

use super::{PATIENCE, open, open_with};
use crate::store_contract::model::Log;
use crate::support::eventually;
use crate::support::postgres::{Cluster, fresh_database, psql};
use crate::support::proxy::{Fault, Proxy};

/// Short deadlines for tests in which they pass.
fn impatient(url: &str) -> PostgresOptions {
    let short = Duration::from_millis(400);
    PostgresOptions {
        connect_timeout: short,
        checkout_timeout: short,
        append_timeout: short,
        read_timeout: short,
        ..PostgresOptions::new(url)
    }
}

/// Several of the deadlines above, and a slow machine; far less than for ever.
const SOON: Duration = Duration::from_secs(5);

/// What a server does with an unknown outcome (contract S8).
fn append_until_known(log: &Log, batch: &[SealedChange]) {
    let append = eventually(PATIENCE, || match log.store.append(&log.head, batch) {
        Ok(append) => Some(append),
        Err(StoreError::Unavailable(_) | StoreError::OutcomeUnknown(_)) => None,
        Err(error) => panic!("{error}"),
    });
    assert_eq!(append, Append::Stored);
}

#[test]
fn a_lost_reply_is_found_again() {
    let (proxy, url) = Proxy::before(&fresh_database());
    let mut log = Log::new(open(&url));
    log.write(&[("a", Some("1"))]);
    let batch = log.batch(&[&[("a", Some("2"))], &[("b", Some("1"))]]);
    proxy.lose_next_append_reply();
    let outcome = log.store.append(&log.head, &batch);
    assert!(matches!(outcome, Err(StoreError::OutcomeUnknown(_))), "{outcome:?}");
    assert_eq!(proxy.lost_replies(), 1);
    log.append(batch);
    assert_eq!(log.store.head().unwrap(), log.head, "it is there once");
}

#[test]
fn a_black_hole_costs_its_deadline_and_no_more() {
    let (proxy, url) = Proxy::before(&fresh_database());
    let mut log = Log::new(open_with(impatient(&url)));
    log.write(&[("a", Some("1"))]);
    let batch = vec![log.change(&[("a", Some("2"))])];
    proxy.set(Fault::BlackHole);
    let begun = Instant::now();
    let outcome = log.store.append(&log.head, &batch);
    assert!(matches!(outcome, Err(StoreError::OutcomeUnknown(_))), "{outcome:?}");
    let outcome = log.store.head();
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());

    proxy.set(Fault::None);
    append_until_known(&log, &batch);
    log.push(batch[0].clone());
    assert_eq!(log.store.head().unwrap(), log.head, "it is there once");
}

#[test]
fn a_stopped_server_costs_its_deadline_and_no_more() {
    let cluster = Cluster::start();
    let url = cluster.create_database();
    let log = Log::new(open_with(impatient(&url)));
    let of_ours = "SELECT pid FROM pg_stat_activity WHERE application_name = 'configapi' ORDER BY pid";
    let backends: Vec<Pid> =
        psql(&url, of_ours).lines().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect();
    assert!(!backends.is_empty());
    signal(&backends, Signal::STOP);
    let begun = Instant::now();
    let outcome = log.store.head();
    assert!(matches!(outcome, Ok(_) | Err(StoreError::Unavailable(_))), "{outcome:?}");
    // Dropping the stopped connections does not wait for them either.
    drop(log);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    signal(&backends, Signal::CONT);
}

fn signal(processes: &[Pid], signal: Signal) {
    for &process in processes {
        kill_process(process, signal).unwrap();
    }
}

#[test]
fn a_server_that_accepts_and_says_nothing_is_given_up_at_the_start() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgresql://postgres@{}/x", silent.local_addr().unwrap());
    let begun = Instant::now();
    let error = PostgresStore::open(impatient(&url)).err().expect("nobody answers");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[test]
fn after_a_crash_of_the_server_reads_and_appends_work_again_on_the_same_store() {
    let mut cluster = Cluster::start();
    let mut log = Log::new(open(&cluster.create_database()));
    log.write(&[("a", Some("1"))]);
    cluster.kill9();
    assert!(matches!(log.store.head(), Err(StoreError::Unavailable(_))));
    cluster.restart();
    let begun = Instant::now();
    let batch = vec![log.change(&[("a", Some("2"))])];
    append_until_known(&log, &batch);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    log.push(batch[0].clone());
    assert_eq!(log.store.head().unwrap(), log.head);
}

#[test]
fn reads_survive_the_end_of_every_pooled_connection() {
    let url = fresh_database();
    let mut log = Log::new(open(&url));
    log.write(&[("a", Some("1"))]);
    log.store.head().unwrap();
    psql(
        &url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = 'configapi' AND datname = current_database()",
    );
    assert_eq!(log.store.head().unwrap(), log.head);
}

#[test]
fn a_cancelled_wait_for_a_standby_is_unknown_until_the_batch_is_appended_again() {
    let cluster = Cluster::start();
    let url = cluster.create_database();
    let mut log = Log::new(open(&url));
    let batch = vec![log.change(&[("a", Some("1"))])];
    cluster.psql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    cluster.psql("SELECT pg_reload_conf()");
    eventually(PATIENCE, || psql(&url, "SHOW synchronous_standby_names") == "nobody");
    let outcome = thread::scope(|scope| {
        let append = scope.spawn(|| log.store.append(&log.head, &batch));
        let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
        eventually(PATIENCE, || cluster.psql(cancel) == "t");
        append.join().unwrap()
    });
    assert!(matches!(outcome, Err(StoreError::OutcomeUnknown(_))), "{outcome:?}");

    cluster.psql("ALTER SYSTEM RESET synchronous_standby_names");
    cluster.psql("SELECT pg_reload_conf()");
    eventually(PATIENCE, || psql(&url, "SHOW synchronous_standby_names").is_empty());
    log.append(batch);
    assert_eq!(log.store.head().unwrap(), log.head, "it is there once");
}

#[test]
fn a_unix_socket_serves_too() {
    let cluster = Cluster::start();
    let database = cluster.create_database();
    let (server, database) = database.rsplit_once('/').unwrap();
    let port = server.rsplit_once(':').unwrap().1;
    let folder = cluster.folder().display();
    let url = format!("host={folder} port={port} user=postgres dbname={database}");
    let store = open(&url);
    Log::new(store.clone()).write(&[("a", Some("1"))]);
    assert_eq!(store.describe(), format!("postgresql {folder}:{port}/{database}"));
}
