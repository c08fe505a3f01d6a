//! S1 to S6, S8 and S11: what an append does and does not do.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use configapi::domain::{Revision, Version};
use configapi::infrastructure::store::{Append, EventStore, Hash, Head, StoreError, seal, verify_link};

use super::fixture::Fixture;
use super::model::{EVERYTHING, Log, changes, fresh_id, name};

pub(crate) fn a_new_log_is_empty_and_like_no_other(fixture: &dyn Fixture) {
    let store = fixture.open();
    assert_eq!(store.head().unwrap(), Head::empty(&store.identity()));
    assert_eq!(store.changes_after(Revision::ZERO, EVERYTHING).unwrap(), []);
    let other = fixture.another();
    let other = other.open().identity();
    assert_ne!(other.id, store.identity().id);
    assert_ne!(other.fingerprint_key, store.identity().fingerprint_key);
}

pub(crate) fn a_batch_is_stored_whole_or_not_at_all(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    log.append(log.batch(&[&[("a", Some("1")), ("b", Some("2"))], &[("a", None)]]));
    let before = log.store.head().unwrap();
    assert_eq!(before, log.head);

    let mut batch = log.batch(&[&[("c", Some("3"))], &[("d", Some("4"))]]);
    // The second change claims a version of the first one's name that is taken.
    let mut wrong = batch[1].change.clone();
    wrong.events[0].name = name("b");
    batch[1] = seal(batch[0].hash, wrong, fresh_id());
    assert!(matches!(log.store.append(&log.head, &batch), Err(StoreError::Unexpected(_))));

    assert_eq!(log.store.head().unwrap(), before);
    assert_eq!(log.store.changes_after(before.revision, EVERYTHING).unwrap(), []);
    assert_eq!(log.store.config_at(&name("c"), Revision::MAX).unwrap(), None);
    log.write(&[("c", Some("3"))]);
}

pub(crate) fn a_name_has_each_version_once(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let beginning = log.fork();
    for value in ["1", "2", "3"] {
        log.write(&[("a", Some(value)), ("b", Some(value))]);
    }
    let versions = log.history(&name("a"), Revision::MAX).into_iter().map(|event| event.event.version);
    assert_eq!(versions.collect::<Vec<_>>(), [1, 2, 3].map(Version::new));

    // Decided on an old state, sealed on the present head: a bug above that the store must stop.
    let mut again = beginning.change(&[("a", Some("again"))]).change;
    again.revision = log.head.revision.next();
    again.instant = super::model::instant_of(again.revision);
    let again = seal(log.head.hash, again, fresh_id());
    assert!(matches!(log.store.append(&log.head, &[again]), Err(StoreError::Unexpected(_))));
    assert_eq!(log.store.head().unwrap(), log.head);
}

pub(crate) fn a_stale_append_writes_nothing_and_says_what_the_head_is(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let (old_head, late) = (log.head.clone(), log.change(&[("late", Some("1"))]));
    log.write(&[("a", Some("1"))]);
    log.write(&[("a", Some("2"))]);

    assert_eq!(log.store.append(&old_head, &[late]).unwrap(), Append::Stale(log.head.clone()));
    assert_eq!(log.store.head().unwrap(), log.head);
    assert_eq!(log.store.config_at(&name("late"), Revision::MAX).unwrap(), None);
}

pub(crate) fn the_same_revision_with_another_hash_is_another_log(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    log.write(&[("a", Some("1"))]);
    let foreign = Head { hash: Hash([7; 32]), ..log.head.clone() };
    let batch = [log.change(&[("a", Some("2"))])];
    assert_eq!(log.store.append(&foreign, &batch).unwrap(), Append::Stale(log.head.clone()));
    let ahead = Head { revision: Revision::new(9), ..log.head.clone() };
    assert_eq!(log.store.append(&ahead, &batch).unwrap(), Append::Stale(log.head.clone()));
    assert_eq!(log.store.head().unwrap(), log.head);
}

pub(crate) fn a_repeated_append_is_recognised_as_the_first(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    log.write(&[("a", Some("1"))]);
    let before = log.head.clone();
    let batch = log.batch(&[&[("a", Some("2"))], &[("b", Some("1")), ("a", None)]]);
    log.append(batch.clone());
    assert_eq!(log.store.append(&before, &batch).unwrap(), Append::Stored);
    log.write(&[("a", Some("3"))]);
    assert_eq!(log.store.append(&before, &batch).unwrap(), Append::Stored);
    assert_eq!(log.store.head().unwrap(), log.head, "the repetition has written nothing");
}

pub(crate) fn another_batch_at_the_same_place_is_not_taken_for_the_first(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let before = log.head.clone();
    let twin = log.change(&[("a", Some("1"))]);
    let longer = log.batch(&[&[("a", Some("1"))], &[("a", Some("2"))]]);
    log.append(vec![longer[0].clone()]);
    assert_eq!(log.store.append(&before, &longer).unwrap(), Append::Stale(log.head.clone()));
    assert_eq!(log.store.append(&before, &[twin]).unwrap(), Append::Stale(log.head.clone()));
    assert_eq!(log.store.head().unwrap(), log.head);
}

pub(crate) fn an_empty_batch_only_compares_the_head(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let before = log.head.clone();
    assert_eq!(log.store.append(&log.head, &[]).unwrap(), Append::Stored);
    log.write(&[("a", Some("1"))]);
    assert_eq!(log.store.append(&log.head, &[]).unwrap(), Append::Stored);
    assert_eq!(log.store.append(&before, &[]).unwrap(), Append::Stale(log.head.clone()));
    assert_eq!(log.store.head().unwrap(), log.head);
}

pub(crate) fn concurrent_writers_leave_no_gap_and_lose_nothing(fixture: &dyn Fixture) {
    const WRITERS: usize = 4;
    const CHANGES_EACH: usize = 25;
    let stores = fixture.open_for_many(WRITERS);
    let start = Barrier::new(WRITERS);
    thread::scope(|scope| {
        for (writer, store) in stores.iter().enumerate() {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                for number in 0..CHANGES_EACH {
                    write_until_stored(store, &format!("{writer}/{number}"));
                }
            });
        }
    });
    let log = Log::read(stores[0].clone()).unwrap();
    assert_eq!(log.head.revision.get(), (WRITERS * CHANGES_EACH) as u64);
    let names: BTreeSet<_> = log.tree_at(Revision::MAX).into_keys().collect();
    assert_eq!(names.len(), WRITERS * CHANGES_EACH);
}

/// What a server does: decide on the last change that it knows, and again if that was not the last.
fn write_until_stored(store: &std::sync::Arc<dyn EventStore>, name: &str) {
    loop {
        let log = Log::new(store.clone());
        let change = log.change(&[(name, Some("value"))]);
        match store.append(&log.head, &[change]).unwrap() {
            Append::Stored => return,
            Append::Stale(head) => assert!(head.revision > log.head.revision),
        }
    }
}

pub(crate) fn readers_see_whole_batches_in_order(fixture: &dyn Fixture) {
    const BATCH: usize = 5;
    let stores = fixture.open_for_many(2);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut log = Log::new(stores[0].clone());
            for _ in 0..40 {
                let operations: &[_] = &[("a", Some("x")), ("b", Some("y"))];
                log.append(log.batch(&[operations; BATCH]));
            }
            done.store(true, Ordering::Release);
        });
        let mut seen = Head::empty(&stores[1].identity());
        let mut last_look = false;
        while !last_look {
            last_look = done.load(Ordering::Acquire);
            for sealed in stores[1].changes_after(seen.revision, EVERYTHING).unwrap() {
                verify_link(&seen, &sealed).expect("no gap");
                seen = seen.after(&sealed);
            }
            assert_eq!(seen.revision.get() % BATCH as u64, 0, "a part of a batch was visible");
            assert!(stores[1].head().unwrap().revision >= seen.revision);
        }
        assert_eq!(seen, stores[1].head().unwrap());
    });
}

pub(crate) fn a_locked_head_stays_until_its_holder_has_appended(fixture: &dyn Fixture) {
    let stores = fixture.open_for_many(2);
    let mut log = Log::new(stores[0].clone());
    log.write(&[("a", Some("1"))]);
    let (ours, theirs) = (log.change(&[("a", Some("2"))]), log.change(&[("a", Some("3"))]));
    let expected = log.head.clone();
    let locked = stores[0].lock_head().unwrap();
    assert_eq!(*locked.head(), log.head);
    log.push(ours.clone());
    thread::scope(|scope| {
        let other = scope.spawn(|| stores[1].append(&expected, &[theirs]));
        locked.append(&[ours]).unwrap();
        assert_eq!(other.join().unwrap().unwrap(), Append::Stale(log.head.clone()));
    });
    assert_eq!(stores[1].head().unwrap(), log.head);
}

pub(crate) fn a_lock_that_is_dropped_writes_nothing(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    log.write(&[("a", Some("1"))]);
    drop(log.store.lock_head().unwrap());
    assert_eq!(log.store.head().unwrap(), log.head);
    log.write(&[("a", Some("2"))]);
}

pub(crate) fn reads_go_on_while_the_head_is_locked(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    log.write(&[("a", Some("1"))]);
    let store = log.store.clone();
    let locked = store.lock_head().unwrap();
    assert_eq!(changes(&*store, EVERYTHING).unwrap().concat(), log.changes);
    assert_eq!(store.head().unwrap(), *locked.head());
    assert!(store.config_at(&name("a"), log.head.revision).unwrap().is_some());
}

pub(crate) fn what_was_stored_is_found_when_the_store_is_opened_again(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let identity = log.store.identity();
    log.append(log.batch(&[&[("a", Some("1"))], &[("a", None), ("ключ", Some("значение"))]]));
    let (changes, head) = (log.changes.clone(), log.head.clone());
    drop(log);
    let found = Log::read(fixture.open()).unwrap();
    assert_eq!(found.store.identity(), identity);
    assert_eq!((found.changes, found.head), (changes, head));
}
