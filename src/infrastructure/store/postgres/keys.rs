//! The wrapped keys of encrypted values: stored and destroyed with the change that needs it, read, and wrapped again.
//!
//! A batch with keys takes a transaction of several statements; a batch without any, as nearly all are, is one statement.
//! Called by `append` in its transaction, and by `mod`. Tests: `data_keys_are_stored_and_destroyed_with_their_change`.

use super::PostgresOptions;
use super::connect::{Parameters, Session};
use super::pools::{Lane, Pools};
use super::rows::column;
use crate::domain::ValueId;
use crate::infrastructure::store::{DataKey, KeyId, SealedChange, StoreError};

const DATA_KEYS: &str = include_str!("../../../../sql/postgres/data_keys.sql");
const DATA_KEYS_AFTER: &str = include_str!("../../../../sql/postgres/data_keys_after.sql");
const INSERT_DATA_KEYS: &str = include_str!("../../../../sql/postgres/insert_data_keys.sql");
const DELETE_DATA_KEYS: &str = include_str!("../../../../sql/postgres/delete_data_keys.sql");
const REWRAP_DATA_KEY: &str = include_str!("../../../../sql/postgres/rewrap_data_key.sql");

/// Whether a batch brings or takes keys.
pub(super) fn has_keys(changes: &[SealedChange]) -> bool {
    changes.iter().any(|sealed| !sealed.keys.is_empty())
}

/// Stores and destroys the keys of a batch, in the transaction that has appended it.
pub(super) fn change(session: &mut Session, changes: &[SealedChange]) -> Result<(), StoreError> {
    let added: Vec<&DataKey> = changes.iter().flat_map(|sealed| &sealed.keys.added).collect();
    let removed: Vec<&[u8]> =
        changes.iter().flat_map(|sealed| &sealed.keys.removed).map(|value| value.0.as_slice()).collect();
    if !added.is_empty() {
        let values: Vec<&[u8]> = added.iter().map(|key| key.value_id.0.as_slice()).collect();
        let keys: Vec<&[u8]> = added.iter().map(|key| key.key_id.0.as_slice()).collect();
        let wrapped: Vec<&[u8]> = added.iter().map(|key| &*key.wrapped).collect();
        let parameters: Parameters<'_> = &[&values, &keys, &wrapped];
        session.rows(INSERT_DATA_KEYS, parameters, |_| Ok(()))?;
    }
    if !removed.is_empty() {
        let parameters: Parameters<'_> = &[&removed];
        session.rows(DELETE_DATA_KEYS, parameters, |_| Ok(()))?;
    }
    Ok(())
}

/// See [`crate::infrastructure::store::EventStore::data_keys`].
pub(super) fn find(pools: &Pools, lane: Lane, values: &[ValueId]) -> Result<Vec<DataKey>, StoreError> {
    let values: Vec<&[u8]> = values.iter().map(|value| value.0.as_slice()).collect();
    let parameters: Parameters<'_> = &[&values];
    pools.read(lane, |session| session.rows(DATA_KEYS, parameters, data_key))
}

/// See [`crate::infrastructure::store::EventStore::data_keys_after`].
pub(super) fn after(
    pools: &Pools,
    lane: Lane,
    after: Option<ValueId>,
    rows: usize,
) -> Result<Vec<DataKey>, StoreError> {
    let after = after.as_ref().map_or([].as_slice(), |after| after.0.as_slice());
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    let parameters: Parameters<'_> = &[&after, &rows];
    pools.read(lane, |session| session.rows(DATA_KEYS_AFTER, parameters, data_key))
}

/// See [`crate::infrastructure::store::EventStore::rewrap`].
pub(super) fn rewrap(
    pools: &Pools,
    options: &PostgresOptions,
    before: &DataKey,
    after: &DataKey,
) -> Result<bool, StoreError> {
    let mut session = pools.writer()?;
    session.within(options.append_timeout);
    let (value, key) = (before.value_id.0.as_slice(), after.key_id.0.as_slice());
    let parameters: Parameters<'_> = &[&value, &&*before.wrapped, &key, &&*after.wrapped];
    Ok(!session.rows(REWRAP_DATA_KEY, parameters, |_| Ok(()))?.is_empty())
}

fn data_key(row: &::postgres::Row) -> Result<DataKey, StoreError> {
    let wrong = || StoreError::Unexpected("a data key has an id of another length".to_owned());
    let value = column::<&[u8]>(row, 0)?.try_into().map_err(|_| wrong())?;
    let key = column::<&[u8]>(row, 1)?.try_into().map_err(|_| wrong())?;
    Ok(DataKey { value_id: ValueId(value), key_id: KeyId(key), wrapped: column::<&[u8]>(row, 2)?.into() })
}
