//! From the driver's errors to the store's.
//!
//! Told apart by SQLSTATE (PostgreSQL manual, appendix A) and constraint, never by message text. What counts
//! is when it happened: the same broken connection means "nothing was written" for a read and "nobody knows"
//! for a commit. Called by every file of this room.

use std::error::Error as _;
use std::io;

use ::postgres::Error;
use ::postgres::error::{DbError, Severity, SqlState};
use ::postgres::types::WrongType;

use crate::domain::Revision;
use crate::infrastructure::store::StoreError;

/// What was under way when an error came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing that a commit could have made durable.
    Harmless,
    /// A statement that commits.
    Commit,
}

/// Whether a connection can be used again after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aftermath {
    /// The server refused a statement and waits for the next.
    Usable,
    /// The connection, or what is prepared on it, is gone.
    Broken,
}

/// Whether the connection survives: only if the server itself said that a statement failed.
pub(super) fn aftermath(error: &Error) -> Aftermath {
    let usable = error.as_db_error().is_some_and(|refusal| {
        // A pooler lost the prepared statement, or a newer schema has changed its columns: prepare anew. A session
        // that is read-only may stay so when its database is not, or when another server takes the writes.
        let stale = [
            SqlState::INVALID_SQL_STATEMENT_NAME,
            SqlState::FEATURE_NOT_SUPPORTED,
            SqlState::READ_ONLY_SQL_TRANSACTION,
        ];
        !ends_session(refusal) && !stale.contains(refusal.code())
    });
    if usable || is_ours(error) { Aftermath::Usable } else { Aftermath::Broken }
}

/// Whether the server ended the statement, mostly for its time, and waits for the next.
pub(super) fn is_cancelled(error: &Error) -> bool {
    error.as_db_error().is_some_and(|refusal| *refusal.code() == SqlState::QUERY_CANCELED)
}

/// What an error means to the store's caller.
pub(super) fn classify(error: &Error, phase: Phase) -> StoreError {
    let Some(refusal) = error.as_db_error() else {
        if is_ours(error) {
            return StoreError::Unexpected(chain(error));
        }
        return match phase {
            Phase::Commit => StoreError::OutcomeUnknown(without_answer(error)),
            Phase::Harmless => StoreError::Unavailable(without_answer(error)),
        };
    };
    // A session that ended may have committed before it did. A cancelled statement has not, but a cancelled
    // wait for a standby has: appending again tells, and costs little.
    if phase == Phase::Commit && (ends_session(refusal) || *refusal.code() == SqlState::QUERY_CANCELED) {
        return StoreError::OutcomeUnknown(text(refusal));
    }
    refused(refusal)
}

/// An error of making a connection.
pub(super) fn classify_connect(error: &Error) -> StoreError {
    if let Some(refusal) = error.as_db_error() {
        return refused(refusal);
    }
    if caused_by_io(error).is_some() || error.is_closed() {
        return StoreError::Unavailable(without_answer(error));
    }
    // No socket and no server had a part in it: a missing password, an unknown method of authentication.
    StoreError::Misconfigured(format!("the database can't be reached as configured: {}", chain(error)))
}

/// A parameter of the wrong type: nothing was sent, and no try will go better.
fn is_ours(error: &Error) -> bool {
    error.source().is_some_and(<dyn std::error::Error>::is::<WrongType>)
}

fn ends_session(refusal: &DbError) -> bool {
    matches!(refusal.parsed_severity(), Some(Severity::Fatal | Severity::Panic) | None)
        || class(refusal.code(), "57P")
}

fn refused(refusal: &DbError) -> StoreError {
    let code = refusal.code();
    if [SqlState::DISK_FULL].contains(code) {
        return StoreError::Full(text(refusal));
    }
    if [SqlState::READ_ONLY_SQL_TRANSACTION].contains(code) {
        return StoreError::ReadOnly(text(refusal));
    }
    let configuration = [SqlState::INSUFFICIENT_PRIVILEGE, SqlState::UNDEFINED_DATABASE];
    if class(code, "28") || configuration.contains(code) {
        return StoreError::Misconfigured(text(refusal));
    }
    if [SqlState::DATA_CORRUPTED, SqlState::INDEX_CORRUPTED].contains(code) {
        return StoreError::corrupt(Revision::ZERO, text(refusal));
    }
    let passing = [
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::QUERY_CANCELED,
        SqlState::INVALID_SQL_STATEMENT_NAME,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ];
    // 08 connection, 40 rolled back, 53 resources, 57P shutting down or starting, 58 the system under it.
    if ["08", "40", "53", "57P", "58"].iter().any(|it| class(code, it)) || passing.contains(code) {
        return StoreError::Unavailable(text(refusal));
    }
    StoreError::Unexpected(text(refusal))
}

fn class(code: &SqlState, start: &str) -> bool {
    code.code().starts_with(start)
}

/// The server's message without detail and hint: those may quote a row.
fn text(refusal: &DbError) -> String {
    let at = refusal.constraint().map(|name| format!(" ({name})")).unwrap_or_default();
    format!("SQLSTATE {}: {}{at}", refusal.code().code(), refusal.message())
}

fn without_answer(error: &Error) -> String {
    match caused_by_io(error) {
        Some(io::ErrorKind::TimedOut) => "no answer within the deadline".to_owned(),
        _ => chain(error),
    }
}

fn caused_by_io(error: &Error) -> Option<io::ErrorKind> {
    error.source()?.downcast_ref().map(io::Error::kind)
}

fn chain(error: &Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
