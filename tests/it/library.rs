//! The store as a library, on every kind of log: what an embedder sees without HTTP.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use configapi::application::{
    self, Check, Completion, ConfigStore, Consistency, Error, HistoryPage, Intent, ListQuery, Order, Status,
    View, Write,
};
use configapi::domain::{
    Command, DifferenceKind, Match, Metadata, Operation, PAGE_OVERHEAD_BYTES, Point, Principal, Reason,
    Rejection, Revision, Scope, Timestamp, Version,
};
use configapi::infrastructure::store::{EventStore, SqliteStore};
use crossbeam_channel::bounded;

use crate::support::faulty_store::{Call, FaultyStore};
use crate::support::places::{Place, in_every_place};
use crate::support::writes::{
    ALL, ada, all_of, delete, keyed, made, name, now, one, prefix, rev, set, tree, value,
};

in_every_place!(
    a_reopened_log_has_everything_again,
    a_delete_of_what_never_was_is_told_from_a_second_delete,
    every_point_of_the_past_is_found_by_revision_instant_and_age,
    a_restore_can_be_restored,
    a_transaction_is_one_change_or_none,
    a_dry_run_says_what_would_be_and_writes_nothing,
    the_feed_comes_in_pages_and_by_prefix,
    a_page_of_the_feed_has_the_same_bytes_from_memory_and_from_the_log,
    a_key_finds_its_first_answer_after_a_reopening,
    restart_mode_reads_what_was_there_at_the_start,
    a_dropped_store_has_answered_what_it_accepted,
);

fn history(store: &ConfigStore, text: &str, order: Order) -> Vec<(u64, u64, Option<String>)> {
    let page = HistoryPage { order, after: None, at: store.followed(), limit: ALL };
    let events = store.history(&name(text), &page).unwrap().into_iter();
    let shown = |held: &configapi::domain::Value| held.text().map(str::to_owned);
    events
        .map(|found| (found.event.version.get(), found.revision.get(), found.event.value().and_then(shown)))
        .collect()
}

fn then(store: &ConfigStore, text: &str, at: u64) -> Option<String> {
    let found = store.get_at(&name(text), rev(at)).unwrap().found?;
    found.text().map(str::to_owned)
}

fn a_reopened_log_has_everything_again(place: &Place) {
    let store = place.open();
    let because = Metadata::of("ada").because(Reason::parse("a first try").unwrap());
    assert_eq!(made(store.put(&name("a"), "1", because.clone())), 1);
    assert_eq!(made(store.put(&name("ключ/b c"), "", ada())), 2);
    assert_eq!(made(store.delete(&name("a"), ada())), 3);
    assert_eq!(made(store.put(&name("a"), "2", because)), 4);
    let written = history(&store, "a", Order::OldestFirst);
    let value_1 = Some("1".to_owned());
    assert_eq!(written, [(1, 1, value_1), (2, 3, None), (3, 4, Some("2".to_owned()))]);
    let (config, listed) = (store.get(&name("a")), store.list(&ListQuery::default()));
    drop(store);

    let store = place.open();
    assert_eq!((store.loaded().head.revision, store.loaded().head.names), (rev(4), 2));
    assert_eq!(store.get(&name("a")), config);
    assert_eq!(store.list(&ListQuery::default()), listed);
    assert_eq!(tree(&store), "a=2 ключ/b c=");
    assert_eq!(history(&store, "a", Order::OldestFirst), written);
    let config = config.found.unwrap();
    assert_eq!((config.version, &*config.updated_by), (Version::new(3), "ada"));
    assert_eq!(config.reason.as_ref().map(Reason::as_str), Some("a first try"));
    assert_eq!(made(store.put(&name("a"), "3", ada())), 5);
    let health = store.health();
    assert_eq!((health.status(), health.applied, health.head), (Status::Healthy, rev(5), rev(5)));
}

fn a_delete_of_what_never_was_is_told_from_a_second_delete(place: &Place) {
    let store = place.open();
    let refused = |text: &str| match store.delete(&name(text), ada()) {
        Err(Error::Rejected(rejection)) => rejection,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused("a"), Rejection::NeverExisted);
    made(store.put(&name("a"), "1", ada()));
    made(store.delete(&name("a"), ada()));
    assert_eq!(refused("a"), Rejection::AlreadyDeleted);
    // Nothing was written for a refusal.
    assert_eq!(made(store.put(&name("a"), "2", ada())), 3);
    assert_eq!(store.get(&name("a")).found.unwrap().version, Version::new(3));
}

fn every_point_of_the_past_is_found_by_revision_instant_and_age(place: &Place) {
    let store = place.open();
    for held in ["1", "2", "3"] {
        made(store.put(&name("a"), held, ada()));
    }
    let changes = store.changes_after(Revision::ZERO, ALL).unwrap();
    let instants: Vec<Timestamp> = changes.iter().map(|published| published.change.instant).collect();
    let micro = Duration::from_micros(1);
    let at = |point| store.resolve(point).unwrap().get();
    assert_eq!(at(Point::Instant(Timestamp::MIN)), 0);
    for (instant, revision) in instants.iter().zip(1..) {
        assert_eq!(at(Point::Instant(*instant)), revision);
        assert_eq!(at(Point::Instant(instant.minus(micro))), revision - 1);
        assert_eq!(at(Point::Revision(rev(revision))), revision);
        assert_eq!(then(&store, "a", revision), Some(revision.to_string()));
    }
    assert_eq!(then(&store, "a", 0), None);
    assert_eq!(at(Point::Instant(Timestamp::MAX)), 3, "a future instant is now");
    assert_eq!(at(Point::Age(Duration::ZERO)), 3);
    assert_eq!(at(Point::Age(Duration::from_hours(1))), 0);
    let beyond = store.resolve(Point::Revision(rev(4)));
    assert!(matches!(beyond, Err(Error::Behind { wanted, seen }) if (wanted.get(), seen.get()) == (4, 3)));
}

fn a_restore_can_be_restored(place: &Place) {
    let store = place.open();
    let operations = [set("app/a", "1"), set("app/b", "1"), set("other", "1")];
    made(store.write(all_of(&operations)));
    made(store.write(all_of(&[set("app/a", "2"), delete("app/b"), set("app/c", "2"), set("other", "2")])));
    let restore =
        |to, intent| store.restore(Scope::Prefix(prefix("app/")), Point::Revision(rev(to)), ada(), intent);

    let would = restore(1, Intent::DryRun).unwrap();
    assert_eq!((would.revision, tree(&store).as_str()), (None, "app/a=2 app/c=2 other=2"));
    let did = restore(1, Intent::Commit).unwrap();
    let shown = |written: &application::Written| -> Vec<_> {
        let outcomes = written.outcomes.iter().map(|outcome| (&outcome.name, outcome.after.value.clone()));
        outcomes.map(|(name, held)| (name.to_string(), held)).collect()
    };
    assert_eq!(shown(&would), shown(&did));
    assert_eq!((did.revision, tree(&store).as_str()), (Some(rev(3)), "app/a=1 app/b=1 other=2"));
    assert_eq!(made(restore(2, Intent::Commit)), 4);
    assert_eq!(tree(&store), "app/a=2 app/c=2 other=2");
    let nothing = restore(2, Intent::Commit).unwrap();
    assert_eq!((nothing.revision, nothing.outcomes.len(), store.applied()), (None, 0, rev(4)));

    let one_name = store.restore(Scope::Name(name("other")), Point::Revision(rev(0)), ada(), Intent::Commit);
    assert_eq!(made(one_name), 5);
    assert_eq!(tree(&store), "app/a=2 app/c=2");
    let differ = store.diff(&prefix(""), rev(1), rev(5)).unwrap();
    let differ: Vec<_> = differ.iter().map(|found| (found.name.to_string(), found.kind)).collect();
    let kinds = [
        ("app/a", DifferenceKind::Changed),
        ("app/b", DifferenceKind::Removed),
        ("app/c", DifferenceKind::Added),
        ("other", DifferenceKind::Removed),
    ];
    assert_eq!(differ, kinds.map(|(text, kind)| (text.to_owned(), kind)));
    assert_eq!(store.diff(&prefix(""), rev(2), rev(4)).unwrap().len(), 0);
}

fn a_transaction_is_one_change_or_none(place: &Place) {
    let store = place.open();
    made(store.put(&name("a"), "1", ada()));
    let fails = all_of(&[set("b", "1"), delete("c"), set("a", "2").if_revision(rev(7))]);
    let Err(Error::Rejected(Rejection::TransactionFailed(failed))) = store.write(fails) else {
        panic!("it should fail")
    };
    let failed: Vec<_> = failed.iter().map(|failed| (failed.index, failed.current.get())).collect();
    assert_eq!((failed, tree(&store).as_str()), (vec![(1, 0), (2, 1)], "a=1"));

    let check = Operation::check(name("zero")).if_none_match(Match::Any);
    let holds = all_of(&[set("b", "1"), set("a", "2").if_revision(rev(1)), check.clone()]);
    let written = store.write(holds).unwrap();
    assert_eq!((written.revision, written.outcomes.len()), (Some(rev(2)), 2));
    assert_eq!(store.changes_after(rev(1), ALL).unwrap().len(), 1);
    let only_looks = store.write(all_of(&[check])).unwrap();
    assert_eq!((only_looks.revision, only_looks.head), (None, rev(2)));
}

/// Two sets of one name in one transaction were two events with one version: the store refused the batch,
/// and everybody else in it with it. Such a transaction does not reach the store any more.
#[test]
fn a_transaction_that_has_a_name_twice_cannot_be_made() {
    let twice = Command::transaction(vec![set("a", "1"), set("b", "1"), set("a", "2")]);
    let error = Error::from(twice.expect_err("a name twice"));
    assert_eq!(error.kind(), application::Kind::Invalid, "{error}");
}

fn a_dry_run_says_what_would_be_and_writes_nothing(place: &Place) {
    let store = place.open();
    made(store.put(&name("a"), "1", ada()));
    let dry = |operation| store.write(Write { intent: Intent::DryRun, ..one(operation) });
    let would = dry(set("a", "2")).unwrap();
    assert_eq!((would.revision, would.head), (None, rev(1)));
    assert_eq!(would.outcomes[0].after.value, Some(value("2").into()));
    assert!(matches!(dry(delete("b")), Err(Error::Rejected(Rejection::NeverExisted))));
    assert_eq!((now(&store, "a").as_deref(), store.applied()), (Some("1"), rev(1)));
}

fn the_feed_comes_in_pages_and_by_prefix(place: &Place) {
    let store = place.open();
    for number in 0..10 {
        let text = if number % 3 == 0 { "app/a" } else { "other" };
        made(store.write(all_of(&[set(text, &number.to_string()), set("both", "x")])));
    }
    drop(store);
    // Nothing in memory but the last three: the rest comes from the log.
    let store = place.open_with(|options| options.limits.recent_changes_max = 3);
    for number in 10..15 {
        made(store.put(&name("app/a"), &number.to_string(), ada()));
    }
    let everybody = Arc::new(Principal::everybody());
    let view = View::new(&store, &everybody);
    let (mut after, mut seen) = (rev(0), Vec::new());
    while after < store.followed() {
        let limit = application::PageLimit { rows: 4, ..ALL };
        let page = view.feed(after.into(), &prefix("app/"), limit).unwrap();
        assert!(page.reached.revision > after, "an empty page goes on too");
        after = page.reached.revision;
        seen.extend(page.changes.iter().map(|change| change.revision().get()));
        assert!(
            page.changes.iter().all(|change| change.revision().get() > 10 || change.events().count() == 2)
        );
    }
    assert_eq!(seen, [1, 4, 7, 10, 11, 12, 13, 14, 15]);
    let end = view.feed(rev(15).into(), &prefix(""), ALL).unwrap();
    assert_eq!((end.reached.revision, end.changes.len()), (rev(15), 0));
}

/// From memory a page had as many changes as were asked for, whatever their bytes: an answer with a limit of
/// 8 MiB could have all that the memory held.
fn a_page_of_the_feed_has_the_same_bytes_from_memory_and_from_the_log(place: &Place) {
    let pages = |store: &ConfigStore| -> Vec<usize> {
        let page = |after, bytes| {
            let limit = application::PageLimit { bytes, ..ALL };
            store.changes_after(rev(after), limit).unwrap().len()
        };
        // A change counts for itself and for its event, and has a name of one byte and a value of ten.
        let one = 2 * PAGE_OVERHEAD_BYTES + 11;
        [1, one, 2 * one, 3 * one - 1, 3 * one]
            .map(|bytes| page(0, bytes))
            .into_iter()
            .chain([page(1, 10 * one)])
            .collect()
    };
    let store = place.open();
    for text in ["a", "b", "c"] {
        made(store.put(&name(text), "0123456789", ada()));
    }
    let from_memory = pages(&store);
    drop(store);
    let store = place.open();
    assert_eq!((&from_memory, pages(&store)), (&vec![1, 1, 2, 2, 3, 2], from_memory.clone()));
}

fn a_key_finds_its_first_answer_after_a_reopening(place: &Place) {
    let store = place.open();
    let write = keyed(all_of(&[set("a", "1"), set("b", "1")]), "key", 1);
    let first = store.write(write.clone()).unwrap();
    made(store.put(&name("a"), "2", ada()));
    assert_eq!(store.write(write.clone()).unwrap(), first);
    drop(store);

    let store = place.open();
    assert_eq!(store.write(write.clone()).unwrap(), first);
    let other_content = keyed(one(set("a", "3")), "key", 2);
    assert!(matches!(store.write(other_content.clone()), Err(Error::KeyReused)));
    assert_eq!((tree(&store).as_str(), store.applied()), ("a=2 b=1", rev(2)));
    let metadata = Metadata { actor_id: Some("2".into()), ..ada() };
    let other_actor = Write { metadata, ..other_content };
    assert_eq!(made(store.write(other_actor)), 3);
    assert_eq!(store.write(write).unwrap(), first);
    drop(store);

    // What the log remembers for ever is looked up for as long as the window says.
    let store = place.open_with(|options| options.limits.idempotency_window = Duration::ZERO);
    made(store.put(&name("later"), "1", ada()));
    assert_eq!(made(store.write(keyed(one(set("a", "9")), "key", 9))), 5);
}

fn restart_mode_reads_what_was_there_at_the_start(place: &Place) {
    let store = place.open();
    made(store.put(&name("a"), "1", ada()));
    drop(store);
    let frozen = |options: &mut application::Options| options.consistency = Consistency::Restart;
    let store = place.open_with(frozen);
    assert_eq!(made(store.put(&name("a"), "2", ada())), 2);
    assert_eq!(made(store.put(&name("b"), "2", ada())), 3);
    assert_eq!((tree(&store).as_str(), store.applied()), ("a=1", rev(1)));
    assert_eq!(store.get(&name("b")).found, None);
    // History, the past and the feed work on the head, and so do decisions.
    assert_eq!(history(&store, "a", Order::NewestFirst).len(), 2);
    assert_eq!((then(&store, "a", 2), store.followed()), (Some("2".to_owned()), rev(3)));
    assert_eq!(store.changes_after(rev(0), ALL).unwrap().len(), 3);
    let stale = store.write(one(set("a", "3").if_revision(rev(1))));
    assert!(
        matches!(stale, Err(Error::Rejected(Rejection::PreconditionFailed { current })) if current == rev(2))
    );
    // Waiting can't help: it is refused long before the deadline, which is a day away.
    let day = Instant::now() + Duration::from_hours(24);
    assert!(matches!(store.wait_for(rev(2), day), Err(Error::Behind { .. })));
    store.wait_for(rev(1), day).unwrap();
    assert_eq!(store.health().projection, Check::Ok);
    drop(store);
    assert_eq!(tree(&place.open_with(frozen)), "a=2 b=2");
}

fn a_dropped_store_has_answered_what_it_accepted(place: &Place) {
    let (log, (told, answers)) = (FaultyStore::before(place.store()), bounded(64));
    let store = ConfigStore::over(Arc::clone(&log) as Arc<dyn EventStore>, &place.options()).unwrap();
    let gate = log.gate(Call::Append);
    for number in 0..64 {
        let told = told.clone();
        let write = one(set("a", &number.to_string()));
        store.submit(write, Completion::calling(move |outcome| told.send(made(outcome)).unwrap()));
    }
    gate.wait_for_call();
    drop(gate);
    drop(store);
    let answers: BTreeSet<u64> = answers.try_iter().collect();
    assert_eq!(answers, (1..=64).collect());
    // Each thread has a hand on the log: none is left.
    assert_eq!(Arc::strong_count(&log), 1);
}

#[test]
fn a_value_past_the_limit_is_refused_and_one_in_the_log_stays_readable() {
    let place = Place::file();
    made(place.open().put(&name("a"), "12345", ada()));
    let store = place.open_with(|options| options.value_bytes_max = 4);
    assert_eq!(
        store.put(&name("a"), "12345", ada()).expect_err("too long").kind(),
        application::Kind::Invalid
    );
    assert_eq!(now(&store, "a").as_deref(), Some("12345"));
    made(store.write(Write::new(Command::Single(set("a", "1234")), ada())));
}

/// A child that was being started had the lock's descriptor too, between its fork and its exec: a file that was
/// closed and opened again at that moment was "in use by another process".
#[test]
fn a_file_is_free_when_its_store_is_dropped_whatever_children_are_started() {
    let (place, ended) = (Place::file(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !ended.load(Ordering::SeqCst) {
                    std::process::Command::new("true").status().expect("a child starts");
                }
            });
        }
        let opened = (0..100).map(|_| SqliteStore::open(&place.file_path()).map(drop)).find(Result::is_err);
        ended.store(true, Ordering::SeqCst);
        assert!(opened.is_none(), "{opened:?}");
    });
}
