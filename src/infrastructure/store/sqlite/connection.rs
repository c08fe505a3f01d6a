//! Connections to the database, their settings, and the bounded pools that they wait in.
//!
//! Called when a store is opened and by every statement; calls rusqlite. Memory-mapped reads stay off: an I/O
//! error there is a signal that ends the process, here it is an error.

use std::ops::Deref;
use std::path::Path;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use rusqlite::{Connection, OpenFlags};

use super::super::StoreError;
use super::errors::store_error;

/// How long SQLite waits for a lock that a foreign tool holds on the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// Pages in the log beside the file before they are copied into it, 4 KiB each: 64 MiB. Small enough to be
/// read again quickly after a crash, large enough that pages which are written often are copied seldom.
const CHECKPOINT_PAGES: u32 = 16_384;

/// The log beside the file is cut to this many bytes after it grew, for a huge change say.
const WAL_BYTES_KEPT: i64 = 64 << 20;

/// Page cache of the writer in KiB: the inner pages of three trees of some million events. A leaf that is not in
/// it is in the system's, and a larger one costs more than it saves: a leaf that splits may borrow the number of
/// a page that is never used, far past the end of the file, and the commit then walks the whole cache for pages
/// past that end (`pcache1TruncateUnsafe`).
const WRITER_CACHE_KIB: u32 = 4 << 10;

/// What a transaction changes stays in memory up to this many KiB, past the cache's size, so that no page of a
/// large batch is written twice.
const WRITER_CHANGED_KIB: u32 = 32 << 10;

/// Page cache of a reader in KiB; the system caches the file anyway.
const READER_CACHE_KIB: u32 = 8 << 10;

/// Prepared statements that a connection keeps: all that there are, and some room.
const STATEMENTS: usize = 32;

/// The connection that appends: every commit is on the disk before it is answered (contract S5).
pub(super) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = open(Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX))?;
    set(&connection, "synchronous", "FULL")?;
    set(&connection, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    set(&connection, "journal_size_limit", WAL_BYTES_KEPT)?;
    set(&connection, "cache_size", -i64::from(WRITER_CACHE_KIB))?;
    set(&connection, "cache_spill", -i64::from(WRITER_CHANGED_KIB))?;
    Ok(connection)
}

/// A connection that can't write, to a file that the writer has set up.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(Connection::open_with_flags(path, flags))?;
    set(&connection, "query_only", "ON")?;
    set(&connection, "cache_size", -i64::from(READER_CACHE_KIB))?;
    Ok(connection)
}

/// A connection that can't write, to a file with a `-wal`, which it leaves as it is.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    open(Connection::open_with_flags(path, flags))
}

/// A connection to a file that nobody can change: without locks, and without files beside it.
pub(super) fn open_immutable(path: &Path) -> Result<Connection, StoreError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let path = std::path::absolute(path).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    // https://www.sqlite.org/uri.html: these three have a meaning in a path.
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    open(Connection::open_with_flags(format!("file:{path}?immutable=1"), flags))
}

/// The one connection of a database in memory.
pub(super) fn open_in_memory() -> Result<Connection, StoreError> {
    open(Connection::open_in_memory())
}

fn open(opened: rusqlite::Result<Connection>) -> Result<Connection, StoreError> {
    let connection = opened.map_err(|error| store_error(&error))?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(|error| store_error(&error))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Nothing in the file is trusted to run code, and cells are checked before they are read.
    set(&connection, "trusted_schema", "OFF")?;
    set(&connection, "cell_size_check", "ON")?;
    // Sorting and temporary tables never need the disk, which may be full.
    set(&connection, "temp_store", "MEMORY")?;
    Ok(connection)
}

fn set(connection: &Connection, pragma: &str, value: impl rusqlite::ToSql) -> Result<(), StoreError> {
    // Some of them answer with a row, which means nothing here.
    let set = connection.pragma_update(None, pragma, value);
    set.map_err(|error| store_error(&error))
}

/// Connections that wait for work.
pub(super) struct Connections {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
    wait_max: Duration,
}

impl Connections {
    pub(super) fn new(idle: Vec<Connection>, wait_max: Duration) -> Self {
        Self { idle: Mutex::new(idle), returned: Condvar::new(), wait_max }
    }

    /// Takes a connection, waiting for one if all are at work.
    pub(super) fn lease(&self) -> Result<Lease<'_>, StoreError> {
        let deadline = Instant::now() + self.wait_max;
        let mut idle = self.idle.lock();
        loop {
            if let Some(connection) = idle.pop() {
                return Ok(Lease { connections: self, connection: Some(connection) });
            }
            if self.returned.wait_until(&mut idle, deadline).timed_out() {
                return Err(StoreError::Unavailable("every connection is busy".to_owned()));
            }
        }
    }
}

/// A connection at work; back among the others when dropped.
pub(super) struct Lease<'a> {
    connections: &'a Connections,
    connection: Option<Connection>,
}

impl Deref for Lease<'_> {
    type Target = Connection;

    #[expect(clippy::expect_used, reason = "the connection is there until the lease is dropped")]
    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("a lease has its connection until it is dropped")
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.connections.idle.lock().extend(self.connection.take());
        self.connections.returned.notify_one();
    }
}
