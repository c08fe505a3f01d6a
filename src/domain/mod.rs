//! What the service decides: names, values, events and the aggregate.
//!
//! Pure: no clock, no I/O, no serialisation, no logging. Everything that comes in has passed a parsing
//! door here ([`ConfigName::parse`], [`ConfigValue::parse`], [`Point::parse`]); everything that goes out is a
//! fact ([`Event`], [`Change`]) or a [`Rejection`]. Called by every other floor, calls none.

mod attributes;
mod change;
mod command;
mod config;
mod difference;
mod encrypted;
mod event;
mod name;
mod operation;
mod path_prefix;
mod place;
mod point;
mod principal;
mod rejection;
mod revert;
mod rules;
mod secrecy;
mod shred;
mod timestamp;
mod transaction;
mod tree;
mod value;
mod version;

pub use attributes::{Attributes, ContentType, ContentTypeError, Secrecy};
pub use change::{
    CHANGE_BYTES_MAX, CHANGE_EVENTS_MAX, Change, ContentDigest, IdempotencyKey, IdempotencyKeyError,
    IdempotencyMark, Metadata, Reason, ReasonError,
};
pub use command::{Command, Restore, Scope};
pub use config::Config;
pub use difference::{Difference, DifferenceKind, difference};
pub use encrypted::{EncryptedValue, EncryptedValueError, ValueId};
pub use event::{Event, Fact, PAGE_OVERHEAD_BYTES};
pub use name::{ConfigName, NAME_BYTES_MAX, NameError, Prefix};
pub use operation::{Action, Match, Operation};
pub use path_prefix::PathPrefix;
pub use place::{GivenPlace, Place, ShortHash};
pub use point::{Point, PointError};
pub use principal::{Grant, Permission, Principal};
pub use rejection::{FailedOperation, OverwrittenName, Rejection};
pub use revert::Revert;
pub use rules::{NoSecretNames, NoShreds, Rules, SecretNames, Shreds};
pub use secrecy::is_secret;
pub use shred::{Force, Shred};
pub use timestamp::{Timestamp, TimestampError};
pub use transaction::{Transaction, TransactionError};
pub use tree::Tree;
pub use value::{ConfigValue, VALUE_BYTES_MAX_DEFAULT, Value, ValueError};
pub use version::{Revision, Version};
