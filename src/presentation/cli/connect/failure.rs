//! A call that failed, as the end of a command.

use crate::client::Error;
use crate::presentation::cli::error::{Failure, Status};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match &error {
            error if error.is_outcome_unknown() => Status::OutcomeUnknown,
            error if error.is_unavailable() => Status::Unavailable,
            Error::Invalid(_) => Status::Usage,
            Error::Refused(problem) => match problem.status() {
                401 | 403 => Status::NotAllowed,
                404 | 410 => Status::NotFound,
                409 | 412 => Status::Conflict,
                429 => Status::Unavailable,
                _ => Status::Error,
            },
            _ => Status::Error,
        };
        let mut failure = Self::reported(status, error.to_string());
        if let Error::Unreachable { .. } = &error {
            failure = failure.hint("start one with `configapi serve`, or name another with --server");
        }
        let Some(problem) = error.problem() else { return failure };
        if problem.status() == 401 {
            failure = failure.hint("sign in with `configapi login`, or name a file with --token-file");
        }
        for failed in problem.0.failed.iter().flatten() {
            failure = failure.hint(match failed.current_revision.get() {
                0 => format!("{} has no value", failed.name),
                revision => format!("{} has changed at revision {revision}", failed.name),
            });
        }
        for overwritten in problem.0.names.iter().flatten() {
            failure = failure.hint(match overwritten.current_revision.get() {
                0 => format!("{} was deleted since", overwritten.name),
                revision => format!("{} has changed since, at revision {revision}", overwritten.name),
            });
        }
        for violation in problem.0.errors.iter().flatten() {
            failure = failure.hint(format!("{} {}: {}", violation.name, violation.pointer, violation.detail));
        }
        failure
    }
}
