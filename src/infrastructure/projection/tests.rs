use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use proptest::prelude::*;

use super::*;
use crate::domain::{
    Attributes, Change, ConfigValue, Event, Fact, Metadata, Operation, Principal, Rules, Timestamp, Version,
};
use crate::infrastructure::store::{Hash, seal};

fn name(text: &str) -> ConfigName {
    ConfigName::parse(text).unwrap()
}

fn change(projection: &Projection, revision: u64, operations: &[Operation]) -> SealedChange {
    let decide = |operation: &Operation| -> Event {
        let state = Tree::config(projection, &operation.name).unwrap_or_else(|| Arc::new(Config::never()));
        state.decide(operation, &Rules::from(&Principal::everybody())).unwrap().unwrap()
    };
    let change = Change {
        revision: Revision::new(revision),
        instant: Timestamp::from_micros(i64::try_from(revision).unwrap()),
        metadata: Metadata::of("ada"),
        idempotency: None,
        events: operations.iter().map(decide).collect(),
    };
    seal(Hash([0; 32]), change, [0; 16])
}

fn set(text: &str, value: &str) -> Operation {
    Operation::set(name(text), ConfigValue::parse(value, 100).unwrap())
}

#[test]
fn lists_are_sorted_by_bytes_and_leave_out_what_is_deleted() {
    let projection = Projection::new(LiveNames::default(), Place::START);
    let names = ["b", "a/2", "a/1", "a", "ключ", "Z"];
    projection.apply(&[change(&projection, 1, &names.map(|text| set(text, "v")))]);
    projection.apply(&[change(&projection, 2, &[Operation::delete(name("a/2"))])]);

    let listed = |prefix: &str, after: Option<&str>, limit| {
        let prefix = Prefix::parse(prefix).unwrap();
        let listing = projection.list(&prefix, after.map(name).as_ref(), limit);
        let names: Vec<_> = listing.found.items.iter().map(|(name, _)| name.to_string()).collect();
        (names.join(" "), listing.found.newest.revision().get(), listing.revision.get())
    };
    assert_eq!(listed("", None, 100), ("Z a a/1 b ключ".into(), 2, 2));
    assert_eq!(listed("a/", None, 100), ("a/1".into(), 2, 2));
    assert_eq!(listed("", Some("a"), 2), ("a/1 b".into(), 2, 2));
    assert_eq!(listed("a", Some("z"), 2), (String::new(), 2, 2));
    assert_eq!(listed("", None, 0), (String::new(), 2, 2));
    assert_eq!(listed("nothing", None, 100), (String::new(), 2, 2));
    let empty = Projection::new(LiveNames::default(), Place::START);
    assert_eq!(empty.list(&Prefix::default(), None, 1).found, Listing::default());
}

#[test]
fn a_reader_never_sees_half_a_change() {
    let projection = Projection::new(LiveNames::default(), Place::START);
    let reader = projection.clone();
    let watching = std::thread::Builder::new().spawn(move || {
        loop {
            let listing = reader.list(&Prefix::default(), None, usize::MAX);
            let revision = listing.revision.to_string();
            let seen: Vec<_> = listing.found.items.iter().filter_map(|(_, held)| held.text()).collect();
            assert!(seen.iter().all(|value| **value == *revision), "{seen:?} at {revision}");
            if listing.revision.get() == 500 {
                return;
            }
        }
    });
    for revision in 1..=500 {
        let operations = ["a", "b", "c"].map(|text| set(text, &revision.to_string()));
        projection.apply(&[change(&projection, revision, &operations)]);
    }
    watching.unwrap().join().unwrap();
}

#[test]
fn a_frozen_tree_does_not_follow() {
    let projection = Projection::new(LiveNames::default(), Place::START);
    let frozen = projection.frozen();
    projection.apply(&[change(&projection, 1, &[set("a", "v")])]);
    assert_eq!(frozen.config(&name("a")), At { revision: Revision::ZERO, found: None });
}

/// Sees everything, and says so name by name: at each it stands still until it is let on.
struct Slow {
    come: Sender<()>,
    open: Receiver<()>,
}

impl Sight for Slow {
    fn sees(&self, _: &ConfigName) -> bool {
        self.come.send(()).unwrap();
        // Opened by being closed.
        self.open.recv().unwrap_err();
        true
    }

    fn sees_all(&self, _: &Prefix) -> bool {
        false
    }
}

#[test]
fn a_walk_that_stands_still_holds_up_neither_writes_nor_reads() {
    const SOON: Duration = Duration::from_secs(20);
    let projection = Projection::new(LiveNames::default(), Place::START);
    projection.apply(&[change(&projection, 1, &["a", "b"].map(|text| set(text, "1")))]);
    let ((come, comes), (open, opened)) = (bounded(10), bounded::<()>(0));
    let (done, is_done) = bounded(1);
    let (walking, beside) = (projection.clone(), projection.clone());
    let walk = std::thread::Builder::new().spawn(move || {
        let slow = Slow { come, open: opened };
        walking.list_visible(&Prefix::default(), None, usize::MAX, &slow)
    });
    comes.recv_timeout(SOON).unwrap();
    // A read waits behind a write that waits for the walk: so it was.
    let write_and_read = std::thread::Builder::new().spawn(move || {
        beside.apply(&[change(&beside, 2, &[set("a", "2"), Operation::delete(name("b")), set("c", "2")])]);
        done.send(beside.config(&name("a")).revision.get()).unwrap();
    });
    assert_eq!(is_done.recv_timeout(SOON), Ok(2), "a write and a read beside a walk");
    drop(open);
    let listed = walk.unwrap().join().unwrap();
    let seen = listed.found.items.iter().map(|(name, config)| (name.as_str(), config.revision.get()));
    assert_eq!((seen.collect::<Vec<_>>(), listed.revision.get()), (vec![("a", 1), ("b", 1)], 1));
    write_and_read.unwrap().join().unwrap();
}

/// A change that sets or deletes names without asking whether they were there.
fn forced(revision: u64, states: &[(String, bool)]) -> SealedChange {
    let value = || ConfigValue::parse("v", 100).unwrap();
    let fact = |is_live| {
        let set = Config::never().set(&name("any"), value(), Attributes::NONE).fact;
        if is_live {
            set
        } else {
            Fact::Deleted { deleted_value: value().into(), attributes: Attributes::NONE }
        }
    };
    let event = |(text, is_live): &(String, bool)| Event {
        name: name(text),
        version: Version::new(1),
        follows: Revision::ZERO,
        fact: fact(*is_live),
    };
    let change = Change {
        revision: Revision::new(revision),
        instant: Timestamp::from_micros(0),
        metadata: Metadata::of("ada"),
        idempotency: None,
        events: states.iter().map(event).collect(),
    };
    seal(Hash([0; 32]), change, [0; 16])
}

fn held(projection: &Projection) -> (usize, u64, usize) {
    let chunks = projection.chunks.read();
    let names: usize = chunks.values().map(|chunk| chunk.len()).sum();
    assert_eq!(names as u64, projection.live_names());
    (chunks.len(), projection.live_names(), projection.folders.lock().len())
}

#[test]
fn deleted_names_take_no_memory() {
    const NAMES: usize = 100_000;
    let projection = Projection::new(LiveNames::default(), Place::START);
    let mut loading = LiveNamesLoading::default();
    let names: Vec<String> = (0..NAMES).map(|number| format!("gone/{:05}/{number:05}", number / 2)).collect();
    for (live, first) in [(true, 1), (false, 1_000)] {
        for (states, revision) in names.chunks(2_000).zip(first..) {
            let states: Vec<_> = states.iter().map(|text| (text.clone(), live)).collect();
            projection.apply(&[forced(revision, &states)]);
        }
        if live {
            assert_eq!(projection.live_names(), NAMES as u64);
        }
    }
    for text in &names {
        loading.add(name(text), Config::never());
    }
    let loaded = Projection::new(loading.finish(), Place::START);
    assert_eq!((held(&projection), held(&loaded)), ((1, 0, 0), (0, 0, 0)));
}

/// Names of up to ten levels, some of them folders of others, in a few folders.
fn some_name() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "ab", "a-"]), 1..10)
        .prop_map(|all| all.join("/"))
}

/// A change: names that are set, or deleted if they are there.
fn some_change() -> impl Strategy<Value = Vec<(String, bool)>> {
    prop::collection::btree_map(some_name(), prop::bool::weighted(0.55), 1..4)
        .prop_map(|states| states.into_iter().collect())
}

const PREFIXES: [&str; 8] = ["", "a", "a/", "a/a", "a/b/", "ab/", "a/a/a/a/a/a/a/a/a/", "b/none/"];

/// Each name that ever was, with the revision of its newest change, and whether it is live.
type Model = BTreeMap<String, (u64, bool)>;

/// The newest revision in the nearest of eight levels of folders that has a live name, or of all.
fn tag(model: &Model, prefix: &str) -> u64 {
    let folders: Vec<&str> = prefix.match_indices('/').take(8).map(|(at, _)| &prefix[..=at]).collect();
    let under = |folder: &str| {
        let under = model.iter().filter(|(text, _)| text.starts_with(folder)).map(|(_, state)| *state);
        under.collect::<Vec<_>>()
    };
    let is_live = |folder: &&&str| under(folder).iter().any(|(_, is_live)| *is_live);
    let nearest = folders.iter().rev().find(is_live).copied().unwrap_or_default();
    under(nearest).iter().map(|(revision, _)| *revision).max().unwrap_or_default()
}

/// Revisions and names of a list.
type Shown = (u64, Vec<(String, u64)>);

fn shown(projection: &Projection, prefix: &str, after: Option<&str>, limit: usize) -> Shown {
    let prefix = Prefix::parse(prefix).unwrap();
    let listing = projection.list(&prefix, after.map(name).as_ref(), limit).found;
    let items = listing.items.iter().map(|(name, config)| (name.to_string(), config.revision.get()));
    (listing.newest.revision().get(), items.collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lists_and_their_tags_are_those_of_a_plain_model_and_tags_never_go_back(
        changes in prop::collection::vec(some_change(), 1..60)
    ) {
        let projection = Projection::new(LiveNames::default(), Place::START);
        let mut model = Model::new();
        let mut before: Vec<Shown> = PREFIXES.map(|prefix| shown(&projection, prefix, None, usize::MAX)).into();
        for (change, revision) in changes.into_iter().zip(1..) {
            let sealed = forced(revision, &change);
            projection.apply(&[sealed]);
            model.extend(change.into_iter().map(|(text, is_live)| (text, (revision, is_live))));
            held(&projection);
            let now: Vec<Shown> = PREFIXES.map(|prefix| shown(&projection, prefix, None, usize::MAX)).into();
            for ((prefix, now), before) in PREFIXES.iter().zip(&now).zip(&before) {
                let live = model.iter().filter(|(text, state)| text.starts_with(prefix) && state.1);
                let items: Vec<_> = live.map(|(text, (revision, _))| (text.clone(), *revision)).collect();
                prop_assert_eq!(&now.1, &items);
                prop_assert_eq!(now.0, tag(&model, prefix), "tag of {:?} at {}", prefix, revision);
                prop_assert!(now.0 >= before.0 && (now.1 == before.1 || now.0 > before.0));
                for after in ["a", "a/b", "b/b"] {
                    let rest = items.iter().filter(|(text, _)| text.as_str() > after).take(3).cloned();
                    prop_assert_eq!(shown(&projection, prefix, Some(after), 3).1, rest.collect::<Vec<_>>());
                }
            }
            before = now;
        }
        // A server that starts now has the same.
        let mut loading = LiveNamesLoading::default();
        for (text, (revision, is_live)) in &model {
            let value = is_live.then(|| ConfigValue::parse("v", 100).unwrap().into());
            let hash = projection.place().hash();
            let config = Config { value, revision: Revision::new(*revision), hash, ..Config::never() };
            loading.add(name(text), config);
        }
        let loaded = Projection::new(loading.finish(), projection.place());
        prop_assert_eq!(held(&loaded).1, held(&projection).1);
        prop_assert_eq!(held(&loaded).2, held(&projection).2);
        let again: Vec<Shown> = PREFIXES.map(|prefix| shown(&loaded, prefix, None, usize::MAX)).into();
        prop_assert_eq!(again, before);
    }
}
