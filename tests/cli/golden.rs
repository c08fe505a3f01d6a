//! Texts that are on file, so that a change of them is seen. To accept a change: `CONFIGAPI_TEST_BLESS=1 cargo test --test cli`.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the repository.
pub fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Whether the texts on file are to become those of now.
pub fn is_blessed() -> bool {
    std::env::var_os("CONFIGAPI_TEST_BLESS").is_some()
}

/// Compares a text with the one on file.
#[track_caller]
pub fn same_as_on_file(path: &str, text: &str) {
    let path = file(path);
    if is_blessed() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for the texts");
        fs::write(&path, text).expect("the text can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differs = text.lines().zip(expected.lines()).find(|(now, before)| now != before);
    assert!(
        text == expected,
        "{} is out of date, first at {differs:?}; run with CONFIGAPI_TEST_BLESS=1 to accept\n{text}",
        path.display()
    );
}

/// Compares the names of a folder's files with those that belong there.
#[track_caller]
pub fn same_files(folder: &str, names: impl Iterator<Item = String>) {
    let mut expected: Vec<String> = names.collect();
    expected.sort();
    let entries = fs::read_dir(file(folder)).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("a file").file_name().into_string().ok();
    let mut found: Vec<String> = entries.filter_map(name).collect();
    found.sort();
    if is_blessed() {
        for stale in found.iter().filter(|name| !expected.contains(name)) {
            fs::remove_file(file(folder).join(stale)).expect("it can be removed");
        }
        found.retain(|name| expected.contains(name));
    }
    assert_eq!(found, expected, "the files of {folder}");
}
