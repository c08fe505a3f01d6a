//! Random logs, every read of which is compared with the fold of the changes (promise G8).
//!
//! A failure names its seed; `CONFIGAPI_TEST_SEED` runs that one again.

use std::collections::BTreeMap;

use configapi::domain::{Metadata, Reason, Revision, Timestamp};
use configapi::infrastructure::store::{Order, PageLimit};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::fixture::Fixture;
use super::model::{EVERYTHING, Log, changes, history, instant_of, name, tree};
use super::reading::AWKWARD_NAMES;

/// Logs that one test tries; each needs a fresh database.
const LOGS: u32 = 4;

/// One operation: which name, and which value; a delete where there is something to delete.
type Step = (prop::sample::Index, Option<String>);

/// A log: batches of changes of operations.
fn batches() -> impl Strategy<Value = Vec<Vec<Vec<Step>>>> {
    let step = (any::<prop::sample::Index>(), prop::option::weighted(0.7, "[a-zA-Zäж💾 ]{0,12}"));
    let change = prop::collection::vec(step, 1..6);
    prop::collection::vec(prop::collection::vec(change, 1..4), 1..16)
}

pub(crate) fn every_read_agrees_with_the_fold_of_the_changes(fixture: &dyn Fixture) {
    let seed = seed();
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases: LOGS, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let result = runner.run(&batches(), |batches| {
        let fixture = fixture.another();
        let mut log = Log::new(fixture.open());
        for batch in &batches {
            write(&mut log, batch);
        }
        compare_every_read(&log)
    });
    if let Err(error) = result {
        panic!("CONFIGAPI_TEST_SEED={seed}: {error}");
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's own setting, not the service's")]
fn seed() -> u64 {
    match std::env::var("CONFIGAPI_TEST_SEED") {
        Ok(text) => text.parse().expect("a seed is a number"),
        Err(_) => getrandom::u64().expect("random bytes"),
    }
}

fn write(log: &mut Log, batch: &[Vec<Step>]) {
    let mut ahead = log.fork();
    for change in batch {
        let present = ahead.present();
        // A name at most once in a change, as the service's commands have it.
        let mut operations: BTreeMap<&str, Option<&str>> = BTreeMap::new();
        for (index, value) in change {
            let name = *index.get(&AWKWARD_NAMES);
            let value = value.as_deref().or_else(|| (!present.contains(name)).then_some("nothing to delete"));
            operations.insert(name, value);
        }
        let operations: Vec<_> = operations.into_iter().rev().collect();
        let metadata = Metadata::of(operations[0].0).because(Reason::parse(operations[0].0).unwrap());
        let sealed = ahead.change_by(metadata, None, &operations);
        ahead.push(sealed);
    }
    log.append(ahead.changes);
}

fn compare_every_read(log: &Log) -> Result<(), TestCaseError> {
    let store = &*log.store;
    prop_assert_eq!(store.head().unwrap(), log.head.clone());
    prop_assert_eq!(changes(store, PageLimit { rows: 5, bytes: 200 }).unwrap().concat(), log.changes.clone());
    for at in (0..=log.head.revision.get()).map(Revision::new) {
        let expected = log.tree_at(at);
        let found = tree(store, at, "", PageLimit { rows: 4, bytes: 90 }).unwrap().concat();
        prop_assert_eq!(&found, &expected.clone().into_iter().collect::<Vec<_>>());
        let under: Vec<_> = found.into_iter().filter(|(name, _)| name.as_str().starts_with('a')).collect();
        prop_assert_eq!(tree(store, at, "a", EVERYTHING).unwrap().concat(), under);
        for text in AWKWARD_NAMES {
            let state = store.config_at(&name(text), at).unwrap();
            prop_assert_eq!(state.as_ref(), expected.get(text));
        }
        let asked = AWKWARD_NAMES.map(name);
        let newest: Vec<_> = asked.iter().map(|name| expected.get(name).cloned()).collect();
        prop_assert_eq!(store.recall(&asked, at).unwrap(), newest);
    }
    for name in AWKWARD_NAMES.map(name) {
        let at = Revision::new(log.head.revision.get() / 2);
        let expected = log.history(&name, at);
        let mut found =
            history(store, &name, Order::NewestFirst, at, PageLimit { rows: 2, bytes: 30 }).unwrap().concat();
        found.reverse();
        prop_assert_eq!(found, expected);
    }
    let half = std::time::Duration::from_millis(500);
    for revision in (0..=log.head.revision.get()).map(Revision::new) {
        let instant = instant_of(revision).plus(half);
        prop_assert_eq!(store.revision_at(instant).unwrap(), revision);
    }
    prop_assert_eq!(store.revision_at(Timestamp::MAX).unwrap(), log.head.revision);
    Ok(())
}
