//! The schema: created, brought up to date, or refused; and the server's settings.
//!
//! Called once by `open`, on a connection of its own. Migrations run in one transaction under an advisory
//! lock, so that of several servers that start together one migrates and the others find it done. Tests:
//! `servers_that_start_together_migrate_once`, `a_newer_schema_is_refused`,
//! `settings_that_lose_writes_are_refused_unless_the_loss_is_accepted`,
//! `a_migration_from_schema_1_loses_nothing_that_older_servers_acknowledged_and_then_fences_them`,
//! `an_autovacuum_of_the_log_keeps_no_migration_out`.

use std::time::{Duration, Instant};

use ::postgres::Row;

use super::connect::Session;
use super::grant::may_migrate;
use super::rows::{clock, column, head};
use super::{Durability, PostgresOptions};
use crate::infrastructure::store::{Access, Head, LogIdentity, StoreError};

const PRESENCE: &str = include_str!("../../../../sql/postgres/schema_presence.sql");
const VERSION: &str = include_str!("../../../../sql/postgres/schema_version.sql");
const OLDEST_USERS: &str = include_str!("../../../../sql/postgres/oldest_users.sql");
const LOCK: &str = include_str!("../../../../sql/postgres/migration_lock.sql");
const CREATE_MIGRATIONS: &str = include_str!("../../../../sql/postgres/create_schema_migrations.sql");
const RECORD: &str = include_str!("../../../../sql/postgres/record_migration.sql");
const CREATE_LOG: &str = include_str!("../../../../sql/postgres/create_log.sql");
const IDENTITY: &str = include_str!("../../../../sql/postgres/identity.sql");
const IDENTITY_SCHEMA_2: &str = include_str!("../../../../sql/postgres/identity_schema_2.sql");
const HEAD_SCHEMA_2: &str = include_str!("../../../../sql/postgres/head_schema_2.sql");
const HEAD: &str = include_str!("../../../../sql/postgres/head.sql");
const SETTINGS: &str = include_str!("../../../../sql/postgres/server_settings.sql");

const MAY_APPEND: &str = include_str!("../../../../sql/postgres/may_append.sql");

/// A step from one schema to the next.
struct Migration {
    version: i64,
    text: &'static str,
    /// The oldest schema whose releases can still read a log that has had this step.
    oldest_reader: i64,
    /// The same for releases that append.
    oldest_writer: i64,
}

/// Every migration, oldest first.
const MIGRATIONS: [Migration; 3] = [
    Migration {
        version: 1,
        text: include_str!("../../../../sql/postgres/migrations/0001_log.sql"),
        oldest_reader: 1,
        oldest_writer: 1,
    },
    Migration {
        version: 2,
        text: include_str!("../../../../sql/postgres/migrations/0002_one_table.sql"),
        oldest_reader: 2,
        oldest_writer: 2,
    },
    Migration {
        version: 3,
        text: include_str!("../../../../sql/postgres/migrations/0003_columns_for_encryption_and_access.sql"),
        oldest_reader: 3,
        oldest_writer: 3,
    },
];

/// The tables of each older schema that servers append to, locked before a migration reads them.
const LOCK_TABLES: [(i64, &str); 2] = [
    (1, include_str!("../../../../sql/postgres/lock_schema_1.sql")),
    (2, include_str!("../../../../sql/postgres/lock_schema_2.sql")),
];
const LOCK_TIMEOUT: &str = include_str!("../../../../sql/postgres/migration_lock_timeout.sql");
const PAUSE: &str = include_str!("../../../../sql/postgres/migration_pause.sql");
/// Between two tries to lock the tables: reads that waited behind the first go on. The statement's own number.
const LOCK_PAUSE: Duration = Duration::from_millis(300);
/// How long a try waits for the tables: reads wait behind it.
const LOCK_WAIT: &str = "300ms";
/// How long every eighth try waits: PostgreSQL ends an autovacuum that is in the way after `deadlock_timeout` (1 s).
const LOCK_WAIT_LONG: &str = "1200ms";
const TRIES_TO_A_LONG_WAIT: u32 = 8;

/// The newest schema that this release knows.
pub(super) const KNOWN: i64 = MIGRATIONS[MIGRATIONS.len() - 1].version;

/// What is known of a log that is ready.
pub(super) struct Opened {
    pub(super) identity: LogIdentity,
    /// The server's clock, in microseconds since 1970.
    pub(super) clock_us: i64,
}

/// Finds the log of a database, whatever its schema, and changes nothing.
pub(super) fn look(session: &mut Session, options: &PostgresOptions) -> Result<(Opened, i64), StoreError> {
    check_settings(session.within(options.read_timeout), Durability::AcceptLoss)?;
    let absent = |what: &str| Err(StoreError::Absent(what.to_owned()));
    match presence(session)? {
        Presence { schema: false, .. } => return absent("the database has no schema configapi"),
        Presence { migrations: false, .. } => {
            return absent("the schema configapi of the database was not made by this program");
        }
        Presence { .. } => {}
    }
    match installed(session)? {
        0 => absent("the schema configapi of the database is empty"),
        found => {
            refuse_unless_compatible(session, found, Access::ReadOnly)?;
            Ok((read_log(session, options, found)?, found.min(KNOWN)))
        }
    }
}

/// Checks the server, brings the schema up to date, and reads what makes this log this log.
pub(super) fn open(session: &mut Session, options: &PostgresOptions) -> Result<Opened, StoreError> {
    // Who only reads acknowledges nothing that could be lost.
    let durability = match options.access {
        Access::ReadWrite => options.durability,
        Access::ReadOnly => Durability::AcceptLoss,
    };
    check_settings(session.within(options.read_timeout), durability)?;
    match installed(session)? {
        KNOWN => {}
        newer @ KNOWN.. => refuse_unless_compatible(session, newer, options.access)?,
        older if options.access == Access::ReadOnly => {
            return Err(StoreError::SchemaTooOld { found: older, known: KNOWN });
        }
        older => migrate_as_allowed(session, options.migrate_timeout, older)?,
    }
    read_log(session, options, KNOWN)
}

fn read_log(session: &mut Session, options: &PostgresOptions, schema: i64) -> Result<Opened, StoreError> {
    session.within(options.read_timeout);
    let row = session.row(if schema < KNOWN { IDENTITY_SCHEMA_2 } else { IDENTITY }, &[])?;
    let identity = LogIdentity {
        id: bytes("log id", column(&row, 0)?)?,
        fingerprint_key: bytes("key", column(&row, 1)?)?,
    };
    let row = session.row(head_of(schema), &[])?;
    head(&row)?;
    Ok(Opened { identity, clock_us: clock(&row)? })
}

/// The statement that reads the head of a log with this schema.
pub(super) fn head_of(schema: i64) -> &'static str {
    if schema < KNOWN { HEAD_SCHEMA_2 } else { HEAD }
}

/// A newer release may have said that this one can still use the log.
fn refuse_unless_compatible(session: &mut Session, found: i64, access: Access) -> Result<(), StoreError> {
    if found <= KNOWN {
        return Ok(());
    }
    let row = session.row(OLDEST_USERS, &[&KNOWN])?;
    let place = match access {
        Access::ReadOnly => 0,
        Access::ReadWrite => 1,
    };
    let oldest: i64 = column(&row, place)?;
    if oldest <= KNOWN { Ok(()) } else { Err(StoreError::SchemaTooNew { found, known: KNOWN }) }
}

/// The version of the schema; 0 for none.
fn installed(session: &mut Session) -> Result<i64, StoreError> {
    if presence(session)?.migrations { column(&session.row(VERSION, &[])?, 0) } else { Ok(0) }
}

struct Presence {
    schema: bool,
    migrations: bool,
}

fn presence(session: &mut Session) -> Result<Presence, StoreError> {
    let row = session.row(PRESENCE, &[])?;
    Ok(Presence { schema: column(&row, 0)?, migrations: column(&row, 1)? })
}

fn migrate_as_allowed(session: &mut Session, limit: Duration, found: i64) -> Result<(), StoreError> {
    let too_old = StoreError::SchemaTooOld { found, known: KNOWN };
    if !may_migrate(session)? {
        return Err(too_old);
    }
    match migrate(session, limit) {
        // Whoever asks again finds out.
        Err(StoreError::OutcomeUnknown(what)) => Err(StoreError::Unavailable(what)),
        // Only a missing right makes a statement of ours misconfigured.
        Err(StoreError::Misconfigured(_)) => Err(too_old),
        other => other,
    }
}

/// Tries until it has the tables: the wait for them is short, and a deadlock with an append counts as one.
fn migrate(session: &mut Session, limit: Duration) -> Result<(), StoreError> {
    let begun = Instant::now();
    let mut tries = 0_u32;
    loop {
        tries += 1;
        let wait = if tries.is_multiple_of(TRIES_TO_A_LONG_WAIT) { LOCK_WAIT_LONG } else { LOCK_WAIT };
        session.within(limit.saturating_sub(begun.elapsed()));
        // In a stricter isolation the snapshot would be older than the locks, and the copy would miss writes.
        session.begin()?;
        let failed = match lock_and_find(session, wait) {
            Ok(found) => match migrate_from(session, found) {
                Ok(()) => return session.commit(),
                Err(error) => Failed::For(error),
            },
            Err(failed) => failed,
        };
        session.roll_back();
        match failed {
            Failed::Busy(_) if !session.is_broken() && begun.elapsed() + LOCK_PAUSE < limit => {
                session.within(LOCK_PAUSE * 10).run(PAUSE)?;
            }
            Failed::Busy(what) => {
                return Err(StoreError::Unavailable(format!(
                    "the migration could not lock the log's tables: end the sessions that hold them, \
                     such as a dump ({what})"
                )));
            }
            Failed::For(error) => return Err(error),
        }
    }
}

/// Why a try to migrate ended.
enum Failed {
    /// Somebody uses the tables.
    Busy(String),
    For(StoreError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::For(error)
    }
}

/// Keeps other migrators and every append out, and reads the version that is there.
fn lock_and_find(session: &mut Session, wait: &str) -> Result<i64, Failed> {
    session.run(LOCK)?;
    // Another server may have been first.
    let found = installed(session)?;
    if let Some((_, tables)) = LOCK_TABLES.iter().find(|(version, _)| *version == found) {
        session.row(LOCK_TIMEOUT, &[&wait])?;
        session.run(tables).map_err(|error| match error {
            StoreError::Unavailable(what) => Failed::Busy(what),
            other => Failed::For(other),
        })?;
    }
    Ok(found)
}

fn migrate_from(session: &mut Session, found: i64) -> Result<(), StoreError> {
    if !presence(session)?.schema {
        // Not IF NOT EXISTS: that wants the right to create also where there is nothing to create.
        session.run("CREATE SCHEMA configapi")?;
    }
    session.run(CREATE_MIGRATIONS)?;
    let missing = || MIGRATIONS.iter().filter(|migration| migration.version > found);
    for migration in missing() {
        session.run(migration.text)?;
    }
    // Afterwards: the first schemas have no columns for all of it.
    for Migration { version, oldest_reader, oldest_writer, .. } in missing() {
        session.rows(RECORD, &[version, oldest_reader, oldest_writer], |_| Ok(()))?;
    }
    if found == 0 { create_log(session) } else { Ok(()) }
}

/// A new log has a random id and key, and a head whose hash is made from the id.
fn create_log(session: &mut Session) -> Result<(), StoreError> {
    let (mut id, mut fingerprint_key) = ([0; 16], [0; 32]);
    for random in [id.as_mut_slice(), &mut fingerprint_key] {
        getrandom::fill(random).map_err(|error| StoreError::Unexpected(error.to_string()))?;
    }
    let identity = LogIdentity { id, fingerprint_key };
    let head = Head::empty(&identity);
    let columns = (identity.id.as_slice(), identity.fingerprint_key.as_slice(), head.hash.0.as_slice());
    let (id, key, hash) = columns;
    session.rows(CREATE_LOG, &[&id, &key, &hash, &head.instant.as_micros()], |_| Ok(()))?;
    Ok(())
}

fn check_settings(session: &mut Session, durability: Durability) -> Result<(), StoreError> {
    let row = session.row(SETTINGS, &[])?;
    if durability == Durability::Required {
        check_disk(&row)?;
        let (commit, standbys) = (column::<&str>(&row, 2)?, column::<&str>(&row, 4)?);
        if commit == "off" || (commit == "local" && !standbys.is_empty()) {
            return Err(loses_writes("synchronous_commit", commit));
        }
    }
    let encoding: &str = column(&row, 3)?;
    if encoding != "UTF8" {
        let what = format!("the database has encoding {encoding}: create it with ENCODING 'UTF8'");
        return Err(StoreError::Misconfigured(what));
    }
    Ok(())
}

/// Whether the server still writes what it acknowledges to its disk. An append sees to `synchronous_commit`
/// itself; these two it can't change.
pub(super) fn check_still_durable(session: &mut Session) -> Result<(), StoreError> {
    check_disk(&session.row(SETTINGS, &[])?)
}

/// Whether the server's role still may append: a grant can be taken back while the server runs.
pub(super) fn check_may_append(session: &mut Session) -> Result<(), StoreError> {
    if column(&session.row(MAY_APPEND, &[])?, 0)? {
        return Ok(());
    }
    let what = "the role may not append: run configapi migrate --grant ROLE as the owner of the schema";
    Err(StoreError::Unavailable(what.to_owned()))
}

fn check_disk(settings: &Row) -> Result<(), StoreError> {
    for (place, setting) in ["fsync", "full_page_writes"].into_iter().enumerate() {
        let value = column::<&str>(settings, place)?;
        if value == "off" {
            return Err(loses_writes(setting, value));
        }
    }
    Ok(())
}

fn loses_writes(setting: &str, value: &str) -> StoreError {
    StoreError::Misconfigured(format!(
        "the PostgreSQL server has {setting} {value} and can lose acknowledged writes: \
         set {setting} = on, or accept the loss in the store's options"
    ))
}

fn bytes<const N: usize>(what: &str, column: &[u8]) -> Result<[u8; N], StoreError> {
    column.try_into().map_err(|_| StoreError::Unexpected(format!("the {what} has not {N} bytes")))
}
