//! Writes on their way to the log thread: refused, withdrawn, told in their order. A gate holds the append.

use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::Duration;

use configapi::application::{self, Completion, ConfigStore, Error, Withdrawal};
use configapi::infrastructure::store::{EventStore, SqliteStore};
use crossbeam_channel::{Sender, bounded};

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
        store.submit(
            one(set(text, "1")),
            Completion::calling(move |outcome| told.send(outcome.map(drop)).unwrap()),
        );
    };
    let gate = log.gate(Call::Append);
    submit("a");
    gate.wait_for_call();
    submit("b");
    submit("c");
    submit("d");
    let refused = answers.recv().unwrap().expect_err("the queue is full");
    assert!(matches!(refused, Error::Overloaded) && refused.kind() == application::Kind::Unavailable);
    drop(gate);
    assert!((0..3).all(|_| answers.recv().unwrap().is_ok()));
    assert_eq!(tree(&store), "a=1 b=1 c=1");
}

#[test]
fn writers_are_told_in_the_order_of_their_changes() {
    let (log, store) = over_a_gate(|options| options.limits.batch_commands_max = 3);
    let (told, answers) = bounded(1_000);
    let gate = log.gate(Call::Append);
    for n in 0..1_000 {
        let told = told.clone();
        let completion = Completion::calling(move |outcome| told.send(made(outcome)).unwrap());
        store.submit(one(set(&format!("n{}", n % 7), &n.to_string())), completion);
    }
    drop(gate);
    assert!(
        (1..=1_000).all(|revision| answers.recv().unwrap() == revision),
        "each batch after the one before"
    );
}

/// Each answer of a batch woke the thread that sends it, which took the processor from the one that told them.
#[test]
fn who_waits_is_woken_once_a_batch() {
    struct Bell(Sender<&'static str>);
    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.send("woken").unwrap();
        }
    }
    let (log, store) = over_a_gate(|_| {});
    let (seen, events) = bounded(5);
    let bell = Waker::from(Arc::new(Bell(seen.clone())));
    let submit = |text: &str, wakes: Option<Waker>| {
        let seen = seen.clone();
        let answer = Completion::waking(move |outcome| {
            made(outcome);
            seen.send("told").unwrap();
            wakes
        });
        store.submit(one(set(text, "1")), answer);
    };
    let gate = log.gate(Call::Append);
    submit("alone", None);
    gate.wait_for_call();
    for (name, wakes) in [("a", Some(bell)), ("b", None), ("c", None)] {
        submit(name, wakes);
    }
    drop(gate);
    let seen: Vec<_> = (0..5).map(|_| events.recv().unwrap()).collect();
    assert_eq!(seen, ["told", "told", "told", "told", "woken"]);
}

#[test]
fn a_write_that_waits_can_be_withdrawn_and_one_under_way_cannot() {
    let (log, store) = over_a_gate(|options| options.limits.write_wait = Duration::from_millis(20));
    let submit = |text: &str| {
        let (told, answer) = bounded(1);
        let completion = Completion::calling(move |outcome| told.send(outcome).unwrap());
        (store.submit(one(set(text, "1")), completion), answer)
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
