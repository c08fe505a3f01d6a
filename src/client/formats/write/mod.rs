//! Entries written one at a time. Called by `export`.
//!
//! A writer keeps names at most: the variables of the dialects that have them, so that two names never become one. The
//! values pass through.

mod environment;
mod flat;
mod form;
mod kubernetes;
mod nested;
#[cfg(test)]
mod tests;

use std::io::Write;

use super::note::Notes;
use super::{Dialect, Entry, Note, WriteError};
use environment::Environment;
use flat::Flat;
use form::Form;
use kubernetes::Manifest;
use nested::Nested;

/// Writes entries in a dialect.
///
/// The entries come sorted by name. After an error the output has a part of them, and must be discarded.
pub struct Writer<W> {
    out: W,
    form: Box<dyn Form>,
    notes: Notes,
    before: Option<String>,
    entries: usize,
}

/// A finished file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the notes say what the file does not have"]
pub struct Written {
    /// How many entries were written.
    pub entries: usize,
    /// All that the file can't say, for the user to know.
    pub notes: Vec<Note>,
}

impl<W: Write> Writer<W> {
    /// A writer in a dialect. It writes each entry by several calls: give it a buffered output.
    pub fn new(dialect: Dialect, out: W) -> Self {
        let form: Box<dyn Form> = match dialect {
            Dialect::Json => Box::new(Flat::new(flat::Style::Json)),
            Dialect::Yaml => Box::new(Flat::new(flat::Style::Yaml)),
            Dialect::Toml => Box::new(Flat::new(flat::Style::Toml)),
            Dialect::Properties => Box::new(Flat::new(flat::Style::Properties)),
            Dialect::Consul => Box::new(Flat::new(flat::Style::Consul)),
            Dialect::Map => Box::new(Flat::new(flat::Style::Map)),
            Dialect::Nested => Box::new(Nested::default()),
            Dialect::Dotenv => Box::new(Environment::new(environment::Style::Dotenv)),
            Dialect::Docker => Box::new(Environment::new(environment::Style::Docker)),
            Dialect::Compose => Box::new(Environment::new(environment::Style::Compose)),
            Dialect::Sh => Box::new(Environment::new(environment::Style::Sh)),
            Dialect::K8sConfigMap(name) => Box::new(Manifest::config_map(name)),
            Dialect::K8sSecret(name) => Box::new(Manifest::secret(name)),
        };
        Self { out, form, notes: Notes::default(), before: None, entries: 0 }
    }

    /// Writes an entry, whose name sorts after the one before.
    ///
    /// # Errors
    ///
    /// The dialect can't carry it, it is not sorted, or the output failed.
    pub fn entry(&mut self, entry: &Entry) -> Result<(), WriteError> {
        if let Some(before) = self.before.as_ref().filter(|before| **before >= entry.name) {
            return Err(WriteError::Unsorted { name: entry.name.clone(), before: before.clone() });
        }
        self.form.entry(&mut self.out, entry, &mut self.notes)?;
        let before = self.before.get_or_insert_default();
        before.clear();
        before.push_str(&entry.name);
        self.entries += 1;
        Ok(())
    }

    /// Writes the end, and flushes the output.
    ///
    /// # Errors
    ///
    /// The output failed.
    pub fn finish(mut self) -> Result<Written, WriteError> {
        self.form.finish(&mut self.out)?;
        self.out.flush()?;
        Ok(Written { entries: self.entries, notes: self.notes.into_vec() })
    }
}

impl<W> std::fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("entries", &self.entries).finish_non_exhaustive()
    }
}
