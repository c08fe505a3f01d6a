//! Changes found again by their idempotency keys.

use std::sync::Arc;

use configapi::domain::{IdempotencyKey, IdempotencyMark, Metadata, Revision, Timestamp};
use configapi::infrastructure::store::MarkedChange;

use super::fixture::Fixture;
use super::model::{Log, instant_of};

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text).unwrap()
}

fn write_marked(log: &mut Log, actor: &str, text: &str) -> MarkedChange {
    let content = [u8::try_from(log.changes.len()).unwrap(); 32];
    let mark = IdempotencyMark { key: key(text), content };
    let change = log.change_by(Metadata::of(actor), Some(mark.clone()), &[("a", Some("value"))]);
    log.append(vec![change]);
    MarkedChange { actor: actor.into(), mark, revision: log.head.revision }
}

fn find(log: &Log, keys: &[(&str, &str)], since: Timestamp) -> Vec<MarkedChange> {
    let keys: Vec<(Arc<str>, _)> = keys.iter().map(|(actor, text)| ((*actor).into(), key(text))).collect();
    let mut found = log.store.find_marked(&keys, since).unwrap();
    found.sort_by_key(|marked| marked.revision);
    found
}

pub(crate) fn a_key_finds_its_newest_change_of_its_actor(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    write_marked(&mut log, "ada", "k1");
    let of_bob = write_marked(&mut log, "bob", "k1");
    log.write(&[("a", Some("unmarked"))]);
    let newest = write_marked(&mut log, "ada", "k1");
    let other = write_marked(&mut log, "ada", "k2");

    assert_eq!(find(&log, &[("ada", "k1")], Timestamp::MIN), std::slice::from_ref(&newest));
    assert_eq!(
        find(&log, &[("bob", "k1"), ("ada", "k2"), ("ada", "k1")], Timestamp::MIN),
        [of_bob, newest, other]
    );
    assert_eq!(find(&log, &[("bob", "k2"), ("eve", "k1"), ("ada", "K1")], Timestamp::MIN), []);
    assert_eq!(find(&log, &[], Timestamp::MIN), []);
}

pub(crate) fn a_key_that_is_older_than_asked_for_is_not_found(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let marked = write_marked(&mut log, "ada", "k1");
    log.write(&[("a", Some("unmarked"))]);
    assert_eq!(find(&log, &[("ada", "k1")], instant_of(marked.revision)), std::slice::from_ref(&marked));
    assert_eq!(find(&log, &[("ada", "k1")], instant_of(Revision::new(2))), []);
}
