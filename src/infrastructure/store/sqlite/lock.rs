//! One process a file: an advisory lock on a file beside the database.
//!
//! Called when a store is opened. The lock is not on the database itself: closing any other descriptor of a
//! file drops a process's POSIX locks on it, SQLite's own among them
//! (<https://www.sqlite.org/howtocorrupt.html>, section 2.2). The lock file stays when the store is closed: removed, a
//! process that waits on the old file and one that makes a new one would both have a lock.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::super::StoreError;

/// Held as long as it lives; the system drops it with the process, however that ends.
pub(super) struct FileLock(#[expect(dead_code, reason = "held for its lock, which closing releases")] File);

impl FileLock {
    /// Takes the lock of a database, or says who is in the way.
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        let path = lock_path(database).map_err(|error| unavailable(database, &error))?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|error| unavailable(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse(database.to_owned())),
            Err(TryLockError::Error(error)) => Err(unavailable(&path, &error)),
        }
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
