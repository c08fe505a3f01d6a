//! Deleted names are not in memory: what the next version of one needs is looked up before a batch is decided.

use std::sync::Arc;

use configapi::application::{
    Completion, ConfigStore, Consistency, Error, Intent, Kind, Options, Write, Written,
};
use configapi::domain::{Config, Match, Point, Rejection, Scope};
use configapi::infrastructure::store::StoreError;
use crossbeam_channel::bounded;

use super::{NEVER_MS, faulty, serve, whole_log};
use crate::support::faulty_store::Call;
use crate::support::places::{Place, facts_in, in_every_durable_place};
use crate::support::writes::{ada, all_of, delete, made, name, now, one, prefix, rev, set};

facts_in!(memory, versions_go_on_on_another_server_after_a_delete);
facts_in!(postgres, versions_go_on_on_another_server_after_a_delete);

mod restarted {
    use super::{in_every_durable_place, versions_go_on_after_a_delete_and_a_restart};

    in_every_durable_place!(versions_go_on_after_a_delete_and_a_restart);
}

fn config(store: &ConfigStore, text: &str) -> Arc<Config> {
    store.get(&name(text)).found.expect("it has a value")
}

fn refused(outcome: Result<Written, Error>) -> Rejection {
    match outcome {
        Err(Error::Rejected(rejection)) => rejection,
        other => panic!("{other:?}"),
    }
}

/// `gone` has been deleted twice, at the revisions 2 and 4; `kept` is there.
fn delete_twice(store: &ConfigStore) {
    for held in ["1", "2"] {
        made(store.put(&name("gone"), held, ada()));
        made(store.delete(&name("gone"), ada()));
    }
    made(store.put(&name("kept"), "1", ada()));
}

/// A server that has never had `gone` in memory.
fn go_on(store: &ConfigStore) {
    assert_eq!(store.get(&name("gone")).found, None);
    assert_eq!(refused(store.delete(&name("gone"), ada())), Rejection::AlreadyDeleted);
    assert_eq!(refused(store.delete(&name("never"), ada())), Rejection::NeverExisted);
    let conditional = set("gone", "3").if_match(Match::Any);
    assert_eq!(refused(store.write(one(conditional))), Rejection::PreconditionFailed { current: rev(0) });
    // Twice in one batch or in two, all the same.
    let all = all_of(&[set("gone", "3").if_revision(rev(0)), set("new", "1"), delete("kept")]);
    assert_eq!(made(store.write(all)), 6);
    let gone = config(store, "gone");
    assert_eq!((gone.version.get(), gone.created, config(store, "new").version.get()), (5, rev(6), 1));
    // A restore brings back what is deleted.
    let restore =
        |to| store.restore(Scope::Prefix(prefix("")), Point::Revision(rev(to)), ada(), Intent::Commit);
    assert_eq!(made(restore(0)), 7);
    assert_eq!(made(restore(3)), 8);
    assert_eq!((config(store, "gone").version.get(), now(store, "gone").as_deref()), (7, Some("2")));
    assert_eq!(made(restore(5)), 9);
    assert_eq!((config(store, "kept").version.get(), store.get(&name("new")).found), (3, None));
    assert_eq!(made(store.put(&name("new"), "2", ada())), 10);
    assert_eq!(config(store, "new").version.get(), 3);
}

fn versions_go_on_on_another_server_after_a_delete(place: &Place) {
    let first = serve(place.store(), NEVER_MS);
    // It starts with an empty log, and follows when it writes.
    let second = serve(place.store(), NEVER_MS);
    delete_twice(&first);
    assert!(matches!(refused(second.delete(&name("gone"), ada())), Rejection::AlreadyDeleted));
    go_on(&second);
    assert_eq!(made(first.put(&name("gone"), "4", ada())), 11);
    assert_eq!(config(&first, "gone").version.get(), 9);
    whole_log(place.store().as_ref());
}

fn versions_go_on_after_a_delete_and_a_restart(place: &Place) {
    delete_twice(&place.open());
    go_on(&place.open());
    // With a tree for reads that stays as it was.
    let store = ConfigStore::open(&Options { consistency: Consistency::Restart, ..place.options() }).unwrap();
    assert_eq!((now(&store, "gone"), now(&store, "new").as_deref()), (None, Some("2")));
    assert_eq!(made(store.put(&name("gone"), "4", ada())), 11);
    assert_eq!(now(&store, "gone"), None);
    drop(store);
    assert_eq!(config(&place.open(), "gone").version.get(), 9);
    configapi::application::verify(&place.options(), |_| ()).expect("the log is right");
}

#[test]
fn the_unknown_names_of_a_batch_are_one_query() {
    const NAMES: usize = 20;
    let (log, store) = faulty();
    let looks = || log.take_calls_of("log").iter().filter(|call| **call == Call::ConfigsAt).count();
    let all = |what: fn(usize) -> configapi::domain::Operation| (0..NAMES).map(what).collect::<Vec<_>>();
    made(store.write(all_of(&all(|number| set(&format!("gone/{number}"), "1")))));
    made(store.put(&name("kept"), "1", ada()));
    assert_eq!(looks(), 0, "every name that ever was is live: there is nothing to ask for");
    made(store.write(all_of(&all(|number| delete(&format!("gone/{number}"))))));
    made(store.put(&name("kept"), "2", ada()));
    assert_eq!(looks(), 0, "only names that are live are written");

    // While one is being appended the others pile up into one batch.
    let gate = log.gate(Call::Append);
    let (told, answers) = bounded(3 * NAMES + 2);
    let submit = |write: Write| {
        let told = told.clone();
        store.submit(write, Completion::calling(move |outcome| told.send(outcome).unwrap()));
    };
    submit(one(set("kept", "3")));
    gate.wait_for_call();
    for number in 0..NAMES {
        submit(one(set(&format!("gone/{number}"), "2")));
        submit(one(set(&format!("new/{number}"), "1")));
        submit(one(delete(&format!("gone/{number}"))));
    }
    submit(one(set("kept", "4")));
    drop(gate);
    for _ in 0..3 * NAMES + 2 {
        made(answers.recv().unwrap());
    }
    assert_eq!(looks(), 1);
    let versions = whole_log(log.as_ref()).into_iter().flat_map(|sealed| sealed.change.events);
    let gone = versions.filter(|event| event.name == name("gone/7")).map(|event| event.version.get());
    assert_eq!(gone.collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn a_write_whose_name_cannot_be_looked_up_is_refused_and_was_not_begun() {
    let (log, store) = faulty();
    delete_twice(&store);
    log.always(Call::ConfigsAt, Some(StoreError::Unavailable("a fault of the test".to_owned())));
    let failed = store.put(&name("gone"), "3", ada()).expect_err("nobody knows its version");
    assert_eq!(failed.kind(), Kind::Unavailable);
    made(store.put(&name("kept"), "2", ada()));
    log.always(Call::ConfigsAt, None);
    made(store.put(&name("gone"), "3", ada()));
    assert_eq!(config(&store, "gone").version.get(), 5);
}
