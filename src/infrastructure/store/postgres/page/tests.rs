//! Parts of two logs make no page: PostgreSQL's log can be exchanged between two of them.

use super::*;
use crate::domain::{Attributes, Change, Config, ConfigName, ConfigValue, Metadata, Timestamp};
use crate::infrastructure::store::codec::ContentRow;
use crate::infrastructure::store::seal;
use crate::infrastructure::store::stored::{created_of, kind_of, value_of};

const BEFORE: Hash = Hash([7; 32]);
const EVERYTHING: PageLimit = PageLimit { rows: usize::MAX, bytes: usize::MAX };

/// A change that sets names that were never there to a text.
fn change(before: Hash, at: u64, names: &[&str], text: &str) -> SealedChange {
    let event = |name: &&str| {
        let value = ConfigValue::from_log(text).unwrap();
        Config::never().set(&ConfigName::parse(name).unwrap(), value, Attributes::NONE)
    };
    let (revision, instant) = (Revision::new(at), Timestamp::from_micros(0));
    let events = names.iter().map(event).collect();
    seal(
        before,
        Change { revision, instant, metadata: Metadata::of("ada"), idempotency: None, events },
        [0; 16],
    )
}

/// The rows of a change, of which `next` is the revision of the one after it.
fn rows(sealed: &SealedChange, next: Option<i64>) -> Vec<Row> {
    let revision = revision_column(sealed.change.revision);
    let last = sealed.change.events.len() - 1;
    let row = |(place, event): (usize, &crate::domain::Event)| Row {
        change: (place == 0).then(|| ChangeRow {
            revision,
            id: sealed.id.to_vec(),
            instant_us: sealed.change.instant.as_micros(),
            actor: sealed.change.metadata.actor.to_string(),
            actor_id: None,
            reason: None,
            request_id: None,
            trace_id: None,
            attributes: None,
            idempotency_key: None,
            idempotency_content: None,
            hash: sealed.hash.0.to_vec(),
        }),
        event: EventRow {
            revision,
            name: event.name.to_string(),
            version: 1,
            content: ContentRow {
                kind: kind_of(event),
                format: sealed.format.column(),
                value: value_of(event).map(Into::into),
                encrypted: None,
                attributes: None,
                digest: sealed.digests[place].0.to_vec(),
            },
            created: created_of(event, sealed.change.revision).map(revision_column),
            follows: 0,
            previous: None,
        },
        ordinal: i32::try_from(place).unwrap(),
        next: if place == last { next } else { Some(revision) },
    };
    sealed.change.events.iter().enumerate().map(row).collect()
}

/// The page that these parts make.
fn page(parts: impl IntoIterator<Item = Vec<Row>>) -> Result<Vec<SealedChange>, StoreError> {
    let mut page = Changes::new(Revision::ZERO, EVERYTHING);
    for part in parts {
        page.take(part)?;
    }
    page.sealed(|| Ok(Some(BEFORE)))
}

#[test]
fn a_page_ends_where_its_parts_are_of_two_logs() {
    let shared = change(BEFORE, 1, &["a"], "1");
    let (one, other) = (change(shared.hash, 2, &["b"], "1"), change(shared.hash, 2, &["b"], "2"));
    let (after_one, after_other) = (change(one.hash, 3, &["c"], "1"), change(other.hash, 3, &["c"], "1"));
    let parts = |last: &SealedChange| {
        let first = rows(&shared, Some(2)).into_iter().chain(rows(&one, Some(3))).collect();
        page([first, rows(last, None)]).unwrap()
    };
    assert_eq!(parts(&after_one), [shared.clone(), one.clone(), after_one.clone()]);
    assert_eq!(parts(&after_other), [shared.clone(), one.clone()]);
}

#[test]
fn a_change_whose_parts_are_of_two_logs_is_no_change() {
    let names = ["a", "b", "c"];
    let [one, other] = ["1", "2"].map(|text| change(BEFORE, 1, &names, text));
    let parts = |first: &SealedChange, rest: &SealedChange| {
        let mut begun = rows(first, None);
        begun.truncate(1);
        page([begun, rows(rest, None).split_off(1)])
    };
    assert_eq!(parts(&one, &one).unwrap(), std::slice::from_ref(&one));
    let mixed = parts(&one, &other);
    assert!(matches!(mixed, Err(StoreError::Corrupt { .. })), "{mixed:?}");
    // The second log had fewer events there.
    let mut begun = rows(&one, None);
    begun.truncate(2);
    let short = page([begun, Vec::new()]);
    assert!(matches!(short, Err(StoreError::Corrupt { .. })), "{short:?}");
}
