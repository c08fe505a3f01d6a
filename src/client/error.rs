//! Why a call failed.

use std::fmt;

use crate::wire::problem::{ProblemJson, Stored};

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused, and says what to do.
    #[error(transparent)]
    Refused(Box<Problem>),
    /// The server can't be reached. A write was not stored.
    #[error("{server} can't be reached: {why}")]
    Unreachable {
        /// Its address.
        server: String,
        /// The cause.
        why: String,
    },
    /// The connection failed after a write was sent: it is stored or not.
    #[error(
        "the connection to {server} failed, and the change is stored or not: read it before you send it again ({why})"
    )]
    OutcomeUnknown {
        /// Its address.
        server: String,
        /// The cause.
        why: String,
    },
    /// The response is not one of the contract.
    #[error(
        "{server} sent a response that is not of this contract ({why}): check the address and the server's version"
    )]
    NotOfTheContract {
        /// Its address.
        server: String,
        /// The cause, without a value.
        why: String,
    },
    /// The settings, or an argument, can't be used.
    #[error("{0}")]
    Invalid(String),
}

/// The server's refusal (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(pub(crate) ProblemJson);

impl Problem {
    /// The status of the response.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The stable path under `/problems/`.
    pub fn kind(&self) -> &str {
        &self.0.kind
    }

    /// The fault, in some words.
    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// The remedy, in a sentence.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The revision of the value that a precondition met; 0 where the name has no value.
    pub fn current_revision(&self) -> Option<crate::domain::Revision> {
        self.0.current_revision
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.title, self.0.detail)
    }
}

impl std::error::Error for Problem {}

impl Error {
    /// The server's refusal, if it was one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            _ => None,
        }
    }

    /// The status of the response, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.problem().map(Problem::status)
    }

    /// Whether the server can't be reached or is not ready: the call may succeed later.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused(problem) => {
                matches!(problem.0.status, 502..=504 | 507) && problem.0.outcome != Some(Stored::Unknown)
            }
            _ => false,
        }
    }

    /// Whether a write is stored or not.
    pub fn is_outcome_unknown(&self) -> bool {
        match self {
            Self::OutcomeUnknown { .. } => true,
            Self::Refused(problem) => problem.0.outcome == Some(Stored::Unknown),
            _ => false,
        }
    }
}
