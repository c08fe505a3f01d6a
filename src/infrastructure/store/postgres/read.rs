//! The reads: each a page with an end, each one statement on a connection of the readers' pool.
//!
//! The log never changes, so that a page at a revision needs no snapshot beyond its own statement. A page's
//! bytes are counted by the server: what is past its end is not sent. Called by `mod`.

use super::connect::{Parameters, Pools};
use super::migrate::head_of;
use super::rows::{begins_change, change, clock, column, event, head, state};
use crate::domain::{Config, ConfigName, IdempotencyKey, Revision, Timestamp, Version};
use crate::infrastructure::store::codec::{
    ChangeRow, EventRow, StateRow, hash, mark, revision, revision_column,
};
use crate::infrastructure::store::{
    Hash, Head, HistoryPage, MarkedChange, Order, PageLimit, RecordedEvent, SealedChange, StoreError,
    TreePage,
};
use std::sync::Arc;

const STANDBY_IS_LEVEL: &str = include_str!("../../../../sql/postgres/standby_is_level.sql");
const CHANGES_AFTER: &str = include_str!("../../../../sql/postgres/changes_after.sql");
const CHANGES_AFTER_SCHEMA_2: &str = include_str!("../../../../sql/postgres/changes_after_schema_2.sql");
const CHANGES_AFTER_SCHEMA_1: &str = include_str!("../../../../sql/postgres/changes_after_schema_1.sql");
const TREE_PAGE: &str = include_str!("../../../../sql/postgres/tree_page.sql");
const CONFIG_AT: &str = include_str!("../../../../sql/postgres/config_at.sql");
const NEWEST_OF: &str = include_str!("../../../../sql/postgres/newest_of.sql");
const HISTORY_OLDEST_FIRST: &str = include_str!("../../../../sql/postgres/history_oldest_first.sql");
const HISTORY_NEWEST_FIRST: &str = include_str!("../../../../sql/postgres/history_newest_first.sql");
const REVISION_OF_VERSION: &str = include_str!("../../../../sql/postgres/revision_of_version.sql");
const REVISION_AT: &str = include_str!("../../../../sql/postgres/revision_at.sql");
const HASH_OF: &str = include_str!("../../../../sql/postgres/hash_of.sql");
const FIND_MARKED: &str = include_str!("../../../../sql/postgres/find_marked.sql");

/// The head, and the server's clock in microseconds since 1970.
pub(super) fn read_head(pools: &Pools, schema: i64) -> Result<(Head, i64), StoreError> {
    let row = pools.read(|session| session.row(head_of(schema), &[]))?;
    Ok((head(&row)?, clock(&row)?))
}

/// Whether the database has replayed all that its primary has.
pub(super) fn is_level(pools: &Pools) -> Result<bool, StoreError> {
    let row = pools.read(|session| session.row(STANDBY_IS_LEVEL, &[]))?;
    column(&row, 0)
}

pub(super) fn changes_after(
    pools: &Pools,
    schema: i64,
    after: Revision,
    limit: PageLimit,
) -> Result<Vec<SealedChange>, StoreError> {
    let (rows, bytes) = columns(limit);
    let parameters: Parameters<'_> = &[&revision_column(after), &rows, &bytes];
    let sql = match schema {
        1 => CHANGES_AFTER_SCHEMA_1,
        2 => CHANGES_AFTER_SCHEMA_2,
        _ => CHANGES_AFTER,
    };
    let rows = pools.read(|session| {
        session.rows(sql, parameters, |row| {
            let first = begins_change(row)?.then(|| change(row)).transpose()?;
            Ok((first, event(row)?))
        })
    })?;
    gather(rows)
}

/// Puts events under the change that stands with the first of them.
fn gather(rows: Vec<(Option<ChangeRow>, EventRow)>) -> Result<Vec<SealedChange>, StoreError> {
    let mut changes: Vec<(ChangeRow, Vec<EventRow>)> = Vec::new();
    for (first, event) in rows {
        if let Some(change) = first {
            changes.push((change, Vec::new()));
        }
        let Some((_, events)) = changes.last_mut().filter(|(change, _)| change.revision == event.revision)
        else {
            return Err(StoreError::corrupt(
                revision(event.revision)?,
                "its first event or its change is missing",
            ));
        };
        events.push(event);
    }
    changes.into_iter().map(|(change, events)| change.into_sealed(events)).collect()
}

pub(super) fn tree_page(pools: &Pools, page: &TreePage<'_>) -> Result<Vec<(ConfigName, Config)>, StoreError> {
    let (rows, bytes) = columns(page.limit);
    let (at, from) = (revision_column(page.at), page.prefix.as_str());
    let (past, before) = (page.after.map_or("", ConfigName::as_str), page.prefix.end());
    let parameters: Parameters<'_> = &[&at, &from, &past, &before, &rows, &bytes];
    pools.read(|session| session.rows(TREE_PAGE, parameters, |row| state(row)?.into_config()))
}

pub(super) fn config_at(
    pools: &Pools,
    name: &ConfigName,
    at: Revision,
) -> Result<Option<Config>, StoreError> {
    let parameters: Parameters<'_> = &[&name.as_str(), &revision_column(at)];
    let rows = pools.read(|session| session.rows(CONFIG_AT, parameters, state))?;
    let config = rows.into_iter().next().map(StateRow::into_config).transpose()?;
    Ok(config.map(|(_, config)| config))
}

pub(super) fn newest_of(
    pools: &Pools,
    names: &[&ConfigName],
    at: Revision,
) -> Result<Vec<(ConfigName, Config)>, StoreError> {
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    let parameters: Parameters<'_> = &[&names, &revision_column(at)];
    pools.read(|session| session.rows(NEWEST_OF, parameters, |row| state(row)?.into_config()))
}

pub(super) fn history(
    pools: &Pools,
    name: &ConfigName,
    page: &HistoryPage,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let (rows, bytes) = columns(page.limit);
    let (sql, start) = match page.order {
        Order::OldestFirst => (HISTORY_OLDEST_FIRST, 0),
        Order::NewestFirst => (HISTORY_NEWEST_FIRST, i64::MAX),
    };
    let at = revision_column(page.at);
    let after = match page.after {
        Some(version) => revision_of(pools, name, version, at)?,
        None => start,
    };
    let parameters: Parameters<'_> = &[&name.as_str(), &after, &at, &rows, &bytes];
    pools.read(|session| session.rows(sql, parameters, |row| event(row)?.into_recorded(change(row)?)))
}

/// The column of the revision at which a name came to a version; one past `at` if that is later or never.
fn revision_of(pools: &Pools, name: &ConfigName, version: Version, at: i64) -> Result<i64, StoreError> {
    let parameters: Parameters<'_> = &[&name.as_str(), &version.get().cast_signed(), &at];
    column(&pools.read(|session| session.row(REVISION_OF_VERSION, parameters))?, 0)
}

pub(super) fn revision_at(pools: &Pools, instant: Timestamp) -> Result<Revision, StoreError> {
    let row = pools.read(|session| session.row(REVISION_AT, &[&instant.as_micros()]))?;
    revision(column(&row, 0)?)
}

pub(super) fn hash_of(pools: &Pools, at: Revision) -> Result<Option<Hash>, StoreError> {
    let parameters: Parameters<'_> = &[&revision_column(at)];
    let rows = pools.read(|session| session.rows(HASH_OF, parameters, |row| hash(at, column(row, 0)?)))?;
    Ok(rows.into_iter().next())
}

pub(super) fn find_marked(
    pools: &Pools,
    keys: &[(Option<Arc<str>>, IdempotencyKey)],
    since: Timestamp,
) -> Result<Vec<MarkedChange>, StoreError> {
    let (actors, keys): (Vec<Option<&str>>, Vec<&str>) =
        keys.iter().map(|(actor_id, key)| (actor_id.as_deref(), key.as_str())).unzip();
    let parameters: Parameters<'_> = &[&actors, &keys, &since.as_micros()];
    pools.read(|session| {
        session.rows(FIND_MARKED, parameters, |row| {
            let at = revision(column(row, 3)?)?;
            let damaged = || StoreError::corrupt(at, "its idempotency key is unreadable");
            let mark = mark(column(row, 1)?, column(row, 2)?).ok_or_else(damaged)?;
            let actor_id = column::<Option<&str>>(row, 0)?.map(Into::into);
            Ok(MarkedChange { actor_id, mark, revision: at })
        })
    })
}

/// A page's end as the statements take it; a page has one row at least.
fn columns(limit: PageLimit) -> (i64, i64) {
    let column = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    (column(limit.rows.max(1)), column(limit.bytes))
}
