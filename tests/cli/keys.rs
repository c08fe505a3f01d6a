//! Key files and the variable with a key: what is refused, and what is never shown.

use std::fs;

use crate::process::Folder;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";

#[test]
fn a_new_key_file_replaces_nothing() {
    let folder = Folder::new();
    let made = folder.run(&["key", "new", "--to", "key"], &[]);
    made.succeeded();
    let text = fs::read_to_string(folder.path("key")).expect("a key file");
    assert!(!made.stdout.contains(text.trim()), "{made:?}");
    folder.run(&["key", "new", "--to", "key"], &[]).failed(1, &["is there already"]);
    assert_eq!(fs::read_to_string(folder.path("key")).expect("a key file"), text);
}

#[test]
fn a_key_in_the_variable_is_not_shown() {
    let folder = Folder::new();
    let help = folder.run(&["--help"], &[("CONFIGAPI_KEY", KEY)]);
    help.succeeded();
    assert!(help.stdout.contains("CONFIGAPI_KEY") && !help.stdout.contains(KEY), "{help:?}");
    let refused = folder.run(&["verify"], &[("CONFIGAPI_KEY", "hunter2")]);
    refused.failed(2, &["CONFIGAPI_KEY", "64 hexadecimal digits"]);
    assert!(!format!("{refused:?}").contains("hunter2"));
    let two = [("CONFIGAPI_KEY", KEY), ("CONFIGAPI_KEY_FILE", "key")];
    folder.run(&["verify"], &two).failed(2, &["give one of them"]);
    // It is a variable of ours: nothing warns of it.
    let verified = folder.run(&["verify"], &[("CONFIGAPI_KEY", KEY)]);
    assert!(!verified.stderr.contains("not a setting"), "{verified:?}");
}

#[test]
fn a_rotation_needs_the_key_of_the_log_and_leaves_the_file_of_another_one() {
    let folder = Folder::new();
    folder.run(&["key", "new", "--to", "key"], &[]).succeeded();
    folder.run(&["key", "rotate"], &[]).failed(2, &["--key-file"]);
    folder.run(&["key", "rotate", "--key-file", "key"], &[("CONFIGAPI_FILE", "log.db")]).succeeded();
    let keys = fs::read_to_string(folder.path("key")).expect("a key file");
    assert_eq!(keys.lines().count(), 2);
    assert!(folder.path("log.db").exists());
}
