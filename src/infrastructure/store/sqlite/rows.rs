//! From the columns of `sql/sqlite` to the codec's rows. No decisions here.
//!
//! Called by the reads. Each function takes the place of its first column, because the histories join three
//! tables in one row.

use rusqlite::{Result, Row};

use super::super::codec::{ChangeRow, EventRow, StateRow};

/// `revision, name, version, kind, value, digest, follows, previous kind, previous value, previous digest`.
pub(super) fn event(row: &Row<'_>) -> Result<EventRow> {
    let previous = match row.get::<_, Option<i16>>(7)? {
        Some(kind) => Some((kind, row.get(8)?, row.get(9)?)),
        None => None,
    };
    Ok(EventRow {
        revision: row.get(0)?,
        name: row.get(1)?,
        version: row.get(2)?,
        kind: row.get(3)?,
        value: row.get(4)?,
        digest: row.get(5)?,
        follows: row.get(6)?,
        previous,
    })
}

/// The columns that [`event`] takes.
pub(super) const EVENT_COLUMNS: usize = 10;

/// The columns of `changes`, from a place on.
pub(super) fn change(row: &Row<'_>, from: usize) -> Result<ChangeRow> {
    Ok(ChangeRow {
        revision: row.get(from)?,
        id: row.get(from + 1)?,
        instant_us: row.get(from + 2)?,
        actor: row.get(from + 3)?,
        reason: row.get(from + 4)?,
        request_id: row.get(from + 5)?,
        trace_id: row.get(from + 6)?,
        attributes: row.get(from + 7)?,
        idempotency_key: row.get(from + 8)?,
        idempotency_content: row.get(from + 9)?,
        hash: row.get(from + 10)?,
    })
}

/// `name, revision, version, kind, value, digest, instant_us, actor, reason, hash`, the name and the rest from a
/// place on.
pub(super) fn state(row: &Row<'_>, from: usize) -> Result<StateRow> {
    Ok(StateRow {
        name: row.get(0)?,
        revision: row.get(from)?,
        version: row.get(from + 1)?,
        kind: row.get(from + 2)?,
        value: row.get(from + 3)?,
        digest: row.get(from + 4)?,
        instant_us: row.get(from + 5)?,
        actor: row.get(from + 6)?,
        reason: row.get(from + 7)?,
        hash: row.get(from + 8)?,
    })
}
