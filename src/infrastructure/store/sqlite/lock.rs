//! One process a file: an advisory lock on a file beside the database.
//!
//! Called when a store is opened. The lock is not on the database itself: closing any other descriptor of a
//! file drops a process's POSIX locks on it, SQLite's own among them
//! (<https://www.sqlite.org/howtocorrupt.html>, section 2.2). The lock file stays when the store is closed: removed, a
//! process that waits on the old file and one that makes a new one would both have a lock.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::super::{LogIdentity, StoreError};
use super::database_path::{refusal, sibling};
use super::errors::corrupt_file;
use crate::runtime::files::{is_link, private};

/// What a lock file that is not empty begins with; the log's id follows.
const BEGINNING: &[u8] = b"log ";

/// Held as long as it lives; the system drops it with the process, however that ends.
///
/// The file says which log the database holds. SQLite takes an emptied database for a new one; this tells that a
/// log was there.
pub(super) struct FileLock(File);

impl FileLock {
    /// Takes the lock of a database by its resolved path; refuses if another process has it.
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        let path = sibling(database, ".lock");
        let opened = private().create(true).truncate(false).read(true).write(true).open(&path);
        let file = opened.map_err(|error| {
            if is_link(&error) { foreign(&path, "is a symbolic link") } else { refusal(&path, &error) }
        })?;
        refuse_foreign(&path, &file)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse(database.to_owned())),
            Err(TryLockError::Error(error)) => Err(refusal(&path, &error)),
        }
    }

    /// Refuses a database that is missing or empty, and held a log before.
    pub(super) fn refuse_emptied(&self, database: &Path) -> Result<(), StoreError> {
        let held_a_log = self.0.metadata().is_ok_and(|file| file.len() > 0);
        if !held_a_log {
            return Ok(());
        }
        let what = match database.metadata() {
            // SQLite reads a file of one byte as an empty one too.
            Ok(file) if file.len() <= 1 => "is empty",
            Err(error) if error.kind() == io::ErrorKind::NotFound => "is missing",
            _ => return Ok(()),
        };
        let (here, lock) = (database.display(), sibling(database, ".lock"));
        let advice = format!("restore a backup, or remove {} to begin a new log", lock.display());
        Err(corrupt_file(&format!("{here} {what}, and held a log before: {advice}")))
    }

    /// Notes which log the database holds.
    pub(super) fn note(&mut self, identity: &LogIdentity) -> Result<(), StoreError> {
        let id = uuid::Uuid::from_bytes(identity.id);
        let noted = self
            .0
            .rewind()
            .and_then(|()| self.0.write_all(BEGINNING))
            .and_then(|()| writeln!(self.0, "{id}"));
        noted.map_err(|error| StoreError::Unavailable(format!("the lock file: {error}")))
    }
}

/// A file that somebody else has put in the place of the lock file must not be overwritten.
fn refuse_foreign(path: &Path, file: &File) -> Result<(), StoreError> {
    let unread = |error| refusal(path, &error);
    let found = file.metadata().map_err(unread)?;
    if found.nlink() > 1 {
        return Err(foreign(path, "has another name too (a hard link)"));
    }
    let mut first = Vec::new();
    let mut beginning = file.take(BEGINNING.len() as u64);
    beginning.read_to_end(&mut first).map_err(unread)?;
    if first.is_empty() || first == BEGINNING {
        Ok(())
    } else {
        Err(foreign(path, "is not a lock file of ours"))
    }
}

fn foreign(path: &Path, what: &str) -> StoreError {
    StoreError::Misconfigured(format!("{} {what}: remove it, or name another database file", path.display()))
}

impl Drop for FileLock {
    /// Said, and not left to the closing of the file: a child that another thread is just starting has the
    /// descriptor too, until it runs its own program.
    fn drop(&mut self) {
        // It ends with the last descriptor at the latest.
        let _ = self.0.unlock();
    }
}
