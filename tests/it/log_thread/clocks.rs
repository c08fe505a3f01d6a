//! Clocks that jump or can't be right, above a store that says what a test wants.

use std::time::Duration;

use configapi::application::{Check, Error, Kind, Status};
use configapi::domain::{Metadata, Point, Scope, Timestamp};
use configapi::infrastructure::store::{EventStore as _, Head, seal};

use super::{SOON, faulty, whole_log};
use crate::support::eventually;
use crate::support::writes::{ada, keyed, made, name, one, prefix, rev, set, tree};

const DAY: Duration = Duration::from_hours(24);
const LAST_OF_9999: i64 = 253_402_300_799_999_999;

fn instant(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("an instant")
}

/// The key was looked up by the wall clock: a jump of a day made the retry a second write.
#[test]
fn a_jump_of_the_clock_between_a_write_and_its_retry_writes_once() {
    let (log, store) = faulty();
    let write = keyed(one(set("a", "1")), "key", 1);
    let first = store.write(write.clone()).expect("it is written");
    log.says(Some(log.clock().plus(DAY + Duration::from_hours(1))));
    assert_eq!(store.write(write.clone()).expect("it is found"), first);
    // One later change has the new instant, and forgets nothing.
    made(store.put(&name("b"), "1", ada()));
    assert_eq!(store.write(write).expect("it is found"), first);
    assert_eq!((tree(&store).as_str(), whole_log(log.as_ref()).len()), ("a=1 b=1", 2));
}

/// A clock past the year 9999 was followed: that write took the last instant that there is, each later one was a 500
/// for ever, and `/readyz` said 200.
#[test]
fn a_clock_that_cannot_be_right_stores_nothing_until_it_is_right() {
    let (log, store) = faulty();
    made(store.put(&name("a"), "1", ada()));
    for wrong in [Timestamp::MAX, instant("9990-01-01T00:00:00Z"), instant("1970-01-01T00:00:07Z")] {
        log.says(Some(wrong));
        let refused = store.put(&name("a"), "2", ada()).expect_err("the clock is wrong");
        assert!(matches!(refused, Error::Clock(said) if said == wrong), "{refused:?}");
        assert_eq!(refused.kind(), Kind::Unavailable);
        let scope = Scope::Prefix(prefix(""));
        let aged = store.plan_restore(scope, Point::Age(Duration::from_secs(1)), Metadata::of("ada"));
        assert!(matches!(aged, Err(Error::Clock(_))), "{aged:?}");
        eventually(SOON, || store.health().clock == Check::Down);
        let health = store.health();
        assert_eq!((health.status(), health.database), (Status::Unhealthy, Check::Ok));
        assert!(health.trouble.is_some_and(|trouble| trouble.contains("clock")));
        // What changes nothing needs no clock.
        assert!(matches!(store.delete(&name("never"), ada()), Err(Error::Rejected(_))));
    }
    log.says(None);
    assert_eq!(made(store.put(&name("a"), "2", ada())), 2);
    eventually(SOON, || store.health().status() == Status::Healthy);
    assert_eq!(whole_log(log.as_ref()).len(), 2);
}

/// A log that an earlier release brought to the last instant of the year 9999 takes writes again.
#[test]
fn a_log_at_the_end_of_the_year_9999_is_read_and_written_on() {
    let (log, store) = faulty();
    made(store.put(&name("a"), "1", ada()));
    // As the earlier release did it: the change is dated by the clock as it is.
    let head = log.head().expect("the log can be read");
    let mut change = whole_log(log.as_ref()).remove(0).change;
    change.revision = rev(2);
    change.instant = Timestamp::from_micros(LAST_OF_9999);
    change.events[0].name = name("b");
    let sealed = seal(head.hash, change, [9; 16]);
    log.append(&head, std::slice::from_ref(&sealed)).expect("it is stored");
    for (revision, value) in [(3, "2"), (4, "3"), (5, "4")] {
        assert_eq!(made(store.put(&name("a"), value, ada())), revision);
    }
    let changes = whole_log(log.as_ref());
    assert!(changes.is_sorted_by_key(|sealed| sealed.change.instant));
    let last: &Head = &log.head().expect("the log can be read");
    assert_eq!(last.instant.as_micros(), LAST_OF_9999 + 3);
    assert_eq!(last.instant.to_string(), "9999-12-31T23:59:59.999999Z");
    let end = Point::Instant(instant("9999-12-31T23:59:59.999999Z"));
    assert_eq!(store.resolve(end).expect("the log can be read"), rev(5));
}
