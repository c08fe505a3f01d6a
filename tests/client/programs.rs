//! Other programs: found, run, and read.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The standard output of a command that must succeed.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let output: Output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} can't be run ({error}): ./tests/run installs it"));
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{command:?}: {}\n{stdout}\n{stderr}", output.status);
    stdout
}

/// A file of the folder with the Python packages of the tests.
#[track_caller]
pub fn in_python(path: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-python").join(path);
    assert!(file.exists(), "{} is missing: ./tests/run makes it", file.display());
    file
}

/// An optional program. The long form of the tests needs it.
pub fn optional(program: &str, what: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file());
    if found.is_none() {
        assert!(std::env::var_os("CONFIGAPI_TEST_LONG").is_none(), "{program} is missing: install it");
        eprintln!("NOT PROVEN: {what}, because this machine does not have {program}");
    }
    found
}
