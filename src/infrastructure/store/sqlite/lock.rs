//! One process a file: an advisory lock on a file beside the database.
//!
//! Called when a store is opened. The lock is not on the database itself: closing any other descriptor of a
//! file drops a process's POSIX locks on it, SQLite's own among them
//! (<https://www.sqlite.org/howtocorrupt.html>, section 2.2). The lock file stays when the store is closed: removed, a
//! process that waits on the old file and one that makes a new one would both have a lock.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use super::super::{LogIdentity, StoreError};
use super::errors::corrupt_file;

/// Held as long as it lives; the system drops it with the process, however that ends.
///
/// The file says which log the database holds. SQLite takes an emptied database for a new one; this tells that a
/// log was there.
pub(super) struct FileLock(File);

impl FileLock {
    /// Takes the lock of a database, or says who is in the way.
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        let path = lock_path(database).map_err(|error| unavailable(database, &error))?;
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        let file = file.map_err(|error| unavailable(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse(database.to_owned())),
            Err(TryLockError::Error(error)) => Err(unavailable(&path, &error)),
        }
    }

    /// Refuses a database that is there, holds nothing, and held a log before.
    pub(super) fn refuse_emptied(&self, database: &Path) -> Result<(), StoreError> {
        let held_a_log = self.0.metadata().is_ok_and(|file| file.len() > 0);
        // SQLite reads a file of one byte as an empty one too.
        let emptied = database.metadata().is_ok_and(|file| file.len() <= 1);
        if held_a_log && emptied {
            return Err(corrupt_file("it is empty, and held a log before; remove it to begin a new one"));
        }
        Ok(())
    }

    /// Notes which log the database holds.
    pub(super) fn note(&mut self, identity: &LogIdentity) -> Result<(), StoreError> {
        let id = uuid::Uuid::from_bytes(identity.id);
        let noted = self.0.rewind().and_then(|()| writeln!(self.0, "log {id}"));
        noted.map_err(|error| StoreError::Unavailable(format!("the lock file: {error}")))
    }
}

/// The lock file of a database, the same by whatever link it is named.
fn lock_path(database: &Path) -> io::Result<PathBuf> {
    let mut path = match database.canonicalize() {
        Ok(path) => path,
        Err(error) if error.kind() == io::ErrorKind::NotFound => database.to_owned(),
        Err(error) => return Err(error),
    }
    .into_os_string();
    path.push(".lock");
    Ok(path.into())
}

fn unavailable(path: &Path, error: &io::Error) -> StoreError {
    if error.kind() == io::ErrorKind::ReadOnlyFilesystem {
        return StoreError::ReadOnly(format!("{}: {error}", path.display()));
    }
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}
