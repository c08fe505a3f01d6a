//! Schemas that are adopted while writes are queued: what is stored matches the schema at its commit.

use std::sync::Arc;

use configapi::application::{Completion, ConfigStore, EntryConditions, Error, View};
use configapi::domain::{PathPrefix, Principal, Rejection};
use configapi::infrastructure::store::{EventStore, SqliteStore};
use crossbeam_channel::bounded;

use super::{NEVER_MS, SOON, places_of_values, serve, whole_log};
use crate::support::faulty_store::{Call, FaultyStore};
use crate::support::writes::{ada, all_of, made, name, now, one, set};

/// Two servers on one log; the first one can be held up.
fn two_servers() -> (Arc<FaultyStore>, ConfigStore, ConfigStore) {
    let log: Arc<dyn EventStore> = Arc::new(SqliteStore::in_memory().expect("the store opens"));
    let held = FaultyStore::before(Arc::clone(&log));
    let first = serve(Arc::clone(&held) as Arc<dyn EventStore>, NEVER_MS);
    (held, first, serve(log, NEVER_MS))
}

/// Values under `app` are whole numbers from now on, or anything again.
fn adopt(store: &ConfigStore, schema: Option<&str>) {
    let principal = Arc::new(Principal::root());
    let (view, prefix) = (View::new(store, &principal), PathPrefix::parse("app").expect("a prefix"));
    let conditions = EntryConditions::default();
    let written = match schema {
        Some(text) => view.set_schema(&prefix, text, &conditions, &ada()),
        None => view.remove_schema(&prefix, &conditions, &ada()),
    };
    written.expect("it is stored");
}

const NUMBERS: &str = "{\"type\": \"integer\"}";

fn is_violated<T: std::fmt::Debug>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Rejected(Rejection::SchemaViolated(_))))
}

#[test]
fn no_value_is_stored_that_violates_the_schema_at_its_commit() {
    let (log, first, second) = two_servers();
    let appending = log.gate(Call::Append);
    let outcomes = std::thread::scope(|scope| {
        let write = |text: &'static str, held: &'static str| {
            let first = &first;
            scope.spawn(move || first.write(one(set(text, held))))
        };
        let held = write("app/held", "bad 1");
        appending.wait_for_call();
        // These wait behind it, all prepared while there is no schema.
        let waiting =
            [write("app/a", "bad 2"), write("app/b", "5"), write("other", "good"), write("app/c", "bad 3")];
        adopt(&second, Some(NUMBERS));
        drop(appending);
        let mut outcomes = vec![held.join().expect("it ends")];
        outcomes.extend(waiting.map(|waiting| waiting.join().expect("it ends")));
        outcomes
    });
    let violated: Vec<bool> = outcomes.iter().map(is_violated).collect();
    assert_eq!(violated, [true, true, false, false, true], "{outcomes:?}");
    let stored = places_of_values(&whole_log(log.as_ref()));
    assert_eq!(stored.keys().collect::<Vec<_>>(), ["5", "good"]);
    assert_eq!(now(&first, "app/b").as_deref(), Some("5"));
}

#[test]
fn a_write_that_was_refused_by_a_schema_is_stored_where_the_schema_has_gone() {
    let (log, first, second) = two_servers();
    adopt(&first, Some(NUMBERS));
    // Neither server looks by itself: each finds out when it looks at the head, for its refusal.
    adopt(&second, None);
    made(first.write(one(set("app/a", "text"))));
    assert_eq!(places_of_values(&whole_log(log.as_ref())).len(), 1);
}

#[test]
fn a_queued_write_goes_back_to_its_caller_and_is_not_validated_by_the_log_thread() {
    let (log, first, second) = two_servers();
    let appending = log.gate(Call::Append);
    let (told, outcome) = bounded(1);
    let value = all_of(&[set("app/a", "1"), set("app/b", "2")]);
    first.submit(value, Completion::calling(move |outcome| told.send(outcome).unwrap()));
    appending.wait_for_call();
    adopt(&second, Some(NUMBERS));
    drop(appending);
    // Both values match. Only a validation could say so.
    let moved = outcome.recv_timeout(SOON).unwrap();
    assert!(matches!(moved, Err(Error::PlanMoved)), "{moved:?}");
    assert!(first.get(&name("app/a")).found.is_none());
}

#[test]
fn access_data_that_are_no_schema_do_not_send_writes_back() {
    let (log, first, second) = two_servers();
    adopt(&first, Some(NUMBERS));
    let appending = log.gate(Call::Append);
    let (told, outcome) = bounded(1);
    first.submit(one(set("app/a", "1")), Completion::calling(move |outcome| told.send(outcome).unwrap()));
    appending.wait_for_call();
    let principal = Arc::new(Principal::root());
    let view = View::new(&second, &principal);
    // The second server has not seen the first one's change: its own is decided again on the head.
    view.set_policy("{\"protect\": []}", &EntryConditions::default(), &ada()).expect("it is stored");
    drop(appending);
    assert!(outcome.recv_timeout(SOON).unwrap().is_ok());
}
