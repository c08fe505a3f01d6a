//! Scripts of the dialect `sh`, sourced by real shells: each value arrives exactly, and nothing in it is executed.

use std::fs;
use std::process::Command;

use configapi::client::formats::{Dialect, Unfit, WriteError};

use crate::values::{entry, fitting, try_write, values, write};

/// The variables that a shell exports after it has read a script, in an empty folder where a command would leave a file.
fn sourced(shell: &str, script: &str) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("values.sh");
    fs::write(&file, script).expect("a script");
    let mut command = Command::new(shell);
    command.args(["-c", "set -eu; . ./values.sh; exec env -0"]).current_dir(&folder).env_clear();
    let output = command.env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").output().expect("a shell");
    assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1, "{shell} has executed a value");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let pairs = printed.split_terminator('\0').filter_map(|pair| pair.split_once('='));
    pairs.map(|(variable, value)| (variable.to_owned(), value.to_owned())).collect()
}

#[test]
fn shells_read_each_value_exactly_and_execute_none() {
    let (entries, refused) = fitting(&Dialect::Sh, &values(1_000));
    assert_eq!(refused, Vec::<String>::new());
    let script = write(Dialect::Sh, &entries);
    for shell in ["sh", "bash", "dash"] {
        let exported = sourced(shell, &script);
        for entry in &entries {
            let variable = entry.name.to_uppercase();
            let found = exported.iter().find(|(name, _)| *name == variable).map(|(_, value)| &**value);
            assert_eq!(found, Some(entry.value.as_str()), "{shell} {variable}");
        }
    }
}

#[test]
fn names_are_never_executed() {
    let names = [
        "$(touch executed)",
        ";touch executed;#",
        "`touch executed`",
        "a b",
        "a\u{a0}b",
        "x=1;touch executed",
    ];
    for name in names {
        let script = write(Dialect::Sh, &[entry(name, "1")]);
        let exported = sourced("bash", &script);
        assert!(exported.iter().any(|(variable, value)| variable.contains('_') && value == "1"), "{name}");
    }
}

/// bash evaluates a text that is assigned to one of its integers, and so executes it.
#[test]
fn a_variable_that_bash_evaluates_is_refused() {
    let integers = Command::new("bash").args(["-c", "declare -i; declare -r"]).output().expect("bash");
    let declared = String::from_utf8(integers.stdout).expect("UTF-8");
    let variable = |line: &str| Some(line.split_whitespace().nth(2)?.split('=').next()?.to_owned());
    let of_bash: Vec<String> = declared.lines().filter_map(variable).collect();
    assert!(of_bash.iter().any(|variable| variable == "RANDOM"), "{declared}");
    let more =
        ["SECONDS", "LINENO", "EPOCHSECONDS", "PROMPT_COMMAND", "PS4", "BASH_ENV", "PATH", "LD_PRELOAD"];
    for variable in of_bash.iter().map(String::as_str).chain(more) {
        let refused = try_write(Dialect::Sh, &[entry(&variable.to_lowercase(), "a[$(touch executed)]")]);
        let is_refused = matches!(&refused, Err(WriteError::Unfit { unfit: Unfit::ShellVariable(_), .. }));
        assert!(is_refused, "{variable}: {refused:?}");
    }
}
