//! Repeated requests: the log thread finds them, and those who wait for them read their answers.

use configapi::application::{Completion, Settled};
use configapi::domain::Operation;
use crossbeam_channel::bounded;

use super::{SOON, faulty, whole_log};
use crate::support::faulty_store::{Call, Fault, unavailable};
use crate::support::writes::{ada, all_of, delete, keyed, made, name, one, set, tree};

/// As many as a change may have.
const EVENTS: usize = 10_000;

fn sets(held: &str) -> Vec<Operation> {
    (0..EVENTS).map(|number| set(&format!("n/{number:05}"), held)).collect()
}

/// The log thread asked the store for each event, and all writers waited for it.
#[test]
fn a_repeat_of_ten_thousand_events_is_not_read_by_the_log_thread() {
    let (log, store) = faulty();
    made(store.write(all_of(&sets("1"))));
    let write = keyed(all_of(&sets("2")), "key", 1);
    let first = store.write(write.clone()).unwrap();
    made(store.write(all_of(&sets("3")[..100])));
    log.take_calls_of("log");
    let reading = log.gate(Call::ChangesAfter);
    let again = std::thread::scope(|scope| {
        let again = std::thread::Builder::new()
            .name("repeats".to_owned())
            .spawn_scoped(scope, || store.write(write.clone()))
            .unwrap();
        reading.wait_for_call();
        for number in 0..20 {
            made(store.put(&name("other"), &number.to_string(), ada()));
        }
        drop(reading);
        again.join().unwrap().unwrap()
    });
    assert_eq!(again.outcomes.len(), EVENTS);
    assert!(again == first, "the answer of the first request");
    let of_log = log.take_calls_of("log");
    let count = |wanted: Call| of_log.iter().filter(|call| **call == wanted).count();
    assert_eq!((count(Call::FindMarked), count(Call::Append)), (1, 20), "{of_log:?}");
    assert!(
        of_log.iter().all(|call| matches!(call, Call::FindMarked | Call::Append | Call::Head)),
        "{of_log:?}"
    );
    assert_eq!(log.take_calls_of("repeats"), [Call::ChangesAfter, Call::ConfigsAt, Call::HashOf]);
}

#[test]
fn a_repeat_that_can_not_be_read_is_of_unknown_outcome() {
    let (log, store) = faulty();
    let write = keyed(one(set("a", "1")), "key", 1);
    let first = store.write(write.clone()).unwrap();
    made(store.delete(&name("a"), ada()));
    for call in [Call::ChangesAfter, Call::ConfigsAt, Call::HashOf] {
        log.next(call, Fault::Fail(unavailable()));
        let failed = store.write(write.clone());
        assert!(matches!(failed, Err(configapi::application::Error::OutcomeUnknown)), "{call:?}: {failed:?}");
    }
    assert_eq!(store.write(write).unwrap(), first);
    assert_eq!(whole_log(log.as_ref()).len(), 2);
}

/// A completion must not wait for the store: it gets what it needs to read the answer elsewhere.
#[test]
fn a_completion_of_a_repeat_says_which_change_it_was() {
    let (_log, store) = faulty();
    let write = keyed(all_of(&[set("a", "1"), set("b", "1")]), "key", 1);
    let first = store.write(write.clone()).unwrap();
    made(store.write(all_of(&[set("a", "2"), delete("b")])));
    let (told, outcome) = bounded(1);
    store.submit(write, Completion::calling(move |outcome| told.send(outcome).unwrap()));
    let Settled::Repeated(repeated) = outcome.recv_timeout(SOON).unwrap().unwrap() else {
        panic!("it was done before")
    };
    assert_eq!(Some(repeated.revision()), first.revision);
    assert_eq!(store.first_answer(&repeated).unwrap(), first);
    assert_eq!(tree(&store), "a=2");
}
