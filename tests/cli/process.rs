//! The binary as a child process in an empty folder, without the settings of whoever runs the tests.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A folder to run the binary in.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("a file in a temporary folder");
        path
    }

    /// The binary with these words and variables.
    pub fn command(&self, words: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_configapi"));
        for (name, _) in std::env::vars_os() {
            let bytes = name.as_encoded_bytes();
            if bytes.starts_with(b"CONFIGAPI_")
                || matches!(bytes, b"DATABASE_URL" | b"COLUMNS" | b"NO_COLOR" | b"CLICOLOR_FORCE")
            {
                command.env_remove(name);
            }
        }
        command.args(words).envs(variables.iter().copied()).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    /// The same, run to its end.
    pub fn run(&self, words: &[&str], variables: &[(&str, &str)]) -> Ended {
        Ended::of(&self.command(words, variables).output().expect("the binary starts"))
    }
}

/// What a command has ended with.
#[derive(Debug)]
pub struct Ended {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { status: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// The status, and words that standard error must have.
    #[track_caller]
    pub fn failed(&self, status: i32, words: &[&str]) {
        assert_eq!(self.status, Some(status), "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is not in {}", self.stderr);
        }
        assert_eq!(self.stdout, "", "errors go to standard error");
    }

    #[track_caller]
    pub fn succeeded(&self) {
        assert_eq!(self.status, Some(0), "{self:?}");
    }
}
