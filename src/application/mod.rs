//! When things happen: the facade, the log thread, boot, the past, the feed.
//!
//! [`ConfigStore`] is what HTTP handlers and embedders call; behind it one log thread decides, appends and
//! applies. It knows the store by its trait only: no SQL, no driver, no HTTP.

mod audit;
mod boot;
mod config_store;
mod error;
mod health;
mod options;
mod read;
mod threads;
mod verify;
mod write;

pub use boot::{Loaded, migrate};
pub use config_store::ConfigStore;
pub use error::{Error, Kind};
pub use health::{Check, Health, Status};
pub use options::{AuditSink, Consistency, Limits, Options, StoreLocation};
pub use read::activity::{ActivityBucket, ActivityQuery};
pub use read::feed::Recent;
pub use read::published::{Mark, Piece, Pieces, Published};
pub use read::time_travel::ListQuery;
pub use read::view::{
    AppliedRules, CheckTurn, Effort, EntryConditions, EntryWritten, FirstToken, MadeToken, NewToken, Next,
    SchemaCheck, SchemaFindings, ServerDoor, Shown, ShownChange, ShownDifference, ShownFeed, ShownListing,
    ShownName, ShownOutcome, ShownSchema, ShownWritten, TokenCounts, View,
};
pub use read::walk::{DiffWalk, TreeWalk};
pub use verify::{Progress, Verified, verify};
pub use write::queue::{Completion, Intent, Settled, Ticket, Withdrawal, Write};
pub use write::repeat::Repeated;
pub use write::validate::{Prepared, Validating};
pub use write::validation::Validation;
pub use write::written::{Outcome, Written};

pub use crate::infrastructure::access::policy_json::{POLICY_BYTES_MAX, PolicyJsonError};
pub use crate::infrastructure::access::schemas::{SCHEMA_BYTES_MAX, SchemaError};
pub use crate::infrastructure::access::{LiveAccess, Recognised, TokenText};
pub use crate::infrastructure::projection::{At, Listing};
pub use crate::infrastructure::store::{Access, HistoryPage, Order, PageLimit, RecordedEvent, StoreError};
#[cfg(feature = "postgres")]
pub use crate::infrastructure::store::{Pooler, PostgresOptions};
