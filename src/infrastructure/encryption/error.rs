//! Why a key file can't be used. The texts have no key.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a key file can't be used.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// It can't be opened, read or written.
    #[error("the key file {} can't be used: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// Other users have rights to it.
    #[error("other users may read the key file {}: run chmod 600 on it", .0.display())]
    OpenToOthers(PathBuf),
    /// A new one would replace it.
    #[error("the key file {} is there already: choose another path, or use key rotate", .0.display())]
    Exists(PathBuf),
    /// It is not a text of reasonable length.
    #[error("a key file is text of at most 65,536 bytes")]
    NotText,
    /// A line is neither a key nor a comment.
    #[error("line {line} of the key file is not a key: write 32 bytes as 64 hexadecimal digits or as base64")]
    NotAKey {
        /// The line, from 1.
        line: usize,
    },
    /// A key appears twice.
    #[error("line {line} of the key file has a key that an earlier line has")]
    Twice {
        /// The line, from 1.
        line: usize,
    },
    /// It has no key.
    #[error("the key file has no key: write 32 bytes as 64 hexadecimal digits or as base64, one key a line")]
    Empty,
    /// It has more keys than are read.
    #[error("a key file must have at most {limit} keys")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// The system has no random bytes.
    #[error("the system has no random bytes for a new key")]
    NoRandom,
}
