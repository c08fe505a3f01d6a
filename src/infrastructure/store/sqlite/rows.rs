//! From the columns of `sql/sqlite` to the codec's rows. No decisions here.
//!
//! Called by the reads. Each function takes the place of its first column, because the histories join three
//! tables in one row.

use rusqlite::{Result, Row};

use super::super::codec::{ChangeRow, ContentRow, EventRow, StateRow};
use super::super::{DataKey, KeyId};
use crate::domain::ValueId;

/// `revision, name, version, created, follows`, the content, the content of the event before.
pub(super) fn event(row: &Row<'_>) -> Result<EventRow> {
    let has_previous = row.get::<_, Option<i16>>(11)?.is_some();
    Ok(EventRow {
        revision: row.get(0)?,
        name: row.get(1)?,
        version: row.get(2)?,
        created: row.get(3)?,
        follows: row.get(4)?,
        content: content(row, 5)?,
        previous: has_previous.then(|| content(row, 11)).transpose()?,
    })
}

/// The columns that [`event`] takes.
pub(super) const EVENT_COLUMNS: usize = 17;

/// `kind, format, value, encrypted, attributes, digest`, from a place on.
fn content(row: &Row<'_>, from: usize) -> Result<ContentRow> {
    Ok(ContentRow {
        kind: row.get(from)?,
        format: row.get(from + 1)?,
        value: row.get(from + 2)?,
        encrypted: row.get(from + 3)?,
        attributes: row.get(from + 4)?,
        digest: row.get(from + 5)?,
    })
}

/// The columns of `changes`, from a place on.
pub(super) fn change(row: &Row<'_>, from: usize) -> Result<ChangeRow> {
    Ok(ChangeRow {
        revision: row.get(from)?,
        id: row.get(from + 1)?,
        instant_us: row.get(from + 2)?,
        actor: row.get(from + 3)?,
        actor_id: row.get(from + 4)?,
        reason: row.get(from + 5)?,
        request_id: row.get(from + 6)?,
        trace_id: row.get(from + 7)?,
        attributes: row.get(from + 8)?,
        idempotency_key: row.get(from + 9)?,
        idempotency_content: row.get(from + 10)?,
        hash: row.get(from + 11)?,
    })
}

/// `value_id, key_id, wrapped_key`.
pub(super) fn data_key(row: &Row<'_>) -> Result<DataKey> {
    let (value_id, key_id) = (ValueId(row.get(0)?), KeyId(row.get(1)?));
    Ok(DataKey { value_id, key_id, wrapped: row.get::<_, Vec<u8>>(2)?.into() })
}

/// The name; `revision, version, created`, the content, `instant_us, actor, reason, hash` from a place on.
pub(super) fn state(row: &Row<'_>, from: usize) -> Result<StateRow> {
    Ok(StateRow {
        name: row.get(0)?,
        revision: row.get(from)?,
        version: row.get(from + 1)?,
        created: row.get(from + 2)?,
        content: content(row, from + 3)?,
        instant_us: row.get(from + 9)?,
        actor: row.get(from + 10)?,
        reason: row.get(from + 11)?,
        hash: row.get(from + 12)?,
    })
}
