//! Restores of many names: planned while writes go on, confirmed by the log thread without a walk.

use std::sync::Arc;
use std::thread::Builder;

use configapi::application::{Completion, ConfigStore, Error, Intent, ListQuery, Write};
use configapi::domain::{Operation, Point, Scope};
use crossbeam_channel::bounded;

use super::{SOON, faulty};
use crate::support::faulty_store::{Call, Fault, FaultyStore};
use crate::support::long_run;
use crate::support::writes::{ada, all_of, delete, made, name, now, one, prefix, rev, set};

/// The names under `n/`.
const NAMES: usize = 7_500;
/// Names that have another value since: so many that a plan compares the whole scope.
const CHANGED: usize = 4_500;
/// The revision at which all have their first value, where one change has set them.
const GOOD: u64 = 1;

fn path(number: usize) -> String {
    format!("n/{number:05}")
}

fn sets(numbers: std::ops::Range<usize>, held: &str) -> Vec<Operation> {
    numbers.map(|number| set(&path(number), held)).collect()
}

/// A server over a log with so many names, of which the first ones have changed since.
fn many(names: usize) -> (Arc<FaultyStore>, ConfigStore) {
    let (log, store) = faulty();
    for at in (0..names).step_by(NAMES) {
        made(store.write(all_of(&sets(at..at + NAMES, "good"))));
    }
    made(store.write(all_of(&sets(0..CHANGED, "bad"))));
    log.take_calls_of("log");
    (log, store)
}

fn plan(store: &ConfigStore) -> Write {
    store.plan_restore(Scope::Prefix(prefix("n/")), Point::Revision(rev(GOOD)), ada()).unwrap()
}

#[track_caller]
fn all_are_good(store: &ConfigStore, names: usize) {
    let items = store.list(&ListQuery { prefix: prefix("n/"), ..ListQuery::default() }).found.items;
    let is_good = |held: &str| held == "good";
    assert_eq!(items.iter().filter(|(_, config)| config.text().is_some_and(is_good)).count(), names);
    assert_eq!(items.len(), names);
}

/// The log thread walked the whole tree for each restore, and every writer waited.
#[test]
fn writes_go_on_while_a_restore_over_many_names_is_planned() {
    let names = if long_run() { 8 * NAMES } else { 4 * NAMES };
    let (log, store) = many(names);
    let good = (names / NAMES) as u64;
    let reading = log.gate(Call::TreePage);
    let restored = std::thread::scope(|scope| {
        let restore = || {
            store
                .restore(Scope::Prefix(prefix("n/")), Point::Revision(rev(good)), ada(), Intent::Commit)
                .unwrap()
        };
        let restored = Builder::new().name("restores".to_owned()).spawn_scoped(scope, restore).unwrap();
        reading.wait_for_call();
        // Before the walk comes to them, and after the plan's head.
        made(store.put(&name(&path(names - 1)), "bad", ada()));
        made(store.delete(&name(&path(names - 2)), ada()));
        made(store.put(&name("n/new"), "bad", ada()));
        made(store.put(&name(&path(0)), "good", ada()));
        drop(reading);
        restored.join().unwrap()
    });
    assert_eq!(restored.outcomes.len(), CHANGED + 2);
    all_are_good(&store, names);
    let of_log = log.take_calls_of("log");
    assert!(!of_log.iter().any(|call| matches!(call, Call::TreePage | Call::ConfigAt)), "{of_log:?}");
    assert!(log.take_calls_of("restores").contains(&Call::TreePage));
}

#[test]
fn names_that_change_between_a_plan_and_its_append_are_restored() {
    let (log, store) = many(NAMES);
    let planned = plan(&store);
    made(store.put(&name(&path(NAMES - 1)), "bad", ada()));
    made(store.delete(&name(&path(NAMES - 2)), ada()));
    made(store.put(&name("n/new"), "bad", ada()));
    made(store.put(&name(&path(0)), "good", ada()));
    made(store.put(&name("other"), "bad", ada()));
    log.take_calls_of("log");
    assert_eq!(store.write(planned).unwrap().outcomes.len(), CHANGED + 2);
    all_are_good(&store, NAMES);
    assert_eq!(now(&store, "other").as_deref(), Some("bad"));
    let expected = [Call::ConfigsAt, Call::ConfigsAt, Call::Append];
    assert_eq!(
        log.take_calls_of("log"),
        expected,
        "one statement compares them, one looks up the deleted one"
    );
}

#[test]
fn a_plan_that_moved_too_far_is_made_again_by_its_caller() {
    let (log, store) = many(NAMES);
    let planned = plan(&store);
    made(store.write(all_of(&sets(CHANGED..CHANGED + 2_000, "bad"))));
    log.take_calls_of("log");
    let (told, outcome) = bounded(1);
    store.submit(planned.clone(), Completion::calling(move |outcome| told.send(outcome).unwrap()));
    let moved = outcome.recv_timeout(SOON).unwrap();
    assert!(matches!(moved, Err(Error::PlanMoved)), "{moved:?}");
    assert_eq!(log.take_calls_of("log"), [Call::Head], "it looks at the head, as for every refusal");
    assert_eq!(store.write(planned).unwrap().outcomes.len(), CHANGED + 2_000);
    all_are_good(&store, NAMES);
}

#[test]
fn a_dry_run_of_a_restore_does_not_enter_the_queue() {
    let (log, store) = many(NAMES);
    let appending = log.gate(Call::Append);
    let (told, outcome) = bounded(1);
    store.submit(one(set("other", "1")), Completion::calling(move |outcome| told.send(outcome).unwrap()));
    appending.wait_for_call();
    // The log thread stands at the gate.
    let dry = |intent| store.restore(Scope::Prefix(prefix("n/")), Point::Revision(rev(GOOD)), ada(), intent);
    let would = dry(Intent::DryRun).unwrap();
    assert_eq!((would.revision, would.head, would.outcomes.len()), (None, rev(GOOD + 1), CHANGED));
    drop(appending);
    made(outcome.recv_timeout(SOON).unwrap());
    let did = dry(Intent::Commit).unwrap();
    let shown = |written: &configapi::application::Written| {
        let shown = |outcome: &configapi::application::Outcome| {
            (outcome.name.clone(), outcome.before.clone(), outcome.after.value.clone(), outcome.after.version)
        };
        written.outcomes.iter().map(shown).collect::<Vec<_>>()
    };
    assert!(shown(&would) == shown(&did), "the deed is what the dry run said");
    all_are_good(&store, NAMES);
}

/// The plan knows the log, and not what was decided before it in one batch.
#[test]
fn a_restore_behind_a_write_of_its_names_in_the_queue_takes_that_back() {
    let (log, store) = faulty();
    for held in ["1", "2"] {
        made(store.write(all_of(&[set("n/a", held), set("n/b", "same")])));
    }
    let planned = store.plan_restore(Scope::Prefix(prefix("n/")), Point::Revision(rev(1)), ada()).unwrap();
    let appending = log.gate(Call::Append);
    let (told, outcomes) = bounded(9);
    let submit = |write| {
        let told = told.clone();
        store.submit(write, Completion::calling(move |outcome| told.send(made(outcome)).unwrap()));
    };
    submit(one(set("other", "1")));
    appending.wait_for_call();
    for write in [one(set("n/b", "3")), one(set("n/c", "3")), planned.clone(), one(delete("n/a"))] {
        submit(write);
    }
    log.next(Call::Append, Fault::LoseTheAnswer);
    drop(appending);
    let made: Vec<u64> = (0..5).map(|_| outcomes.recv_timeout(SOON).unwrap()).collect();
    assert_eq!(made, [3, 4, 5, 6, 7]);
    assert_eq!(
        (now(&store, "n/b").as_deref(), now(&store, "n/c"), now(&store, "n/a")),
        (Some("same"), None, None)
    );
}
