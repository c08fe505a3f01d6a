//! When things happen: the facade, the log thread, boot, the past, the feed.
//!
//! [`ConfigStore`] is what HTTP handlers and embedders call; behind it one log thread decides, appends and
//! applies. It knows the store by its trait only: no SQL, no driver, no HTTP.

mod audit;
mod boot;
mod config_store;
mod error;
mod health;
mod keys;
mod options;
mod read;
mod secrets;
mod threads;
mod verify;
mod write;

pub use boot::{Loaded, migrate};
pub use config_store::ConfigStore;
pub use error::{Error, Kind};
pub use health::{Check, Health, Status};
pub use keys::{Rotated, make_key_file, parse_keys, read_keys, rotate_keys};
pub use options::{AuditSink, Consistency, Limits, Options, StoreLocation};
pub use read::feed::Recent;
pub use read::published::{Mark, Piece, Pieces, Published};
pub use read::time_travel::ListQuery;
pub use read::view::{
    Effort, EventValues, Happened, Next, RevealPermit, ShownChange, ShownConfig, ShownDifference, ShownEvent,
    ShownFeed, ShownListing, ShownName, ShownOutcome, ShownRecord, ShownValue, ShownWritten, View,
};
pub use read::walk::{DiffWalk, TreeWalk};
pub use verify::{OpenedValues, Progress, Verified, verify};
pub use write::queue::{Completion, Intent, Settled, Ticket, Withdrawal, Write};
pub use write::repeat::Repeated;
pub use write::written::{Outcome, Written};

pub use crate::infrastructure::encryption::{KeyFileError, Keys};
pub use crate::infrastructure::projection::{At, Listing};
pub use crate::infrastructure::store::{Access, HistoryPage, Order, PageLimit, RecordedEvent, StoreError};
#[cfg(feature = "postgres")]
pub use crate::infrastructure::store::{Pooler, PostgresOptions};
