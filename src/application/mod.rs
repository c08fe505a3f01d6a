//! When things happen: the facade, the log thread, boot, the past, the feed.
//!
//! [`ConfigStore`] is what HTTP handlers and embedders call; behind it one log thread decides, appends and
//! applies. It knows the store by its trait only: no SQL, no driver, no HTTP.

mod answers;
mod audit;
mod boot;
mod decide;
mod error;
mod feed;
mod follow;
mod health;
mod log_thread;
mod options;
mod queue;
mod restore;
mod service;
mod threads;
mod time_travel;
mod verify;
mod watch;
mod window;

pub use boot::{Loaded, migrate};
pub use error::{Error, Kind};
pub use feed::{FeedPage, Published, Recent};
pub use health::{Check, Health, Status};
pub use options::{AuditSink, Consistency, Limits, Options, StoreLocation};
pub use queue::{Answer, Intent, Outcome, Ticket, Withdrawal, Write, Written};
pub use service::ConfigStore;
pub use time_travel::ListQuery;
pub use verify::{Progress, Verified, verify};

pub use crate::infrastructure::projection::{At, Listing};
#[cfg(feature = "postgres")]
pub use crate::infrastructure::store::PostgresOptions;
pub use crate::infrastructure::store::{Access, HistoryPage, Order, PageLimit, RecordedEvent, StoreError};
