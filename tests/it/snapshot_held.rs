//! An old snapshot (a dump, a report) keeps every row of the head that an append replaces: appends must not walk them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use configapi::infrastructure::store::{Durability as Accepted, EventStore, PostgresOptions, PostgresStore};
use postgres::{Client, NoTls};

use crate::store_contract::model::Log;
use crate::support::postgres::{Cluster, Durability, Options, fresh_database, psql};
use crate::support::{eventually, long_run};

const PATIENCE: Duration = Duration::from_secs(30);

/// A server whose disk does not count: the work is looked at, not the time.
fn cluster_without_disk() -> Cluster {
    Cluster::start_with(Options { durability: Durability::None, ..Options::default() })
}

fn open(url: &str) -> Arc<dyn EventStore> {
    let options = PostgresOptions { durability: Accepted::AcceptLoss, ..PostgresOptions::new(url) };
    Arc::new(PostgresStore::open(options).expect("the store opens"))
}

/// A session that keeps its snapshot for as long as it lives.
fn hold_snapshot(url: &str) -> Client {
    let mut holder = Client::connect(url, NoTls).unwrap();
    holder
        .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM configapi.head")
        .unwrap();
    holder
}

/// Blocks of the head's table and index that were touched so far. A session reports its own when it ends.
fn blocks_touched(url: &str) -> i64 {
    let gone = "SELECT count(*) FROM pg_stat_activity \
                WHERE application_name = 'configapi' AND datname = current_database()";
    eventually(PATIENCE, || psql(url, gone) == "0");
    let touched = "SELECT heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read \
                   FROM pg_statio_user_tables WHERE schemaname = 'configapi' AND relname = 'head'";
    psql(url, touched).parse().unwrap()
}

/// Appends so many small changes, with a look at the head now and then; the blocks touched for each.
fn work_of_each(url: &str, appends: u32) -> f64 {
    let before = blocks_touched(url);
    let mut log = Log::read(open(url)).unwrap();
    for number in 0..appends {
        log.write(&[("a", Some("v"))]);
        if number % 10 == 0 {
            assert_eq!(log.store.head().unwrap(), log.head);
            drop(log.store.lock_head().unwrap());
        }
    }
    // Its sessions end with it.
    drop(log);
    let touched = blocks_touched(url) - before;
    f64::from(i32::try_from(touched).unwrap()) / f64::from(appends)
}

#[test]
fn appends_under_an_old_snapshot_do_no_more_work_after_thousands_of_them() {
    let cluster = cluster_without_disk();
    let url = cluster.create_database();
    drop(open(&url));
    let holder = hold_snapshot(&url);
    let first = work_of_each(&url, 500);
    work_of_each(&url, 4_000);
    let last = work_of_each(&url, 500);
    let rows =
        "SELECT n_dead_tup FROM pg_stat_user_tables WHERE schemaname = 'configapi' AND relname = 'head'";
    drop(holder);
    eprintln!(
        "blocks touched for each append: {first:.1} at first, {last:.1} after 4,500; dead rows: {}",
        psql(&url, rows)
    );
    assert!(last < first * 1.25 + 1.0, "{first:.1} blocks at first, {last:.1} after 4,500 appends");
}

/// Appends for a time, or to a number; appends a second.
fn rate(log: &mut Log, time: Duration, most: u32) -> f64 {
    let begun = Instant::now();
    let mut appends = 0;
    while begun.elapsed() < time && appends < most {
        log.write(&[("a", Some("v"))]);
        appends += 1;
        // The model keeps every change: half an hour of them is not wanted.
        log.changes.clear();
    }
    f64::from(appends) / begun.elapsed().as_secs_f64()
}

const MINUTE: Duration = Duration::from_mins(1);

/// The rate under a snapshot over the rate of a log beside it without one, in turns of a second: what else the machine does
/// slows both.
fn ratio_in_turns(with: &mut Log, without: &mut Log, time: Duration) -> f64 {
    let begun = Instant::now();
    let mut ratios = Vec::new();
    while begun.elapsed() < time {
        let beside = rate(without, Duration::from_secs(1), u32::MAX);
        ratios.push(rate(with, Duration::from_secs(1), u32::MAX) / beside);
    }
    middle(&ratios)
}

#[test]
fn half_an_hour_of_appends_under_an_old_snapshot_stays_as_fast_as_its_first_minutes() {
    if !long_run() {
        return;
    }
    let cluster = cluster_without_disk();
    let urls = [cluster.create_database(), cluster.create_database()];
    let [mut with, mut without] = urls.each_ref().map(|url| Log::new(open(url)));
    rate(&mut with, MINUTE / 6, u32::MAX);
    rate(&mut without, MINUTE / 6, u32::MAX);
    let holder = hold_snapshot(&urls[0]);
    let ratios: Vec<f64> = (0..15).map(|_| ratio_in_turns(&mut with, &mut without, 2 * MINUTE)).collect();
    drop(holder);
    eprintln!(
        "under a snapshot over without one, by two minutes: {ratios:.2?}, {} appends",
        with.head.revision
    );
    let [first, last] = [&ratios[..5], &ratios[10..]].map(middle);
    assert!(last > first * 0.9, "{first:.2} in the first ten minutes, {last:.2} in the last");
}

fn middle(part: &[f64]) -> f64 {
    let mut sorted = part.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Not a test: the price of an old snapshot, on two logs whose turns alternate.
#[test]
#[ignore = "a measurement of a minute"]
fn measure_appends_with_and_without_an_old_snapshot() {
    let cluster = cluster_without_disk();
    let urls = [cluster.create_database(), cluster.create_database()];
    let mut logs = urls.each_ref().map(|url| Log::new(open(url)));
    let holder = hold_snapshot(&urls[1]);
    let mut ratios: Vec<f64> = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < MINUTE {
        let [without, with] = logs.each_mut().map(|log| rate(log, MINUTE, 300));
        ratios.push(with / without);
    }
    drop(holder);
    let half = ratios.len() / 2;
    eprintln!(
        "rate with an old snapshot over without: median {:.2}, first half {:.2}, second half {:.2}; {} turns, {} appends under it",
        middle(&ratios),
        middle(&ratios[..half]),
        middle(&ratios[half..]),
        ratios.len(),
        logs[1].head.revision
    );
}

#[test]
fn a_second_head_is_refused() {
    let url = fresh_database();
    drop(open(&url));
    let mut client = Client::connect(&url, NoTls).unwrap();
    let columns = "log_id, fingerprint_key, revision, hash, instant_us, names, events";
    // As when the data of a backup is loaded over a log that is there.
    for times in [1, 2] {
        let second = format!(
            "INSERT INTO configapi.head ({columns}) \
             SELECT log_id, fingerprint_key, revision + place, hash, instant_us, names, events \
             FROM configapi.head CROSS JOIN generate_series(1, {times}) AS place"
        );
        let refused = client.batch_execute(&second).unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "23001", "{refused:?}");
    }
    assert_eq!(psql(&url, "SELECT count(*) FROM configapi.head"), "1");
}
