//! The last good values in a file, for a start while the server can't be reached.
//!
//! Called by `run`. The file is for its owner alone and is written whole or not at all. With a key its content is
//! encrypted, and one that is not encrypted is refused, so that no other program can choose the values. The caller must not
//! use it for a refusal of the server: a token that was withdrawn gets no values. Invariants:
//! `a_file_that_others_can_read_or_a_link_is_refused`, `values_of_another_server_or_other_prefixes_are_refused`.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::item::Item;
use super::snapshot::Snapshot;
use super::whole_file::write_private;
use crate::domain::{Revision, Timestamp};
use crate::runtime::clock::wall_now;
use crate::runtime::files::{is_link, is_open_to_others, private};

/// The first line of a file in clear, and of one that is encrypted.
const CLEAR: &[u8] = b"configapi cache 1\n";
const ENCRYPTED: &[u8] = b"configapi cache 1 encrypted\n";
/// The longest file that is read.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// Encrypts the content of a cache.
pub trait Sealer: Send {
    /// Encrypts it.
    ///
    /// # Errors
    /// The reason.
    fn seal(&self, text: &[u8]) -> Result<Vec<u8>, String>;

    /// Decrypts it, and checks that it is what was encrypted.
    ///
    /// # Errors
    /// The reason: another key, or a changed file.
    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, String>;
}

/// A cache of the values of some prefixes on one server.
pub struct Cache {
    /// The file.
    pub path: PathBuf,
    /// The server's address.
    pub server: String,
    /// The prefixes.
    pub prefixes: Vec<String>,
    /// The point that the values are pinned to, as it was written; the newest values if there is none.
    pub point: Option<String>,
    /// Encrypts the file, where there is a key.
    pub sealer: Option<Box<dyn Sealer>>,
}

/// The content of a cache.
#[derive(Debug)]
pub struct Cached {
    /// The values.
    pub snapshot: Snapshot,
    /// How long ago the server had them.
    pub age: Duration,
}

/// Why a cache can't be used.
#[derive(Debug, Error)]
pub enum CacheError {
    /// The file is not there yet.
    #[error("{0} does not exist yet: it is written when the server is reached")]
    Absent(PathBuf),
    /// It is not a file of the cache's own.
    #[error("the cache {path} {why}")]
    Refused {
        /// The file.
        path: PathBuf,
        /// The reason and the remedy.
        why: String,
    },
    /// The values are too old.
    #[error(
        "the cache {path} is {} old, more than --cache-age-max allows ({})",
        humantime::format_duration(*age),
        humantime::format_duration(*limit)
    )]
    TooOld {
        /// The file.
        path: PathBuf,
        /// How long ago the server had the values.
        age: Duration,
        /// The limit.
        limit: Duration,
    },
    /// The file can't be read or written.
    #[error("the cache {path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
}

#[derive(Serialize, Deserialize)]
struct Content {
    server: String,
    prefixes: Vec<String>,
    point: Option<String>,
    revision: u64,
    saved_at_us: i64,
    items: Vec<Item>,
}

impl Cache {
    /// Writes values that the server has now.
    ///
    /// # Errors
    /// The file is not the cache's own, or can't be written. It is then as it was.
    pub fn save(&self, snapshot: &Snapshot) -> Result<(), CacheError> {
        match fs::symlink_metadata(&self.path) {
            Ok(found) => self.check_owner(&found)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(self.io(error)),
        }
        let content = Content {
            server: self.server.clone(),
            prefixes: self.prefixes.clone(),
            point: self.point.clone(),
            revision: snapshot.revision().get(),
            saved_at_us: now().as_micros(),
            items: snapshot.items().cloned().collect(),
        };
        let text = serde_json::to_vec(&content).map_err(|error| self.io(error.into()))?;
        let (head, body) = match &self.sealer {
            Some(sealer) => (ENCRYPTED, sealer.seal(&text).map_err(|why| self.refused(why))?),
            None => (CLEAR, text),
        };
        write_private(&self.path, &[head, &body].concat()).map_err(|error| self.io(error))
    }

    /// Reads the values, unless they are older than this.
    ///
    /// # Errors
    /// There are none, or they can't be trusted, or they are too old.
    pub fn load(&self, age_max: Option<Duration>) -> Result<Cached, CacheError> {
        let content = self.read()?;
        if (&content.server, &content.prefixes, &content.point) != (&self.server, &self.prefixes, &self.point)
        {
            let why =
                "has values of another server, of other prefixes or of another point: use a file for each";
            return Err(self.refused(why));
        }
        let age = u64::try_from(now().as_micros() - content.saved_at_us).unwrap_or_default();
        // In whole seconds: no reader needs more.
        let age = Duration::from_secs(Duration::from_micros(age).as_secs());
        if let Some(limit) = age_max.filter(|limit| age > *limit) {
            return Err(CacheError::TooOld { path: self.path.clone(), age, limit });
        }
        Ok(Cached { snapshot: Snapshot::of(Revision::new(content.revision), content.items), age })
    }

    fn read(&self) -> Result<Content, CacheError> {
        let file = private().read(true).open(&self.path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => CacheError::Absent(self.path.clone()),
            _ if is_link(&error) => self.link(),
            _ => self.io(error),
        })?;
        let about = file.metadata().map_err(|error| self.io(error))?;
        self.check_owner(&about)?;
        if is_open_to_others(&about) {
            return Err(
                self.refused("can be read or written by other users: remove it, or run chmod 600 on it")
            );
        }
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(|error| self.io(error))?;
        let text = match (bytes.strip_prefix(ENCRYPTED), bytes.strip_prefix(CLEAR), &self.sealer) {
            (Some(body), _, Some(sealer)) => sealer.open(body).map_err(|why| self.refused(why))?,
            (Some(_), _, None) => {
                return Err(self.refused("is encrypted: use --key-file with the key that encrypted it"));
            }
            (None, Some(_), Some(_)) => {
                return Err(self.refused("is not encrypted, though there is a key: remove it, or use no key"));
            }
            (None, Some(text), None) => text.to_vec(),
            (None, None, _) => return Err(self.damaged()),
        };
        serde_json::from_slice(&text).map_err(|_| self.damaged())
    }

    /// A link would lead to a file of somebody else's choice, and so would a file of somebody else.
    fn check_owner(&self, file: &fs::Metadata) -> Result<(), CacheError> {
        if file.is_symlink() {
            Err(self.link())
        } else if !file.is_file() {
            Err(self.refused("is not a regular file: choose another path"))
        } else if file.uid() != rustix::process::geteuid().as_raw() {
            Err(self.refused("belongs to another user: choose another path"))
        } else {
            Ok(())
        }
    }

    fn link(&self) -> CacheError {
        self.refused("is a symbolic link: use the path of the file itself")
    }

    fn damaged(&self) -> CacheError {
        self.refused("is not a file of this cache, or it is damaged: remove it, or choose another path")
    }

    fn refused(&self, why: impl Into<String>) -> CacheError {
        CacheError::Refused { path: self.path.clone(), why: why.into() }
    }

    fn io(&self, error: io::Error) -> CacheError {
        CacheError::Io { path: self.path.clone(), error }
    }
}

fn now() -> Timestamp {
    Timestamp::from_system(wall_now())
}

#[cfg(test)]
mod tests;
