//! What an event says beyond a value: attributes, its creation, shreds and access data; and a log that becomes the copy
//! of another.

use std::collections::BTreeMap;
use std::sync::Arc;

use configapi::domain::{
    Attributes, Change, Config, ConfigValue, ContentType, Event, Fact, Metadata, Revision, Version,
};
use configapi::infrastructure::store::{
    Append, EventStore, Head, LogIdentity, Order, SealedChange, StoreError, seal,
};

use super::fixture::Fixture;
use super::model::{EVERYTHING, Log, changes, fresh_id, history, instant_of, name, tree};

fn value(text: &str) -> ConfigValue {
    ConfigValue::from_log(text).unwrap()
}

/// Appends one change with these events.
pub(crate) fn write(log: &mut Log, events: Vec<Event>) {
    let revision = log.head.revision.next();
    let (instant, metadata) = (instant_of(revision), Metadata::of("ada"));
    let change = Change { revision, instant, metadata, idempotency: None, events };
    log.append(vec![seal(log.head.hash, change, fresh_id())]);
}

pub(crate) fn state(log: &Log, text: &str) -> Config {
    log.tree_at(Revision::MAX).remove(&name(text)).unwrap_or_else(Config::never)
}

/// Every way to read agrees with the changes that were appended.
pub(crate) fn assert_read_back(log: &Log) {
    let at = log.head.revision;
    assert_eq!(changes(&*log.store, EVERYTHING).unwrap().concat(), log.changes);
    let whole: Vec<_> = log.tree_at(at).into_iter().collect();
    assert_eq!(tree(&*log.store, at, "", EVERYTHING).unwrap().concat(), whole);
    for (name, config) in whole {
        assert_eq!(log.store.config_at(&name, at).unwrap(), Some(config));
        let found = history(&*log.store, &name, Order::OldestFirst, at, EVERYTHING).unwrap();
        assert_eq!(found.concat(), log.history(&name, at));
    }
}

pub(crate) fn attributes_come_back_with_their_event(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let unknown = BTreeMap::from([
        ("consul_flags".to_owned(), "18446744073709551615".to_owned()),
        ("ключ \"\\\u{1}".to_owned(), "\n😀".to_owned()),
    ]);
    let yaml = Attributes::of_content_type(ContentType::Yaml);
    for attributes in [yaml.clone(), Attributes::new(unknown), Attributes::NONE, yaml] {
        let event = state(&log, "a").set(&name("a"), value("a: 1"), attributes);
        write(&mut log, vec![event]);
    }
    assert_read_back(&log);
    let now = log.store.config_at(&name("a"), log.head.revision).unwrap().unwrap();
    assert_eq!(now.attributes.content_type(), ContentType::Yaml);
    log.write(&[("a", None)]);
    assert_read_back(&log);
}

pub(crate) fn a_name_keeps_the_revision_at_which_it_was_created(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let created = |log: &Log| log.store.config_at(&name("a"), Revision::MAX).unwrap().unwrap().created.get();
    log.write(&[("a", Some("1"))]);
    log.write(&[("b", Some("1"))]);
    log.write(&[("a", Some("2"))]);
    assert_eq!(created(&log), 1);
    log.write(&[("a", None)]);
    assert_eq!(created(&log), 0);
    log.write(&[("a", Some("3"))]);
    log.write(&[("a", Some("4"))]);
    assert_eq!(created(&log), 5);
    assert_read_back(&log);
}

pub(crate) fn shreds_and_access_data_come_back_and_are_no_values(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    log.write(&[("a", Some("1"))]);
    let event = |version: u64, follows: u64, text: &str, fact| Event {
        name: name(text),
        version: Version::new(version),
        follows: Revision::new(follows),
        fact,
    };
    let shred = |versions: &[u64]| Fact::Shredded {
        of: name("a"),
        versions: versions.iter().copied().map(Version::new).collect(),
    };
    let access = |entry: Option<&str>| Fact::Access { entry: entry.map(value) };
    let (shreds, token) = (".configapi/shreds/1", ".configapi/tokens/1");
    write(&mut log, vec![event(1, 0, shreds, shred(&[1, 2])), event(1, 0, token, access(Some("{}")))]);
    write(&mut log, vec![event(2, 2, token, access(None)), event(2, 2, shreds, shred(&[]))]);
    write(&mut log, vec![event(3, 3, token, access(Some("again")))]);
    assert_read_back(&log);
    let found = tree(&*log.store, log.head.revision, ".configapi/", EVERYTHING).unwrap().concat();
    assert_eq!(found.iter().map(|(_, config)| config.value.is_some()).collect::<Vec<_>>(), [false, false]);
}

/// The changes of a log with an identity, which no store has seen yet.
fn changes_of(identity: &LogIdentity, count: u64) -> (Head, Vec<SealedChange>) {
    let (mut head, mut before) = (Head::empty(identity), Config::never());
    let mut sealed = Vec::new();
    for number in 1..=count {
        let revision = head.revision.next();
        let event = before.set(&name("a"), value(&number.to_string()), Attributes::NONE);
        let (instant, metadata) = (instant_of(revision), Metadata::of("ada"));
        let change = Change { revision, instant, metadata, idempotency: None, events: vec![event] };
        let next = seal(head.hash, change, fresh_id());
        before = Config::apply(&next.change.events[0], &next.change, next.hash.short());
        head = head.after(&next);
        sealed.push(next);
    }
    (head, sealed)
}

pub(crate) fn an_empty_log_becomes_the_copy_of_another(fixture: &dyn Fixture) {
    let other = LogIdentity { id: [7; 16], fingerprint_key: [8; 32] };
    let mut store = fixture.open_alone();
    store.adopt(other.clone()).unwrap();
    assert_eq!(store.identity(), other);
    assert_eq!(store.head().unwrap(), Head::empty(&other));
    let (head, copied) = changes_of(&other, 3);
    assert_eq!(store.append(&Head::empty(&other), &copied).unwrap(), Append::Stored);
    assert_eq!(store.head().unwrap(), head);
    let store: Arc<dyn EventStore> = Arc::from(store);
    assert_eq!(Log::read(store).unwrap().changes, copied);
}

pub(crate) fn a_log_with_a_change_does_not_become_another(fixture: &dyn Fixture) {
    let mut store = fixture.open_alone();
    let identity = store.identity();
    let (head, own) = changes_of(&identity, 1);
    assert_eq!(store.append(&Head::empty(&identity), &own).unwrap(), Append::Stored);
    let refused = store.adopt(LogIdentity { id: [7; 16], fingerprint_key: [8; 32] });
    assert!(
        matches!(&refused, Err(StoreError::Misconfigured(what)) if what.contains("not empty")),
        "{refused:?}"
    );
    assert_eq!((store.identity(), store.head().unwrap()), (identity, head));
}
