//! Whether the database is still the file at its path: removed, renamed or replaced, it takes writes that no later
//! process finds.
//!
//! Called around each append and by the probe; compares device and inode. It never opens the file to do so: closing
//! any other descriptor of the file drops SQLite's locks on it (<https://www.sqlite.org/howtocorrupt.html>, section 2.2).
//!
//! Invariants: `a_file_that_was_renamed_is_noticed_and_opens_whole_when_it_is_back`,
//! `a_file_that_was_replaced_is_refused_until_a_restart`, `a_log_beside_the_file_that_was_removed_loses_nothing`.
//!
//! Failures: the first look that misses the file writes its `-wal` into it. It is then whole where it is now, and
//! another file at the path does not meet changes that are not its own. From then on the store takes no append, also
//! when the file is back: another process may have written it, and SQLite would not notice.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use rusqlite::Connection;
use rustix::process::{Resource, getrlimit};

use super::super::StoreError;
use super::database_path::{refusal, sibling};
use crate::runtime::files::{identity as id, private};

/// More than a page of the database and its frame in the `-wal`, in bytes.
const PAGE_BYTES_MAX: u64 = 8 << 10;

/// The file that SQLite has open, and where it was found.
pub(super) struct Presence {
    /// Opened before SQLite opens it, and closed after its last connection.
    file: File,
    path: PathBuf,
    wal: PathBuf,
    wal_id: Option<FileId>,
    /// How long the `-wal` was at the last look.
    wal_bytes: AtomicU64,
    gone: Mutex<Option<Gone>>,
}

/// Device and inode.
type FileId = (u64, u64);

struct Gone {
    why: &'static str,
    /// Whether what was in the `-wal` is in the file.
    whole: bool,
}

impl Presence {
    /// Takes a descriptor that must outlive SQLite's. Makes the file if it is absent.
    pub(super) fn hold(path: &Path) -> Result<Self, StoreError> {
        // SQLite gives its other files the mode of this one.
        let opened = private().create(true).truncate(false).read(true).write(true).open(path);
        let file = opened.map_err(|error| refusal(path, &error))?;
        Ok(Self {
            file,
            path: path.to_owned(),
            wal: sibling(path, "-wal"),
            wal_id: None,
            wal_bytes: AtomicU64::new(0),
            gone: Mutex::default(),
        })
    }

    /// The database's path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a write of a page would pass the process's limit on the size of files.
    pub(super) fn is_at_size_limit(&self) -> bool {
        let Some(limit) = getrlimit(Resource::Fsize).current else { return false };
        let wal_bytes = self.wal.metadata().map(|wal| wal.len());
        let lengths = [self.file.metadata().map(|file| file.len()), wal_bytes];
        lengths.into_iter().flatten().any(|bytes| bytes + PAGE_BYTES_MAX > limit)
    }

    /// From now on the file has its `-wal`: SQLite has begun to read it. Refuses if SQLite has opened another file.
    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        let wal = self.wal.metadata().map_err(|error| refusal(&self.wal, &error))?;
        self.wal_id = Some(id(&wal));
        self.glance()
    }

    /// How many bytes the `-wal` had when that was last looked at, with all of the last append.
    pub(super) fn wal_bytes(&self) -> u64 {
        self.wal_bytes.load(Ordering::Relaxed)
    }

    /// Looks without acting: while another thread appends.
    pub(super) fn glance(&self) -> Result<(), StoreError> {
        let gone = self.gone.lock().as_ref().map(|gone| gone.why);
        match gone.or(self.look()?) {
            None => Ok(()),
            Some(why) => Err(self.refused(why)),
        }
    }

    /// Refuses when the file is gone; brings what is in its `-wal` into it, by the connection that may write.
    pub(super) fn confirm(&self, writer: &Connection) -> Result<(), StoreError> {
        let seen = self.look()?;
        let mut gone = self.gone.lock();
        if gone.is_none() {
            *gone = seen.map(|why| Gone { why, whole: false });
        }
        let Some(gone) = gone.as_mut() else { return Ok(()) };
        gone.whole = gone.whole || write_wal_into_file(writer);
        Err(self.refused(gone.why))
    }

    /// Why the file is not where it was; none while it is.
    fn look(&self) -> Result<Option<&'static str>, StoreError> {
        let held = self.file.metadata().map_err(|error| refusal(&self.path, &error))?;
        match self.path.metadata() {
            Ok(there) if id(&there) == id(&held) => {}
            Ok(_) => return Ok(Some("was replaced by another file: restart the server to read that one")),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Some(if held.nlink() == 0 {
                    "was removed: stop the server and restore a backup"
                } else {
                    "was renamed: rename it back and restart the server"
                }));
            }
            // It may be there: the folder does not answer.
            Err(error) => return Err(StoreError::ReadOnly(format!("{}: {error}", self.path.display()))),
        }
        match self.wal.metadata() {
            Ok(wal) if Some(id(&wal)) == self.wal_id => {
                self.wal_bytes.store(wal.len(), Ordering::Relaxed);
                Ok(None)
            }
            Ok(_) => Ok(Some("has another -wal file: restart the server")),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Ok(Some("has lost its -wal file: restart the server"))
            }
            Err(error) => Err(StoreError::ReadOnly(format!("{}: {error}", self.wal.display()))),
        }
    }

    /// It can be read and takes no writes.
    fn refused(&self, why: &str) -> StoreError {
        StoreError::ReadOnly(format!("{} {why}", self.path.display()))
    }
}

/// Whether all of it is in the file now. If a reader is at work on the rest, the next look tries again.
fn write_wal_into_file(writer: &Connection) -> bool {
    let busy = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    busy.is_ok_and(|busy| busy == 0)
}
