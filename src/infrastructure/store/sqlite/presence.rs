//! Whether the database is still the file at its path: removed, renamed or replaced, it takes writes that no later
//! process finds.
//!
//! Called around each append and by the probe; compares device and inode. It never opens the file to do so: closing
//! any other descriptor of the file drops SQLite's locks on it (<https://www.sqlite.org/howtocorrupt.html>, section 2.2).
//!
//! Invariants: `a_file_that_is_taken_away_is_noticed_and_goes_on_when_it_is_back`,
//! `a_file_that_was_replaced_is_refused_until_a_restart`, `a_log_beside_the_file_that_was_removed_loses_nothing`,
//! `a_file_that_was_changed_while_it_was_away_is_refused`.
//!
//! Failures: the first look that misses the file writes its `-wal` into it. It is then whole where it is now, and
//! another file at the path does not meet changes that are not its own.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rusqlite::Connection;

use super::super::StoreError;
use super::database_path::{beside, refusal};

/// Of a database that SQLite makes itself.
const MODE: u32 = 0o644;

/// The file that SQLite has open, and where it was found.
pub(super) struct Presence {
    /// Opened before SQLite opens it, and closed after its last connection.
    file: File,
    path: PathBuf,
    wal: PathBuf,
    wal_id: Option<FileId>,
    gone: Mutex<Option<Gone>>,
}

type FileId = (u64, u64);

struct Gone {
    why: &'static str,
    /// The file once its `-wal` was written into it; none until then.
    left: Option<Contents>,
}

/// Size, and the instant of the last write.
type Contents = (u64, i64, i64);

impl Presence {
    /// Takes a descriptor that must outlive SQLite's. Makes the file if it is absent.
    pub(super) fn hold(path: &Path) -> Result<Self, StoreError> {
        let mut options = OpenOptions::new();
        let opened = options.create(true).truncate(false).read(true).write(true).mode(MODE).open(path);
        let file = opened.map_err(|error| refusal(path, &error))?;
        Ok(Self { file, path: path.to_owned(), wal: beside(path, "-wal"), wal_id: None, gone: Mutex::default() })
    }

    /// From now on the file has its `-wal`: SQLite has begun to read it. Refuses if SQLite has opened another file.
    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        let wal = self.wal.metadata().map_err(|error| refusal(&self.wal, &error))?;
        self.wal_id = Some(id(&wal));
        self.look().map_err(|why| self.refused(why))
    }

    /// Looks without acting: while another thread appends.
    pub(super) fn glance(&self) -> Result<(), StoreError> {
        let gone = self.gone.lock().as_ref().map(|gone| gone.why);
        gone.map_or_else(|| self.look(), Err).map_err(|why| self.refused(why))
    }

    /// Refuses when the file is gone; brings what is in its `-wal` into it, by the connection that may write.
    pub(super) fn confirm(&self, writer: &Connection) -> Result<(), StoreError> {
        let seen = self.look();
        let mut noted = self.gone.lock();
        if noted.is_none() && seen.is_ok() {
            return Ok(());
        }
        let gone = noted.get_or_insert(Gone { why: "", left: None });
        match (seen, gone.left) {
            (Err(why), _) => gone.why = why,
            (Ok(()), Some(left)) if self.contents().is_ok_and(|now| now == left) => {
                *noted = None;
                return Ok(());
            }
            (Ok(()), _) => gone.why = "was away and may have been changed: restart the server to read it",
        }
        if gone.left.is_none() && write_wal_into_file(writer) {
            gone.left = self.contents().ok();
        }
        Err(self.refused(gone.why))
    }

    fn look(&self) -> Result<(), &'static str> {
        let held = self.file.metadata().map_err(|_| "cannot be looked at")?;
        match self.path.metadata() {
            Ok(there) if id(&there) == id(&held) => {}
            Ok(_) => return Err("was replaced by another file: restart the server to read that one"),
            Err(error) if error.kind() == ErrorKind::NotFound && held.nlink() == 0 => {
                return Err("was removed: stop the server and restore a backup");
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Err("was renamed: rename it back"),
            Err(_) => return Err("cannot be looked at"),
        }
        match self.wal.metadata() {
            Ok(wal) if Some(id(&wal)) == self.wal_id => Ok(()),
            _ => Err("has lost its -wal file: restart the server, the database file is whole"),
        }
    }

    fn contents(&self) -> io::Result<Contents> {
        self.file.metadata().map(|file| (file.size(), file.mtime(), file.mtime_nsec()))
    }

    /// It can be read and takes no writes.
    fn refused(&self, why: &str) -> StoreError {
        StoreError::ReadOnly(format!("{} {why}", self.path.display()))
    }
}

fn id(file: &Metadata) -> FileId {
    (file.dev(), file.ino())
}

/// Whether all of it is in the file now. If a reader is at work on the rest, the next look tries again.
fn write_wal_into_file(writer: &Connection) -> bool {
    let busy = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    busy.is_ok_and(|busy| busy == 0)
}
