//! The log thread over stores that fail, lag, move and break: promises G2, G4, G5, G10.

mod clocks;
mod damage;
mod deleted;
mod faults;
mod random_faults;
mod repeats;
mod restores;
mod schemas;
mod two_servers;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use configapi::application::{ConfigStore, Options};
use configapi::infrastructure::store::{EventStore, Head, SealedChange, SqliteStore, verify_link};

use crate::support::faulty_store::FaultyStore;
use crate::support::writes::{ALL, rev};

/// So long that only a write looks at the log.
const NEVER_MS: u64 = 24 * 60 * 60 * 1_000;
/// What takes a moment may take this long on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// A server over a log; `poll_interval_ms` says how often it looks what others wrote.
fn serve(log: Arc<dyn EventStore>, poll_interval_ms: u64) -> ConfigStore {
    let mut options = Options::memory();
    options.limits.poll_interval = Duration::from_millis(poll_interval_ms);
    ConfigStore::over(log, &options).expect("the store opens")
}

/// A server over a log in memory that can be made to fail.
fn faulty() -> (Arc<FaultyStore>, ConfigStore) {
    let log = FaultyStore::before(Arc::new(SqliteStore::in_memory().expect("the store opens")));
    let store = serve(Arc::clone(&log) as Arc<dyn EventStore>, NEVER_MS);
    (log, store)
}

/// Every change of a log, which is a whole chain up to its head.
#[track_caller]
fn whole_log(log: &dyn EventStore) -> Vec<SealedChange> {
    let changes = log.changes_after(rev(0), ALL).expect("the log can be read");
    let mut head = Head::empty(&log.identity());
    for sealed in &changes {
        verify_link(&head, sealed).expect("the chain holds");
        head = head.after(sealed);
    }
    assert_eq!(log.head().expect("the log can be read"), head);
    changes
}

/// In which revisions each value was set.
fn places_of_values(changes: &[SealedChange]) -> BTreeMap<String, Vec<u64>> {
    let mut places = BTreeMap::<String, Vec<u64>>::new();
    for sealed in changes {
        let values = sealed.change.events.iter().filter_map(|event| event.value()?.text());
        for value in values {
            places.entry(value.to_owned()).or_default().push(sealed.change.revision.get());
        }
    }
    places
}

/// The tree that a log comes to, as `writes::tree` shows one.
fn fold(changes: &[SealedChange]) -> String {
    let mut tree = BTreeMap::new();
    for event in changes.iter().flat_map(|sealed| &sealed.change.events) {
        match event.value().and_then(configapi::domain::Value::text) {
            Some(value) => tree.insert(event.name.to_string(), value.to_owned()),
            None => tree.remove(event.name.as_str()),
        };
    }
    tree.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}
