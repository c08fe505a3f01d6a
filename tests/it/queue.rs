//! Writes on their way to the log thread: refused, withdrawn, told in their order. A gate holds the append.

use std::sync::Arc;

use configapi::application::{self, ConfigStore, Error, Withdrawal};
use configapi::infrastructure::store::{EventStore, SqliteStore};
use crossbeam_channel::bounded;

use crate::support::faulty_store::{Call, FaultyStore};
use crate::support::writes::{ada, made, name, one, set, tree};

fn over_a_gate(change: impl FnOnce(&mut application::Options)) -> (Arc<FaultyStore>, ConfigStore) {
    let log = FaultyStore::before(Arc::new(SqliteStore::in_memory().unwrap()));
    let mut options = application::Options::memory();
    change(&mut options);
    let store = ConfigStore::over(Arc::clone(&log) as Arc<dyn EventStore>, &options).unwrap();
    (log, store)
}

#[test]
fn a_full_queue_refuses_and_what_is_in_it_is_written() {
    let (log, store) = over_a_gate(|options| options.limits.queue_commands_max = 2);
    let (told, answers) = bounded(3);
    let submit = |text: &str| {
        let told = told.clone();
        store.submit(one(set(text, "1")), Box::new(move |outcome| told.send(outcome.is_ok()).unwrap()))
    };
    let gate = log.gate(Call::Append);
    submit("a").unwrap();
    gate.wait_for_call();
    submit("b").unwrap();
    submit("c").unwrap();
    let refused = submit("d").expect_err("the queue is full");
    assert!(matches!(refused, Error::Overloaded) && refused.kind() == application::Kind::Unavailable);
    drop(gate);
    assert!((0..3).all(|_| answers.recv().unwrap()));
    assert_eq!(tree(&store), "a=1 b=1 c=1");
}

#[test]
fn writers_are_told_in_the_order_of_their_changes() {
    let (log, store) = over_a_gate(|options| options.limits.batch_commands_max = 3);
    let (told, answers) = bounded(1_000);
    let gate = log.gate(Call::Append);
    for n in 0..1_000 {
        let told = told.clone();
        let completion = Box::new(move |outcome| told.send(made(outcome)).unwrap());
        store.submit(one(set(&format!("n{}", n % 7), &n.to_string())), completion).unwrap();
    }
    drop(gate);
    assert!(
        (1..=1_000).all(|revision| answers.recv().unwrap() == revision),
        "each batch after the one before"
    );
}

#[test]
fn a_write_that_waits_can_be_withdrawn_and_one_under_way_cannot() {
    let (log, store) = over_a_gate(|options| options.limits.write_wait_ms = 20);
    let submit = |text: &str| {
        let (told, answer) = bounded(1);
        let completion = Box::new(move |outcome| told.send(outcome).unwrap());
        (store.submit(one(set(text, "1")), completion).unwrap(), answer)
    };
    let gate = log.gate(Call::Append);
    let (under_way, stored) = submit("a");
    gate.wait_for_call();
    let (waiting, withdrawn) = submit("b");
    assert_eq!(under_way.withdraw(), Withdrawal::UnderWay);
    assert_eq!((waiting.withdraw(), waiting.withdraw()), (Withdrawal::NotStored, Withdrawal::NotStored));
    // A caller that waits gets its turn back at its deadline.
    assert!(matches!(store.put(&name("c"), "1", ada()), Err(Error::Expired(_))));
    drop(gate);
    assert_eq!(made(stored.recv().unwrap()), 1);
    assert!(matches!(withdrawn.recv().unwrap(), Err(Error::Stopping)));
    assert_eq!(tree(&store), "a=1");
}
