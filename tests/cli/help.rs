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
}

#[test]
fn help_never_shows_the_value_of_a_variable() {
    let secret = [
        ("DATABASE_URL", "postgresql://u:hunter2@h/d"),
        ("CONFIGAPI_LISTEN", "10.1.2.3:4"),
        ("CONFIGAPI_ROOT_TOKEN", "hunter2-hunter2-hunter2-hunter2-hunter2"),
    ];
    for args in [&["--help"][..], &["serve", "--help"]] {
        let ended = Folder::new().run(args, &secret);
        ended.succeeded();
        assert!(!ended.stdout.contains("hunter2") && !ended.stdout.contains("10.1.2.3"), "{}", ended.stdout);
    }
}

#[test]
fn help_works_where_a_variable_is_wrong() {
    Folder::new().run(&["serve", "--help"], &[("CONFIGAPI_LOG_LEVEL", "loud")]).succeeded();
}
