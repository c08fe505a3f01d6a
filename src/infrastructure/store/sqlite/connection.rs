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
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// How large the `-wal` gets, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct WalLimits {
    /// It is copied into the file, and kept with this size where it was larger. Small enough to be read again quickly
    /// after a crash, large enough that pages which are written often are copied seldom.
    pub(super) copied_at: u64,
    /// SQLite did not start it again by itself: it is emptied.
    pub(super) emptied_at: u64,
}

impl WalLimits {
    /// Half as much again as it is copied at.
    pub(super) const fn copied_at(bytes: u64) -> Self {
        Self { copied_at: bytes, emptied_at: bytes / 2 * 3 }
    }
}

impl Default for WalLimits {
    /// 64 MiB, and 96 MiB.
    fn default() -> Self {
        Self::copied_at(64 << 20)
    }
}

/// Bytes of a page, SQLite's default.
const PAGE_BYTES: u64 = 4_096;

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
pub(super) fn open_writer(path: &Path, wal: WalLimits) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = open(Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX))?;
    set(&connection, "synchronous", "FULL")?;
    set(&connection, "wal_autocheckpoint", (wal.copied_at / PAGE_BYTES).cast_signed())?;
    set(&connection, "journal_size_limit", wal.copied_at.cast_signed())?;
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

/// Has deleted rows overwritten in the file from here on. Nothing but data keys is ever deleted.
pub(super) fn overwrite_deleted(connection: &Connection) -> Result<(), StoreError> {
    set(connection, "secure_delete", "ON")
}

fn set(connection: &Connection, pragma: &str, value: impl rusqlite::ToSql) -> Result<(), StoreError> {
    // Some of them answer with a row, which means nothing here.
    let set = connection.pragma_update(None, pragma, value);
    set.map_err(|error| store_error(&error))
}

/// How long new reads wait for those at work to end, when the `-wal` is to be emptied. A page of the past
/// takes some milliseconds, and a second where a busy machine has many of them.
const TURN: Duration = Duration::from_secs(2);

/// How long readers are left alone after a turn in which one of them did not come to its end.
const REST: Duration = Duration::from_secs(1);

/// Connections that wait for work.
pub(super) struct Connections {
    idle: Mutex<Idle>,
    changed: Condvar,
    count: usize,
    wait_max: Duration,
}

struct Idle {
    connections: Vec<Connection>,
    /// Until then no connection is given out; passed, the rest begins.
    closed_until: Option<Instant>,
}

impl Connections {
    pub(super) fn new(connections: Vec<Connection>, wait_max: Duration) -> Self {
        let count = connections.len();
        let idle = Mutex::new(Idle { connections, closed_until: None });
        Self { idle, changed: Condvar::new(), count, wait_max }
    }

    /// Takes a connection, waiting for one if all are at work. The wait for a turn does not count.
    pub(super) fn lease(&self) -> Result<Lease<'_>, StoreError> {
        let mut idle = self.idle.lock();
        let mut deadline = Instant::now() + self.wait_max;
        loop {
            let now = Instant::now();
            if let Some(until) = idle.closed_until.filter(|until| *until > now) {
                self.changed.wait_until(&mut idle, until);
                deadline += now.elapsed();
                continue;
            }
            if let Some(connection) = idle.connections.pop() {
                return Ok(Lease { connections: self, connection: Some(connection) });
            }
            if self.changed.wait_until(&mut idle, deadline).timed_out() {
                return Err(StoreError::Unavailable("every connection is busy".to_owned()));
            }
        }
    }

    /// Gives no connection out until those at work are back, at most for a turn, and waits `patience` for that. `None`
    /// while they are not: ask again later. A turn that came to nothing is followed by a rest.
    pub(super) fn pause(&self, patience: Duration) -> Option<Pause<'_>> {
        let now = Instant::now();
        let mut idle = self.idle.lock();
        match idle.closed_until {
            Some(until) if (until..until + REST).contains(&now) => return None,
            Some(until) if now < until => {}
            _ => idle.closed_until = Some(now + TURN),
        }
        while idle.connections.len() < self.count {
            if self.changed.wait_until(&mut idle, now + patience).timed_out() {
                return None;
            }
        }
        // Open at the latest when the pause ends.
        idle.closed_until = Some(now + self.wait_max);
        Some(Pause { connections: self, served: false })
    }
}

/// A moment in which no connection is at work; over when dropped.
pub(super) struct Pause<'a> {
    connections: &'a Connections,
    served: bool,
}

impl Pause<'_> {
    /// It was of use: the next one needs no rest before it.
    pub(super) fn serve(mut self) {
        self.served = true;
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.connections.idle.lock().closed_until = (!self.served).then(Instant::now);
        self.connections.changed.notify_all();
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
        let mut idle = self.connections.idle.lock();
        idle.connections.extend(self.connection.take());
        // A pause waits for all of them, where others wait for one.
        let pausing = idle.closed_until.is_some();
        drop(idle);
        if pausing {
            self.connections.changed.notify_all();
        } else {
            self.connections.changed.notify_one();
        }
    }
}
