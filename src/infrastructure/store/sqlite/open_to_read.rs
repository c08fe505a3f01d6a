//! Opening a file that is only read: for `verify`, also while a server writes the file.
//!
//! Nothing is made, migrated or locked, and nothing stays behind but a `-shm` beside a `-wal` that had none (`verify_changes_no_byte_and_leaves_no_file_behind`). There are three
//! ways, because SQLite reads a file in WAL mode with the help of two files beside it, `-wal` and `-shm`:
//!
//! - With a `-wal` there: as a reader that can't write, so that the end of the last connection copies nothing from it.
//! - Without: as a reader that may write, so that both files are removed in the end.
//! - Without, and where nothing can be written: as a file that nobody changes (`immutable`, which ignores a `-wal`).

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rusqlite::Connection;

use super::connection::{self, Connections, WalLimits};
use super::errors::corrupt_file;
use super::{SqliteStore, WAIT_MAX, migrate};
use crate::infrastructure::store::StoreError;

impl SqliteStore {
    /// Opens the store in a file to read it and nothing else, whatever its schema.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`] if there is no log, [`StoreError::SchemaTooNew`], [`StoreError::Corrupt`].
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        let here = path.display();
        // SQLite reads a file of one byte as an empty one too.
        match path.metadata() {
            Ok(file) if file.is_dir() => {
                return Err(absent(format!("{here} is a folder: name the file in it")));
            }
            Ok(file) if file.len() > 1 => {}
            Ok(_) if sibling(path, ".lock").metadata().is_ok_and(|lock| lock.len() > 0) => {
                return Err(corrupt_file("it is empty, and held a log before: restore a backup"));
            }
            Ok(_) => return Err(absent(format!("{here} is empty"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(absent(format!("{here} does not exist")));
            }
            Err(error) => return Err(StoreError::Unavailable(format!("{here}: {error}"))),
        }
        let (reader, found) = open_reader(path)?;
        // One: a second one would find the `-wal` of the first, and would not remove it.
        let readers = Arc::new(Connections::new(vec![reader], WAIT_MAX));
        Ok(Self {
            description: format!("sqlite {here}"),
            identity: found.identity,
            older_schema: found.older_schema,
            wal: WalLimits::default(),
            writing: Mutex::default(),
            writer: Arc::clone(&readers),
            own: Arc::clone(&readers),
            readers,
            presence: None,
            lock: None,
        })
    }
}

fn open_reader(path: &Path) -> Result<(Connection, migrate::Found), StoreError> {
    let look = |opened: Result<Connection, StoreError>| {
        let connection = opened?;
        let found = migrate::look(&connection)?;
        Ok((connection, found))
    };
    if sibling(path, "-wal").exists() {
        return look(connection::open_to_read(path)).map_err(|error| match error {
            StoreError::Unavailable(what) | StoreError::ReadOnly(what) => StoreError::Unavailable(format!(
                "{} has a -wal file, which can't be read here ({what}): copy both to a folder that can be written",
                path.display()
            )),
            other => other,
        });
    }
    match look(connection::open_reader(path)) {
        Err(StoreError::Unavailable(_) | StoreError::ReadOnly(_)) if !sibling(path, "-wal").exists() => {
            look(connection::open_immutable(path))
        }
        other => other,
    }
}

fn sibling(path: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(path.canonicalize().as_deref().unwrap_or(path));
    path.push(ending);
    path.into()
}

fn absent(what: String) -> StoreError {
    StoreError::Absent(what)
}
