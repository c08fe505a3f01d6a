//! A command and its whole environment, and how it is started.
//!
//! Called by `run`, and by the supervisor for each start. The exit statuses are a shell's: 127 for a command that is not
//! found, 126 for one that can't be executed, 128 and its number for a signal.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus};

use thiserror::Error;

/// Added to the number of the signal that ended a process.
const SIGNAL_STATUS: i32 = 128;
/// The bytes of a pointer, which each argument and each variable takes too.
const POINTER_BYTES: usize = size_of::<usize>();

/// A command and its environment. `Debug` shows no value.
#[derive(Clone, PartialEq, Eq)]
pub struct Program {
    /// The command and its arguments.
    pub words: Vec<OsString>,
    /// All variables that the process gets.
    pub environment: BTreeMap<OsString, OsString>,
}

/// Why a command did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// No command has this name.
    #[error("{command}: command not found: use its path, or put its folder into PATH")]
    NotFound {
        /// The name.
        command: String,
    },
    /// The system can't execute it.
    #[error("{command}: can't be executed: {error}")]
    NotExecutable {
        /// The name.
        command: String,
        /// The system's reason.
        error: io::Error,
    },
}

impl Program {
    /// Replaces this process by the command: its signals and its status are the command's own. Returns only if that
    /// fails.
    pub fn replace_this_process(&self) -> StartError {
        let error = self.command().exec();
        self.failed(error)
    }

    /// The bytes that the system counts for the arguments and the environment.
    pub(super) fn bytes(&self) -> u64 {
        let words = self.words.iter().map(|word| word.len() + 1 + POINTER_BYTES);
        let variables = self.environment.iter();
        let variables = variables.map(|(name, value)| name.len() + value.len() + 2 + POINTER_BYTES);
        words.chain(variables).map(|bytes| bytes as u64).sum()
    }

    pub(super) fn command(&self) -> Command {
        let mut words = self.words.iter();
        let mut command = Command::new(words.next().map_or(OsStr::new(""), OsString::as_os_str));
        command.args(words).env_clear().envs(&self.environment);
        command
    }

    pub(super) fn failed(&self, error: io::Error) -> StartError {
        let command = self.words.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
        match error.kind() {
            io::ErrorKind::NotFound => StartError::NotFound { command },
            _ => StartError::NotExecutable { command, error },
        }
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("variables", &self.environment.len()).finish_non_exhaustive()
    }
}

impl StartError {
    /// The status that a shell has for it.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::NotFound { .. } => 127,
            Self::NotExecutable { .. } => 126,
        }
    }
}

/// The status of a process as a shell has it.
pub fn exit_status(status: ExitStatus) -> u8 {
    let number = status.code().or_else(|| Some(SIGNAL_STATUS + status.signal()?));
    // The system has 8 bits of a status, and fewer signals than 128.
    number.and_then(|number| u8::try_from(number).ok()).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn program(words: &[&str]) -> Program {
        let path = std::env::vars_os().find(|(name, _)| name == "PATH");
        Program {
            words: words.iter().map(OsString::from).collect(),
            environment: path.into_iter().chain([("SECRET".into(), "hunter2".into())]).collect(),
        }
    }

    fn start_error(words: &[&str]) -> StartError {
        let program = program(words);
        let error = program.command().spawn().map(drop).unwrap_err();
        program.failed(error)
    }

    #[test]
    fn a_command_that_is_not_found_is_127_and_one_that_can_not_be_executed_is_126() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        fs::write(&path, "text").unwrap();
        assert_eq!(start_error(&["no-such-command-at-all"]).exit_status(), 127);
        assert_eq!(start_error(&["/no/such/command"]).exit_status(), 127);
        assert_eq!(start_error(&[path.to_str().unwrap()]).exit_status(), 126);
        assert_eq!(start_error(&[folder.path().to_str().unwrap()]).exit_status(), 126);
    }

    #[test]
    fn the_status_of_an_ended_process_is_a_shells() {
        let status = |script: &str| exit_status(program(&["sh", "-c", script]).command().status().unwrap());
        assert_eq!(status("exit 0"), 0);
        assert_eq!(status("exit 255"), 255);
        assert_eq!(status("kill -KILL $$"), 137);
        assert_eq!(status("kill -TERM $$"), 143);
    }

    #[test]
    fn a_process_gets_its_own_variables_and_no_others() {
        let output = program(&["sh", "-c", "echo \"$SECRET${CARGO_MANIFEST_DIR-}\""]).command().output();
        assert_eq!(output.unwrap().stdout, b"hunter2\n");
        assert!(!format!("{:?}", program(&["x"])).contains("hunter2"));
    }
}
