//! The audit of a log that was rewound or exchanged: every change after the last shared one, in order.

use std::ops::RangeInclusive;
use std::time::Duration;

use configapi::application::{AuditSink, ConfigStore};
use serde_json::Value;

use super::File;
use crate::support::eventually;
use crate::support::places::{Place, in_every_durable_place};
use crate::support::writes::{ada, made, name, rev};

in_every_durable_place!(
    a_log_that_was_exchanged_for_a_longer_one_is_audited_from_the_fork,
    a_foreign_log_is_audited_from_its_first_change,
);

/// A log that was taken back was audited only from the revision on that the file had reached before: what was
/// written up to there counted as audited.
#[test]
fn a_log_that_was_rewound_is_audited_from_its_head() {
    let (place, file) = (Place::file(), File::new());
    let store = file.open(&place);
    for number in 1..=5 {
        made(store.put(&name("a"), &number.to_string(), ada()));
    }
    drop(store);
    place.rewind(3);
    let store = file.open(&place);
    for number in 4..=6 {
        made(store.put(&name("again"), &number.to_string(), ada()));
    }
    // And under a running server, which has written them all.
    eventually(Duration::from_secs(30), || file.revisions().last() == Some(&6));
    place.rewind(5);
    for number in 6..=8 {
        made(store.put(&name("once more"), &number.to_string(), ada()));
    }
    assert_eq!(store.applied(), rev(8));
    drop(store);
    assert_eq!(file.revisions(), [1, 2, 3, 4, 5, 4, 5, 6, 6, 7, 8]);
    assert_eq!(file.rewound_to(), [3, 5]);
    let place = |line: &Value| line["place"].as_str().expect("a place").to_owned();
    let places: Vec<_> = file.lines().iter().map(place).collect();
    assert!(places.iter().all(|place| place.split_once('-').is_some_and(|(_, hash)| hash.len() == 8)));
    assert!(places[3] == places[6] && places[4] != places[7], "{places:?}");
}

fn put(store: &ConfigStore, revisions: RangeInclusive<u64>, whose: &str) {
    for revision in revisions {
        assert_eq!(made(store.put(&name(&format!("n{}", revision % 5)), whose, ada())), revision);
    }
}

/// The audit continued by number alone: what the other log had up to there was never audited.
fn a_log_that_was_exchanged_for_a_longer_one_is_audited_from_the_fork(place: &Place) {
    for forget in [false, true] {
        let file = File::new();
        let begun = place.open().applied().get();
        put(&file.open(place), begun + 1..=begun + 300, "the first");
        if forget {
            file.forget_places();
        }
        place.rewind(begun + 101);
        put(&place.open(), begun + 102..=begun + 400, "the other");
        put(&file.open(place), begun + 401..=begun + 402, "the other");
        let expected = (begun + 1..=begun + 300).chain(begun + 102..=begun + 402);
        assert!(file.revisions().into_iter().eq(expected), "{:?}", file.revisions());
        assert_eq!(file.rewound_to(), [begun + 101]);
        // What it has is enough to continue without another search.
        put(&file.open(place), begun + 403..=begun + 403, "the other");
        assert_eq!((file.revisions().last(), file.rewound_to().len()), (Some(&(begun + 403)), 1));
    }
}

fn a_foreign_log_is_audited_from_its_first_change(place: &Place) {
    let (file, other) = (File::new(), Place::memory());
    put(&file.open(&other), 1..=5, "another log");
    put(&place.open(), 1..=7, "this log");
    put(&file.open(place), 8..=8, "this log");
    assert!(file.revisions().into_iter().eq((1..=5).chain(1..=8)), "{:?}", file.revisions());
    assert_eq!(file.rewound_to(), [0]);
}

/// The audit thread went back to the head that the server found at once; what lies between the fork and there
/// was missing.
#[test]
fn a_log_that_is_exchanged_under_a_running_server_is_audited_from_the_fork() {
    let (place, file) = (Place::postgres(), File::new());
    let store = place.open_with(|options| {
        options.audit = AuditSink::File(file.path());
        options.limits.poll_interval = Duration::from_hours(1);
    });
    put(&store, 1..=5, "the first");
    eventually(Duration::from_secs(30), || file.revisions().last() == Some(&5));
    place.rewind(2);
    put(&place.open(), 3..=8, "the other");
    eventually(Duration::from_secs(30), || file.revisions().last() == Some(&8));
    drop(store);
    assert_eq!((file.revisions(), file.rewound_to()), (vec![1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8], vec![2]));
}
