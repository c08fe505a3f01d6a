//! Brings the schema of a file up to date, forward only, in one transaction.
//!
//! Called when a store is opened, under the file's lock; calls the migrations of `sql/sqlite/migrations`.
//!
//! Invariants: `a_newer_schema_is_refused`, `a_newer_schema_that_lets_this_release_write_is_opened`,
//! `another_programs_database_is_left_alone`, `a_file_of_the_first_schema_is_migrated_whole`.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::super::{Access, Head, LogIdentity, StoreError};
use super::errors::{corrupt_file, store_error};
use super::{read, sql};
use crate::domain::Timestamp;
use crate::runtime::clock;

/// A step from one schema to the next.
struct Migration {
    text: &'static str,
    /// The oldest schema whose releases can still read a file that has had this step.
    oldest_reader: i64,
    /// The same for releases that append.
    oldest_writer: i64,
}

/// The migrations, in order; the schema's version is how many of them a file has had.
const MIGRATIONS: &[Migration] = &[
    Migration { text: sql!("migrations/0001_log"), oldest_reader: 1, oldest_writer: 1 },
    Migration {
        text: sql!("migrations/0002_columns_for_encryption_and_access"),
        oldest_reader: 2,
        oldest_writer: 2,
    },
];

/// How many tables a log of ours has had since the first schema.
const TABLES: i64 = 5;

/// `PRAGMA application_id` of our files, set by the first migration.
const APPLICATION_ID: i64 = 1_130_774_896;

/// Migrates, makes the log if there is none, and says which log it is.
pub(super) fn migrate(connection: &mut Connection) -> Result<LogIdentity, StoreError> {
    refuse_foreign_database(connection)?;
    turn_wal_on(connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = transaction.map_err(|error| store_error(&error))?;
    apply_missing(&transaction)?;
    let identity = match identity(&transaction)? {
        Some(identity) => identity,
        None => create_log(&transaction)?,
    };
    transaction.commit().map_err(|error| store_error(&error))?;
    Ok(identity)
}

/// A log that was found in a file.
pub(super) struct Found {
    pub(super) identity: LogIdentity,
    /// Its schema, if it is older than this release's.
    pub(super) older_schema: Option<i64>,
}

/// Finds the log in a file, and changes nothing.
pub(super) fn look(connection: &Connection) -> Result<Found, StoreError> {
    let (ours, objects) = contents(connection)?;
    if objects == 0 {
        return Err(StoreError::Absent("the file is an empty database".to_owned()));
    }
    if !ours {
        return Err(StoreError::Absent("the file is the database of another program".to_owned()));
    }
    let (found, known) = (schema_version(connection)?, known());
    refuse_unless_compatible(connection, found, known, Access::ReadOnly)?;
    let identity = identity(connection)?.ok_or_else(|| corrupt_file("the log has no head"))?;
    Ok(Found { identity, older_schema: (found < known).then_some(found) })
}

fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Whether the file is a log of ours, and how many tables and indexes it has.
fn contents(connection: &Connection) -> Result<(bool, i64), StoreError> {
    let id = application_id(connection)?;
    let count = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let (objects, tables) =
        connection.query_row(sql!("schema_objects"), [], count).map_err(|error| store_error(&error))?;
    // A file that was made from a dump has no id of any application.
    let ours = id == APPLICATION_ID || (id == 0 && tables == TABLES);
    Ok((ours, objects))
}

fn application_id(connection: &Connection) -> Result<i64, StoreError> {
    connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(|error| store_error(&error))
}

fn schema_version(connection: &Connection) -> Result<i64, StoreError> {
    connection.query_row(sql!("schema_version"), [], |row| row.get(0)).map_err(|error| store_error(&error))
}

fn refuse_foreign_database(connection: &Connection) -> Result<(), StoreError> {
    let (ours, objects) = contents(connection)?;
    if ours || objects == 0 {
        return Ok(());
    }
    Err(StoreError::Misconfigured("the file is the database of another program".to_owned()))
}

/// A file system without shared memory answers with another mode, and would lose the readers' independence.
fn turn_wal_on(connection: &Connection) -> Result<(), StoreError> {
    let in_memory = connection.path().is_none_or(str::is_empty);
    let mode = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
    match mode.map_err(|error| store_error(&error))?.as_str() {
        "wal" => Ok(()),
        _ if in_memory => Ok(()),
        other => {
            Err(StoreError::Misconfigured(format!("SQLite's log can't be kept here, only the mode {other}")))
        }
    }
}

fn apply_missing(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let failed = |error| store_error(&error);
    transaction.execute_batch(sql!("create_schema_migrations")).map_err(failed)?;
    let (found, known) = (schema_version(transaction)?, known());
    refuse_unless_compatible(transaction, found, known, Access::ReadWrite)?;
    let now = Timestamp::from_system(clock::wall_now()).as_micros();
    let missing = || (1_i64..).zip(MIGRATIONS).filter(|(version, _)| *version > found);
    for (_, migration) in missing() {
        transaction.execute_batch(migration.text).map_err(failed)?;
    }
    // Afterwards: the first schema has no columns for all of it.
    for (version, migration) in missing() {
        let row = params![version, now, migration.oldest_reader, migration.oldest_writer];
        transaction.execute(sql!("record_migration"), row).map_err(failed)?;
    }
    if application_id(transaction)? != APPLICATION_ID {
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    }
    Ok(())
}

/// A newer release may have said that this one can still use the file.
fn refuse_unless_compatible(
    connection: &Connection,
    found: i64,
    known: i64,
    access: Access,
) -> Result<(), StoreError> {
    if found <= known {
        return Ok(());
    }
    let place = match access {
        Access::ReadOnly => 0,
        Access::ReadWrite => 1,
    };
    let oldest: i64 = connection
        .query_row(sql!("oldest_users"), [known], |row| row.get(place))
        .map_err(|error| store_error(&error))?;
    if oldest <= known { Ok(()) } else { Err(StoreError::SchemaTooNew { found, known }) }
}

fn identity(connection: &Connection) -> Result<Option<LogIdentity>, StoreError> {
    connection
        .query_row(sql!("identity"), [], |row| {
            Ok(LogIdentity { id: row.get(0)?, fingerprint_key: row.get(1)? })
        })
        .optional()
        .map_err(|error| store_error(&error))
}

fn create_log(transaction: &Transaction<'_>) -> Result<LogIdentity, StoreError> {
    if read::last_change(transaction)?.is_some() {
        return Err(corrupt_file("the log has changes and no head"));
    }
    let mut identity = LogIdentity { id: [0; 16], fingerprint_key: [0; 32] };
    for bytes in [&mut identity.id[..], &mut identity.fingerprint_key[..]] {
        getrandom::fill(bytes)
            .map_err(|error| StoreError::Unexpected(format!("no random bytes: {error}")))?;
    }
    let empty = Head::empty(&identity);
    let row = params![identity.id, identity.fingerprint_key, empty.hash.0, empty.instant.as_micros()];
    transaction.execute(sql!("create_log"), row).map_err(|error| store_error(&error))?;
    Ok(identity)
}
