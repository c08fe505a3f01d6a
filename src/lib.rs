//! A configuration service that never forgets.
//!
//! Every change is an immutable event in PostgreSQL or in an embedded SQLite file; current values are
//! read from memory; history, any past state and restores come from the events. This is the library: a program has a
//! [`ConfigStore`] of its own, without HTTP. The feature `server`, on by default, adds the service and its command line.
//!
//! The items on this page are the public interface. Modules that are hidden here may change in any release.
//!
//! # Set, read, list
//!
//! Calls block, but for reads of now: make none on a thread of an async runtime.
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use configapi::{ConfigName, ConfigStore, ListQuery, Metadata, Options, Prefix};
//!
//! let store = ConfigStore::open(&Options::memory())?;
//! let name = ConfigName::parse("app/pool_size")?;
//! store.put(&name, "10", Metadata::of("deploy"))?;
//! let config = store.get(&name).found.expect("it was just set");
//! assert_eq!(config.text(), Some("10"));
//!
//! let query = ListQuery { prefix: Prefix::parse("app/")?, ..ListQuery::default() };
//! assert_eq!(store.list(&query).found.items.len(), 1);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The past
//!
//! A [`Point`] is a revision, an instant or an age.
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use configapi::{ConfigName, ConfigStore, Metadata, Options, Point, Prefix};
//!
//! let store = ConfigStore::open(&Options::memory())?;
//! let name = ConfigName::parse("app/pool_size")?;
//! let before = store.put(&name, "10", Metadata::of("deploy"))?.head;
//! let after = store.put(&name, "25", Metadata::of("deploy"))?.head;
//!
//! let at = store.resolve(Point::Revision(before))?;
//! let config = store.get_at(&name, at)?.found.expect("it was set then");
//! assert_eq!(config.text(), Some("10"));
//! assert_eq!(store.diff(&Prefix::default(), before, after)?.len(), 1);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # All or nothing
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use configapi::{Command, ConfigName, ConfigStore, Metadata, Operation, Options, Revision, Write};
//!
//! let store = ConfigStore::open(&Options::memory())?;
//! let [host, port] = ["db/host", "db/port"].map(ConfigName::parse);
//! let must_be_new = Operation::set(host?, store.parse_value("db.internal")?).if_revision(Revision::ZERO);
//! let set = Operation::set(port?, store.parse_value("5432")?);
//! let written = store.write(Write::new(Command::transaction(vec![must_be_new, set])?, Metadata::of("deploy")))?;
//! assert_eq!(written.outcomes.len(), 2);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Put it back
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use configapi::{ConfigName, ConfigStore, Intent, Metadata, Options, Point, Prefix, Scope};
//!
//! let store = ConfigStore::open(&Options::memory())?;
//! let name = ConfigName::parse("app/pool_size")?;
//! let before = store.put(&name, "10", Metadata::of("deploy"))?.head;
//! store.delete(&name, Metadata::of("somebody"))?;
//! store.restore(Scope::Prefix(Prefix::parse("app/")?), Point::Revision(before), Metadata::of("on-call"), Intent::Commit)?;
//! assert!(store.get(&name).found.is_some());
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Over HTTP, in a server of yours
//!
//! With the feature `server`, `http::handler` is the whole HTTP contract as a function of `rouille`'s request.

// A client alone opens no store, and only the command line uses all of the client.
#![cfg_attr(
    not(any(feature = "sqlite", feature = "postgres")),
    allow(
        unreachable_code,
        unused_variables,
        clippy::unnecessary_wraps,
        reason = "there is no store to open"
    )
)]
#![cfg_attr(
    all(feature = "client", not(feature = "server")),
    allow(dead_code, unused_imports, reason = "the command line uses the rest")
)]

#[cfg(not(any(feature = "client", feature = "sqlite", feature = "postgres")))]
compile_error!("choose a store, the client, or both: feature `sqlite`, `postgres`, `client`");

#[doc(hidden)]
pub mod application;
#[cfg(feature = "client")]
pub mod client;
#[doc(hidden)]
pub mod domain;
#[doc(hidden)]
pub mod infrastructure;
#[cfg(feature = "server")]
#[doc(hidden)]
pub mod presentation;
#[doc(hidden)]
pub mod runtime;
#[cfg(feature = "server")]
#[doc(hidden)]
pub mod server;
#[cfg(any(feature = "client", feature = "server"))]
mod wire;

#[doc(inline)]
pub use application::{
    Access, ActivityBucket, ActivityQuery, At, AuditSink, ChainEnd, Check, Completion, ConfigStore,
    Consistency, Error, Health, HistoryPage, Intent, KeyFileError, Keys, Kind, Limits, ListQuery, Listing,
    Loaded, OpenedValues, Options, Order, Outcome, PageLimit, Progress, RecordedEvent, Settled, Status,
    StoreError, StoreLocation, Ticket, Verified, Withdrawal, Write, Written, grant, migrate, verify,
};
#[cfg(feature = "postgres")]
#[doc(inline)]
pub use application::{Pooler, PostgresOptions};
#[doc(inline)]
pub use domain::{
    Action, Attributes, Change, Command, Config, ConfigName, ConfigValue, ContentDigest, ContentType,
    ContentTypeError, Difference, DifferenceKind, EncryptedValue, EncryptedValueError, Event, Fact,
    FailedOperation, Force, GivenPlace, IdempotencyKey, IdempotencyKeyError, IdempotencyMark, Match,
    Metadata, NameError, Operation, OverwrittenName, Place, Point, PointError, Prefix, Reason, ReasonError,
    Rejection, Restore, Revert, Revision, Scope, Secrecy, Shred, Timestamp, TimestampError, Transaction,
    TransactionError, Value, ValueError, ValueId, Version,
};

/// The HTTP contract, for programs that serve it themselves.
#[cfg(feature = "server")]
pub mod http {
    #[doc(inline)]
    pub use crate::presentation::http::{
        Api, ApiSettings, Console, CorsOrigin, CorsOriginError, Hosts, RootToken, RootTokenError, handler,
    };
}
