//! When things happen: the facade, the log thread, boot, the past, the feed.
//!
//! HTTP handlers and embedders call [`ConfigStore`]. Behind it one log thread decides, appends and applies. It knows
//! the store by its trait only: no SQL, no driver, no HTTP.

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

pub use audit::denied::{DenialCounts, DeniedSender};
pub use boot::{Loaded, grant, migrate};
pub use config_store::ConfigStore;
pub use error::{Error, Kind};
pub use health::{ChainEnd, Check, Health, Status};
pub use keys::{Rotated, make_key_file, parse_keys, read_keys, rotate_keys};
pub use options::{AuditSink, Consistency, Limits, Options, StoreLocation};
pub use read::activity::{ActivityBucket, ActivityQuery};
pub use read::feed::Recent;
pub use read::published::{Mark, Piece, Pieces, Published};
pub use read::time_travel::ListQuery;
pub use read::view::{
    AppliedRules, CheckTurn, Effort, EntryConditions, EntryWritten, EventValues, FirstToken, Happened,
    ListEffort, MadeToken, NewToken, Next, RevealPermit, SchemaCheck, SchemaFindings, Search, SearchWalk,
    ServerDoor, ShownChange, ShownConfig, ShownDifference, ShownEvent, ShownFeed, ShownListing, ShownName,
    ShownOutcome, ShownRecord, ShownSchema, ShownValue, ShownWritten, TokenCounts, View, Within,
};
pub use read::walk::{DiffWalk, TreeWalk};
pub use verify::{OpenedValues, Progress, Verified, verify};
pub use write::prepare::{Prepared, Validating};
pub use write::queue::{Completion, Intent, Settled, Ticket, Withdrawal, Write};
pub use write::repeat::Repeated;
pub use write::validation::Validation;
pub use write::written::{Outcome, Written};

pub use crate::infrastructure::access::policy_json::{POLICY_BYTES_MAX, PolicyJsonError};
pub use crate::infrastructure::access::schemas::{SCHEMA_BYTES_MAX, SchemaError};
pub use crate::infrastructure::access::{LiveAccess, Recognised, TokenText};
pub use crate::infrastructure::audit::DeniedRecord;
pub use crate::infrastructure::encryption::{KeyFileError, Keys};
pub use crate::infrastructure::projection::{At, Listing};
pub use crate::infrastructure::store::{Access, HistoryPage, Order, PageLimit, RecordedEvent, StoreError};
#[cfg(feature = "postgres")]
pub use crate::infrastructure::store::{Pooler, PostgresOptions};
