//! The reads: each a page with an end, read in parts that each are one statement.
//!
//! The log never changes, so that a page at a revision needs no snapshot beyond its own statement. A part's
//! bytes are counted by the server: what is past its end is not sent. Called by `mod`.

use super::connect::Parameters;
use super::migrate::head_of;
use super::page::{Changes, Wanted, fill};
use super::pools::{Lane, Pools};
use super::rows::{change, clock, column, event, head, part_row, state};
use crate::domain::{Config, ConfigName, IdempotencyKey, PAGE_OVERHEAD_BYTES, Revision, Timestamp, Version};
use crate::infrastructure::store::codec::{
    ChangeRow, EventRow, StateRow, hash, mark, name, revision, revision_column,
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
const CONFIGS_AT: &str = include_str!("../../../../sql/postgres/configs_at.sql");
const NAMES_BETWEEN: &str = include_str!("../../../../sql/postgres/names_between.sql");
const CONFIG_AT: &str = include_str!("../../../../sql/postgres/config_at.sql");
const HISTORY_OLDEST_FIRST: &str = include_str!("../../../../sql/postgres/history_oldest_first.sql");
const HISTORY_NEWEST_FIRST: &str = include_str!("../../../../sql/postgres/history_newest_first.sql");
const REVISION_OF_VERSION: &str = include_str!("../../../../sql/postgres/revision_of_version.sql");
const REVISIONS_AT: &str = include_str!("../../../../sql/postgres/revisions_at.sql");
const INSTANT_OF: &str = include_str!("../../../../sql/postgres/instant_of.sql");
const HASH_OF: &str = include_str!("../../../../sql/postgres/hash_of.sql");
const FIND_MARKED: &str = include_str!("../../../../sql/postgres/find_marked.sql");

/// The head, and the server's clock in microseconds since 1970.
pub(super) fn read_head(pools: &Pools, lane: Lane, schema: i64) -> Result<(Head, i64), StoreError> {
    let row = pools.read(lane, |session| session.row(head_of(schema), &[]))?;
    Ok((head(&row)?, clock(&row)?))
}

/// Whether the database has replayed all that its primary has.
pub(super) fn is_level(pools: &Pools, lane: Lane) -> Result<bool, StoreError> {
    let row = pools.read(lane, |session| session.row(STANDBY_IS_LEVEL, &[]))?;
    column(&row, 0)
}

pub(super) fn changes_after(
    pools: &Pools,
    lane: Lane,
    schema: i64,
    after: Revision,
    limit: PageLimit,
) -> Result<Vec<SealedChange>, StoreError> {
    let sql = match schema {
        1 => CHANGES_AFTER_SCHEMA_1,
        2 => CHANGES_AFTER_SCHEMA_2,
        _ => CHANGES_AFTER,
    };
    let overhead = i64::try_from(PAGE_OVERHEAD_BYTES).unwrap_or(i64::MAX);
    let mut page = Changes::new(after, limit);
    loop {
        let Wanted { after: (revision, ordinal), last, room } = page.wanted();
        let part = pools.read_part(lane, room, |session, part| {
            let (rows, bytes) = columns(part);
            let parameters: Parameters<'_> = &[&revision, &ordinal, &last, &rows, &bytes, &overhead];
            session.rows(sql, parameters, part_row)
        })?;
        if !page.take(part.rows)? {
            return page.sealed(|| hash_of(pools, lane, after));
        }
    }
}

pub(super) fn tree_page<T>(
    pools: &Pools,
    lane: Lane,
    page: &TreePage<'_>,
    read: impl Fn(StateRow) -> Result<(ConfigName, T), StoreError>,
) -> Result<Vec<(ConfigName, T)>, StoreError> {
    let (at, from) = (revision_column(page.at), page.prefix.as_str());
    let (past, before) = (page.after.map_or("", ConfigName::as_str), page.prefix.end());
    let rows = fill(page.limit, StateRow::bytes, |last: Option<&StateRow>, room| {
        let past = last.map_or(past, |row| row.name.as_str());
        pools.read_part(lane, room, |session, part| {
            let (rows, bytes) = columns(part);
            let parameters: Parameters<'_> = &[&at, &from, &past, &before, &rows, &bytes];
            session.rows(TREE_PAGE, parameters, state)
        })
    })?;
    rows.into_iter().map(read).collect()
}

pub(super) fn config_at(
    pools: &Pools,
    lane: Lane,
    name: &ConfigName,
    at: Revision,
) -> Result<Option<Config>, StoreError> {
    let parameters: Parameters<'_> = &[&name.as_str(), &revision_column(at)];
    let rows = pools.read(lane, |session| session.rows(CONFIG_AT, parameters, state))?;
    let config = rows.into_iter().next().map(StateRow::into_config).transpose()?;
    Ok(config.map(|(_, config)| config))
}

pub(super) fn configs_at(
    pools: &Pools,
    lane: Lane,
    names: &[ConfigName],
    at: Revision,
    bytes_max: usize,
) -> Result<Vec<Option<Config>>, StoreError> {
    let names: Vec<&str> = names.iter().map(ConfigName::as_str).collect();
    let (_, bytes) = columns(PageLimit { rows: names.len(), bytes: bytes_max });
    let parameters: Parameters<'_> = &[&names, &revision_column(at), &bytes];
    pools.read(lane, |session| {
        session.rows(CONFIGS_AT, parameters, |row| {
            let found = column::<Option<&str>>(row, 0)?.is_some();
            Ok(found.then(|| state(row)?.into_config()).transpose()?.map(|(_, config)| config))
        })
    })
}

pub(super) fn names_between(
    pools: &Pools,
    lane: Lane,
    after: Revision,
    to: Revision,
    rows_max: usize,
) -> Result<Vec<(Revision, ConfigName)>, StoreError> {
    let (rows, _) = columns(PageLimit { rows: rows_max, bytes: 0 });
    let parameters: Parameters<'_> = &[&revision_column(after), &revision_column(to), &rows];
    pools.read(lane, |session| {
        session.rows(NAMES_BETWEEN, parameters, |row| {
            let at = revision(column(row, 0)?)?;
            Ok((at, name(at, column(row, 1)?)?))
        })
    })
}

pub(super) fn history(
    pools: &Pools,
    lane: Lane,
    name: &ConfigName,
    page: &HistoryPage,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let (sql, start) = match page.order {
        Order::OldestFirst => (HISTORY_OLDEST_FIRST, 0),
        Order::NewestFirst => (HISTORY_NEWEST_FIRST, i64::MAX),
    };
    let at = revision_column(page.at);
    let after = match page.after {
        Some(version) => revision_of(pools, lane, name, version, at)?,
        None => start,
    };
    let bytes_of = |(event, _): &(EventRow, ChangeRow)| event.bytes();
    let rows = fill(page.limit, bytes_of, |last, room| {
        let after = last.map_or(after, |(event, _)| match page.order {
            Order::OldestFirst => event.revision,
            Order::NewestFirst => event.follows + 1,
        });
        pools.read_part(lane, room, |session, part| {
            let (rows, bytes) = columns(part);
            let parameters: Parameters<'_> = &[&name.as_str(), &after, &at, &rows, &bytes];
            session.rows(sql, parameters, |row| Ok((event(row)?, change(row)?)))
        })
    })?;
    rows.into_iter().map(|(event, change)| event.into_recorded(change)).collect()
}

/// The column of the revision at which a name came to a version; one past `at` if that is later or never.
fn revision_of(
    pools: &Pools,
    lane: Lane,
    name: &ConfigName,
    version: Version,
    at: i64,
) -> Result<i64, StoreError> {
    let parameters: Parameters<'_> = &[&name.as_str(), &version.get().cast_signed(), &at];
    column(&pools.read(lane, |session| session.row(REVISION_OF_VERSION, parameters))?, 0)
}

pub(super) fn revisions_at(
    pools: &Pools,
    lane: Lane,
    instants: &[Timestamp],
) -> Result<Vec<Revision>, StoreError> {
    let instants: Vec<i64> = instants.iter().map(|instant| instant.as_micros()).collect();
    pools.read(lane, |session| session.rows(REVISIONS_AT, &[&instants], |row| revision(column(row, 0)?)))
}

pub(super) fn instant_of(pools: &Pools, lane: Lane, at: Revision) -> Result<Option<Timestamp>, StoreError> {
    let parameters: Parameters<'_> = &[&revision_column(at)];
    let found = pools.read(lane, |session| session.rows(INSTANT_OF, parameters, |row| column(row, 0)))?;
    Ok(found.into_iter().next().map(Timestamp::from_micros))
}

pub(super) fn hash_of(pools: &Pools, lane: Lane, at: Revision) -> Result<Option<Hash>, StoreError> {
    let parameters: Parameters<'_> = &[&revision_column(at)];
    let rows =
        pools.read(lane, |session| session.rows(HASH_OF, parameters, |row| hash(at, column(row, 0)?)))?;
    Ok(rows.into_iter().next())
}

pub(super) fn find_marked(
    pools: &Pools,
    lane: Lane,
    keys: &[(Option<Arc<str>>, IdempotencyKey)],
    since: Timestamp,
) -> Result<Vec<MarkedChange>, StoreError> {
    let (actors, keys): (Vec<Option<&str>>, Vec<&str>) =
        keys.iter().map(|(actor_id, key)| (actor_id.as_deref(), key.as_str())).unzip();
    let parameters: Parameters<'_> = &[&actors, &keys, &since.as_micros()];
    pools.read(lane, |session| {
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
