//! From the driver's rows to the codec's columns, by the place of a column in its statement.
//!
//! Called by `append`, `read` and `migrate`. It checks nothing: that is the codec's part (contract S9).

use ::postgres::Row;
use ::postgres::types::FromSql;

use super::page;
use crate::domain::{Revision, Timestamp};
use crate::infrastructure::store::codec::{ChangeRow, ContentRow, EventRow, StateRow, hash, revision};
use crate::infrastructure::store::{Head, StoreError};

/// Columns of `head.sql`: the head.
pub(super) fn head(row: &Row) -> Result<Head, StoreError> {
    let at = revision(column(row, 0)?)?;
    Ok(Head {
        revision: at,
        hash: hash(at, column(row, 1)?)?,
        instant: Timestamp::from_micros(column(row, 2)?),
        names: count(at, column(row, 3)?)?,
        events: count(at, column(row, 4)?)?,
    })
}

/// Column 5 of `head.sql`: the server's clock.
pub(super) fn clock(row: &Row) -> Result<i64, StoreError> {
    column(row, 5)
}

/// Columns of `tree_page.sql` and `config_at.sql`.
pub(super) fn state(row: &Row) -> Result<StateRow, StoreError> {
    let revision = column(row, 1)?;
    Ok(StateRow {
        name: column(row, 0)?,
        revision,
        version: column(row, 2)?,
        created: column(row, 3)?,
        content: content(row, 4)?,
        instant_us: of_change(row, revision, 10)?,
        actor: column(row, 11)?,
        reason: column(row, 12)?,
        hash: of_change(row, revision, 13)?,
    })
}

/// Columns 0 to 16 of `changes_after.sql` and the histories: the event and the one before it.
pub(super) fn event(row: &Row) -> Result<EventRow, StoreError> {
    let has_previous = column::<Option<i16>>(row, 11)?.is_some();
    Ok(EventRow {
        revision: column(row, 0)?,
        name: column(row, 1)?,
        version: column(row, 2)?,
        created: column(row, 3)?,
        follows: column(row, 4)?,
        content: content(row, 5)?,
        previous: has_previous.then(|| content(row, 11)).transpose()?,
    })
}

/// The content of an event, from a place on.
fn content(row: &Row, from: usize) -> Result<ContentRow, StoreError> {
    Ok(ContentRow {
        kind: column(row, from)?,
        format: column(row, from + 1)?,
        value: column(row, from + 2)?,
        encrypted: column(row, from + 3)?,
        attributes: column(row, from + 4)?,
        digest: column(row, from + 5)?,
    })
}

/// Columns 17 to 27 of the same: the change.
pub(super) fn change(row: &Row) -> Result<ChangeRow, StoreError> {
    Ok(ChangeRow {
        revision: column(row, 0)?,
        id: of_change(row, column(row, 0)?, CHANGE)?,
        instant_us: column(row, CHANGE + 1)?,
        actor: column(row, CHANGE + 2)?,
        actor_id: column(row, CHANGE + 3)?,
        reason: column(row, CHANGE + 4)?,
        request_id: column(row, CHANGE + 5)?,
        trace_id: column(row, CHANGE + 6)?,
        attributes: column(row, CHANGE + 7)?,
        idempotency_key: column(row, CHANGE + 8)?,
        idempotency_content: column(row, CHANGE + 9)?,
        hash: column(row, CHANGE + 10)?,
    })
}

/// The place of a change's first column.
const CHANGE: usize = 17;

/// Columns of `changes_after.sql`: the first event of a change carries the change.
pub(super) fn part_row(row: &Row) -> Result<page::Row, StoreError> {
    let begins = column::<Option<&[u8]>>(row, CHANGE)?.is_some();
    Ok(page::Row {
        change: begins.then(|| change(row)).transpose()?,
        event: event(row)?,
        ordinal: column(row, AFTER_CHANGE)?,
        next: column(row, AFTER_CHANGE + 1)?,
    })
}

/// The place of the first column after the change's.
const AFTER_CHANGE: usize = CHANGE + 11;

/// A column that every change has; null where the change itself is lost.
fn of_change<'a, T: FromSql<'a>>(row: &'a Row, at: i64, place: usize) -> Result<T, StoreError> {
    let value = column::<Option<T>>(row, place)?;
    value.map_or_else(|| Err(StoreError::corrupt(revision(at)?, "its change is missing")), Ok)
}

/// One column; a type that differs means that the schema is not ours.
pub(super) fn column<'a, T: FromSql<'a>>(row: &'a Row, place: usize) -> Result<T, StoreError> {
    row.try_get(place).map_err(|error| StoreError::Unexpected(error.to_string()))
}

fn count(at: Revision, number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::corrupt(at, "a count is negative"))
}
