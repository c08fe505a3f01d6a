//! The embedded event store: one SQLite file, or a database in memory.
//!
//! Called by boot (which opens it), the log thread, time travel and `verify`; calls rusqlite with the
//! statements of `sql/sqlite`, the codec and the hash chain.
//!
//! A file is opened by one process at a time ([`lock`]), by one path ([`database_path`]), and written as long as it is
//! there ([`presence`]). Appends go through one connection, what writing and health ask through another, reads of the past
//! through a few others ([`connection`]): in WAL mode a reader sees the last commit and never waits for the writer. It may
//! wait for its turn ([`checkpoint`]). In memory there is one connection for both, because SQLite's ways of sharing a database in memory make
//! readers and the writer refuse each other.
//!
//! Invariants (`tests/it/store_contract.rs` holds the contract, `tests/it/sqlite_store.rs` what is this
//! store's own): `a_second_store_on_the_file_is_refused`, `a_newer_schema_is_refused`,
//! `flipped_bits_are_noticed_or_change_nothing`, `after_a_failed_write_nothing_more_is_acknowledged_and_the_server_ends_with_an_error`.
//!
//! Failures: a file that is taken away takes no append and can be read; a full disk writes nothing and passes when there is room again; a failed write or fsync in a
//! commit poisons the store until it is opened again ([`append`]).

mod append;
mod checkpoint;
mod connection;
mod database_path;
mod errors;
mod lock;
mod migrate;
mod open_to_read;
mod page;
mod presence;
mod read;
mod rows;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::Connection;

use self::append::{SqliteLockedHead, Writing};
use self::connection::{BUSY_TIMEOUT, Connections, WalLimits};
use self::database_path::sibling;
use self::errors::{corrupt_file, store_error};
use self::lock::FileLock;
use self::presence::Presence;
use super::codec::StateRow;
use super::{
    Append, DataKey, EventStore, Hash, Head, HeadWatch, HistoryPage, LockedHead, LogIdentity, MarkedChange,
    PageLimit, RecordedEvent, SealedChange, StoreError, TreePage,
};
use crate::domain::{Config, ConfigName, IdempotencyKey, Revision, Timestamp, ValueId};
use crate::runtime::clock;

/// The text of a statement of `sql/sqlite`.
macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/sqlite/", $name, ".sql"))
    };
}
use sql;

/// Connections for reads, of a file. Reads of the past come from a bounded pool of threads; more connections
/// than cores only wait for each other.
const READERS: usize = 4;

/// The longest wait for a connection or for the right to append. Whoever waits longer is better told.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// An event store in an SQLite file or in memory.
///
/// Dropped, it writes what the log beside the file still holds into the file and frees it for the next
/// process.
pub struct SqliteStore {
    description: String,
    identity: LogIdentity,
    older_schema: Option<i64>,
    wal: WalLimits,
    writing: Mutex<Writing>,
    // The order matters: connections are closed before the file's own descriptor, and that before the lock is released.
    writer: Arc<Connections>,
    /// For the short reads that writing and health wait for: bulk readers can't take it.
    own: Arc<Connections>,
    /// For reads of the past, which take turns with the copying of the `-wal`.
    readers: Arc<Connections>,
    presence: Option<Presence>,
    lock: Option<FileLock>,
}

impl SqliteStore {
    /// Opens the store in a file, which is made if it is absent, and brings its schema up to date.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] if another process has it open, [`StoreError::SchemaTooNew`],
    /// [`StoreError::Misconfigured`] if it is another program's database or a path that no server can use,
    /// [`StoreError::Corrupt`] if it is damaged where opening looks: its header, its schema, and the head against the
    /// last change; also if it is missing or empty and held a log before.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_limited(path, WalLimits::default())
    }

    /// The same with a `-wal` that is copied at another size, in bytes: for tests that fill it.
    #[doc(hidden)]
    pub fn open_with_wal(path: &Path, copied_at: u64) -> Result<Self, StoreError> {
        Self::open_limited(path, WalLimits::copied_at(copied_at))
    }

    fn open_limited(path: &Path, wal: WalLimits) -> Result<Self, StoreError> {
        let path = database_path::resolve(path)?;
        Self::open_resolved(&path, wal).map_err(|error| match error {
            StoreError::Unavailable(_) => database_path::refusal_of_folder(&path).unwrap_or(error),
            // Waiting does not help, as it does with a database of many servers.
            StoreError::ReadOnly(what) => database_path::refusal_of_files(&path).unwrap_or_else(|| {
                StoreError::Misconfigured(format!("a server needs to write its file: {what}"))
            }),
            other => other,
        })
    }

    fn open_resolved(path: &Path, wal: WalLimits) -> Result<Self, StoreError> {
        database_path::refuse_shared(path)?;
        let mut lock = FileLock::take(path)?;
        lock.refuse_emptied(path)?;
        let mut presence = Presence::hold(path)?;
        let mut writer = connection::open_writer(path, wal)?;
        let identity = migrate::migrate(&mut writer)?;
        lock.note(&identity)?;
        let own = connection::open_reader(path)?;
        let readers = (0..READERS).map(|_| connection::open_reader(path)).collect::<Result<Vec<_>, _>>()?;
        presence.begin()?;
        let store = Self {
            description: format!("sqlite {}", path.display()),
            identity,
            older_schema: None,
            wal,
            writing: Mutex::default(),
            writer: Arc::new(Connections::new(vec![writer], WAIT_MAX)),
            own: Arc::new(Connections::new(vec![own], WAIT_MAX)),
            readers: Arc::new(Connections::new(readers, WAIT_MAX)),
            presence: Some(presence),
            lock: Some(lock),
        };
        store.compare_head_with_last_change()?;
        Ok(store)
    }

    /// Opens an empty store in memory, which is gone when it is dropped.
    pub fn in_memory() -> Result<Self, StoreError> {
        let mut only = connection::open_in_memory()?;
        let identity = migrate::migrate(&mut only)?;
        let only = Arc::new(Connections::new(vec![only], WAIT_MAX));
        Ok(Self {
            description: "sqlite in memory".to_owned(),
            identity,
            older_schema: None,
            wal: WalLimits::default(),
            writing: Mutex::default(),
            writer: Arc::clone(&only),
            own: Arc::clone(&only),
            readers: only,
            presence: None,
            lock: None,
        })
    }

    /// The head and the last change are written by one commit; apart, something else has written.
    fn compare_head_with_last_change(&self) -> Result<(), StoreError> {
        let (head, last) = self.read(|connection| {
            let head = read::head(connection)?;
            Ok((head, read::last_change(connection)?))
        })?;
        let empty = Head::empty(&self.identity);
        let last = last.unwrap_or((empty.revision, empty.hash, empty.instant));
        if (head.revision, head.hash, head.instant) == last {
            return Ok(());
        }
        Err(StoreError::corrupt(head.revision.max(last.0), "the head and the last change do not agree"))
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        work(&*self.readers.lease()?)
    }

    /// A short read that writing or health waits for.
    fn read_shortly<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        work(&*self.own.lease()?)
    }
}

impl EventStore for SqliteStore {
    fn describe(&self) -> String {
        self.description.clone()
    }

    fn identity(&self) -> LogIdentity {
        self.identity.clone()
    }

    fn clock(&self) -> Timestamp {
        Timestamp::from_system(clock::wall_now())
    }

    fn head(&self) -> Result<Head, StoreError> {
        self.read_shortly(read::head)
    }

    fn append(&self, expected: &Head, batch: &[SealedChange]) -> Result<Append, StoreError> {
        append::append(self, &mut *self.begin_writing()?, expected, batch)
    }

    fn lock_head(&self) -> Result<Box<dyn LockedHead + '_>, StoreError> {
        let writing = self.begin_writing()?;
        let head = read::head(&*self.writer.lease()?)?;
        Ok(Box::new(SqliteLockedHead::new(self, writing, head)))
    }

    fn changes_after(&self, after: Revision, limit: PageLimit) -> Result<Vec<SealedChange>, StoreError> {
        self.read(|connection| read::changes_after(connection, self.older_schema, after, limit))
    }

    fn tree_page(&self, page: &TreePage<'_>) -> Result<Vec<(ConfigName, Config)>, StoreError> {
        self.read(|connection| read::tree_page(connection, page, StateRow::into_config))
    }

    fn access_page(&self, page: &TreePage<'_>) -> Result<Vec<(ConfigName, Option<Config>)>, StoreError> {
        self.read(|connection| read::tree_page(connection, page, StateRow::into_access))
    }

    fn config_at(&self, name: &ConfigName, at: Revision) -> Result<Option<Config>, StoreError> {
        self.read(|connection| read::config_at(connection, name, at))
    }

    fn configs_at(
        &self,
        names: &[ConfigName],
        at: Revision,
        bytes_max: usize,
    ) -> Result<Vec<Option<Config>>, StoreError> {
        self.read(|connection| read::configs_at(connection, names, at, bytes_max))
    }

    fn recall(&self, names: &[ConfigName], at: Revision) -> Result<Vec<Option<Config>>, StoreError> {
        self.read_shortly(|connection| read::configs_at(connection, names, at, usize::MAX))
    }

    fn names_between(
        &self,
        after: Revision,
        to: Revision,
        rows_max: usize,
    ) -> Result<Vec<(Revision, ConfigName)>, StoreError> {
        self.read(|connection| read::names_between(connection, after, to, rows_max))
    }

    fn history(&self, name: &ConfigName, page: &HistoryPage) -> Result<Vec<RecordedEvent>, StoreError> {
        self.read(|connection| read::history(connection, name, page))
    }

    fn revisions_at(&self, instants: &[Timestamp]) -> Result<Vec<Revision>, StoreError> {
        self.read(|connection| read::revisions_at(connection, instants))
    }

    fn instant_of(&self, revision: Revision) -> Result<Option<Timestamp>, StoreError> {
        self.read(|connection| read::instant_of(connection, revision))
    }

    fn hash_of(&self, revision: Revision) -> Result<Option<Hash>, StoreError> {
        self.read(|connection| read::hash_of(connection, revision))
    }

    fn find_marked(
        &self,
        keys: &[(Option<Arc<str>>, IdempotencyKey)],
        since: Timestamp,
    ) -> Result<Vec<MarkedChange>, StoreError> {
        self.read_shortly(|connection| read::find_marked(connection, keys, since))
    }

    fn data_keys(&self, values: &[ValueId]) -> Result<Vec<DataKey>, StoreError> {
        self.read(|connection| read::data_keys(connection, values))
    }

    fn data_keys_after(&self, after: Option<ValueId>, rows: usize) -> Result<Vec<DataKey>, StoreError> {
        self.read(|connection| read::data_keys_after(connection, after, rows))
    }

    fn rewrap(&self, before: &DataKey, after: &DataKey) -> Result<bool, StoreError> {
        append::rewrap(self, before, after)
    }

    fn probe(&self) -> Result<(), StoreError> {
        match (&self.presence, self.writing.try_lock()) {
            (Some(presence), Some(writing)) if !writing.is_poisoned() => {
                presence.confirm(&*self.writer.lease()?)?;
            }
            (Some(presence), _) => presence.glance()?,
            (None, _) => {}
        }
        self.empty_large_wal_at_rest();
        self.read_shortly(read::probe)
    }

    fn older_schema(&self) -> Option<i64> {
        self.older_schema
    }

    fn inspect(&self) -> Result<(), StoreError> {
        self.read(|connection| {
            let found: String = connection
                .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
                .map_err(|error| store_error(&error))?;
            if found == "ok" { Ok(()) } else { Err(corrupt_file(&found)) }
        })
    }

    fn files(&self) -> Vec<PathBuf> {
        let path = self.presence.as_ref().map(Presence::path);
        path.into_iter()
            .flat_map(|path| ["", "-wal", "-shm", ".lock"].map(|ending| sibling(path, ending)))
            .collect()
    }

    /// Writes what the log beside the file still holds into the file, so that the file alone is the whole log.
    fn checkpoint_files(&self) -> Result<(), StoreError> {
        if self.presence.is_none() || self.begin_writing()?.is_poisoned() {
            return Ok(());
        }
        let writer = self.writer.lease()?;
        // Who still reads is let come to an end; a turn that does not come leaves it to SQLite.
        let _pause = self.readers.pause(WAIT_MAX);
        let busy: i64 = writer
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(|error| store_error(&error))?;
        if busy == 0 {
            Ok(())
        } else {
            Err(StoreError::Unavailable("a reader is at work on the file".to_owned()))
        }
    }

    fn adopt(&mut self, identity: LogIdentity) -> Result<(), StoreError> {
        append::adopt(self, &identity)?;
        if let Some(lock) = &mut self.lock {
            lock.note(&identity)?;
        }
        self.identity = identity;
        Ok(())
    }

    fn watch(&self) -> Option<Box<dyn HeadWatch>> {
        None
    }
}
