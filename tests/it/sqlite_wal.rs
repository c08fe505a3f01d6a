//! The log beside the embedded file, while readers of the past never pause: with overlapping reads SQLite alone never
//! begins it anew.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use configapi::domain::{Prefix, Revision};
use configapi::infrastructure::store::{EventStore, PageLimit, SqliteStore, StoreError, TreePage};

use crate::store_contract::model::Log;
use crate::store_contract::sqlite_fixture::SqliteFile;
use crate::support::eventually;

const READERS: usize = 3;
const CHANGES: u64 = 90;
const CHANGE_BYTES: u64 = 128 << 10;
/// Emptied at half as much again.
const WAL_COPIED_AT: u64 = 2 << 20;
/// Changes come while the reads at work end.
const WAL_BYTES_MAX: u64 = 4 * WAL_COPIED_AT;

fn open(fixture: &SqliteFile) -> Log {
    Log::new(Arc::new(SqliteStore::open_with_wal(&fixture.path(), WAL_COPIED_AT).unwrap()))
}

fn wal_bytes(file: &Path) -> u64 {
    std::fs::metadata(format!("{}-wal", file.display())).unwrap().len()
}

/// Reads pages of the past without a pause, until it is told to stop.
fn read_on(store: &dyn EventStore, at: Revision, stop: &AtomicBool) -> Result<(), StoreError> {
    let (prefix, limit) = (Prefix::parse("past/").unwrap(), PageLimit { rows: 50, bytes: usize::MAX });
    while !stop.load(Ordering::Relaxed) {
        store.tree_page(&TreePage { at, prefix: &prefix, after: None, limit })?;
    }
    Ok(())
}

#[test]
fn the_log_beside_the_file_stays_small_while_readers_never_pause() {
    let fixture = SqliteFile::fresh();
    let mut log = open(&fixture);
    let past: Vec<String> = (0..50).map(|number| format!("past/{number:02}")).collect();
    log.write(&past.iter().map(|name| (name.as_str(), Some("value"))).collect::<Vec<_>>());
    let at = log.head.revision;
    let (stop, store) = (AtomicBool::new(false), Arc::clone(&log.store));
    let value = "x".repeat(usize::try_from(CHANGE_BYTES).unwrap());
    let (mut largest, mut emptied) = (0, 0);
    std::thread::scope(|scope| {
        let readers: Vec<_> =
            (0..READERS).map(|_| scope.spawn(|| read_on(store.as_ref(), at, &stop))).collect();
        let mut before = 0;
        for _ in 0..CHANGES {
            log.write(&[("a", Some(&value))]);
            log.changes.clear();
            let bytes = wal_bytes(&fixture.path());
            emptied += u32::from(bytes < before / 2);
            largest = largest.max(bytes);
            before = bytes;
        }
        stop.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().unwrap().expect("no reader waits for too long");
        }
    });
    eprintln!("{largest} bytes at most, emptied {emptied} times");
    assert!(largest < WAL_BYTES_MAX, "{largest} bytes beside the file");
    // Where readers happen to pause, SQLite begins it anew by itself before it is large.
    assert!(emptied > 0 || largest <= WAL_COPIED_AT * 3 / 2, "it is never small again");
}

#[test]
fn a_large_log_beside_the_file_is_emptied_where_nobody_writes_any_more() {
    let fixture = SqliteFile::fresh();
    let mut log = open(&fixture);
    let value = "x".repeat(usize::try_from(2 * WAL_COPIED_AT).unwrap());
    let (stop, reads, store) = (AtomicBool::new(false), AtomicU64::new(0), Arc::clone(&log.store));
    let held = rusqlite::Connection::open(fixture.path()).unwrap();
    // A foreign reader: nothing is begun anew while it is there, and nobody waits for it.
    held.execute_batch("BEGIN; SELECT count(*) FROM changes").unwrap();
    log.write(&[("a", Some(&value))]);
    assert!(wal_bytes(&fixture.path()) > WAL_COPIED_AT / 2 * 3);
    held.execute_batch("ROLLBACK").unwrap();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                store.hash_of(Revision::new(1)).expect("no reader waits for too long");
                reads.fetch_add(1, Ordering::Relaxed);
            }
        });
        eventually(Duration::from_secs(10), || {
            store.probe().unwrap();
            wal_bytes(&fixture.path()) == 0
        });
        let read = reads.load(Ordering::Relaxed);
        eventually(Duration::from_secs(10), || reads.load(Ordering::Relaxed) > read);
        stop.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
}
