//! S7 and S9: nothing changes what is stored, and if something did, it is noticed.

use configapi::domain::Revision;
use configapi::infrastructure::store::{EventStore, Order, StoreError};

use super::fixture::{BackDoor, Fixture};
use super::model::{EVERYTHING, Log, changes, history, name, tree};

/// Three changes: `a` set, `a` set again with `b`, `c` set; the store closed.
fn write_three(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    log.write(&[("a", Some("one"))]);
    log.write(&[("a", Some("two")), ("b", Some("one"))]);
    log.write(&[("c", Some("one"))]);
}

/// At which revision damage was noticed.
fn damaged_at<T: std::fmt::Debug>(result: Result<T, StoreError>) -> u64 {
    match result {
        Err(StoreError::Corrupt { revision, .. }) => revision.get(),
        other => panic!("the damage was not noticed: {other:?}"),
    }
}

fn read_chain(store: std::sync::Arc<dyn EventStore>) -> Result<(), StoreError> {
    Log::read(store).map(|_| ())
}

pub(crate) fn the_log_refuses_update_and_delete(fixture: &dyn BackDoor) {
    write_three(fixture);
    let log = Log::read(fixture.open()).unwrap();
    for statement in [
        "UPDATE events SET value = 'altered' WHERE name = 'a'",
        "UPDATE events SET version = version",
        "UPDATE changes SET actor = 'altered'",
        "UPDATE names SET first_revision = 1",
        "DELETE FROM events WHERE name = 'a'",
        "DELETE FROM changes WHERE revision = 3",
        "DELETE FROM names",
        "DELETE FROM log_head",
    ] {
        assert!(fixture.execute(statement).is_err(), "{statement}");
    }
    let again = changes(&*log.store, EVERYTHING).unwrap().concat();
    assert_eq!(again, log.changes);
}

pub(crate) fn an_altered_event_is_noticed_by_every_read(fixture: &dyn BackDoor) {
    write_three(fixture);
    fixture.force("UPDATE events SET value = 'altered' WHERE name = 'a' AND version = 2");
    let store = fixture.open();
    let (a, at) = (name("a"), Revision::new(3));
    assert_eq!(damaged_at(store.config_at(&a, at)), 2);
    assert_eq!(damaged_at(tree(&*store, at, "", EVERYTHING)), 2);
    assert_eq!(damaged_at(history(&*store, &a, Order::OldestFirst, at, EVERYTHING)), 2);
    assert_eq!(damaged_at(history(&*store, &a, Order::NewestFirst, at, EVERYTHING)), 2);
    assert_eq!(damaged_at(changes(&*store, EVERYTHING)), 2);
    // What is not damaged can still be read.
    assert!(store.config_at(&a, Revision::new(1)).unwrap().is_some());
    assert!(store.config_at(&name("b"), at).unwrap().is_some());
}

pub(crate) fn an_altered_event_is_noticed_as_the_one_before_another(fixture: &dyn BackDoor) {
    write_three(fixture);
    fixture.force("UPDATE events SET value = 'altered' WHERE name = 'a' AND version = 1");
    let store = fixture.open();
    damaged_at(store.changes_after(Revision::new(1), EVERYTHING));
    damaged_at(history(&*store, &name("a"), Order::NewestFirst, Revision::new(3), EVERYTHING));
    assert!(store.config_at(&name("a"), Revision::new(3)).unwrap().is_some(), "it is not read for this");
}

pub(crate) fn altered_attributes_are_noticed_by_every_read(fixture: &dyn BackDoor) {
    write_three(fixture);
    let set = r#"UPDATE events SET attributes = '{"content_type":"application/json"}' WHERE name = 'a' AND version = 2"#;
    fixture.force(set);
    let store = fixture.open();
    let (a, at) = (name("a"), Revision::new(3));
    assert_eq!(damaged_at(store.config_at(&a, at)), 2);
    assert_eq!(damaged_at(tree(&*store, at, "", EVERYTHING)), 2);
    assert_eq!(damaged_at(history(&*store, &a, Order::NewestFirst, at, EVERYTHING)), 2);
    assert_eq!(damaged_at(changes(&*store, EVERYTHING)), 2);
}

pub(crate) fn an_altered_change_breaks_the_chain(fixture: &dyn BackDoor) {
    write_three(fixture);
    fixture.force("UPDATE changes SET actor = 'altered' WHERE revision = 2");
    assert_eq!(damaged_at(read_chain(fixture.open())), 2);
    fixture.force("UPDATE changes SET actor = 'anonymous' WHERE revision = 2");
    assert!(read_chain(fixture.open()).is_ok(), "it is as it was");
    fixture.force("UPDATE changes SET actor_id = 'altered' WHERE revision = 2");
    assert_eq!(damaged_at(read_chain(fixture.open())), 2);
}

pub(crate) fn a_lost_change_breaks_the_chain(fixture: &dyn BackDoor) {
    write_three(fixture);
    fixture.force("DELETE FROM events WHERE revision = 2; DELETE FROM changes WHERE revision = 2;");
    assert_eq!(damaged_at(read_chain(fixture.open())), 2);
}

pub(crate) fn a_lost_event_breaks_the_chain(fixture: &dyn BackDoor) {
    write_three(fixture);
    fixture.force("DELETE FROM events WHERE name = 'b'");
    let store = fixture.open();
    assert_eq!(damaged_at(read_chain(store.clone())), 2);
}
