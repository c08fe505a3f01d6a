//! `--help` of each command is a text in `tests/cli/help`, so that a change of it is seen. To accept a change:
//! `CONFIGAPI_TEST_BLESS=1 cargo test --test cli help`.

use std::fs;
use std::path::Path;

use crate::process::Folder;

#[track_caller]
fn same_as_the_file(command: &str, words: &[&str]) {
    let ended = Folder::new().run(words, &[]);
    ended.succeeded();
    assert_eq!(ended.stderr, "");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/help").join(format!("{command}.txt"));
    // Clap leaves spaces at the ends of empty lines.
    let lines: Vec<&str> = ended.stdout.lines().map(str::trim_end).collect();
    let text = lines.join("\n") + "\n";
    if std::env::var_os("CONFIGAPI_TEST_BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for the texts");
        fs::write(&path, &text).expect("the text can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differs = text.lines().zip(expected.lines()).find(|(now, before)| now != before);
    assert!(
        text == expected,
        "{words:?} differs from {}, first at {differs:?}; run with CONFIGAPI_TEST_BLESS=1 to accept\n{text}",
        path.display()
    );
}

#[test]
fn the_help_of_each_command_is_the_text_on_file() {
    same_as_the_file("configapi", &["--help"]);
    same_as_the_file("serve", &["serve", "--help"]);
    same_as_the_file("verify", &["verify", "--help"]);
    same_as_the_file("migrate", &["migrate", "--help"]);
    same_as_the_file("shred", &["shred", "--help"]);
    same_as_the_file("key", &["key", "--help"]);
    same_as_the_file("key-new", &["key", "new", "--help"]);
    same_as_the_file("key-rotate", &["key", "rotate", "--help"]);
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
