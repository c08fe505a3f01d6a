//! The reads of the store.
//!
//! Called through the trait on a leased connection; calls the statements of `sql/sqlite` and the codec. Pages
//! are stepped row by row and end where the next row would not fit, so that memory is bounded by the page and
//! not by the log.
//!
//! Invariants: `pages_of_any_size_give_every_row_exactly_once`, `a_page_has_one_row_at_least`,
//! `every_read_agrees_with_the_fold_of_the_changes`.

use std::sync::Arc;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::codec;
use super::super::{
    DataKey, Hash, Head, HistoryPage, MarkedChange, Order, PageLimit, RecordedEvent, SealedChange,
    StoreError, TreePage,
};
use super::errors::{corrupt_file, store_error};
use super::page::Page;
use super::{rows, sql};
use crate::domain::{
    Config, ConfigName, IdempotencyKey, NAME_BYTES_MAX, Prefix, Revision, Timestamp, ValueId, Version,
};

/// The head.
pub(super) fn head(connection: &Connection) -> Result<Head, StoreError> {
    let mut statement = prepare(connection, sql!("head"))?;
    let columns = |row: &Row<'_>| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, [u8; 32]>(1)?,
            row.get(2)?,
            row.get::<_, i64>(3)?,
            row.get::<_, i64>(4)?,
        ))
    };
    let (revision, hash, instant, names, events) =
        statement.query_row([], columns).map_err(|error| store_error(&error))?;
    let revision = codec::revision(revision)?;
    Ok(Head {
        revision,
        hash: Hash(hash),
        instant: Timestamp::from_micros(instant),
        names: names.cast_unsigned(),
        events: events.cast_unsigned(),
    })
}

/// Revision, hash and instant of the last change.
pub(super) fn last_change(
    connection: &Connection,
) -> Result<Option<(Revision, Hash, Timestamp)>, StoreError> {
    let mut statement = prepare(connection, sql!("last_change"))?;
    let columns = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?));
    let found = statement.query_row([], columns).optional().map_err(|error| store_error(&error))?;
    let typed = |(revision, hash, instant)| {
        Ok((codec::revision(revision)?, Hash(hash), Timestamp::from_micros(instant)))
    };
    found.map(typed).transpose()
}

/// See [`super::super::EventStore::changes_after`].
pub(super) fn changes_after(
    connection: &Connection,
    older_schema: Option<i64>,
    after: Revision,
    limit: PageLimit,
) -> Result<Vec<SealedChange>, StoreError> {
    // One snapshot for both statements. Nothing is written, so that dropping it is as good as a commit.
    let _snapshot = connection.unchecked_transaction().map_err(|error| store_error(&error))?;
    let after = [codec::revision_column(after)];
    let (changes, events) = match older_schema {
        None => (sql!("changes_after"), sql!("events_of_changes")),
        Some(_) => (sql!("changes_after_schema_1"), sql!("events_of_changes_schema_1")),
    };
    let mut changes = prepare(connection, changes)?;
    let mut changes = changes.query(after).map_err(|error| store_error(&error))?;
    let mut events = prepare(connection, events)?;
    let mut events = events.query_and_then(after, rows::event).map_err(|error| store_error(&error))?;

    let mut page = Page::new(limit);
    let mut ahead = next(&mut events)?;
    while let Some(row) = changes.next().map_err(|error| store_error(&error))? {
        let change = rows::change(row, 0).map_err(|error| store_error(&error))?;
        let (mut bytes, mut own) = (change.page_bytes(), Vec::new());
        while let Some(event) = ahead.take_if(|event| event.revision == change.revision) {
            bytes += event.page_bytes();
            own.push(event);
            if !page.has_room_for(bytes) {
                return Ok(page.rows);
            }
            ahead = next(&mut events)?;
        }
        let revision = codec::revision(change.revision)?;
        if own.is_empty() {
            return Err(StoreError::corrupt(revision, "its events are missing"));
        }
        page.push(change.into_sealed(own)?, bytes);
        if page.is_full() {
            return Ok(page.rows);
        }
    }
    match ahead {
        Some(event) => Err(StoreError::corrupt(codec::revision(event.revision)?, "its change is missing")),
        None => Ok(page.rows),
    }
}

/// See [`super::super::EventStore::tree_page`] and [`access_page`](super::super::EventStore::access_page), by what `read`
/// makes of a state.
pub(super) fn tree_page<T>(
    connection: &Connection,
    page: &TreePage<'_>,
    read: impl Fn(codec::StateRow) -> Result<(ConfigName, T), StoreError>,
) -> Result<Vec<(ConfigName, T)>, StoreError> {
    let (first, end) = bounds(page.prefix, page.after);
    let parameters = params![codec::revision_column(page.at), first, end, row_limit(page.limit)];
    let mut statement = prepare(connection, sql!("tree_page"))?;
    let mut rows = statement.query(parameters).map_err(|error| store_error(&error))?;

    let mut found: Page<(ConfigName, T)> = Page::new(page.limit);
    while let Some(row) = rows.next().map_err(|error| store_error(&error))? {
        let state = match rows::state(row, 2) {
            Ok(state) => state,
            Err(rusqlite::Error::InvalidColumnType(_, _, Type::Null)) => {
                let first: i64 = row.get(1).map_err(|error| store_error(&error))?;
                return Err(StoreError::corrupt(codec::revision(first)?, "the events of a name are missing"));
            }
            Err(error) => return Err(store_error(&error)),
        };
        let bytes = state.bytes();
        if !found.has_room_for(bytes) {
            break;
        }
        let (name, config) = read(state)?;
        if found.rows.last().is_some_and(|(before, _)| *before >= name) {
            return Err(corrupt_file("the names are out of order"));
        }
        found.push((name, config), bytes);
    }
    Ok(found.rows)
}

/// See [`super::super::EventStore::config_at`].
pub(super) fn config_at(
    connection: &Connection,
    name: &ConfigName,
    at: Revision,
) -> Result<Option<Config>, StoreError> {
    let mut statement = prepare(connection, sql!("config_at"))?;
    let found = state_at(&mut statement, name, at)?;
    found.map(|state| state.into_config().map(|(_, config)| config)).transpose()
}

fn state_at(
    statement: &mut rusqlite::Statement<'_>,
    name: &ConfigName,
    at: Revision,
) -> Result<Option<codec::StateRow>, StoreError> {
    let parameters = params![name.as_str(), codec::revision_column(at)];
    let found = statement.query_row(parameters, |row| rows::state(row, 1)).optional();
    found.map_err(|error| store_error(&error))
}

/// See [`super::super::EventStore::configs_at`].
pub(super) fn configs_at(
    connection: &Connection,
    names: &[ConfigName],
    at: Revision,
    bytes_max: usize,
) -> Result<Vec<Option<Config>>, StoreError> {
    let mut page = Page::new(PageLimit { rows: names.len(), bytes: bytes_max });
    let mut statement = prepare(connection, sql!("config_at"))?;
    for name in names {
        let state = state_at(&mut statement, name, at)?;
        let bytes = state.as_ref().map_or(0, codec::StateRow::bytes);
        // The first value always has room, as in every page.
        if page.bytes > 0 && !page.has_room_for(bytes) {
            break;
        }
        page.push(state.map(|state| state.into_config().map(|(_, config)| config)).transpose()?, bytes);
    }
    Ok(page.rows)
}

/// See [`super::super::EventStore::names_between`].
pub(super) fn names_between(
    connection: &Connection,
    after: Revision,
    to: Revision,
    rows_max: usize,
) -> Result<Vec<(Revision, ConfigName)>, StoreError> {
    let limit = row_limit(PageLimit { rows: rows_max, bytes: 0 });
    let parameters = params![codec::revision_column(after), codec::revision_column(to), limit];
    let mut statement = prepare(connection, sql!("names_between"))?;
    let columns = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
    let mut rows = statement.query_and_then(parameters, columns).map_err(|error| store_error(&error))?;
    let mut found = Vec::new();
    while let Some((revision, name)) = next(&mut rows)? {
        let revision = codec::revision(revision)?;
        found.push((revision, codec::name(revision, &name)?));
    }
    Ok(found)
}

/// See [`super::super::EventStore::history`].
pub(super) fn history(
    connection: &Connection,
    name: &ConfigName,
    page: &HistoryPage,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let at = page.at.min(head(connection)?.revision);
    // Revisions stand for versions here: both rise together.
    let (statement, after) = match (page.order, page.after) {
        (Order::OldestFirst, None) => (sql!("history_oldest_first"), Revision::ZERO),
        (Order::OldestFirst, Some(after)) => {
            (sql!("history_oldest_first"), first_past(connection, name, after.next(), at)?.previous())
        }
        (Order::NewestFirst, None) => (sql!("history_newest_first"), Revision::MAX),
        (Order::NewestFirst, Some(after)) => {
            (sql!("history_newest_first"), first_past(connection, name, after, at)?)
        }
    };
    let (after, at) = (codec::revision_column(after), codec::revision_column(at));
    let parameters = params![name.as_str(), after, at, row_limit(page.limit)];
    let mut statement = prepare(connection, statement)?;
    let mut rows = statement
        .query_and_then(parameters, |row| Ok((rows::event(row)?, rows::change(row, rows::EVENT_COLUMNS)?)))
        .map_err(|error| store_error(&error))?;

    let mut found = Page::new(page.limit);
    while let Some((event, change)) = next(&mut rows)? {
        let bytes = event.bytes();
        if !found.has_room_for(bytes) {
            break;
        }
        found.push(event.into_recorded(change)?, bytes);
    }
    Ok(found.rows)
}

/// The first revision at which a name has that many events; the one after `at` if it has fewer.
///
/// Versions are dense and rise with revisions, so that some twenty seeks find one among a million changes.
fn first_past(
    connection: &Connection,
    name: &ConfigName,
    version: Version,
    at: Revision,
) -> Result<Revision, StoreError> {
    let mut statement = prepare(connection, sql!("version_at"))?;
    let (mut low, mut high) = (0, at.next().get());
    while low < high {
        let middle = low + (high - low) / 2;
        let row =
            statement.query_row(params![name.as_str(), middle.cast_signed()], |row| row.get::<_, i64>(0));
        let found = row.optional().map_err(|error| store_error(&error))?.unwrap_or(0);
        if found < version.get().cast_signed() {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(Revision::new(low))
}

/// See [`super::super::EventStore::revisions_at`]. Each seek sees what the one before saw, or more.
pub(super) fn revisions_at(
    connection: &Connection,
    instants: &[Timestamp],
) -> Result<Vec<Revision>, StoreError> {
    let mut statement = prepare(connection, sql!("revision_at"))?;
    let revision = |instant: &Timestamp| {
        let found = statement.query_row([instant.as_micros()], |row| row.get(0)).optional();
        codec::revision(found.map_err(|error| store_error(&error))?.unwrap_or(0))
    };
    instants.iter().map(revision).collect()
}

/// See [`super::super::EventStore::instant_of`].
pub(super) fn instant_of(
    connection: &Connection,
    revision: Revision,
) -> Result<Option<Timestamp>, StoreError> {
    let mut statement = prepare(connection, sql!("instant_of"))?;
    let found = statement.query_row([codec::revision_column(revision)], |row| row.get(0)).optional();
    Ok(found.map_err(|error| store_error(&error))?.map(Timestamp::from_micros))
}

/// See [`super::super::EventStore::hash_of`].
pub(super) fn hash_of(connection: &Connection, revision: Revision) -> Result<Option<Hash>, StoreError> {
    let mut statement = prepare(connection, sql!("hash_of"))?;
    let found = statement.query_row([codec::revision_column(revision)], |row| row.get(0)).optional();
    Ok(found.map_err(|error| store_error(&error))?.map(Hash))
}

/// See [`super::super::EventStore::find_marked`].
pub(super) fn find_marked(
    connection: &Connection,
    keys: &[(Option<Arc<str>>, IdempotencyKey)],
    since: Timestamp,
) -> Result<Vec<MarkedChange>, StoreError> {
    let mut statement = prepare(connection, sql!("find_marked"))?;
    let mut found = Vec::new();
    for (actor_id, key) in keys {
        let parameters = params![key.as_str(), actor_id, since.as_micros()];
        let row = statement.query_row(parameters, |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)));
        let Some((revision, content)) = row.optional().map_err(|error| store_error(&error))? else {
            continue;
        };
        let revision = codec::revision(revision)?;
        let mark = codec::mark(key.as_str(), &content);
        let mark = mark.ok_or_else(|| StoreError::corrupt(revision, "its idempotency key is unreadable"))?;
        found.push(MarkedChange { actor_id: actor_id.clone(), mark, revision });
    }
    Ok(found)
}

/// See [`super::super::EventStore::data_keys`].
pub(super) fn data_keys(connection: &Connection, values: &[ValueId]) -> Result<Vec<DataKey>, StoreError> {
    let mut statement = prepare(connection, sql!("data_keys"))?;
    let mut found = Vec::new();
    for value in values {
        let row = statement.query_row([value.0], rows::data_key).optional();
        found.extend(row.map_err(|error| store_error(&error))?);
    }
    Ok(found)
}

/// See [`super::super::EventStore::data_keys_after`].
pub(super) fn data_keys_after(
    connection: &Connection,
    after: Option<ValueId>,
    rows: usize,
) -> Result<Vec<DataKey>, StoreError> {
    let after = after.map_or(Vec::new(), |after| after.0.to_vec());
    let mut statement = prepare(connection, sql!("data_keys_after"))?;
    let parameters = params![after, row_limit(PageLimit { rows, bytes: 0 })];
    let mut rows =
        statement.query_and_then(parameters, rows::data_key).map_err(|error| store_error(&error))?;
    let mut found = Vec::new();
    while let Some(key) = next(&mut rows)? {
        found.push(key);
    }
    Ok(found)
}

/// See [`super::super::EventStore::probe`].
pub(super) fn probe(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = prepare(connection, sql!("probe"))?;
    statement.query_row([], |_| Ok(())).map_err(|error| store_error(&error))
}

/// A statement, prepared once a connection.
pub(super) fn prepare<'c>(
    connection: &'c Connection,
    text: &str,
) -> Result<rusqlite::CachedStatement<'c>, StoreError> {
    connection.prepare_cached(text).map_err(|error| store_error(&error))
}

fn next<T>(rows: &mut impl Iterator<Item = rusqlite::Result<T>>) -> Result<Option<T>, StoreError> {
    rows.next().transpose().map_err(|error| store_error(&error))
}

/// The first name that can be in a page, and the first that can't any more.
fn bounds(prefix: &Prefix, after: Option<&ConfigName>) -> (String, String) {
    let first = match after {
        // No name holds a control character: none sorts between a name and the same with U+0001 behind it.
        Some(after) if after.as_str() >= prefix.as_str() => format!("{after}\u{1}"),
        _ => prefix.as_str().to_owned(),
    };
    // Longer than any name, and nothing but the last character: sorts after every name.
    let last = || "\u{10FFFF}".repeat(NAME_BYTES_MAX / 4 + 1);
    (first, prefix.end().unwrap_or_else(last))
}

fn row_limit(limit: PageLimit) -> i64 {
    i64::try_from(limit.rows.max(1)).unwrap_or(i64::MAX)
}
