//! S9 and what every read gives back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use configapi::domain::{
    IdempotencyKey, IdempotencyMark, Metadata, Prefix, Reason, Revision, Timestamp, Value,
};
use configapi::infrastructure::store::{Order, PageLimit, TreePage};

use super::fixture::Fixture;
use super::model::{EVERYTHING, Log, changes, history, instant_of, name, tree};

pub(crate) fn every_field_of_a_change_comes_back(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let metadata = Metadata {
        actor: "ada lovelace".into(),
        actor_id: Some("3f2a".into()),
        reason: Some(Reason::parse("because\nit's \"so\" — 'always'").unwrap()),
        request_id: Some("8e03978e-40d5-43dd-bc93-6894a57f9324".into()),
        trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736".into()),
        attributes: BTreeMap::from([
            ("source".to_owned(), "{\"quoted\": \\ \u{1}}".to_owned()),
            ("ключ".to_owned(), String::new()),
        ]),
    };
    let mark = IdempotencyMark { key: IdempotencyKey::parse("key-1").unwrap(), content: [0xfe; 32].into() };
    let full = log.change_by(metadata, Some(mark), &[("b", Some("")), ("a", Some("%_'\"\\ \r\n\t💾"))]);
    log.append(vec![full]);
    log.write(&[("a", None)]);

    assert_eq!(changes(&*log.store, EVERYTHING).unwrap().concat(), log.changes);
    for name in [name("a"), name("b")] {
        let found = history(&*log.store, &name, Order::OldestFirst, Revision::MAX, EVERYTHING).unwrap();
        assert_eq!(found.concat(), log.history(&name, Revision::MAX));
        let state = log.store.config_at(&name, Revision::MAX).unwrap();
        assert_eq!(state, log.tree_at(Revision::MAX).remove(&name));
    }
}

pub(crate) fn the_hash_of_a_revision_is_that_of_its_change(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    assert_eq!(log.store.hash_of(Revision::new(1)).unwrap(), None);
    log.write(&[("a", Some("1")), ("b", Some("1"))]);
    log.write(&[("a", None)]);
    for sealed in &log.changes {
        assert_eq!(log.store.hash_of(sealed.change.revision).unwrap(), Some(sealed.hash));
    }
    assert_eq!(log.store.hash_of(Revision::new(3)).unwrap(), None);
    assert_eq!(log.store.hash_of(Revision::ZERO).unwrap(), None);
}

pub(crate) fn a_value_of_a_mebibyte_comes_back(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let huge = "€".repeat((1 << 20) / 3) + "x";
    assert_eq!(huge.len(), 1 << 20);
    log.write(&[("a", Some(&huge)), ("b", Some("short"))]);
    log.write(&[("a", None)]);
    assert_eq!(changes(&*log.store, EVERYTHING).unwrap().concat(), log.changes);
    let then = tree(&*log.store, Revision::new(1), "", EVERYTHING).unwrap().concat();
    assert!(then == log.tree_at(Revision::new(1)).into_iter().collect::<Vec<_>>());
}

pub(crate) fn a_change_of_ten_thousand_events_comes_back_whole(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let names: Vec<String> = (0..10_000).map(|number| format!("name/{number:05}")).collect();
    let sets: Vec<_> = names.iter().rev().map(|name| (name.as_str(), Some("value"))).collect();
    let deletes: Vec<_> = names.iter().map(|name| (name.as_str(), None)).collect();
    log.write(&sets);
    log.write(&deletes);
    let small = PageLimit { rows: 1_000, bytes: 1_000 };
    let pages = changes(&*log.store, small).unwrap();
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1], "a change is never cut");
    assert!(pages.concat() == log.changes);
    assert_eq!((log.head.names, log.head.events), (10_000, 20_000));
    assert_eq!(log.store.head().unwrap(), log.head);
    let found = tree(&*log.store, Revision::new(1), "", small).unwrap().concat();
    assert!(found == log.tree_at(Revision::new(1)).into_iter().collect::<Vec<_>>());
}

/// Names whose order differs between bytes, UTF-16 and the rules of languages.
pub(crate) const AWKWARD_NAMES: [&str; 20] = [
    "!",
    "100%",
    "A",
    "Z",
    "_",
    "a",
    "a b",
    "a!",
    "a%",
    "a/",
    "a/b",
    "aa",
    "b",
    "z",
    "ä",
    "ключ",
    "\u{D7FF}",
    "\u{E000}",
    "\u{FFFD}",
    "\u{10FFFF}",
];

pub(crate) fn names_sort_by_their_bytes(fixture: &dyn Fixture) {
    assert!(AWKWARD_NAMES.is_sorted());
    let mut log = Log::new(fixture.open());
    let mut shuffled = AWKWARD_NAMES;
    shuffled.sort_by_key(|name| (name.len(), name.bytes().next_back()));
    for name in shuffled {
        log.write(&[(name, Some("value"))]);
    }
    for limit in [EVERYTHING, PageLimit { rows: 1, bytes: usize::MAX }] {
        let found = tree(&*log.store, log.head.revision, "", limit).unwrap().concat();
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, AWKWARD_NAMES);
    }
}

pub(crate) fn a_prefix_covers_what_starts_with_its_bytes(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let operations = AWKWARD_NAMES.map(|name| (name, Some("value")));
    log.write(&operations);
    let prefixes =
        ["", "a", "a/", "a/b", "a/b/", "aa", "A", "%", "_", "к", "кл", "ключи", "\u{D7FF}", "\u{10FFFF}"];
    for prefix in prefixes {
        let expected: Vec<_> = AWKWARD_NAMES.into_iter().filter(|name| name.starts_with(prefix)).collect();
        let found = tree(&*log.store, log.head.revision, prefix, PageLimit { rows: 2, bytes: 100 }).unwrap();
        let found = found.concat();
        assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), expected, "{prefix:?}");
    }
    // A place before the prefix or past it is no mistake.
    let prefix = Prefix::parse("a/").unwrap();
    for (after, count) in [("!", 2), ("a/", 1), ("aa", 0), ("\u{10FFFF}", 0)] {
        let after = Some(&name(after)).cloned();
        let page = TreePage { at: Revision::MAX, prefix: &prefix, after: after.as_ref(), limit: EVERYTHING };
        assert_eq!(log.store.tree_page(&page).unwrap().len(), count, "{after:?}");
    }
}

pub(crate) fn the_revision_at_an_instant_is_the_last_that_is_not_later(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let at = |instant| log.store.revision_at(instant).unwrap().get();
    assert_eq!((at(Timestamp::MIN), at(Timestamp::MAX)), (0, 0));
    for _ in 0..3 {
        log.write(&[("a", Some("value"))]);
    }
    let at = |instant| log.store.revision_at(instant).unwrap().get();
    let moment = Duration::from_micros(1);
    for revision in 1..=3 {
        let instant = instant_of(Revision::new(revision));
        assert_eq!(at(instant.minus(moment)), revision - 1);
        assert_eq!(at(instant), revision);
        assert_eq!(at(instant.plus(moment)), revision);
    }
    assert_eq!((at(Timestamp::MIN), at(Timestamp::MAX)), (0, 3));
}

pub(crate) fn the_revisions_at_some_instants_are_those_at_each(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    assert_eq!(log.store.revisions_at(&[Timestamp::MIN, Timestamp::MAX]).unwrap(), [Revision::ZERO; 2]);
    assert_eq!(log.store.instant_of(Revision::new(1)).unwrap(), None);
    for _ in 0..5 {
        log.write(&[("a", Some("1")), ("b", Some("1"))]);
    }
    let moment = Duration::from_micros(1);
    let around = |revision| {
        let instant = instant_of(Revision::new(revision));
        [instant.minus(moment), instant, instant.plus(moment)]
    };
    // In any order, some twice.
    let mut instants: Vec<Timestamp> = (1..=5).rev().flat_map(around).collect();
    instants.extend([Timestamp::MAX, Timestamp::MIN, instants[0]]);
    let expected: Vec<Revision> =
        instants.iter().map(|instant| log.store.revision_at(*instant).unwrap()).collect();
    assert_eq!(log.store.revisions_at(&instants).unwrap(), expected);
    assert_eq!(log.store.revisions_at(&[]).unwrap(), []);
    for revision in (1..=5).map(Revision::new) {
        assert_eq!(log.store.instant_of(revision).unwrap(), Some(instant_of(revision)));
    }
    for revision in [0, 6].map(Revision::new) {
        assert_eq!(log.store.instant_of(revision).unwrap(), None);
    }
}

pub(crate) fn a_set_after_a_delete_has_no_old_value(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    for value in [Some("1"), None, Some("2"), Some("2"), None] {
        log.write(&[("a", value)]);
    }
    let name = name("a");
    let expected = log.history(&name, Revision::MAX);
    let previous: Vec<_> =
        expected.iter().map(|found| found.event.previous().and_then(Value::text)).collect();
    assert_eq!(previous, [None, Some("1"), None, Some("2"), Some("2")], "the model says so");
    let found = history(&*log.store, &name, Order::OldestFirst, Revision::MAX, EVERYTHING).unwrap();
    assert_eq!(found.concat(), expected);
    assert_eq!(changes(&*log.store, EVERYTHING).unwrap().concat(), log.changes);
}

pub(crate) fn a_name_is_nothing_before_its_first_event(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    log.write(&[("a", Some("1"))]);
    log.write(&[("b", Some("1"))]);
    let (b, first) = (name("b"), Revision::new(1));
    assert_eq!(log.store.config_at(&b, first).unwrap(), None);
    assert_eq!(log.store.config_at(&name("never"), Revision::MAX).unwrap(), None);
    assert_eq!(tree(&*log.store, first, "", EVERYTHING).unwrap().concat().len(), 1);
    assert_eq!(tree(&*log.store, Revision::ZERO, "", EVERYTHING).unwrap().concat(), []);
    let none = history(&*log.store, &b, Order::NewestFirst, first, EVERYTHING).unwrap();
    assert!(none.is_empty());
}

pub(crate) fn a_probe_finds_a_working_store(fixture: &dyn Fixture) {
    let store = fixture.open();
    store.probe().unwrap();
    store.inspect().unwrap();
    assert!(store.clock() > Timestamp::parse("2026-01-01T00:00:00Z").unwrap());
    assert!(!store.describe().is_empty());
    let twin = Arc::clone(&store);
    assert_eq!(twin.identity(), store.identity());
}
