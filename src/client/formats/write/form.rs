//! How a dialect writes: called by the writer for each entry, made by each dialect.

use std::io::Write;

use super::super::note::Notes;
use super::super::{Entry, WriteError};

/// A dialect in the middle of a file.
pub(super) trait Form: Send {
    /// Writes an entry, which sorts after the one before.
    fn entry(&mut self, out: &mut dyn Write, entry: &Entry, notes: &mut Notes) -> Result<(), WriteError>;

    /// Writes the end, and the beginning if there was no entry.
    fn finish(&mut self, out: &mut dyn Write) -> Result<(), WriteError>;
}
