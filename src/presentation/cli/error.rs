//! Why a command failed: the text, the hints, and the exit status. The one error type of the commands.
//!
//! Exit statuses: 0 done, 1 error, 2 usage, 3 not found, 4 the log is damaged, 5 conflict, 6 not allowed, 7 unavailable,
//! 8 outcome unknown, 9 different, 126 and 127 as a shell, 130 interrupted. The tests of `tests/cli` check them on the real binary.

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use crate::application::{Error, Kind, StoreError};
use crate::domain::Rejection;

/// The exit status, by the kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// Anything that has no status of its own.
    Error = 1,
    /// The command line, a variable or the settings file is wrong.
    Usage = 2,
    /// There is nothing of this name.
    NotFound = 3,
    /// The log is damaged.
    Corrupt = 4,
    /// The state is not the one that the command expected.
    Conflict = 5,
    /// The token may not do it.
    NotAllowed = 6,
    /// Nothing was done; try again later.
    Unavailable = 7,
    /// The change may be stored or not.
    OutcomeUnknown = 8,
    /// There is a difference, and `--exit-code` asks for it.
    Different = 9,
    /// The command to run can't be executed, as a shell says it.
    NotExecutable = 126,
    /// The command to run is not found, as a shell says it.
    CommandNotFound = 127,
}

/// The status of a command that Ctrl-C ends: 128 and the number of SIGINT.
pub(super) const INTERRUPTED: u8 = 130;

/// The end of a command that does not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// A text for standard error and a status.
    Reported(Report),
    /// Clap's own: help, the version, and flags that are not right. It prints itself.
    CommandLine(clap::Error),
    /// The reader of standard output has gone. The command ends quietly, with status 0.
    OutputClosed,
    /// The command ends with this status and prints nothing more: a child's own, or the answer of `--exit-code`.
    Exited(u8),
}

/// The text of a failure.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) status: Status,
    /// The error and the remedy, in one line.
    pub(super) text: String,
    /// More that helps, a line each.
    pub(super) hints: Vec<String>,
}

impl Failure {
    /// The settings are wrong, alone or together.
    pub(super) fn usage(text: impl Into<String>) -> Self {
        Self::reported(Status::Usage, text)
    }

    /// Anything of the system: an address in use, no threads left.
    pub(super) fn system(text: impl Into<String>) -> Self {
        Self::reported(Status::Error, text)
    }

    /// A text, and the status of its kind.
    pub(super) fn reported(status: Status, text: impl Into<String>) -> Self {
        Self::Reported(Report { status, text: text.into(), hints: Vec::new() })
    }

    /// `--exit-code` found a difference, which is already printed.
    pub(super) fn different() -> Self {
        Self::Exited(Status::Different as u8)
    }

    /// Ctrl-C ended the command.
    pub(super) fn interrupted() -> Self {
        Self::Exited(INTERRUPTED)
    }

    /// Standard output does not take the result.
    pub(super) fn unwritten(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::system(format!("can't write to standard output: {error}")),
        }
    }

    /// The same with a hint under the text.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Self::Reported(report) = &mut self {
            report.hints.push(hint.into());
        }
        self
    }

    /// Whether the server can't be reached or is not ready.
    pub(super) fn is_unavailable(&self) -> bool {
        matches!(self, Self::Reported(report) if report.status == Status::Unavailable)
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Reported(report) => ExitCode::from(report.status as u8),
            Self::CommandLine(error) => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
            Self::OutputClosed => ExitCode::SUCCESS,
            Self::Exited(status) => ExitCode::from(*status),
        }
    }
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        Self::CommandLine(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::Store(StoreError::Corrupt { .. }) => Status::Corrupt,
            Error::Store(StoreError::Absent(_))
            | Error::Rejected(Rejection::NeverExisted | Rejection::AlreadyDeleted) => Status::NotFound,
            error => match error.kind() {
                Kind::Rejected => Status::Conflict,
                Kind::Unavailable | Kind::Behind => Status::Unavailable,
                Kind::OutcomeUnknown => Status::OutcomeUnknown,
                Kind::Invalid | Kind::Full | Kind::Internal => Status::Error,
            },
        };
        Self::reported(status, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_of(error: Error) -> Status {
        match Failure::from(error) {
            Failure::Reported(report) => report.status,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_quiet_end_has_its_own_status() {
        let code = |failure: Failure| format!("{:?}", failure.exit_code());
        assert_eq!(code(Failure::different()), format!("{:?}", ExitCode::from(9)));
        assert_eq!(code(Failure::interrupted()), format!("{:?}", ExitCode::from(130)));
        assert_eq!(
            code(Failure::unwritten(&ErrorKind::BrokenPipe.into())),
            format!("{:?}", ExitCode::SUCCESS)
        );
    }

    #[test]
    fn the_status_says_what_kind_of_failure_it_was() {
        assert_eq!(status_of(Error::Rejected(Rejection::NeverExisted)), Status::NotFound);
        assert_eq!(status_of(Error::Rejected(Rejection::TransactionFailed(Vec::new()))), Status::Conflict);
        assert_eq!(status_of(Error::Overloaded), Status::Unavailable);
        assert_eq!(status_of(Error::OutcomeUnknown), Status::OutcomeUnknown);
        assert_eq!(status_of(Error::Misconfigured("a setting".into())), Status::Error);
    }
}
