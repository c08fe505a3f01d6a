//! The decisions of the service: names, values, events and the aggregate.
//!
//! Pure: no clock, no I/O, no serialisation, no logging. Everything that comes in has passed a parsing
//! door here ([`ConfigName::parse`], [`ConfigValue::parse`], [`Point::parse`]); everything that goes out is a
//! fact ([`Event`], [`Change`]) or a [`Rejection`]. Called by every other floor, calls none.

mod access_change;
mod attributes;
mod change;
mod command;
mod config;
mod difference;
mod encrypted;
mod event;
mod grant;
mod name;
mod operation;
mod path_prefix;
mod place;
mod point;
mod policy;
mod principal;
mod rejection;
mod requirements;
mod revert;
mod rules;
mod search;
mod secrecy;
mod shred;
mod timestamp;
mod token;
mod transaction;
mod tree;
mod value;
mod version;

pub use access_change::AccessChange;
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
pub use grant::{Effect, Grant, Permission};
pub use name::{ConfigName, NAME_BYTES_MAX, NameError, Prefix};
pub use operation::{Action, Match, Operation};
pub use path_prefix::PathPrefix;
pub use place::{GivenPlace, Place, ShortHash};
pub use point::{Point, PointError};
pub use policy::{
    Confirmation, Policy, PolicyError, PolicyParts, Protection, SecretPattern, SecretPatternError,
};
pub use principal::{Principal, Standing};
pub use rejection::{AccessRejection, FailedOperation, OverwrittenName, Rejection, SchemaViolation};
pub use revert::Revert;
pub use rules::{NoSecretNames, NoShreds, Requirements, Rules, SecretNames, Shreds};
pub use search::{SEARCH_BYTES_MAX, SearchText, SearchTextError};
pub use secrecy::is_secret;
pub use shred::{Force, Shred};
pub use timestamp::{Timestamp, TimestampError};
pub use token::{Token, TokenId, TokenName, TokenNameError, TokenSecret};
pub use transaction::{Transaction, TransactionError};
pub use tree::Tree;
pub use value::{ConfigValue, VALUE_BYTES_MAX_DEFAULT, Value, ValueError};
pub use version::{Revision, Version};
