//! The domain says no.

use thiserror::Error;

use super::change::{CHANGE_BYTES_MAX, CHANGE_EVENTS_MAX};
use super::name::RESERVED_PREFIX;
use super::{ConfigName, Confirmation, Revision};

/// Why a command that was understood does not hold on the state that it met.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// There is nothing to delete and never was.
    #[error("the name was never set")]
    NeverExisted,
    /// It is deleted already.
    #[error("the name is deleted already")]
    AlreadyDeleted,
    /// The state is not the one that the client expected.
    #[error("the value is not at the revision that was expected: it is at {current}")]
    PreconditionFailed {
        /// The revision of the value's last event; 0 for an absent or deleted name.
        current: Revision,
    },
    /// Some operations of a transaction failed their preconditions; nothing was done.
    #[error("{} of the transaction's operations failed their preconditions", .0.len())]
    TransactionFailed(Vec<FailedOperation>),
    /// The principal may not write the name; of a transaction, the name of this operation.
    #[error("the principal may not write this name")]
    Forbidden {
        /// The operation's place in a transaction, from 0.
        operation: Option<usize>,
    },
    /// A restore is of a prefix that can have names which the principal may neither read nor write.
    #[error("the principal may not read or write every name under this prefix")]
    ForbiddenPrefix,
    /// The principal may not write some of the names that a restore or a revert would change.
    #[error("the principal may not write {names} of the names that would change")]
    ForbiddenNames {
        /// How many.
        names: usize,
    },
    /// Names of the change that a revert should undo have changed since; nothing was done.
    #[error("{} of the change's names have changed since", .0.len())]
    Overwritten(Vec<OverwrittenName>),
    /// A set would make a secret public, and the principal may not reveal it; of a transaction, the set of this operation.
    #[error("only a principal that may reveal the name can make its value public")]
    RevealRequired {
        /// The operation's place in a transaction, from 0.
        operation: Option<usize>,
    },
    /// The principal may not destroy values of the name.
    #[error("only a principal that may administer and reveal the name can shred its values")]
    ForbiddenShred,
    /// A shred would take the current value.
    #[error("version {version} is the current one")]
    CurrentVersion {
        /// The version.
        version: super::Version,
    },
    /// The value of a version is stored in clear text, which no key protects.
    #[error("version {version} is not encrypted")]
    NotEncrypted {
        /// The version.
        version: super::Version,
    },
    /// The name has no value with this version.
    #[error("version {version} is not a set of the name")]
    NoSuchVersion {
        /// The version.
        version: super::Version,
    },
    /// The earlier values of these names were destroyed.
    #[error("the earlier values of {} names were shredded", .0.len())]
    Shredded(Vec<ConfigName>),
    /// The name belongs to the service itself; of a transaction, the name of this operation.
    #[error("names under {RESERVED_PREFIX} belong to the service")]
    ReservedName {
        /// The operation's place in a transaction, from 0.
        operation: Option<usize>,
    },
    /// The access data can't be changed so.
    #[error(transparent)]
    Access(#[from] AccessRejection),
    /// The change would have more events or bytes than one change may.
    #[error("one change may have at most {events_max} events and {bytes_max} bytes of names and values")]
    ChangeTooLarge {
        /// The limit of events.
        events_max: usize,
        /// The limit of bytes.
        bytes_max: usize,
    },
    /// The policy wants a reason for a change under this prefix, and the change has none.
    #[error("a change under {prefix:?} needs a reason")]
    ReasonRequired {
        /// The prefix; the empty text covers every name.
        prefix: Box<str>,
    },
    /// The policy wants a confirmation of so large a change, and the request has none or another number.
    #[error("a change of {} names under {:?} needs a confirmation", .0.names, .0.prefix.as_str())]
    ConfirmationRequired(Confirmation),
    /// Values do not match the schemas of their names; the first violations.
    #[error("the values do not match the schemas of their names")]
    SchemaViolated(std::sync::Arc<[SchemaViolation]>),
}

/// One way in which a value does not match the schema of its name. It never contains a part of the value but names of
/// members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaViolation {
    /// The operation's place in a transaction, from 0.
    pub operation: Option<usize>,
    /// The name.
    pub name: ConfigName,
    /// The JSON pointer of the place in the value; the empty text is the whole value.
    pub pointer: String,
    /// Why it does not match.
    pub detail: String,
}

impl Rejection {
    /// The refusal of a change with more events or bytes than one change may have.
    pub const fn change_too_large() -> Self {
        Self::ChangeTooLarge { events_max: CHANGE_EVENTS_MAX, bytes_max: CHANGE_BYTES_MAX }
    }
}

/// A name that has changed since the change that a revert should undo. Its principal may write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverwrittenName {
    /// The name.
    pub name: ConfigName,
    /// The revision of the value's last event; 0 for an absent or deleted name.
    pub current: Revision,
}

/// An operation of a transaction that failed its precondition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedOperation {
    /// Its place in the transaction, from 0.
    pub index: usize,
    /// The name that it was about.
    pub name: ConfigName,
    /// The revision of the value's last event; 0 for an absent or deleted name.
    pub current: Revision,
}

/// Why tokens can't be made or changed as was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AccessRejection {
    /// The principal administers no name, or not these.
    #[error("the principal is not an admin of this")]
    NotAdmin,
    /// A grant of a new token lies outside the grants of its maker.
    #[error("the scopes of a token must lie inside those of its maker")]
    MoreThanOwn,
    /// A live token has the name.
    #[error("a live token has this name")]
    TokenExists,
    /// There is no such token, or the principal does not administer it.
    #[error("there is no such token")]
    NoSuchToken,
    /// After the first token everybody needs one: it must be able to make others.
    #[error("the first token must have admin on everything")]
    FirstNotAdmin,
    /// The principal may not read the prefix.
    #[error("the principal may not read this prefix")]
    NotReader,
    /// The prefix has no schema, or the principal may not read it.
    #[error("the prefix has no schema")]
    NoSuchSchema,
}
