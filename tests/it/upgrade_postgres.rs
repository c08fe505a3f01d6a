//! A rolling upgrade on PostgreSQL: servers of the older releases are at work while a new one migrates.
//!
//! Nothing that an older server acknowledged may be lost, and none may write or follow afterwards. `older` has
//! the older releases' own statements; `binaries` has their real programs, for the long runs.

mod binaries;
pub(crate) mod older;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use configapi::infrastructure::store::{EventStore, PostgresOptions, PostgresStore};
use postgres::{Client, NoTls};

use self::older::{Older, SCHEMA_1, SCHEMA_2, Stored, is_fenced, is_passing};
use crate::store_contract::model::Log;
use crate::support::postgres::{Cluster, Options, psql};
use crate::support::server::{Store, run};
use crate::support::{eventually, long_run};

const WRITERS: usize = 4;
/// Long enough for the slowest machine; a test that works never waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

fn open(url: &str) -> Arc<dyn EventStore> {
    Arc::new(PostgresStore::open(PostgresOptions::new(url)).expect("the new server migrates"))
}

/// Says that the test is over, also when it fails: the threads of older servers must not wait for a fence for ever.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Appends until the tables are gone; all that was acknowledged.
fn write_until_fenced(
    older: &'static Older,
    url: &str,
    name: &str,
    count: &AtomicUsize,
    over: &AtomicBool,
) -> Vec<Stored> {
    let mut server = older.connect(url, name).unwrap();
    let mut acknowledged = Vec::new();
    let mut after_the_end = 0;
    loop {
        match server.append(1) {
            Ok(stored) => {
                count.fetch_add(usize::from(stored.is_some()), Ordering::SeqCst);
                acknowledged.extend(stored.into_iter().flatten());
            }
            Err(error) if is_fenced(&error) => break,
            Err(error) => assert!(is_passing(&error), "{error:?}"),
        }
        after_the_end += usize::from(over.load(Ordering::SeqCst));
        assert!(after_the_end < 100, "an older server still writes after the migration");
    }
    assert!(is_fenced(&server.follow(0).unwrap_err()), "it can't follow either");
    acknowledged
}

/// Follows until the tables are gone; how far it came, without a gap.
fn follow_until_fenced(older: &'static Older, url: &str, over: &AtomicBool) -> u64 {
    let mut server = older.connect(url, "follower").unwrap();
    let (mut seen, mut after_the_end) = (0, 0);
    loop {
        match server.follow(seen) {
            Ok(revisions) => {
                for revision in revisions {
                    seen += 1;
                    assert_eq!(revision, seen, "an older server skips a revision");
                }
            }
            Err(error) if is_fenced(&error) => return seen,
            Err(error) => assert!(is_passing(&error), "{error:?}"),
        }
        after_the_end += usize::from(over.load(Ordering::SeqCst));
        assert!(after_the_end < 100, "an older server still follows after the migration");
    }
}

fn verify(url: &str) {
    let verified = run(&Store::Postgres(url.to_owned()), "verify", &[]);
    assert!(verified.status.success(), "verify: {}", String::from_utf8_lossy(&verified.stderr));
}

fn migrate_under_writers(older: &'static Older) {
    let url = older.create();
    let mut acknowledged = older.fill(&url, 2_000);
    let (count, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (store, seen) = thread::scope(|scope| {
        let ends = Over(&over);
        let (url, count, over) = (&url, &count, &over);
        let writers: Vec<_> = (0..WRITERS)
            .map(|n| scope.spawn(move || write_until_fenced(older, url, &format!("writer-{n}"), count, over)))
            .collect();
        let follower = scope.spawn(move || follow_until_fenced(older, url, over));
        eventually(PATIENCE, || count.load(Ordering::SeqCst) >= 50);
        let store = open(url);
        drop(ends);
        for writer in writers {
            acknowledged.extend(writer.join().expect("an older server is refused"));
        }
        (store, follower.join().expect("an older server sees no gap"))
    });

    let log = Log::read(store).expect("the chain holds, and ends at the head");
    let ids: HashMap<u64, [u8; 16]> =
        log.changes.iter().map(|it| (it.change.revision.get(), it.id)).collect();
    let lost: Vec<&Stored> = acknowledged.iter().filter(|it| ids.get(&it.revision) != Some(&it.id)).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged writes are lost", lost.len(), acknowledged.len());
    assert!(seen <= log.head.revision.get(), "a follower saw what is not there");
    verify(&url);
    let refused = older.connect(&url, "late").err().expect("the tables are gone for new sessions too");
    assert!(is_fenced(&refused), "{refused:?}");
    let written = count.load(Ordering::SeqCst);
    eprintln!("schema {}: {written} writes acknowledged during the migration, 0 lost", older.schema);
}

fn rounds() -> usize {
    if long_run() { 30 } else { 1 }
}

#[test]
fn a_migration_from_schema_1_loses_nothing_that_older_servers_acknowledged_and_then_fences_them() {
    (0..rounds()).for_each(|_| migrate_under_writers(&SCHEMA_1));
}

#[test]
fn a_migration_from_schema_2_loses_nothing_that_older_servers_acknowledged_and_then_fences_them() {
    (0..rounds()).for_each(|_| migrate_under_writers(&SCHEMA_2));
}

/// The longest that a read of an older server took until the tables were gone.
fn read_until_fenced(older: &'static Older, url: &str, over: &AtomicBool) -> Duration {
    let mut server = older.connect(url, "reader").unwrap();
    let (mut slowest, mut after_the_end) = (Duration::ZERO, 0);
    loop {
        let begun = Instant::now();
        let read = server.head().and_then(|head| server.follow(head.saturating_sub(1)));
        slowest = slowest.max(begun.elapsed());
        match read {
            Ok(_) => {}
            Err(error) if is_fenced(&error) => return slowest,
            // Its own limit is a second.
            Err(error) => assert!(is_passing(&error), "{error:?}"),
        }
        after_the_end += usize::from(over.load(Ordering::SeqCst));
        assert!(after_the_end < 100, "an older server still reads after the migration");
    }
}

/// A dump holds its locks for as long as it runs.
fn migrate_during_a_dump(older: &'static Older) {
    /// Each try of the migration to lock the tables is seen to begin and to end so often.
    const TRIES: usize = 9;
    let url = older.create();
    older.fill(&url, 500);
    let mut dump = Client::connect(&url, NoTls).unwrap();
    dump.batch_execute(&format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; LOCK TABLE {} IN ACCESS SHARE MODE",
        older.tables
    ))
    .unwrap();
    let over = AtomicBool::new(false);
    let (took, slowest) = thread::scope(|scope| {
        // If the test fails, the dump ends before the threads are waited for.
        let mut dump = dump;
        let ends = Over(&over);
        let (url, over) = (&url, &over);
        let migration = scope.spawn(move || open(url));
        let reader = scope.spawn(move || read_until_fenced(older, url, over));
        let mut looking = Client::connect(url, NoTls).unwrap();
        let waits = "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database AS here ON here.oid = database \
                     WHERE here.datname = current_database() AND mode = 'AccessExclusiveLock' AND NOT granted)";
        let mut waits = || looking.query_one(waits, &[]).unwrap().get::<_, bool>(0);
        for _ in 0..TRIES {
            eventually(PATIENCE, &mut waits);
            eventually(PATIENCE, || !waits());
        }
        assert!(!migration.is_finished(), "the dump keeps the migration out");
        dump.batch_execute("COMMIT").unwrap();
        let begun = Instant::now();
        let store = migration.join().expect("the migration ends once the dump has ended");
        let took = begun.elapsed();
        drop(ends);
        let slowest = reader.join().expect("reads go on meanwhile");
        assert_eq!(Log::read(store).expect("the chain holds").head.revision.get(), 500);
        (took, slowest)
    });
    // The longest wait for the tables is 1.2 s; the rest is a busy machine's.
    assert!(slowest < Duration::from_secs(2), "a read took {slowest:?} behind the migration");
    assert!(took < Duration::from_secs(10), "the migration took {took:?} after the dump");
    eprintln!("schema {}: slowest read {slowest:?}, migrated {took:?} after the dump", older.schema);
}

#[test]
fn a_migration_from_schema_1_keeps_no_reader_waiting_behind_a_dump_and_ends_after_it() {
    migrate_during_a_dump(&SCHEMA_1);
}

#[test]
fn a_migration_from_schema_2_keeps_no_reader_waiting_behind_a_dump_and_ends_after_it() {
    migrate_during_a_dump(&SCHEMA_2);
}

#[test]
fn an_autovacuum_of_the_log_keeps_no_migration_out() {
    let settings = vec![("autovacuum_naptime", "1s".to_owned())];
    let cluster = Cluster::start_with(Options { settings, ..Options::default() });
    let url = cluster.create_database();
    SCHEMA_2.create_in(&url);
    // So slow that it would hold its lock until long after the test.
    psql(
        &url,
        "ALTER TABLE configapi.events SET (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1, \
         autovacuum_vacuum_insert_threshold = 1, autovacuum_vacuum_insert_scale_factor = 0)",
    );
    SCHEMA_2.fill(&url, 4_000);
    let runs =
        "SELECT EXISTS (SELECT FROM pg_stat_progress_vacuum WHERE relid = 'configapi.events'::regclass)";
    eventually(PATIENCE, || psql(&url, runs) == "t");
    let log = Log::read(open(&url)).expect("the chain holds");
    assert_eq!(log.head.revision.get(), 4_000);
    assert!(cluster.log().contains("canceling autovacuum task"), "{}", cluster.log());
}
