//! The event stores: one contract, two implementations.
//!
//! [`EventStore`] is what the application sees. `sqlite` and `postgres` implement it with hand-written SQL
//! and row mapping only; what both share stands in [`codec`](self), the hash chain and [`StoreError`].
//!
//! # The contract
//!
//! Every implementation keeps these, and one suite (`tests/it/store_contract.rs`) holds all of them to it:
//!
//! - **S1** A batch is atomic: all of its changes are stored, or none.
//! - **S2** The versions of a name are dense from 1; no two of its events follow the same one.
//! - **S3** Revisions become visible in order and without gaps, to every reader.
//! - **S4** An append on a stale head writes nothing and says what the head is.
//! - **S5** `Ok` means durable: fsync, or SQLite's `synchronous=FULL`.
//! - **S6** An append that is repeated at the same expected head with the same change ids is recognised as
//!   the first.
//! - **S7** Events and changes can't be updated, deleted or truncated: triggers refuse it.
//! - **S8** [`StoreError::OutcomeUnknown`] is resolved by appending the identical batch again at the same
//!   expected head. An outcome is known only once the head has moved past it; then the change id at
//!   expected + 1 tells whose it was. (Reading back first is wrong: an append that waits on the head's lock
//!   outlives its client and commits after the look.)
//! - **S9** Each event has a digest of its stored bytes, checked whenever it is read; each change's hash
//!   covers the hash before it, so that the log is a chain.
//! - **S10** No read has a silent limit: a page ends where its caller said, and the caller asks for the next.
//! - **S11** A log has an id and its head a hash; an append names both revision and hash, so that a log that
//!   was rewound or swapped is never written to by mistake.

mod codec;
mod data_keys;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod hash_chain;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod stored;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use data_keys::{DataKey, KeyChanges, KeyId};
pub use error::StoreError;
pub use hash_chain::{ChangeId, Hash, SealedChange, seal, verify_link};
#[cfg(feature = "postgres")]
pub use postgres::{Durability, Pooler, PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
pub use stored::DigestFormat;

use crate::domain::{
    Config, ConfigName, Event, IdempotencyKey, IdempotencyMark, Metadata, Prefix, Revision, Timestamp,
    ValueId, Version,
};

/// The last change of a log, and what is counted along the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last revision; 0 for an empty log.
    pub revision: Revision,
    /// Its hash; for an empty log one made from the log's id.
    pub hash: Hash,
    /// Its instant; [`Timestamp::MIN`] for an empty log.
    pub instant: Timestamp,
    /// How many names there have ever been.
    pub names: u64,
    /// How many events there are.
    pub events: u64,
}

/// What a process may do with a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Read and append; bring the schema up to date.
    #[default]
    ReadWrite,
    /// Only read: no append, no migration, no lock, so that a standby will do.
    ReadOnly,
}

/// What makes a log this log; fixed when it is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogIdentity {
    /// A random id.
    pub id: [u8; 16],
    /// The key of the fingerprints in audit records, random.
    pub fingerprint_key: [u8; 32],
}

/// What came of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Append {
    /// It is durable; also if an earlier try of the same batch was (S6).
    Stored,
    /// The log has moved: nothing was written. This is its head.
    Stale(Head),
}

/// Where a page ends: whichever comes first, with one row at least.
#[derive(Clone, Copy, Debug)]
pub struct PageLimit {
    /// Rows at most: changes, names or events.
    pub rows: usize,
    /// Bytes at most, counted as [`Event::bytes`], and of changes as
    /// [`Change::page_bytes`](crate::domain::Change::page_bytes), so that their events have an end too. A single row
    /// may be larger.
    pub bytes: usize,
}

/// Which part of the tree to read.
#[derive(Clone, Debug)]
pub struct TreePage<'a> {
    /// The tree after this revision; must not be beyond the head.
    pub at: Revision,
    /// Names under this prefix.
    pub prefix: &'a Prefix,
    /// Names that sort after this one.
    pub after: Option<&'a ConfigName>,
    /// Where the page ends.
    pub limit: PageLimit,
}

/// Which part of a name's history to read.
#[derive(Clone, Copy, Debug)]
pub struct HistoryPage {
    /// Which end to begin at.
    pub order: Order,
    /// Versions past this one, in the direction of `order`; none begins at the end itself.
    pub after: Option<Version>,
    /// Only events up to this revision.
    pub at: Revision,
    /// Where the page ends.
    pub limit: PageLimit,
}

/// The direction of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Version 1 first.
    OldestFirst,
    /// The last version first.
    NewestFirst,
}

/// An event with what its change says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// The event, with the value before it.
    pub event: Event,
    /// Its change's revision.
    pub revision: Revision,
    /// Its change's instant.
    pub instant: Timestamp,
    /// Its change's metadata.
    pub metadata: Metadata,
}

/// A change that was found by its idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedChange {
    /// Whose key it is: the id of the actor, none for an anonymous one.
    pub actor_id: Option<Arc<str>>,
    /// The key and the digest of the request's content.
    pub mark: IdempotencyMark,
    /// The change that the first request made.
    pub revision: Revision,
}

/// A log of changes that is the source of truth. The module's documentation is the contract.
///
/// Every method blocks until its answer or its deadline; none is called on a connection thread.
pub trait EventStore: Send + Sync {
    /// Which store it is, for people and logs; never a password: `sqlite configapi.db`.
    fn describe(&self) -> String;

    /// What makes this log this log.
    fn identity(&self) -> LogIdentity;

    /// The store's clock now, without asking it: PostgreSQL's by the offset that the last append or read
    /// brought, the machine's for an embedded store.
    fn clock(&self) -> Timestamp;

    /// The last change.
    fn head(&self) -> Result<Head, StoreError>;

    /// Whether the store itself has all of the log, as far as it can know: a standby that replays late has not.
    fn is_level(&self) -> Result<bool, StoreError> {
        Ok(true)
    }

    /// Appends a batch if the head is still `expected` (revision and hash).
    fn append(&self, expected: &Head, batch: &[SealedChange]) -> Result<Append, StoreError>;

    /// Takes the head's lock, so that nobody else appends until the guard is used or dropped: for a writer
    /// that lost twice.
    fn lock_head(&self) -> Result<Box<dyn LockedHead + '_>, StoreError>;

    /// The changes after a revision, oldest first, each whole.
    fn changes_after(&self, after: Revision, limit: PageLimit) -> Result<Vec<SealedChange>, StoreError>;

    /// Names with their state at a revision, sorted by their bytes, deleted ones included.
    fn tree_page(&self, page: &TreePage<'_>) -> Result<Vec<(ConfigName, Config)>, StoreError>;

    /// Names with the state of their access data as its value, sorted by their bytes; none for a name whose newest event
    /// is of another kind.
    fn access_page(&self, page: &TreePage<'_>) -> Result<Vec<(ConfigName, Option<Config>)>, StoreError>;

    /// One name's state at a revision; `None` if it never was until then.
    fn config_at(&self, name: &ConfigName, at: Revision) -> Result<Option<Config>, StoreError>;

    /// The states of names at a revision, in the order of the names; `None` for one that never was until then. It ends
    /// where the names and values found have so many bytes, with one name at least: the caller asks again for the rest.
    fn configs_at(
        &self,
        names: &[ConfigName],
        at: Revision,
        bytes_max: usize,
    ) -> Result<Vec<Option<Config>>, StoreError>;

    /// The same of all of them, for the thread that writes: it waits for no reader of the past.
    fn recall(&self, names: &[ConfigName], at: Revision) -> Result<Vec<Option<Config>>, StoreError> {
        self.configs_at(names, at, usize::MAX)
    }

    /// The names that have events after one revision and up to another, in the order of the log, with the revisions.
    /// `rows_max` events at most: the last change may be cut.
    fn names_between(
        &self,
        after: Revision,
        to: Revision,
        rows_max: usize,
    ) -> Result<Vec<(Revision, ConfigName)>, StoreError>;

    /// A name's events.
    fn history(&self, name: &ConfigName, page: &HistoryPage) -> Result<Vec<RecordedEvent>, StoreError>;

    /// For each instant, the last revision whose instant is not after it; 0 if there is none. All of one state of the
    /// log, or of states that only grow.
    fn revisions_at(&self, instants: &[Timestamp]) -> Result<Vec<Revision>, StoreError>;

    /// The same of one instant.
    fn revision_at(&self, instant: Timestamp) -> Result<Revision, StoreError> {
        Ok(self.revisions_at(&[instant])?.pop().unwrap_or_default())
    }

    /// The instant of a change; `None` if the log has no such revision.
    fn instant_of(&self, revision: Revision) -> Result<Option<Timestamp>, StoreError>;

    /// The hash of a change; `None` if the log has no such revision.
    fn hash_of(&self, revision: Revision) -> Result<Option<Hash>, StoreError>;

    /// The newest change of each key, by its actor's id, that was recorded at or after an instant.
    fn find_marked(
        &self,
        keys: &[(Option<Arc<str>>, IdempotencyKey)],
        since: Timestamp,
    ) -> Result<Vec<MarkedChange>, StoreError>;

    /// The data keys of values, of those that have one.
    fn data_keys(&self, values: &[ValueId]) -> Result<Vec<DataKey>, StoreError>;

    /// The next data keys after a value, in the order of the values' ids: `rows` at most.
    fn data_keys_after(&self, after: Option<ValueId>, rows: usize) -> Result<Vec<DataKey>, StoreError>;

    /// Puts a data key that was wrapped again in the place of the same one as it was; false if that is not there any more.
    fn rewrap(&self, before: &DataKey, after: &DataKey) -> Result<bool, StoreError>;

    /// The same log over connections of its own, for the threads that write, follow and probe, so that readers of the
    /// past can't hold them all; `None` where readers hold up no other thread.
    fn for_following(&self) -> Option<Arc<dyn EventStore>> {
        None
    }

    /// A small query that needs a working database, for health.
    fn probe(&self) -> Result<(), StoreError>;

    /// The schema of a store that was opened to be read and has an older one; such a store answers only `head` and
    /// `changes_after`.
    fn older_schema(&self) -> Option<i64> {
        None
    }

    /// What the store can check of its own files beyond the log, for `verify`; nothing unless it has some.
    fn inspect(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// The store's own files, which no other part may write. Empty for a store without files.
    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Checkpoints the store's files before the process exits: others may hold the store until then. Does nothing for
    /// a store without files.
    fn checkpoint_files(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Makes an empty log the beginning of another one, with that one's id and fingerprint key, for a copy of it. A
    /// log with a change is refused as [`StoreError::Misconfigured`].
    fn adopt(&mut self, identity: LogIdentity) -> Result<(), StoreError>;

    /// A watch that wakes when somebody appends; `None` where nobody else can.
    fn watch(&self) -> Option<Box<dyn HeadWatch>>;
}

/// The head, locked against every other writer. Dropped, the lock is released and nothing is written.
pub trait LockedHead {
    /// The head, which stays where it is while the lock is held.
    fn head(&self) -> &Head;

    /// Appends on the locked head and releases it.
    fn append(self: Box<Self>, batch: &[SealedChange]) -> Result<(), StoreError>;
}

/// Waits for appends of other servers. It only wakes; what was appended is read from the log.
pub trait HeadWatch: Send {
    /// Waits until somebody has appended, at most `at_most`. An error means that the watch is broken: make a
    /// new one. The first call registers before it returns, and returns at once: what was appended before is
    /// the caller's to read.
    fn wait(&mut self, at_most: Duration) -> Result<Wake, StoreError>;
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Somebody has appended, or may have.
    Appended,
    /// Nobody has, for as long as was asked.
    Quiet,
}
