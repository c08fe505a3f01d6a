//! `verify` over good logs and over logs that were forced to be wrong (F16, G9): it is right about the first,
//! and names the revision of the second.

use configapi::application::{Error, StoreError, verify};
use configapi::domain::{Metadata, Reason};

use crate::support::places::{Place, in_every_durable_place};
use crate::support::server::{Store, run};
use crate::support::writes::{ada, all_of, delete, keyed, made, name, one, rev, set};

mod only_reads;

in_every_durable_place!(
    a_good_log_verifies_from_its_first_change_to_its_head,
    every_forced_damage_is_found_at_its_revision,
    the_command_says_where_a_log_is_damaged_by_status_4,
);

/// Six changes with everything that a change can have.
fn write_six(place: &Place) {
    let store = place.open();
    made(store.put(&name("a"), "one", ada()));
    made(store.put(&name("b"), "two", Metadata::of("bob").because(Reason::parse("because").unwrap())));
    made(store.write(keyed(one(set("a", "three")), "key", 1)));
    made(store.write(all_of(&[set("c", "four"), delete("b"), set("d", "")])));
    made(store.put(&name("b"), "five", ada()));
    made(store.delete(&name("a"), ada()));
}

fn verified(place: &Place) -> Result<u64, Error> {
    let mut last = None;
    let verified = verify(&place.options(), |progress| last = Some(progress))?;
    let head = verified.head.revision;
    assert_eq!(last.map_or(rev(0), |progress| progress.verified), head, "it comes to the end");
    Ok(head.get())
}

fn a_good_log_verifies_from_its_first_change_to_its_head(place: &Place) {
    drop(place.open());
    assert_eq!(verified(place).unwrap(), 0);
    write_six(place);
    assert_eq!(verified(place).unwrap(), 6);
    // Again by a server that goes on from there.
    let store = place.open();
    for number in 0..50 {
        made(store.put(&name(&format!("n{}", number % 7)), &number.to_string(), ada()));
    }
    drop(store);
    assert_eq!(verified(place).unwrap(), 56);
}

/// What was done to the log, as both stores understand it, and where that shows.
const DAMAGES: &[(&str, u64)] = &[
    ("UPDATE events SET value = 'forged' WHERE revision = 3", 3),
    ("UPDATE events SET value = '' WHERE revision = 1", 1),
    ("UPDATE events SET digest = (SELECT digest FROM events WHERE revision = 1) WHERE revision = 3", 3),
    ("UPDATE events SET kind = 2, value = NULL, created = NULL WHERE revision = 3", 3),
    ("UPDATE events SET created = 2 WHERE revision = 3", 3),
    ("UPDATE events SET attributes = '{\"secret\":\"true\"}' WHERE revision = 3", 3),
    ("UPDATE changes SET actor_id = 'mallory' WHERE revision = 2", 2),
    ("UPDATE changes SET actor = 'mallory' WHERE revision = 2", 2),
    ("UPDATE changes SET reason = NULL WHERE revision = 2", 2),
    ("UPDATE changes SET request_id = 'r' WHERE revision = 5", 5),
    ("UPDATE changes SET instant_us = instant_us - 1 WHERE revision = 4", 4),
    ("UPDATE changes SET idempotency_key = 'other' WHERE revision = 3", 3),
    ("UPDATE changes SET idempotency_key = NULL, idempotency_content = NULL WHERE revision = 3", 3),
    (
        "UPDATE changes SET change_id = (SELECT hash FROM changes WHERE revision = 0) WHERE revision = 0; \
      UPDATE changes SET hash = (SELECT hash FROM changes WHERE revision = 1) WHERE revision = 5",
        5,
    ),
    ("DELETE FROM events WHERE revision = 3; DELETE FROM changes WHERE revision = 3", 3),
    ("DELETE FROM events WHERE revision = 3", 3),
    ("DELETE FROM events WHERE revision = 4 AND name = 'd'", 4),
    // The changes 2 and 3 change places.
    (
        "UPDATE changes SET revision = revision + 1000 WHERE revision = 2; \
      UPDATE events SET revision = revision + 1000 WHERE revision = 2; \
      UPDATE changes SET revision = 2 WHERE revision = 3; UPDATE events SET revision = 2 WHERE revision = 3; \
      UPDATE changes SET revision = 3 WHERE revision = 1002; UPDATE events SET revision = 3 WHERE revision = 1002",
        2,
    ),
    // Two events of one change change places.
    (
        "UPDATE events SET ordinal = ordinal + 1000 WHERE revision = 4 AND name = 'b'; \
      UPDATE events SET ordinal = ordinal - 1 WHERE revision = 4 AND name = 'd'; \
      UPDATE events SET ordinal = ordinal - 999 WHERE revision = 4 AND name = 'b'",
        4,
    ),
    ("UPDATE log_head SET names = names - 1", 6),
    ("UPDATE log_head SET events = events + 1", 6),
    ("DELETE FROM events WHERE revision = 6; DELETE FROM changes WHERE revision = 6", 6),
    ("UPDATE log_head SET hash = (SELECT hash FROM changes WHERE revision = 1)", 6),
    ("UPDATE log_head SET instant_us = instant_us + 1", 6),
];

/// The same for what only the embedded store keeps beside the log: without its names the tree has holes.
const EMBEDDED_DAMAGES: &[(&str, u64)] = &[("DELETE FROM names WHERE name = 'c'", 6)];

fn every_forced_damage_is_found_at_its_revision(place: &Place) {
    write_six(place);
    let (tables, damages) = match place {
        // There the others are views.
        Place::Postgres(_) => (["log", "head"].as_slice(), [DAMAGES, &[]].concat()),
        _ => (["changes", "events", "names", "log_head"].as_slice(), [DAMAGES, EMBEDDED_DAMAGES].concat()),
    };
    let each = |statement: &str| {
        let statements: Vec<_> = tables.iter().map(|table| statement.replace('$', table)).collect();
        statements.join(";")
    };
    let keep = each("CREATE TABLE kept_$ AS SELECT * FROM $");
    place.force(&keep, &keep);
    let mend = each("DELETE FROM $; INSERT INTO $ SELECT * FROM kept_$");
    for (damage, revision) in damages {
        place.force(damage, damage);
        match verified(place) {
            Err(Error::Store(error @ StoreError::Corrupt { revision: found, .. })) => {
                assert_eq!(found.get(), revision, "{damage}\n{error}");
                let text = error.to_string();
                assert!(!text.contains("forged") && !text.contains("four"), "no value: {text}");
            }
            other => panic!("{damage}\ngave {other:?}"),
        }
        place.force(&mend, &mend);
        assert_eq!(verified(place).unwrap(), 6, "as it was before {damage}");
    }
}

fn the_command_says_where_a_log_is_damaged_by_status_4(place: &Place) {
    write_six(place);
    let store = match place {
        Place::Postgres(url) => Store::Postgres(url.clone()),
        _ => Store::File(place.file_path()),
    };
    let good = run(&store, "verify", &[]);
    let said = String::from_utf8_lossy(&good.stdout).into_owned();
    assert!(good.status.success() && said.contains("revision 6 is right"), "{good:?}");

    let damage = "UPDATE events SET value = 'forged' WHERE revision = 3";
    place.force(damage, damage);
    let bad = run(&store, "verify", &[]);
    let said = String::from_utf8_lossy(&bad.stderr).into_owned();
    assert_eq!(bad.status.code(), Some(4), "{said}");
    assert!(said.contains("revision 3") && !said.contains("forged"), "{said}");
}
