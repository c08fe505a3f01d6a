//! Logs that were rewound, exchanged or damaged under a running server (F12b, F16): it says so, takes the log
//! up anew where it can, and never shows a mix.

use std::sync::Arc;

use configapi::application::{Check, ConfigStore, Error, Kind, Status};
use configapi::domain::Rejection;

use super::{NEVER_MS, SOON, fold, serve, whole_log};
use crate::support::eventually;
use crate::support::faulty_store::{Call, FaultyStore, unavailable};
use crate::support::places::{Place, facts_in};
use crate::support::writes::{ALL, ada, made, name, rev, tree, value};

macro_rules! facts {
    ($($fact:ident),+ $(,)?) => {
        facts_in!(file, $($fact),+);
        facts_in!(postgres, $($fact),+);
    };
}

facts!(
    a_rewound_log_is_taken_up_anew,
    a_rewound_log_that_has_grown_again_is_noticed_by_its_hashes,
    a_rewound_log_that_cannot_be_read_yet_takes_no_writes_and_shows_no_mix,
    a_damaged_change_of_another_server_is_not_applied_and_health_says_where,
    a_change_that_is_missing_before_the_head_is_said_and_not_waited_for,
    wrong_counts_in_the_head_hold_up_no_refusal,
);

/// A server that looks at the log all the time, the store before it, and five changes.
fn with_five_changes(place: &Place, poll_interval_ms: u64) -> (Arc<FaultyStore>, ConfigStore) {
    let log = FaultyStore::before(place.store());
    let store = serve(Arc::clone(&log) as Arc<_>, poll_interval_ms);
    for number in 1..=5 {
        made(store.put(&name(&format!("n{number}")), &number.to_string(), ada()));
    }
    (log, store)
}

fn a_rewound_log_is_taken_up_anew(place: &Place) {
    let (log, store) = with_five_changes(place, 10);
    place.rewind(3);
    // The feed, and with it `followed`, moves after the tree.
    eventually(SOON, || store.followed() == rev(3));
    assert_eq!((tree(&store).as_str(), store.applied()), ("n1=1 n2=2 n3=3", rev(3)));
    eventually(SOON, || store.health().status() == Status::Healthy);
    assert_eq!(made(store.put(&name("n4"), "other", ada())), 4);
    assert_eq!(tree(&store), fold(&whole_log(log.as_ref())));
    // The feed has forgotten what is in no log any more.
    let changes = store.changes_after(rev(0), ALL).unwrap();
    assert_eq!(changes.len(), 4);
    assert_eq!(changes[3].change.events[0].value(), Some(&value("other").into()));
}

fn a_rewound_log_that_has_grown_again_is_noticed_by_its_hashes(place: &Place) {
    let (log, store) = with_five_changes(place, NEVER_MS);
    place.rewind(3);
    for (text, count) in [("other", 1), ("longer", 4)] {
        // As another server would, past this one.
        let other = serve(Arc::clone(&log) as Arc<_>, NEVER_MS);
        for number in 0..count {
            made(other.put(&name(text), &number.to_string(), ada()));
        }
    }
    assert_eq!(made(store.put(&name("mine"), "1", ada())), 9);
    assert_eq!(tree(&store), "longer=3 mine=1 n1=1 n2=2 n3=3 other=0");
    assert_eq!(tree(&store), fold(&whole_log(log.as_ref())));
    assert_eq!(store.health().status(), Status::Healthy);
}

/// The rebuild failed, the tree stayed what it was, and a write made the log thread try again and again
/// without end.
fn a_rewound_log_that_cannot_be_read_yet_takes_no_writes_and_shows_no_mix(place: &Place) {
    let (log, store) = with_five_changes(place, 10);
    let before = tree(&store);
    log.always(Call::TreePage, Some(unavailable()));
    place.rewind(3);
    eventually(SOON, || store.health().eventstore == Check::Down);
    let refused = store.put(&name("a"), "1", ada()).expect_err("the tree is another log's");
    assert!(matches!(refused, Error::Diverged) && refused.kind() == Kind::Unavailable);
    assert_eq!((tree(&store), store.applied()), (before, rev(5)));
    let health = store.health();
    assert_eq!((health.projection, health.status()), (Check::Down, Status::Unhealthy));
    assert!(health.trouble.unwrap().contains("rewound"));

    log.always(Call::TreePage, None);
    eventually(SOON, || store.health().status() == Status::Healthy);
    assert_eq!((tree(&store).as_str(), made(store.put(&name("a"), "1", ada()))), ("n1=1 n2=2 n3=3", 4));
}

/// What reading a change found wrong was only in the program's log: health said that all was well.
fn a_damaged_change_of_another_server_is_not_applied_and_health_says_where(place: &Place) {
    let (log, store) = with_five_changes(place, NEVER_MS);
    let other = serve(Arc::clone(&log) as Arc<_>, NEVER_MS);
    made(other.put(&name("n6"), "right", ada()));
    let to = |value: &str| format!("UPDATE events SET value = '{value}' WHERE revision = 6");
    place.force(&to("forged"), &to("forged"));
    let refused = store.put(&name("a"), "1", ada()).expect_err("the log is damaged");
    assert_eq!(refused.kind(), Kind::Internal, "{refused}");
    let health = store.health();
    assert_eq!((health.status(), health.applied), (Status::Unhealthy, rev(5)));
    let trouble = health.trouble.unwrap();
    assert!(trouble.contains("revision 6") && !trouble.contains("forged"), "{trouble}");
    assert_eq!(tree(&store), "n1=1 n2=2 n3=3 n4=4 n5=5");

    place.force(&to("right"), &to("right"));
    assert_eq!(made(store.put(&name("a"), "1", ada())), 7);
    assert_eq!(store.health().status(), Status::Healthy);
}

/// The head said 6 and the changes ended at 5: each append was refused as stale, there was nothing to catch
/// up with, and the log thread turned without end.
fn a_change_that_is_missing_before_the_head_is_said_and_not_waited_for(place: &Place) {
    let (log, store) = with_five_changes(place, NEVER_MS);
    let other = serve(Arc::clone(&log) as Arc<_>, NEVER_MS);
    made(other.put(&name("n5"), "6", ada()));
    let lose = "DELETE FROM events WHERE revision = 6; DELETE FROM changes WHERE revision = 6";
    place.force(lose, lose);
    let refused = store.put(&name("a"), "1", ada()).expect_err("the log is damaged");
    assert_eq!(refused.kind(), Kind::Internal, "{refused}");
    assert!(store.health().trouble.unwrap().contains("revision 6"));
    assert_eq!(store.applied(), rev(5));
}

/// A refusal compared the whole head, counts and all; where they were wrong, it looked again without end.
fn wrong_counts_in_the_head_hold_up_no_refusal(place: &Place) {
    let (_log, store) = with_five_changes(place, NEVER_MS);
    // The file's head only moves forward: its trigger is dropped with the others.
    let wrong = "UPDATE log_head SET events = events + 1";
    place.force(wrong, wrong);
    let refused = store.delete(&name("a"), ada());
    assert!(matches!(refused, Err(Error::Rejected(Rejection::NeverExisted))));
    assert_eq!(made(store.put(&name("a"), "1", ada())), 6);
}
