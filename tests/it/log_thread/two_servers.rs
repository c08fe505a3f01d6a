//! Two servers on one log: contended names, and decisions of one that lags.

use std::time::Duration;

use configapi::application::{ConfigStore, Error, Intent, Write};
use configapi::domain::{Match, Point, Rejection, Scope};

use super::{NEVER_MS, SOON, fold, places_of_values, serve, whole_log};
use crate::support::eventually;
use crate::support::faulty_store::FaultyStore;
use crate::support::places::{Place, facts_in};
use crate::support::writes::{ALL, ada, all_of, delete, keyed, made, name, one, prefix, rev, set, tree};

facts_in!(
    memory,
    contended_writers_on_two_servers_leave_no_gap_and_both_get_through,
    a_server_that_lags_refuses_on_the_head_and_not_on_what_it_has_seen,
    a_key_that_another_server_has_seen_is_found,
    a_watcher_is_not_told_what_its_server_has_not_applied,
    a_restore_on_a_server_that_lags_keeps_what_the_log_has_at_its_instant,
    a_restore_that_was_planned_before_others_wrote_is_planned_again
);
facts_in!(
    postgres,
    contended_writers_on_two_servers_leave_no_gap_and_both_get_through,
    a_server_that_lags_refuses_on_the_head_and_not_on_what_it_has_seen,
    a_key_that_another_server_has_seen_is_found,
    a_watcher_is_not_told_what_its_server_has_not_applied,
    a_restore_on_a_server_that_lags_keeps_what_the_log_has_at_its_instant,
    a_restore_that_was_planned_before_others_wrote_is_planned_again
);

/// A server that is never woken and never looks by itself, after its first look.
fn lagging(place: &Place) -> ConfigStore {
    let store = serve(FaultyStore::before(place.store()), NEVER_MS);
    // The log thread looks when it starts; once it refuses this, it has.
    store.delete(&name("nothing"), ada()).expect_err("it was never set");
    store
}

fn contended_writers_on_two_servers_leave_no_gap_and_both_get_through(place: &Place) {
    const WRITES: usize = 25;
    let servers = [serve(place.store(), 20), serve(place.store(), 20)];
    let write = |writer: usize, number: usize| {
        let server = &servers[writer % 2];
        made(server.put(&name(["a", "b"][number % 2]), &format!("{writer}.{number}"), ada()))
    };
    let answered: Vec<Vec<u64>> = std::thread::scope(|scope| {
        let write = &write;
        let put_all = |writer| move || (0..WRITES).map(|number| write(writer, number)).collect();
        let writers: Vec<_> = (0..4).map(|writer| scope.spawn(put_all(writer))).collect();
        writers.into_iter().map(|writer| writer.join().expect("each write is stored")).collect()
    });
    let log = place.store();
    let changes = whole_log(log.as_ref());
    assert_eq!(changes.len(), 4 * WRITES);
    let places = places_of_values(&changes);
    for (writer, revisions) in answered.iter().enumerate() {
        for (number, revision) in revisions.iter().enumerate() {
            assert_eq!(places[&format!("{writer}.{number}")], [*revision]);
        }
        assert!(revisions.is_sorted(), "one writer's writes come in its order");
    }
    for server in &servers {
        // The tree first, the feed after it.
        eventually(SOON, || server.followed() == rev(4 * WRITES as u64));
        assert_eq!(tree(server), fold(&changes));
        let feed = server.changes_after(rev(0), ALL).unwrap();
        assert!(feed.iter().map(|published| published.change.revision.get()).eq(1..=4 * WRITES as u64));
    }
}

fn a_server_that_lags_refuses_on_the_head_and_not_on_what_it_has_seen(place: &Place) {
    let (ahead, behind) = (serve(place.store(), NEVER_MS), lagging(place));
    made(ahead.put(&name("a"), "1", ada()));
    assert_eq!((behind.applied(), made(behind.delete(&name("a"), ada()))), (rev(0), 2));

    made(ahead.put(&name("a"), "2", ada()));
    let refused = |outcome| match outcome {
        Err(Error::Rejected(rejection)) => rejection,
        other => panic!("{other:?}"),
    };
    let if_absent = || one(set("a", "9").if_none_match(Match::Any));
    let current = rev(3);
    assert_eq!(behind.applied(), rev(2));
    assert_eq!(refused(behind.write(if_absent())), Rejection::PreconditionFailed { current });

    made(ahead.delete(&name("a"), ada()));
    assert_eq!(refused(behind.delete(&name("a"), ada())), Rejection::AlreadyDeleted);
    made(ahead.put(&name("a"), "3", ada()));
    let Rejection::TransactionFailed(failed) =
        refused(behind.write(all_of(&[delete("b"), set("a", "9").if_revision(rev(3))])))
    else {
        panic!("the transaction fails")
    };
    let current: Vec<_> = failed.iter().map(|failed| (failed.index, failed.current.get())).collect();
    assert_eq!(current, [(0, 0), (1, 5)]);
    // What it has seen would refuse it, and the head allows it.
    made(ahead.delete(&name("a"), ada()));
    assert_eq!(made(behind.write(if_absent())), 7);
    assert_eq!(tree(&behind), "a=9");
}

fn a_key_that_another_server_has_seen_is_found(place: &Place) {
    let (ahead, behind) = (serve(place.store(), NEVER_MS), lagging(place));
    let write = keyed(one(set("a", "1")), "key", 1);
    let first = ahead.write(write.clone()).unwrap();
    made(ahead.put(&name("a"), "2", ada()));
    assert_eq!(behind.write(write).unwrap(), first);
    let other = keyed(one(set("a", "1")), "key", 2);
    assert!(matches!(behind.write(other), Err(Error::KeyReused)));
    assert_eq!(tree(&behind), "a=2");
}

/// Where the feed's memory did not reach back far enough it was read from the log, up to its end: a watcher
/// could be told of a change that a read on the same server did not show yet.
fn a_watcher_is_not_told_what_its_server_has_not_applied(place: &Place) {
    let ahead = serve(place.store(), NEVER_MS);
    made(ahead.put(&name("a"), "1", ada()));
    let behind = lagging(place);
    made(ahead.put(&name("a"), "2", ada()));
    let told = behind.changes_after(rev(0), ALL).unwrap();
    assert_eq!(told.iter().map(|published| published.change.revision).collect::<Vec<_>>(), [rev(1)]);
    made(behind.put(&name("a"), "3", ada()));
    assert_eq!(behind.changes_after(rev(0), ALL).unwrap().len(), 3);
}

/// The point was cut to what the server followed: a restore to the instant of an acknowledged write took it back.
fn a_restore_on_a_server_that_lags_keeps_what_the_log_has_at_its_instant(place: &Place) {
    let (ahead, behind) = (serve(place.store(), NEVER_MS), lagging(place));
    let all = || Scope::Prefix(prefix(""));
    let written = ahead.put(&name("a"), "1", ada()).unwrap();
    let instant = written.outcomes[0].after.updated_at;
    made(ahead.put(&name("a"), "2", ada()));
    assert_eq!(behind.followed(), rev(0));
    let dry = behind.restore(all(), Point::Instant(instant), ada(), Intent::DryRun).unwrap();
    let done = behind.restore(all(), Point::Instant(instant), ada(), Intent::Commit).unwrap();
    assert_eq!((dry.revision, dry.head, done.revision), (None, rev(2), Some(rev(3))));
    let shown = |written: &configapi::application::Written| {
        let values = written.outcomes.iter().map(|outcome| outcome.after.value.clone());
        values.collect::<Vec<_>>()
    };
    assert_eq!(shown(&dry), shown(&done));
    assert_eq!(tree(&behind), "a=1");

    made(ahead.put(&name("a"), "3", ada()));
    // Nothing differs from now: all of the log counts, not what this server has seen.
    for now in [Point::Age(Duration::ZERO), Point::Instant(ahead.now()), Point::Revision(rev(4))] {
        let nothing = behind.restore(all(), now, ada(), Intent::Commit).unwrap();
        assert_eq!((nothing.revision, nothing.head), (None, rev(4)), "{now:?}");
    }
    let beyond = behind.restore(all(), Point::Revision(rev(5)), ada(), Intent::Commit);
    assert!(matches!(beyond, Err(Error::Behind { .. })), "{beyond:?}");
}

fn a_restore_that_was_planned_before_others_wrote_is_planned_again(place: &Place) {
    let (ahead, behind) = (serve(place.store(), NEVER_MS), lagging(place));
    made(ahead.put(&name("a"), "1", ada()));
    let later = behind.now().plus(Duration::from_hours(1));
    let plan = |point| behind.plan_restore(Scope::Name(name("a")), point, ada()).unwrap();
    let (to_later, to_first) = (plan(Point::Instant(later)), plan(Point::Revision(rev(1))));
    made(ahead.put(&name("a"), "2", ada()));
    made(ahead.put(&name("b"), "1", ada()));
    let dry = Write { intent: Intent::DryRun, ..to_later.clone() };
    assert_eq!(behind.write(dry).unwrap().outcomes.len(), 0);
    assert_eq!(behind.write(to_later).unwrap().revision, None);
    assert_eq!(made(behind.write(to_first)), 4);
    assert_eq!(tree(&behind), "a=1 b=1");
}
