//! What can go wrong in a store, told apart by what its caller does about it.

use std::path::PathBuf;

use thiserror::Error;

use crate::domain::Revision;

/// A store's error. Texts are for logs and operators; they hold no value and no connection string.
#[derive(Clone, Debug, Error)]
pub enum StoreError {
    /// The database can't be reached, is starting, is shutting down or did not answer in time. Nothing was
    /// written.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The connection died or the time ran out while a commit was under way (contract S8).
    #[error("the outcome of an append is unknown: {0}")]
    OutcomeUnknown(String),
    /// No space left. Nothing was written.
    #[error("the store is full: {0}")]
    Full(String),
    /// The database takes no writes. Nothing was written.
    #[error("the database is read-only: {0}")]
    ReadOnly(String),
    /// What is stored is not what was written.
    #[error("the log is damaged at revision {revision}: {what}")]
    Corrupt {
        /// Where it was noticed; 0 where no revision is known.
        revision: Revision,
        /// What does not match.
        what: String,
    },
    /// A newer release has written this store.
    #[error("the store has schema {found}, this release knows {known}: use the newer release")]
    SchemaTooNew {
        /// The store's schema.
        found: i64,
        /// The newest that this release knows.
        known: i64,
    },
    /// The store has an older schema and this role may not migrate it.
    #[error("the store has schema {found}, this release needs {known}: run `configapi migrate` as its owner")]
    SchemaTooOld {
        /// The store's schema.
        found: i64,
        /// The schema that this release needs.
        known: i64,
    },
    /// There is no log to read, and reading makes none.
    #[error("there is no log: {0}")]
    Absent(String),
    /// Another process has the embedded file open.
    #[error("{} is in use by another process: an embedded store has one server", .0.display())]
    InUse(PathBuf),
    /// A write failed half-way and the file can't be trusted until it is opened again.
    #[error("the embedded store refuses to go on after a failed write: {0}")]
    Poisoned(String),
    /// The database would lose acknowledged writes, or the address makes no sense.
    #[error("{0}")]
    Misconfigured(String),
    /// What should not happen: a bug here or in the schema.
    #[error("unexpected answer of the database: {0}")]
    Unexpected(String),
}

impl StoreError {
    /// A damaged log, noticed at a revision.
    pub fn corrupt(revision: Revision, what: impl Into<String>) -> Self {
        Self::Corrupt { revision, what: what.into() }
    }

    /// A log that should be empty holds a change.
    pub(super) fn not_empty() -> Self {
        Self::Misconfigured(
            "the log is not empty: only an empty log can become the copy of another".to_owned(),
        )
    }
}
