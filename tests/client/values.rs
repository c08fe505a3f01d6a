//! Values that some reader gets wrong, and files of them.

use configapi::client::formats::{Dialect, Entry, WriteError, Writer};
use configapi::{ConfigValue, ContentType};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Parts of values. Each value of a test is a few of them.
pub const PARTS: &[&str] = &[
    "'",
    "\"",
    "`",
    "\\",
    "\\\\",
    "\\n",
    "\\'",
    "\\\"",
    "\\u0041",
    "$",
    "$$",
    "$HOME",
    "${HOME}",
    "${HOME:-x}",
    "$(touch executed)",
    "`touch executed`",
    "!!",
    "%",
    "%s",
    "%PATH%",
    "#",
    " #",
    "=",
    ":",
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ",",
    ";touch executed;",
    "&",
    "|",
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    "\u{b}",
    "\u{c}",
    "\u{1}",
    "\u{1b}[2J",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{202e}",
    "\u{200f}",
    "\u{feff}",
    "\u{ffff}",
    "é",
    "ключ",
    "שלום",
    "😀",
    "no",
    "1.10",
    "null",
    "true",
    "---",
    "export ",
    "A=",
    "EOF",
];

/// Values made of parts: each part alone, at the start, at the end, and many mixtures. The same in every run.
pub fn values(mixtures: usize) -> Vec<String> {
    let mut values: Vec<String> = vec![String::new(), "plain".to_owned()];
    for part in PARTS {
        values.extend([
            (*part).to_owned(),
            format!("{part}x"),
            format!("x{part}"),
            format!("x{part}y{part}{part}"),
        ]);
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mixture = prop::collection::vec(prop::sample::select(PARTS), 2..9);
    for _ in 0..mixtures {
        let mixed = mixture.new_tree(&mut runner).expect("a value").current().concat();
        values.push(mixed);
    }
    values
}

pub fn entry(name: &str, value: &str) -> Entry {
    Entry::text(name, ConfigValue::parse(value, usize::MAX).expect("a value"))
}

pub fn array(name: &str, json: &str) -> Entry {
    Entry { content_type: Some(ContentType::Json), ..entry(name, json) }
}

pub fn try_write(dialect: Dialect, entries: &[Entry]) -> Result<String, WriteError> {
    let mut text = Vec::new();
    let mut writer = Writer::new(dialect, &mut text);
    for entry in entries {
        writer.entry(entry)?;
    }
    let _notes = writer.finish()?;
    Ok(String::from_utf8(text).expect("UTF-8"))
}

#[track_caller]
pub fn write(dialect: Dialect, entries: &[Entry]) -> String {
    try_write(dialect, entries).unwrap_or_else(|error| panic!("{error}"))
}

/// Each value that a dialect can carry under a name of its own, and how many it refused.
pub fn fitting(dialect: &Dialect, values: &[String]) -> (Vec<Entry>, Vec<String>) {
    let named = |(at, value): (usize, &String)| entry(&format!("v{at:05}"), value);
    let entries = values.iter().enumerate().map(named);
    let (fit, refused): (Vec<Entry>, Vec<Entry>) =
        entries.partition(|entry| try_write(dialect.clone(), std::slice::from_ref(entry)).is_ok());
    (fit, refused.iter().map(|entry| entry.value.as_str().to_owned()).collect())
}
