//! Appends: one transaction a batch, on the head that the batch was decided on.
//!
//! Called by the log thread through the trait; calls the write statements of `sql/sqlite`.
//!
//! Invariants: `a_stale_append_writes_nothing_and_says_what_the_head_is`,
//! `a_repeated_append_is_recognised_as_the_first`, `a_full_disk_writes_nothing_and_passes`,
//! `after_a_failed_write_nothing_more_is_acknowledged_and_the_server_ends_with_an_error`.
//!
//! Failures. A file that is gone before a commit takes nothing; one that is gone after it leaves the outcome unknown
//! (`presence`). A full disk is told before the commit's last page is in the log, so that nothing was written. Any
//! other I/O error is not believed twice: after a failed fsync the system may drop the pages and say that all
//! is well the next time (<https://wiki.postgresql.org/wiki/Fsync_Errors>), so the store takes no append until
//! it is opened again and has recovered from what the disk really holds. The outcome of that commit is unknown.

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, ffi, params};

use parking_lot::MutexGuard;

use super::super::codec::revision_column;
use super::super::stored::{attributes_of, attributes_text, created_of, encrypted_of, kind_of, value_of};
use super::super::{Append, DataKey, Head, LockedHead, LogIdentity, SealedChange, StoreError};
use super::connection::overwrite_deleted;
use super::errors::store_error;
use super::presence::Presence;
use super::read::{self, prepare};
use super::{SqliteStore, WAIT_MAX, sql};
use crate::domain::{Reason, Version};

/// The right to append: one holder at a time.
#[derive(Default)]
pub(super) struct Writing {
    /// Why nothing is written any more.
    poison: Option<String>,
}

impl SqliteStore {
    /// Waits for the right to append.
    pub(super) fn begin_writing(&self) -> Result<MutexGuard<'_, Writing>, StoreError> {
        let writing = self.writing.try_lock_for(WAIT_MAX);
        writing.ok_or_else(|| StoreError::Unavailable("another append holds the head".to_owned()))
    }
}

/// The head with the right to append.
pub(super) struct SqliteLockedHead<'a> {
    store: &'a SqliteStore,
    writing: MutexGuard<'a, Writing>,
    head: Head,
}

impl<'a> SqliteLockedHead<'a> {
    pub(super) fn new(store: &'a SqliteStore, writing: MutexGuard<'a, Writing>, head: Head) -> Self {
        Self { store, writing, head }
    }
}

impl LockedHead for SqliteLockedHead<'_> {
    fn head(&self) -> &Head {
        &self.head
    }

    fn append(mut self: Box<Self>, batch: &[SealedChange]) -> Result<(), StoreError> {
        match append(self.store, &mut self.writing, &self.head, batch)? {
            Append::Stored => Ok(()),
            Append::Stale(head) => {
                Err(StoreError::Unexpected(format!("the locked head has moved to {}", head.revision)))
            }
        }
    }
}

/// Appends a batch if the head is still the expected one. A batch of nothing only compares the head.
pub(super) fn append(
    store: &SqliteStore,
    writing: &mut Writing,
    expected: &Head,
    batch: &[SealedChange],
) -> Result<Append, StoreError> {
    if let Some(why) = &writing.poison {
        return Err(StoreError::Poisoned(why.clone()));
    }
    let connection = store.writer.lease()?;
    store.presence.iter().try_for_each(|file| file.confirm(&connection))?;
    if batch.is_empty() {
        let head = read::head(&connection)?;
        return Ok(if head.same_place(expected) { Append::Stored } else { Append::Stale(head) });
    }
    if batch.iter().any(|sealed| !sealed.keys.removed.is_empty()) {
        overwrite_deleted(&connection)?;
    }
    let transaction = Transaction::new_unchecked(&connection, TransactionBehavior::Immediate);
    let transaction = transaction.map_err(|error| writing.failed_before_commit(store, &error))?;
    let after = batch.iter().fold(expected.clone(), |head, sealed| head.after(sealed));
    if !move_head(&transaction, expected, &after)
        .map_err(|error| writing.failed_before_commit(store, &error))?
    {
        return stale_or_stored(&transaction, expected, batch);
    }
    insert(&transaction, batch).map_err(|error| writing.failed_before_commit(store, &error))?;
    transaction.commit().map_err(|error| writing.failed_in_commit(store, &error))?;
    // A file that is gone may never come back.
    let still_there = store.presence.iter().try_for_each(|file| file.confirm(&connection));
    still_there.map_err(|error| StoreError::OutcomeUnknown(error.to_string()))?;
    if batch.iter().any(|sealed| !sealed.keys.removed.is_empty()) {
        // The pages before it are in the log next to the file. A reader may hold them: the next checkpoint gets them.
        let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        drop(emptied);
    }
    store.empty_large_wal(writing, &connection);
    Ok(Append::Stored)
}

/// See [`super::super::EventStore::rewrap`].
pub(super) fn rewrap(store: &SqliteStore, before: &DataKey, after: &DataKey) -> Result<bool, StoreError> {
    let mut writing = store.begin_writing()?;
    if let Some(why) = &writing.poison {
        return Err(StoreError::Poisoned(why.clone()));
    }
    let connection = store.writer.lease()?;
    let row = params![before.value_id.0, before.wrapped, after.key_id.0, after.wrapped];
    let rewrapped = prepare(&connection, sql!("rewrap_data_key"))?.execute(row);
    Ok(rewrapped.map_err(|error| writing.failed_before_commit(store, &error))? == 1)
}

/// Makes the empty log another one.
pub(super) fn adopt(store: &SqliteStore, identity: &LogIdentity) -> Result<(), StoreError> {
    let _writing = store.begin_writing()?;
    let row = params![identity.id, identity.fingerprint_key, Head::empty(identity).hash.0];
    let adopted = store.writer.lease()?.execute(sql!("adopt_log"), row);
    if adopted.map_err(|error| store_error(&error))? == 1 { Ok(()) } else { Err(StoreError::not_empty()) }
}

impl Writing {
    /// Whether the file is not to be touched any more.
    pub(super) fn is_poisoned(&self) -> bool {
        self.poison.is_some()
    }

    /// The commit has not begun: whatever happened, nothing was written.
    pub(super) fn failed_before_commit(
        &mut self,
        store: &SqliteStore,
        error: &rusqlite::Error,
    ) -> StoreError {
        if is_past_size_limit(store, error) {
            return StoreError::Full(SIZE_LIMIT.to_owned());
        }
        if error.sqlite_error_code() != Some(ErrorCode::SystemIoFailure) {
            return store_error(error);
        }
        let why = error.to_string();
        self.poison = Some(why.clone());
        StoreError::Poisoned(why)
    }

    fn failed_in_commit(&mut self, store: &SqliteStore, error: &rusqlite::Error) -> StoreError {
        // The frame that makes the commit is the last one, so that it was not written whole.
        if is_past_size_limit(store, error) {
            return StoreError::Full(SIZE_LIMIT.to_owned());
        }
        if error.sqlite_error_code() != Some(ErrorCode::SystemIoFailure) {
            return store_error(error);
        }
        let why = error.to_string();
        // On a full disk the index of the log may find no room after the log itself did. The next append
        // overwrites the change or repeats it (contract S8), so that this passes as any full disk does.
        let index_full = error.sqlite_error().is_some_and(|e| e.extended_code == ffi::SQLITE_IOERR_SHMSIZE);
        if !index_full {
            self.poison = Some(why.clone());
        }
        StoreError::OutcomeUnknown(why)
    }
}

/// What a limit on a file's size comes to.
const SIZE_LIMIT: &str =
    "the file has reached the process's limit on the size of files (ulimit -f): raise the limit";

/// Whether a write failed because of the process's limit on the size of files. SQLite does not pass on the system's
/// error.
fn is_past_size_limit(store: &SqliteStore, error: &rusqlite::Error) -> bool {
    let is_write = error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_IOERR_WRITE);
    is_write && store.presence.as_ref().is_some_and(Presence::is_at_size_limit)
}

fn move_head(connection: &Connection, expected: &Head, after: &Head) -> rusqlite::Result<bool> {
    let moved = connection.prepare_cached(sql!("move_head"))?.execute(params![
        revision_column(expected.revision),
        expected.hash.0,
        revision_column(after.revision),
        after.hash.0,
        after.instant.as_micros(),
        after.names.cast_signed(),
        after.events.cast_signed(),
    ])?;
    Ok(moved == 1)
}

fn insert(connection: &Connection, batch: &[SealedChange]) -> rusqlite::Result<()> {
    let mut insert_change = connection.prepare_cached(sql!("insert_change"))?;
    let mut insert_event = connection.prepare_cached(sql!("insert_event"))?;
    let mut insert_name = connection.prepare_cached(sql!("insert_name"))?;
    for SealedChange { change, id, format, digests, hash, keys } in batch {
        let revision = revision_column(change.revision);
        let metadata = &change.metadata;
        let mark = change.idempotency.as_ref();
        insert_change.execute(params![
            revision,
            id,
            change.instant.as_micros(),
            metadata.actor,
            metadata.actor_id,
            metadata.reason.as_ref().map(Reason::as_str),
            metadata.request_id,
            metadata.trace_id,
            attributes_text(&metadata.attributes),
            mark.map(|mark| mark.key.as_str()),
            mark.map(|mark| mark.content.to_bytes()),
            hash.0,
        ])?;
        for ((ordinal, event), digest) in (0_i64..).zip(&change.events).zip(digests) {
            let name = event.name.as_str();
            if event.version == Version::new(1) {
                insert_name.execute(params![name, revision])?;
            }
            insert_event.execute(params![
                name,
                revision,
                ordinal,
                event.version.get().cast_signed(),
                kind_of(event),
                format.column(),
                created_of(event, change.revision).map(revision_column),
                attributes_of(event),
                value_of(event),
                digest.0,
                encrypted_of(event),
            ])?;
        }
        for DataKey { value_id, key_id, wrapped } in &keys.added {
            connection
                .prepare_cached(sql!("insert_data_keys"))?
                .execute(params![value_id.0, key_id.0, wrapped])?;
        }
        for value_id in &keys.removed {
            connection.prepare_cached(sql!("delete_data_keys"))?.execute([value_id.0])?;
        }
    }
    Ok(())
}

/// The head is not where the batch was decided on: was it this very batch that moved it (contract S6)?
fn stale_or_stored(
    connection: &Connection,
    expected: &Head,
    batch: &[SealedChange],
) -> Result<Append, StoreError> {
    let mut statement = prepare(connection, sql!("change_id_at"))?;
    for (sealed, revision) in batch.iter().zip(expected.revision.get() + 1..) {
        let parameters = [revision.cast_signed()];
        let found = statement
            .query_row(parameters, |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, [u8; 32]>(1)?)))
            .optional()
            .map_err(|error| store_error(&error))?;
        if found != Some((sealed.id, sealed.hash.0)) {
            return read::head(connection).map(Append::Stale);
        }
    }
    Ok(Append::Stored)
}
