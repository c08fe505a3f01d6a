//! The log beside the embedded file, while readers of the past never pause: with overlapping reads SQLite alone never
//! begins it anew.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use configapi::domain::{Prefix, Revision};
use configapi::infrastructure::store::{EventStore, PageLimit, StoreError, TreePage};

use crate::store_contract::fixture::Fixture;
use crate::store_contract::model::Log;
use crate::store_contract::sqlite_fixture::SqliteFile;
use crate::support::eventually;

const MIB: u64 = 1 << 20;
const READERS: usize = 3;
const CHANGE_BYTES: u64 = 8 * MIB;
const CHANGES: u64 = 18;
/// What the store lets it grow to, and the changes that come while the reads at work end.
const WAL_BYTES_MAX: u64 = 96 * MIB + 4 * CHANGE_BYTES;

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
    let mut log = Log::new(fixture.open());
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
    eprintln!("{} MiB at most, emptied {emptied} times", largest / MIB);
    assert!(largest < WAL_BYTES_MAX, "{largest} bytes beside the file");
    assert!(emptied > 0, "it is never small again");
}

#[test]
fn a_large_log_beside_the_file_is_emptied_where_nobody_writes_any_more() {
    let fixture = SqliteFile::fresh();
    let mut log = Log::new(fixture.open());
    // One change that the store can't take in pieces.
    let value = "x".repeat(usize::try_from(MIB).unwrap());
    let names: Vec<String> = (0..60).map(|number| format!("large/{number:03}")).collect();
    let all: Vec<_> = names.iter().map(|name| (name.as_str(), Some(value.as_str()))).collect();
    let (stop, reads, store) = (AtomicBool::new(false), AtomicU64::new(0), Arc::clone(&log.store));
    let held = rusqlite::Connection::open(fixture.path()).unwrap();
    // A foreign reader: nothing is begun anew while it is there, and nobody waits for it.
    held.execute_batch("BEGIN; SELECT count(*) FROM changes").unwrap();
    for _ in 0..2 {
        log.write(&all);
    }
    assert!(wal_bytes(&fixture.path()) > 96 * MIB);
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
