//! Changes found again by their idempotency keys.

use std::sync::Arc;

use configapi::domain::{IdempotencyKey, IdempotencyMark, Metadata, Revision, Timestamp};
use configapi::infrastructure::store::MarkedChange;

use super::fixture::Fixture;
use super::model::{Log, instant_of};

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text).unwrap()
}

/// Written under a name by a token with this id; the empty id means an anonymous actor.
fn write_marked(log: &mut Log, (actor, id): (&str, &str), text: &str) -> MarkedChange {
    let content = [u8::try_from(log.changes.len()).unwrap(); 32];
    let mark = IdempotencyMark { key: key(text), content: content.into() };
    let actor_id = id_of(id);
    let metadata = Metadata { actor_id: actor_id.clone(), ..Metadata::of(actor) };
    let change = log.change_by(metadata, Some(mark.clone()), &[("a", Some("value"))]);
    log.append(vec![change]);
    MarkedChange { actor_id, mark, revision: log.head.revision }
}

fn id_of(text: &str) -> Option<Arc<str>> {
    (!text.is_empty()).then(|| text.into())
}

fn find(log: &Log, keys: &[(&str, &str)], since: Timestamp) -> Vec<MarkedChange> {
    let keys: Vec<_> = keys.iter().map(|(id, text)| (id_of(id), key(text))).collect();
    let mut found = log.store.find_marked(&keys, since).unwrap();
    found.sort_by_key(|marked| marked.revision);
    found
}

pub(crate) fn a_key_finds_its_newest_change_of_its_actors_id(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    write_marked(&mut log, ("ada", "1"), "k1");
    let of_another = write_marked(&mut log, ("ada", "2"), "k1");
    let of_nobody = write_marked(&mut log, ("ada", ""), "k1");
    log.write(&[("a", Some("unmarked"))]);
    let newest = write_marked(&mut log, ("renamed", "1"), "k1");
    let other = write_marked(&mut log, ("ada", "1"), "k2");

    assert_eq!(find(&log, &[("1", "k1")], Timestamp::MIN), std::slice::from_ref(&newest));
    assert_eq!(
        find(&log, &[("2", "k1"), ("1", "k2"), ("1", "k1"), ("", "k1")], Timestamp::MIN),
        [of_another, of_nobody, newest, other]
    );
    assert_eq!(find(&log, &[("2", "k2"), ("3", "k1"), ("1", "K1"), ("", "k2")], Timestamp::MIN), []);
    assert_eq!(find(&log, &[], Timestamp::MIN), []);
}

pub(crate) fn a_key_that_is_older_than_asked_for_is_not_found(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let marked = write_marked(&mut log, ("ada", "1"), "k1");
    log.write(&[("a", Some("unmarked"))]);
    assert_eq!(find(&log, &[("1", "k1")], instant_of(marked.revision)), std::slice::from_ref(&marked));
    assert_eq!(find(&log, &[("1", "k1")], instant_of(Revision::new(2))), []);
}
