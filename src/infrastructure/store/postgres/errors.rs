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

use super::address::Role;
use super::refusal::{Lasts, Refusal, Unconnected, explain};
use super::tls::Way;
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
    if let Some(refusal) = refusal_of(error) {
        return match refusal.lasts {
            Lasts::UntilFixed => StoreError::Misconfigured(refusal.to_string()),
            Lasts::Perhaps => StoreError::Unavailable(refusal.to_string()),
        };
    }
    if let Some(unconnected) = unconnected(error) {
        return StoreError::Unavailable(match caused_by_io(error) {
            Some(io::ErrorKind::TimedOut) => NO_ANSWER.to_owned(),
            _ => format!("error connecting to server: {unconnected}"),
        });
    }
    if caused_by_io(error).is_some() || error.is_closed() {
        return StoreError::Unavailable(without_answer(error));
    }
    // No socket and no server had a part in it: a missing password, an unknown method of authentication.
    StoreError::Misconfigured(format!("the database can't be reached as configured: {}", chain(error)))
}

/// Whether libpq tries another way to connect after this error: TLS has failed, or the server has refused.
pub(super) fn is_of_this_way(error: &Error) -> bool {
    let failed = matches!(unconnected(error), Some(Unconnected::Handshake(_) | Unconnected::Refused(_)));
    failed || error.as_db_error().is_some()
}

/// The error of the last way to connect, with that of the way before.
pub(super) fn after(error: StoreError, before: Option<(Way, StoreError)>) -> StoreError {
    let Some((way, first)) = before else { return error };
    let way = if way == Way::Plain { "without TLS" } else { "with TLS" };
    let both = |text: String| format!("{text} (and before, {way}: {first})");
    match error {
        StoreError::Misconfigured(text) => StoreError::Misconfigured(both(text)),
        StoreError::Unavailable(text) => StoreError::Unavailable(both(text)),
        other => other,
    }
}

fn unconnected(error: &Error) -> Option<&Unconnected> {
    error.source()?.downcast_ref()
}

/// The refusal of this side, or of the other end of TLS once the handshake seemed to be over.
fn refusal_of(error: &Error) -> Option<Refusal> {
    if let Some(Unconnected::Refused(refusal)) = unconnected(error) {
        return Some(refusal.clone());
    }
    let cause = error.source()?.downcast_ref::<io::Error>()?.get_ref()?;
    cause.downcast_ref().cloned().or_else(|| cause.downcast_ref().map(explain))
}

/// A parameter of the wrong type: nothing was sent, and no try will go better.
fn is_ours(error: &Error) -> bool {
    error.source().is_some_and(<dyn std::error::Error>::is::<WrongType>)
}

fn ends_session(refusal: &DbError) -> bool {
    matches!(refusal.parsed_severity(), Some(Severity::Fatal | Severity::Panic) | None)
        || class(refusal.code(), "57P")
}

/// What PostgreSQL's refusal comes to.
#[derive(Clone, Copy)]
enum Cause {
    /// It passes by itself: a start waits for that, a running server tries again.
    Passing,
    /// It stays until somebody acts, as the text says: a start ends with it.
    Settings(&'static str),
    /// No room on the server's disk.
    Full,
    /// It takes no writes.
    ReadOnly,
    /// What is stored is damaged.
    Damaged,
}

/// The one table of causes, by SQLSTATE or its beginning; the first that fits counts. A code that is not here is a fault of
/// ours or of the server.
const CAUSES: &[(&str, Cause)] = &[
    ("53100", Cause::Full),
    ("25006", Cause::ReadOnly),
    ("XX001", Cause::Damaged),
    ("XX002", Cause::Damaged),
    ("28", Cause::Settings("correct user and password in DATABASE_URL, or pg_hba.conf on the server")),
    ("3D000", Cause::Settings("create the database, or correct its name in DATABASE_URL")),
    (
        "42501",
        Cause::Settings(
            "grant the role its rights: configapi migrate --grant ROLE, as the owner of the schema",
        ),
    ),
    ("55000", Cause::Settings("let the database take connections (ALTER DATABASE … ALLOW_CONNECTIONS true)")),
    // Connection, rolled back, resources, shutting down or starting, the system under the server.
    ("08", Cause::Passing),
    ("40", Cause::Passing),
    ("53", Cause::Passing),
    ("57P", Cause::Passing),
    ("58", Cause::Passing),
    // A lock or a time-out; a statement that a pooler has lost; a session that idled in a transaction.
    ("55P03", Cause::Passing),
    ("57014", Cause::Passing),
    ("26000", Cause::Passing),
    ("25P03", Cause::Passing),
];

fn refused(refusal: &DbError) -> StoreError {
    // PgBouncer has this one code for all that it says. Only this refusal does not pass by itself.
    if class(refusal.code(), "08P01") && refusal.message().contains(REFUSES_SETTINGS) {
        let advice = "let the pooler pass it (ignore_startup_parameters in PgBouncer), or connect to PostgreSQL itself";
        return StoreError::Misconfigured(format!("{}: {advice}", text(refusal)));
    }
    let cause = CAUSES.iter().find(|(code, _)| class(refusal.code(), code)).map(|(_, cause)| *cause);
    let text = text(refusal);
    match cause {
        Some(Cause::Passing) => StoreError::Unavailable(text),
        Some(Cause::Settings(advice)) => StoreError::Misconfigured(format!("{text}: {advice}")),
        Some(Cause::Full) => StoreError::Full(text),
        Some(Cause::ReadOnly) => StoreError::ReadOnly(text),
        Some(Cause::Damaged) => StoreError::corrupt(Revision::ZERO, text),
        None => StoreError::Unexpected(text),
    }
}

/// Whether a pooler has refused the settings that a connection begins with.
pub(super) fn refuses_settings(error: &StoreError) -> bool {
    matches!(error, StoreError::Misconfigured(text) if text.contains(REFUSES_SETTINGS))
}

/// `PgBouncer`'s words for it, which have no code of their own.
const REFUSES_SETTINGS: &str = "unsupported startup parameter";

/// The same for a server that runs: what it is refused now it had before, and may have again.
fn while_running(error: StoreError) -> StoreError {
    match error {
        StoreError::Misconfigured(why) => StoreError::Unavailable(why),
        other => other,
    }
}

/// A refusal ends a start, and passes while a server runs.
pub(super) fn in_role(role: Role, error: StoreError) -> StoreError {
    if role == Role::Setup { error } else { while_running(error) }
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
        Some(io::ErrorKind::TimedOut) => NO_ANSWER.to_owned(),
        _ => chain(error),
    }
}

const NO_ANSWER: &str = "no answer within the deadline";

fn caused_by_io(error: &Error) -> Option<io::ErrorKind> {
    match unconnected(error) {
        Some(Unconnected::Lost(error) | Unconnected::Handshake(error)) => Some(error.kind()),
        Some(Unconnected::Refused(_)) => None,
        None => error.source()?.downcast_ref().map(io::Error::kind),
    }
}

fn chain(error: &Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
