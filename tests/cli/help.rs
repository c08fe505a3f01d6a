//! `--help` of each command is a text in `tests/cli/help`, so that a change of it is seen. To accept a change:
//! `CONFIGAPI_TEST_BLESS=1 cargo test --test cli help`.

use crate::commands::{self, Command};
use crate::golden::{same_as_on_file, same_files};
use crate::process::Folder;

fn file_of(command: &Command) -> String {
    let words = command.joined("-");
    format!("{}.txt", if words.is_empty() { "configapi" } else { &words })
}

#[test]
fn the_help_of_each_command_is_the_text_on_file() {
    let commands = commands::all();
    assert!(commands.len() > 20, "the commands are found in the help");
    for command in &commands {
        same_as_on_file(&format!("tests/cli/help/{}", file_of(command)), &command.help);
    }
    same_files("tests/cli/help", commands.iter().map(file_of));
}

#[test]
fn each_command_has_examples_and_says_what_it_does() {
    for command in commands::all() {
        let has_commands = command.help.lines().any(|line| line == "Commands:");
        assert!(has_commands || !command.examples().is_empty(), "{:?} has no examples", command.words);
        let first = command.help.lines().next().unwrap_or_default();
        assert!(!first.is_empty() && !first.starts_with("Usage"), "{:?} has no text", command.words);
    }
}

#[test]
fn help_never_shows_the_value_of_a_variable() {
    let secret = [
        ("DATABASE_URL", "postgresql://u:planted@h/d"),
        ("CONFIGAPI_LISTEN", "planted:4"),
        ("CONFIGAPI_ROOT_TOKEN", "planted-root-token-of-some-length"),
        ("CONFIGAPI_KEY", "planted"),
    ];
    for words in [
        &["--help"][..],
        &["-h"],
        &["serve", "--help"],
        &["verify", "-h"],
        &["migrate", "--help"],
        &["--version"],
    ] {
        let ended = Folder::new().run(words, &secret);
        ended.succeeded();
        let text = ended.stdout + &ended.stderr;
        assert!(!text.contains("planted"), "{words:?}: {text}");
    }
    // An error of the command line repeats no variable either.
    let ended = Folder::new().run(&["serve", "--listn"], &secret);
    ended.failed(2, &["--listn"]);
    assert!(!ended.stderr.contains("planted"), "{}", ended.stderr);
}

#[test]
fn help_works_where_a_variable_is_wrong() {
    Folder::new().run(&["serve", "--help"], &[("CONFIGAPI_LOG_LEVEL", "loud")]).succeeded();
}
