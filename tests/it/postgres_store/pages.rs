//! Pages are read in parts: a change of any size, and on a server that takes its time for each row.

use std::time::Duration;

use configapi::infrastructure::store::{PageLimit, PostgresOptions};

use super::{open_with, psql};
use crate::store_contract::model::{EVERYTHING, Log, changes};
use crate::support::postgres::{migrated_database, serving_role};

/// A log with a change of so many events between two of one event.
fn log_with(url: &str, events: usize) -> Log {
    let mut log = Log::new(open_with(PostgresOptions::new(url)));
    let names: Vec<_> = (0..events).map(|number| format!("app/{number}")).collect();
    let operations: Vec<_> = names.iter().map(|name| (name.as_str(), Some("1"))).collect();
    log.write(&[("app/1", Some("0"))]);
    log.write(&operations);
    log.write(&[("app/1", Some("2"))]);
    log
}

#[test]
fn a_change_of_any_size_is_read_in_parts() {
    let url = migrated_database();
    let mut log = log_with(&url, 4_500);
    let large = "v".repeat(1 << 20);
    log.write(&["a", "b", "c", "d", "e", "f"].map(|name| (name, Some(large.as_str()))));
    log.write(&[("a", Some("1"))]);
    for (rows, bytes) in [(1, usize::MAX), (1, 1), (usize::MAX, 1), (3, 1 << 20), (10, 3 << 20)] {
        let limit = PageLimit { rows, bytes };
        let pages = changes(&*log.store, limit).unwrap();
        assert!(pages.concat() == log.changes, "{limit:?}");
        let fits = |page: &Vec<_>| page.len() == 1 || size_of_page(page) <= bytes;
        assert!(pages.iter().all(fits), "{limit:?}");
    }
    assert!(changes(&*log.store, EVERYTHING).unwrap() == [log.changes], "one page");
}

fn size_of_page(page: &[configapi::infrastructure::store::SealedChange]) -> usize {
    page.iter().map(|sealed| sealed.change.page_bytes()).sum()
}

#[test]
fn a_page_that_takes_too_long_is_read_in_smaller_parts() {
    let url = migrated_database();
    let log = log_with(&url, 250);
    let role = serving_role(&url);
    psql(
        &url,
        "ALTER TABLE configapi.log ENABLE ROW LEVEL SECURITY;
         CREATE POLICY each_row_takes_time ON configapi.log FOR SELECT USING (pg_sleep(0.002) IS NOT NULL)",
    );
    // Less than the page takes, and much more than one row.
    let read_timeout = Duration::from_millis(400);
    let slow = open_with(PostgresOptions { read_timeout, ..PostgresOptions::new(role.url()) });
    assert!(changes(&*slow, EVERYTHING).unwrap().concat() == log.changes);
}
