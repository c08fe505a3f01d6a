//! One fault at a time.

use std::sync::Arc;

use configapi::application::{Check, Completion, Error, Kind, Settled, Status, Withdrawal};
use configapi::domain::Rejection;
use configapi::infrastructure::store::{EventStore, StoreError};
use crossbeam_channel::bounded;

use super::{NEVER_MS, SOON, faulty, serve, whole_log};
use crate::support::eventually;
use crate::support::faulty_store::{Call, Fault, FaultyStore, unavailable};
use crate::support::places::Place;
use crate::support::writes::{ada, all_of, keyed, made, name, now, one, rev, set, tree};

#[test]
fn what_could_not_be_stored_is_refused_by_its_kind_and_the_next_write_is_stored() {
    let (log, store) = faulty();
    let faults = [
        (unavailable(), Kind::Unavailable),
        (StoreError::Full("a fault of the test".to_owned()), Kind::Full),
        (StoreError::ReadOnly("a fault of the test".to_owned()), Kind::Unavailable),
        (StoreError::Unexpected("a fault of the test".to_owned()), Kind::Internal),
    ];
    for (fault, kind) in faults {
        log.next(Call::Append, Fault::Fail(fault));
        assert_eq!(store.put(&name("refused"), "1", ada()).expect_err("a fault").kind(), kind);
    }
    assert_eq!(made(store.put(&name("a"), "1", ada())), 1);
    assert_eq!((tree(&store).as_str(), store.failure()), ("a=1", None));
    whole_log(log.as_ref());
}

#[test]
fn a_lost_answer_and_a_lost_call_are_both_resolved_to_one_change() {
    for lost in [Fault::LoseTheAnswer, Fault::LoseTheCall] {
        let (log, store) = faulty();
        log.next(Call::Append, lost);
        // While the outcome is unknown, an error says nothing about it.
        log.next(Call::Append, Fault::Fail(unavailable()));
        log.next(Call::Append, Fault::LoseTheAnswer);
        assert_eq!(made(store.put(&name("a"), "1", ada())), 1);
        assert_eq!((whole_log(log.as_ref()).len(), log.left()), (1, 0));
        assert_eq!(made(store.put(&name("a"), "2", ada())), 2);
    }
}

#[test]
fn an_answer_lost_before_another_server_wrote_is_found_below_its_change() {
    let log = FaultyStore::before(Place::memory().store());
    let (here, there) =
        (serve(Arc::clone(&log) as Arc<_>, NEVER_MS), serve(Arc::clone(&log) as Arc<_>, NEVER_MS));
    log.next(Call::Append, Fault::LoseTheAnswer);
    let gate = log.gate(Call::Append);
    let (told, answer) = bounded(1);
    here.submit(one(set("a", "1")), Completion::calling(move |outcome| told.send(outcome).unwrap()));
    gate.wait_for_call();
    assert_eq!(made(there.put(&name("b"), "1", ada())), 2);
    drop(gate);
    assert_eq!(made(answer.recv().unwrap()), 1);
    assert_eq!(made(here.put(&name("c"), "1", ada())), 3);
    assert_eq!(tree(&here), "a=1 b=1 c=1");
}

/// The append under the head's lock was committed and its answer lost; the next try found no database, and
/// that was told to the client as "not stored".
#[test]
fn an_answer_lost_under_the_heads_lock_stays_unknown_until_it_is_known() {
    let place = Place::memory();
    let log = FaultyStore::before(place.store());
    let (loser, winner) = (serve(Arc::clone(&log) as Arc<_>, NEVER_MS), serve(place.store(), NEVER_MS));
    let gates = [log.gate(Call::Append), log.gate(Call::Append)];
    log.next(Call::Append, Fault::Fail(unavailable()));
    log.next(Call::LockedAppend, Fault::LoseTheAnswer);
    let (told, answer) = bounded(1);
    loser.submit(one(set("a", "1")), Completion::calling(move |outcome| told.send(outcome).unwrap()));
    for gate in gates {
        gate.wait_for_call();
        made(winner.put(&name("b"), "1", ada()));
    }
    assert_eq!(made(answer.recv().unwrap()), 3);
    assert_eq!((whole_log(log.as_ref()).len(), log.left()), (3, 0));
}

#[test]
fn a_panic_leaves_the_outcome_unknown_and_nothing_half_applied() {
    for (panic, stored) in [(Fault::PanicBefore, 0), (Fault::PanicAfter, 1)] {
        let (log, store) = faulty();
        made(store.put(&name("a"), "0", ada()));
        log.next(Call::Append, panic);
        let unknown = store.write(all_of(&[set("a", "1"), set("b", "1")]));
        assert_eq!(unknown.expect_err("the log thread panicked").kind(), Kind::OutcomeUnknown);
        // It is back, with what the log has.
        assert_eq!(made(store.put(&name("c"), "1", ada())), 2 + stored);
        assert_eq!(tree(&store), ["a=0 c=1", "a=1 b=1 c=1"][usize::try_from(stored).unwrap()]);
        let health = store.health();
        assert_eq!((health.status(), health.worker_restarts), (Status::Healthy, 1));
        whole_log(log.as_ref());
    }
}

#[test]
fn an_unknown_outcome_is_resolved_after_a_panic_too() {
    let (log, store) = faulty();
    log.next(Call::Append, Fault::LoseTheCall);
    log.next(Call::Append, Fault::PanicBefore);
    let unknown = store.put(&name("a"), "1", ada()).expect_err("the log thread panicked");
    assert_eq!(unknown.kind(), Kind::OutcomeUnknown);
    // The next write comes after it, wherever it is decided.
    assert_eq!(made(store.put(&name("b"), "1", ada())), 2);
    assert_eq!(tree(&store), "a=1 b=1");
}

#[test]
fn a_thread_that_panics_without_end_is_given_up_and_health_says_so() {
    let (log, store) = faulty();
    (0..11).for_each(|_| log.next(Call::Append, Fault::PanicBefore));
    for _ in 0..11 {
        assert_eq!(store.put(&name("a"), "1", ada()).expect_err("a panic").kind(), Kind::OutcomeUnknown);
    }
    eventually(SOON, || store.health().eventstore == Check::Down);
    assert_eq!(store.put(&name("a"), "1", ada()).expect_err("no thread").kind(), Kind::Unavailable);
    assert_eq!(whole_log(log.as_ref()).len(), 0);
}

#[test]
fn a_poisoned_store_is_a_failure_that_is_said() {
    let (log, store) = faulty();
    made(store.put(&name("a"), "1", ada()));
    log.next(Call::Append, Fault::Fail(StoreError::Poisoned("a fault of the test".to_owned())));
    assert_eq!(store.put(&name("a"), "2", ada()).expect_err("poisoned").kind(), Kind::Internal);
    assert_eq!(store.failure().as_deref(), Some("a fault of the test"));
    assert_eq!((store.health().eventstore, now(&store, "a").as_deref()), (Check::Down, Some("1")));
}

/// A failed fsync leaves the commit's outcome unknown and the store poisoned. The log thread asked the
/// poisoned store again and again, the server never ended, and no client had an answer.
#[test]
fn a_store_that_was_poisoned_in_a_commit_is_not_asked_for_ever() {
    let (log, store) = faulty();
    log.next(Call::Append, Fault::LoseTheAnswer);
    log.next(Call::Append, Fault::Fail(StoreError::Poisoned("a fault of the test".to_owned())));
    let unknown = store.put(&name("a"), "1", ada()).expect_err("poisoned");
    assert!(matches!(unknown, Error::Store(StoreError::OutcomeUnknown(_))), "{unknown:?}");
    assert_eq!(store.failure().as_deref(), Some("a fault of the test"));
}

/// A repetition in a batch could not be looked up, and everybody in the batch was told that nothing had been
/// written. The repetition itself is in the log too, whether that can be read or not.
#[test]
fn a_repetition_that_cannot_be_looked_up_is_unknown_and_alone() {
    let (log, store) = faulty();
    let write = keyed(one(set("a", "1")), "key", 1);
    made(store.write(write.clone()));
    let gate = log.gate(Call::Append);
    let (told, answers) = bounded(3);
    let submit = |write, label: &'static str| {
        let told = told.clone();
        store.submit(write, Completion::calling(move |outcome| told.send((label, outcome)).unwrap()));
    };
    submit(one(set("b", "1")), "first batch");
    gate.wait_for_call();
    submit(write.clone(), "repetition");
    submit(one(set("c", "1")), "new");
    log.next(Call::ChangesAfter, Fault::Fail(unavailable()));
    drop(gate);
    for (label, outcome) in (0..3).map(|_| answers.recv().unwrap()) {
        match outcome.unwrap() {
            Settled::Written(_) => assert_ne!(label, "repetition"),
            Settled::Repeated(repeated) => {
                let unread = store.first_answer(&repeated).expect_err("it can't be read");
                assert_eq!((label, unread.kind()), ("repetition", Kind::OutcomeUnknown));
            }
        }
    }
    assert_eq!(tree(&store), "a=1 b=1 c=1");
    assert_eq!(made(store.write(write)), 1);
}

#[test]
fn a_refusal_that_cannot_look_at_the_head_is_no_refusal() {
    let (log, store) = faulty();
    log.always(Call::Head, Some(unavailable()));
    assert_eq!(store.delete(&name("a"), ada()).expect_err("no database").kind(), Kind::Unavailable);
    log.always(Call::Head, None);
    let refused = store.delete(&name("a"), ada());
    assert!(matches!(refused, Err(Error::Rejected(Rejection::NeverExisted))));
}

#[test]
fn a_stop_with_an_unknown_outcome_ends_and_says_unknown() {
    let (log, store) = faulty();
    let (told, answer) = bounded(1);
    log.next(Call::Append, Fault::LoseTheCall);
    let gate = log.gate(Call::Append);
    store.submit(one(set("a", "1")), Completion::calling(move |outcome| told.send(outcome).unwrap()));
    gate.wait_for_call();
    log.always(Call::Append, Some(unavailable()));
    let dropping = std::thread::Builder::new().spawn(move || drop(store)).unwrap();
    drop(gate);
    // The call at the gate goes through; its answer is the outcome, or the stop came first.
    let told = answer.recv().unwrap();
    dropping.join().unwrap();
    let stored = whole_log(log.as_ref() as &dyn EventStore).len();
    match told {
        Ok(written) => assert_eq!((made(Ok(written)), stored), (1, 1)),
        Err(error) => assert_eq!(error.kind(), Kind::OutcomeUnknown),
    }
}

/// The log was damaged behind the head that was seen: the write had begun nothing, and its outcome was said to be
/// unknown.
#[test]
fn a_write_whose_catch_up_fails_is_not_stored_and_never_unknown() {
    let damaged = StoreError::corrupt(rev(1), "a fault of the test");
    let unknown = StoreError::OutcomeUnknown("a fault of the test".to_owned());
    for fault in [damaged, unknown, unavailable(), StoreError::Unexpected("a fault of the test".to_owned())] {
        let (log, behind) = faulty();
        behind.delete(&name("nothing"), ada()).expect_err("it was never set");
        let ahead = serve(Arc::clone(&log) as Arc<_>, NEVER_MS);
        made(ahead.put(&name("a"), "1", ada()));
        log.next(Call::ChangesAfter, Fault::Fail(fault));
        let failed = behind.put(&name("b"), "1", ada()).expect_err("the log can't be read");
        let nothing = matches!(failed, Error::NothingBegun(_)) || failed.kind() == Kind::Unavailable;
        assert!(nothing, "{failed:?}");
        assert_eq!(whole_log(log.as_ref()).len(), 1);
        assert_eq!(made(behind.put(&name("b"), "2", ada())), 2);
    }
}

/// It was taken from the queue, and at its deadline its outcome was said to be unknown.
#[test]
fn a_write_that_is_given_up_while_the_log_is_caught_up_with_is_not_stored() {
    let (log, behind) = faulty();
    behind.delete(&name("nothing"), ada()).expect_err("it was never set");
    let ahead = serve(Arc::clone(&log) as Arc<_>, NEVER_MS);
    made(ahead.put(&name("a"), "1", ada()));
    let gate = log.gate(Call::ChangesAfter);
    let (told, answer) = bounded(2);
    let submit = |text: &str| {
        let told = told.clone();
        behind.submit(one(set(text, "1")), Completion::calling(move |outcome| told.send(outcome).unwrap()))
    };
    let given_up = submit("b");
    gate.wait_for_call();
    assert_eq!(given_up.withdraw(), Withdrawal::NotStored);
    let waits = submit("c");
    drop(gate);
    assert!(matches!(answer.recv().unwrap(), Err(Error::Stopping)));
    assert_eq!(made(answer.recv().unwrap()), 2);
    assert_eq!(waits.withdraw(), Withdrawal::UnderWay);
    assert_eq!(tree(&behind), "a=1 c=1");
}

#[test]
fn a_stopped_store_has_answered_what_it_accepted_and_goes_on_reading() {
    let (log, store) = faulty();
    let (told, answer) = bounded(1);
    let gate = log.gate(Call::Append);
    store.submit(one(set("a", "1")), Completion::calling(move |outcome| told.send(outcome).unwrap()));
    gate.wait_for_call();
    drop(gate);
    store.stop();
    assert_eq!(made(answer.try_recv().expect("it is answered before the stop ends")), 1);
    assert!(matches!(store.put(&name("a"), "2", ada()), Err(Error::Stopping)));
    assert_eq!(now(&store, "a").as_deref(), Some("1"));
    store.stop();
}
