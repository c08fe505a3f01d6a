//! The one error type of the application: every failure that a caller may see.

use std::time::Duration;

use thiserror::Error;

use crate::domain::{
    AccessRejection, GivenPlace, Rejection, Revision, Timestamp, TransactionError, ValueError,
};
use crate::infrastructure::store::StoreError;

/// Why a call did not succeed. [`Error::kind`] says what a caller can do about it.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// The command was understood and does not hold on the state that it met.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// A text that isn't a value under this store's limit.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A list of operations that is not a transaction. Nothing was written.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// A revision that this server has not seen yet.
    #[error("this server has seen revision {seen}, not yet {wanted}")]
    Behind {
        /// The revision that was asked for.
        wanted: Revision,
        /// The last revision that this server has.
        seen: Revision,
    },
    /// The log has no such place: the place is of another log, or the log was rewound.
    #[error("the log has no place {0}")]
    NoSuchPlace(GivenPlace),
    /// The principal is valid no more: its token was revoked or has expired. Nothing was written.
    #[error("the token works no more")]
    Unauthenticated,
    /// A span of time that begins after it ends.
    #[error("{from} is after {to}")]
    SpanReversed {
        /// Where it begins.
        from: Timestamp,
        /// Where it ends.
        to: Timestamp,
    },
    /// The idempotency key was already used for a different request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Too many writes wait already. Nothing was written.
    #[error("too many writes are waiting")]
    Overloaded,
    /// More has changed since a restore was planned than the log thread compares again, or the schemas have changed since
    /// a write was validated. Nothing was written: [`ConfigStore::plan_again`](super::ConfigStore::plan_again).
    #[error("too much has changed since the write was prepared")]
    PlanMoved,
    /// A value of a write has become secret, or public, since the write was prepared. Nothing was written.
    #[error("the secrecy of a value has changed since the write was prepared")]
    SecrecyMoved,
    /// The server does not have the key of a secret, or of a log whose secrets are encrypted. Nothing was written.
    #[error("the server does not have the key that encrypts the secrets of this log")]
    KeyMissing,
    /// The record of a reveal could not be written, so that nothing was shown.
    #[error("the reveal could not be recorded: {0}")]
    AuditFailed(String),
    /// The write waited longer than it was allowed to, and was withdrawn. Nothing was written.
    #[error("the write was withdrawn after {0:?} in the queue")]
    Expired(Duration),
    /// The clock that dates changes can't be right. Nothing was written.
    #[error("the clock of the log says {0}: set the clock of its machine right")]
    Clock(Timestamp),
    /// The store failed before an append was begun. Nothing was written.
    #[error("nothing was written: {0}")]
    NothingBegun(StoreError),
    /// Whether the write was stored can't be known yet.
    #[error("the outcome of the write is not known yet")]
    OutcomeUnknown,
    /// This server only reads. Nothing was written.
    #[error("this server only reads")]
    ReadOnly,
    /// The server is stopping. Nothing was written.
    #[error("the server is stopping")]
    Stopping,
    /// The log under the server is not the one that it followed; it takes no writes until it has rebuilt.
    #[error("the log was rewound or exchanged")]
    Diverged,
    /// The store's own trouble.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A setting that makes no sense, or that can't be followed here.
    #[error("{0}")]
    Misconfigured(String),
}

/// The ways in which a caller can react to an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Read the state and decide again.
    Rejected,
    /// Correct the request.
    Invalid,
    /// Wait, or ask another server.
    Behind,
    /// Send it again: nothing was written.
    Unavailable,
    /// Send it again with the same idempotency key, or look.
    OutcomeUnknown,
    /// Free space.
    Full,
    /// An operator has to look: the store is damaged, or this is a bug.
    Internal,
}

impl From<AccessRejection> for Error {
    fn from(rejection: AccessRejection) -> Self {
        Self::Rejected(rejection.into())
    }
}

impl Error {
    /// The same where no append was begun: a store's trouble then leaves no outcome unknown.
    pub(super) fn with_nothing_begun(self) -> Self {
        match self {
            Self::OutcomeUnknown => Self::Store(StoreError::Unavailable("the log can't be read".into())),
            Self::Store(StoreError::OutcomeUnknown(why)) => Self::Store(StoreError::Unavailable(why)),
            Self::Store(error) if Self::Store(error.clone()).kind() == Kind::Internal => {
                Self::NothingBegun(error)
            }
            other => other,
        }
    }

    /// The way in which a caller can react.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Rejected(_) | Self::NoSuchPlace(_) | Self::Unauthenticated => Kind::Rejected,
            Self::KeyReused
            | Self::SpanReversed { .. }
            | Self::Value(_)
            | Self::Transaction(_)
            | Self::Misconfigured(_) => Kind::Invalid,
            Self::Behind { .. } => Kind::Behind,
            Self::Overloaded
            | Self::PlanMoved
            | Self::SecrecyMoved
            | Self::KeyMissing
            | Self::AuditFailed(_)
            | Self::Expired(_)
            | Self::Stopping
            | Self::Diverged
            | Self::ReadOnly
            | Self::Clock(_) => Kind::Unavailable,
            Self::NothingBegun(_) => Kind::Internal,
            Self::OutcomeUnknown => Kind::OutcomeUnknown,
            Self::Store(error) => match error {
                StoreError::OutcomeUnknown(_) => Kind::OutcomeUnknown,
                StoreError::Full(_) => Kind::Full,
                StoreError::Unavailable(_) | StoreError::ReadOnly(_) => Kind::Unavailable,
                _ => Kind::Internal,
            },
        }
    }
}
