//! What is PostgreSQL's own in its store: what it refuses at the start, who may do what, and who waits for whom.
//!
//! The contract that all stores share is in `store_contract`; broken connections are in `postgres_store/faults`,
//! plans in `plans`, pages in `pages`.

mod faults;
mod pages;
mod plans;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use configapi::infrastructure::store::{
    Access, Append, Durability, EventStore, LogIdentity, Order, PostgresOptions, PostgresStore, StoreError,
    Wake,
};
use postgres::{Client, NoTls};

use crate::store_contract::model::{EVERYTHING, Log, history, name, tree};
use crate::support::eventually::eventually;
use crate::support::postgres::{fresh_database, psql, shared_admin_url};

/// Long enough for the slowest machine; a test that works never waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

fn open(url: &str) -> Arc<dyn EventStore> {
    open_with(PostgresOptions::new(url))
}

fn open_with(options: PostgresOptions) -> Arc<dyn EventStore> {
    Arc::new(PostgresStore::open(options).expect("the store opens"))
}

fn refusal(url: &str) -> StoreError {
    PostgresStore::open(PostgresOptions::new(url)).err().expect("a refusal")
}

fn database_of(url: &str) -> &str {
    url.rsplit_once('/').expect("a URL with a database").1
}

#[test]
fn settings_that_lose_writes_are_refused_unless_the_loss_is_accepted() {
    let url = fresh_database();
    psql(&url, &format!("ALTER DATABASE {} SET synchronous_commit = off", database_of(&url)));
    let error = refusal(&url);
    assert!(matches!(&error, StoreError::Misconfigured(what) if what.contains("synchronous_commit = on")));
    let options = PostgresOptions { durability: Durability::AcceptLoss, ..PostgresOptions::new(&url) };
    Log::new(open_with(options)).write(&[("a", Some("1"))]);
}

#[test]
fn a_database_whose_names_would_not_sort_by_their_bytes_is_refused() {
    let url = fresh_database();
    let other = format!("{}_ascii", database_of(&url));
    psql(&url, &format!("CREATE DATABASE {other} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'"));
    let (server, _) = url.rsplit_once('/').unwrap();
    let error = refusal(&format!("{server}/{other}"));
    assert!(matches!(&error, StoreError::Misconfigured(what) if what.contains("UTF8")), "{error}");
}

#[test]
fn a_missing_database_is_a_matter_of_configuration_and_a_missing_server_one_of_time() {
    let (server, _) = shared_admin_url().rsplit_once('/').unwrap();
    assert!(matches!(refusal(&format!("{server}/no_such_database")), StoreError::Misconfigured(_)));
    // Port 1 is nobody's.
    assert!(matches!(refusal("postgresql://postgres@127.0.0.1:1/x"), StoreError::Unavailable(_)));
}

#[test]
fn a_newer_schema_is_refused() {
    let url = fresh_database();
    drop(open(&url));
    insert_newer(&url, 4, 4);
    assert!(matches!(refusal(&url), StoreError::SchemaTooNew { found: 99, known: 3 }));
    let read = PostgresStore::open_to_read(PostgresOptions::new(&url));
    assert!(matches!(read.err(), Some(StoreError::SchemaTooNew { found: 99, known: 3 })));
}

/// A migration of a newer release, with the oldest schemas whose releases can still read and append.
fn insert_newer(url: &str, oldest_reader: i64, oldest_writer: i64) {
    let columns = "version, oldest_reader, oldest_writer";
    let values = format!("99, {oldest_reader}, {oldest_writer}");
    psql(url, &format!("INSERT INTO configapi.schema_migrations ({columns}) VALUES ({values})"));
}

#[test]
fn a_newer_schema_lets_this_release_do_what_it_says() {
    let url = fresh_database();
    drop(open(&url));
    insert_newer(&url, 3, 4);
    assert!(matches!(refusal(&url), StoreError::SchemaTooNew { .. }));
    let read_only = PostgresOptions { access: Access::ReadOnly, ..PostgresOptions::new(&url) };
    assert!(PostgresStore::open(read_only).is_ok());
    let store = PostgresStore::open_to_read(PostgresOptions::new(&url)).unwrap();
    assert_eq!((store.older_schema(), store.head().unwrap().revision.get()), (None, 0));
    psql(&url, "UPDATE configapi.schema_migrations SET oldest_writer = 3 WHERE version = 99");
    Log::new(open(&url)).write(&[("a", Some("1"))]);
}

#[test]
fn servers_that_start_together_migrate_once() {
    const SERVERS: usize = 4;
    let url = fresh_database();
    let start = Barrier::new(SERVERS);
    let identities: Vec<LogIdentity> = thread::scope(|scope| {
        let begin = || {
            start.wait();
            open(&url).identity()
        };
        let servers: Vec<_> = (0..SERVERS).map(|_| scope.spawn(begin)).collect();
        servers.into_iter().map(|server| server.join().unwrap()).collect()
    });
    assert!(identities.windows(2).all(|two| two[0] == two[1]));
    assert_eq!(psql(&url, "SELECT count(*) FROM configapi.schema_migrations"), "3");
}

#[test]
fn a_role_that_may_only_append_and_read_serves_but_does_not_migrate() {
    let url = fresh_database();
    let role = format!("{}_server", database_of(&url));
    psql(&url, &format!("CREATE ROLE {role} LOGIN"));
    let (scheme, rest) = url.split_once("://").unwrap();
    let as_role = format!("{scheme}://{role}@{}", rest.rsplit_once('@').unwrap().1);
    assert!(matches!(refusal(&as_role), StoreError::SchemaTooOld { found: 0, known: 3 }));

    drop(open(&url));
    psql(
        &url,
        &format!(
            "GRANT USAGE ON SCHEMA configapi TO {role};
             GRANT SELECT ON ALL TABLES IN SCHEMA configapi TO {role};
             GRANT INSERT ON configapi.log TO {role};
             GRANT UPDATE ON configapi.head TO {role}"
        ),
    );
    let mut log = Log::new(open(&as_role));
    log.write(&[("a", Some("1"))]);
    let locked = log.store.lock_head().unwrap();
    assert_eq!(*locked.head(), log.head);
    drop(locked);
    psql(&url, &format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn nothing_of_the_log_can_be_truncated_and_the_refusal_has_its_own_code() {
    let url = fresh_database();
    Log::new(open(&url)).write(&[("a", Some("1"))]);
    let mut client = Client::connect(&url, NoTls).unwrap();
    for table in ["log", "head"] {
        let error = client.batch_execute(&format!("TRUNCATE configapi.{table}")).unwrap_err();
        assert_eq!(error.code().unwrap().code(), "23001", "{table}: {error:?}");
        assert!(error.as_db_error().unwrap().message().contains("append-only"), "{error:?}");
    }
}

#[test]
fn a_lost_change_is_noticed_by_every_read_of_its_events() {
    let url = fresh_database();
    let mut log = Log::new(open(&url));
    log.write(&[("a", Some("1"))]);
    // A change stands with its first event: the others of it can lose it.
    log.write(&[("b", Some("1")), ("a", Some("2"))]);
    psql(&url, "SET session_replication_role = replica; DELETE FROM configapi.changes WHERE revision = 2");
    let (store, a, at) = (&*log.store, name("a"), log.head.revision);
    let damaged = |error: Option<StoreError>| matches!(error, Some(StoreError::Corrupt { revision, .. }) if revision == at);
    assert!(damaged(store.config_at(&a, at).err()));
    assert!(damaged(tree(store, at, "", EVERYTHING).err()));
    assert!(damaged(history(store, &a, Order::OldestFirst, at, EVERYTHING).err()));
    assert!(damaged(history(store, &a, Order::NewestFirst, at, EVERYTHING).err()));
}

#[test]
fn eight_writers_over_two_stores_leave_no_gap() {
    const WRITERS: usize = 8;
    const EACH: usize = 10;
    let url = fresh_database();
    let stores = [open(&url), open(&url)];
    let start = Barrier::new(WRITERS);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (store, start) = (&stores[writer % stores.len()], &start);
            scope.spawn(move || {
                start.wait();
                (0..EACH).for_each(|number| write_in_turn(store, &format!("{writer}/{number}")));
            });
        }
    });
    let log = Log::read(stores[0].clone()).expect("the chain holds");
    assert_eq!(log.present().len(), WRITERS * EACH);
    assert_eq!(log.head.revision.get(), (WRITERS * EACH) as u64);
}

/// Appends optimistically, and after two losses on the locked head.
fn write_in_turn(store: &Arc<dyn EventStore>, name: &str) {
    for _ in 0..2 {
        let log = Log::new(store.clone());
        if store.append(&log.head, &[log.change(&[(name, Some("v"))])]).unwrap() == Append::Stored {
            return;
        }
    }
    // A pool of two is shared by four writers here: who gets no connection in time comes again.
    let begun = Instant::now();
    let locked = loop {
        match store.lock_head() {
            Ok(locked) => break locked,
            Err(StoreError::Unavailable(_)) if begun.elapsed() < PATIENCE => {}
            Err(error) => panic!("{error}"),
        }
    };
    let mut log = Log::new(store.clone());
    log.head = locked.head().clone();
    locked.append(&[log.change(&[(name, Some("v"))])]).unwrap();
}

#[test]
fn a_head_that_somebody_holds_is_given_up_after_the_lock_timeout_with_nothing_written() {
    let url = fresh_database();
    let log = Log::new(open(&url));
    let mut holder = Client::connect(&url, NoTls).unwrap();
    let mut transaction = holder.transaction().unwrap();
    transaction.execute("SELECT FROM configapi.head FOR UPDATE", &[]).unwrap();
    let begun = Instant::now();
    let outcome = log.store.append(&log.head, &[log.change(&[("a", Some("1"))])]);
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    drop(transaction);
    assert_eq!(log.store.head().unwrap(), log.head);
}

#[test]
fn a_watch_wakes_for_others_and_not_for_its_own() {
    let url = fresh_database();
    let (mut log, theirs) = (Log::new(open(&url)), open(&url));
    let mut watch = log.store.watch().expect("others can append");
    assert_eq!(watch.wait(PATIENCE).unwrap(), Wake::Appended, "the first wait registers");
    log.write(&[("a", Some("1"))]);
    // Long enough for a notification of our own to come and be passed over.
    assert_eq!(watch.wait(Duration::from_millis(300)).unwrap(), Wake::Quiet);
    let change = log.change(&[("a", Some("2"))]);
    assert_eq!(theirs.append(&log.head, &[change]).unwrap(), Append::Stored);
    assert_eq!(watch.wait(PATIENCE).unwrap(), Wake::Appended);
}

#[test]
fn a_watch_dozes_while_its_own_server_appends_and_wakes_for_what_it_slept_through() {
    let url = fresh_database();
    let (mut log, theirs) = (Log::new(open(&url)), open(&url));
    let mut watch = log.store.watch().expect("others can append");
    watch.wait(PATIENCE).unwrap();
    let mut looking = Client::connect(&url, NoTls).unwrap();
    let dozing = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() \
                  AND query LIKE '%UNLISTEN configapi%' AND pid <> pg_backend_pid())";
    let seen = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !seen.load(Ordering::Relaxed) {
                log.write(&[("a", Some("1"))]);
            }
        });
        eventually(PATIENCE, || {
            watch.wait(Duration::from_millis(5)).unwrap();
            looking.query_one(dozing, &[]).unwrap().get::<_, bool>(0)
        });
        seen.store(true, Ordering::Relaxed);
    });
    // Nothing tells it what it missed: once it is quiet it has the log looked at.
    let change = log.change(&[("a", Some("2"))]);
    assert_eq!(theirs.append(&log.head, &[change]).unwrap(), Append::Stored);
    assert_eq!(watch.wait(PATIENCE).unwrap(), Wake::Appended);
    let log = Log::read(theirs.clone()).unwrap();
    assert_eq!(theirs.append(&log.head, &[log.change(&[("a", Some("3"))])]).unwrap(), Append::Stored);
    assert_eq!(watch.wait(PATIENCE).unwrap(), Wake::Appended, "it listens again");
}

#[test]
fn of_several_hosts_the_one_that_answers_is_used() {
    let url = fresh_database();
    let (authority, database) = url.rsplit_once('/').unwrap();
    let both = format!("{},127.0.0.1:{}/{database}", authority.replace(port_of(&url), "1"), port_of(&url));
    let store = open(&both);
    Log::new(store.clone()).write(&[("a", Some("1"))]);
    assert!(store.describe().contains(",127.0.0.1:"), "{}", store.describe());
}

fn port_of(url: &str) -> &str {
    let (authority, _) = url.rsplit_once('/').unwrap();
    authority.rsplit_once(':').expect("a URL with a port").1
}
