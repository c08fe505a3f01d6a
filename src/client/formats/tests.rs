//! For any names and values: a file has the same entries back, or the entry is refused; and no error shows a value.

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use super::{Dialect, Entry, Format, Note, WriteError, Writer, read, variable_of};
use crate::domain::{ConfigValue, ContentType};

/// Parts of values that some reader gets wrong.
const PARTS: &[&str] = &[
    "'",
    "\"",
    "`",
    "\\",
    "\\\\",
    "\\n",
    "\\u0041",
    "$",
    "$HOME",
    "${HOME}",
    "$(id)",
    "`id`",
    "%",
    "%s",
    "#",
    " #",
    "=",
    ":",
    ": ",
    "- ",
    "? ",
    "!",
    "!!str",
    "&a",
    "*a",
    "|",
    ">",
    "[",
    "]",
    "{",
    "}",
    ",",
    " ",
    "  ",
    "\t",
    "\n",
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
    "😀",
    "👩‍👩‍👧",
    "\u{10ffff}",
    "no",
    "1.10",
    "null",
    "~",
    "true",
    "<<",
    "---",
    "...",
    "export ",
    "A=",
    "\\ud800",
    "-1",
];

fn value() -> impl Strategy<Value = String> {
    let parts = prop::collection::vec(prop::sample::select(PARTS), 0..8).prop_map(|parts| parts.concat());
    prop_oneof![4 => parts, 1 => "\\PC{0,20}", 1 => "[a-zA-Z0-9_./-]{0,12}"]
}

/// Names of any kind that a server may have, and some that are variables already.
fn name() -> impl Strategy<Value = String> {
    let parts = prop::collection::vec(prop::sample::select(PARTS), 1..5).prop_map(|parts| {
        parts.concat().chars().filter(|character| !character.is_control()).collect::<String>()
    });
    prop_oneof!["[a-z]{1,3}(/[a-z.-]{1,3}){0,3}/?", "[A-Z_]{1,5}", parts]
}

/// A JSON array in the form that the readers make.
fn array() -> impl Strategy<Value = String> {
    let quoted = |text: String| serde_json::Value::from(text).to_string();
    let literal = prop::sample::select(
        &["1", "-0", "1.10", "1e5", "12345678901234567890", "true", "null", "[]", "{}"][..],
    );
    let leaf = prop_oneof![literal.prop_map(str::to_owned), value().prop_map(quoted)];
    let node = leaf.prop_recursive(3, 12, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|values| format!("[{}]", values.join(","))),
            prop::collection::btree_map(value(), inner, 1..3).prop_map(move |members| {
                let members: Vec<String> =
                    members.into_iter().map(|(key, value)| format!("{}:{value}", quoted(key))).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    });
    prop::collection::vec(node, 0..4).prop_map(|values| format!("[{}]", values.join(",")))
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let text = value().prop_map(|text| (text, None));
    let array = array().prop_map(|text| (text, Some(ContentType::Json)));
    let named = (name(), prop_oneof![3 => text, 1 => array]);
    prop::collection::btree_map(named.0, named.1, 0..8).prop_map(|entries| {
        let entry = |(name, (text, content_type))| {
            let value = ConfigValue::from_log(text).unwrap();
            Entry { content_type, ..Entry::text(name, value) }
        };
        entries
            .iter()
            .map(|(name, (text, content_type))| entry((name.as_str(), (text.as_str(), *content_type))))
            .collect()
    })
}

fn write(dialect: Dialect, entries: &[Entry]) -> Result<(String, Vec<Note>), WriteError> {
    let mut text = Vec::new();
    let mut writer = Writer::new(dialect, &mut text);
    for entry in entries {
        writer.entry(entry)?;
    }
    let notes = writer.finish()?.notes;
    Ok((String::from_utf8(text).unwrap(), notes))
}

fn untyped(entries: &[Entry]) -> Vec<Entry> {
    entries.iter().map(|entry| Entry::text(entry.name.clone(), entry.value.clone())).collect()
}

/// Sorted by name: a nested file has its folders where their names are.
fn back(format: Format, text: &str) -> Vec<Entry> {
    let mut entries = read(format, text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries
}

fn config(cases: u32) -> ProptestConfig {
    let failure_persistence = Some(Box::new(FileFailurePersistence::Off) as _);
    ProptestConfig { cases, failure_persistence, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn exact_formats_have_the_same_entries_back(entries in entries()) {
        for (dialect, format) in [(Dialect::Json, Format::Json), (Dialect::Yaml, Format::Yaml)] {
            let (text, notes) = write(dialect, &entries).unwrap();
            prop_assert_eq!(back(format, &text), entries.clone(), "{}", text);
            prop_assert_eq!(notes, vec![]);
        }
        let (text, notes) = write(Dialect::Toml, &entries).unwrap();
        let read = back(Format::Toml, &text);
        prop_assert_eq!(untyped(&read), untyped(&entries), "{}", text);
        prop_assert_eq!(notes.is_empty(), read == entries);
        for (dialect, format) in [
            (Dialect::Properties, Format::Properties),
            (Dialect::Consul, Format::Consul),
            (Dialect::Map, Format::Json),
            (Dialect::Map, Format::Yaml),
        ] {
            let (text, notes) = write(dialect, &entries).unwrap();
            prop_assert_eq!(back(format, &text), untyped(&entries), "{}", text);
            prop_assert_eq!(notes.is_empty(), untyped(&entries) == entries);
        }
    }

    #[test]
    fn nested_objects_have_the_same_entries_back_or_are_refused(entries in entries()) {
        match write(Dialect::Nested, &entries) {
            Ok((text, _)) => prop_assert_eq!(back(Format::Json, &text), entries, "{}", text),
            Err(WriteError::ValueAndFolder { value, below }) => {
                prop_assert!(entries.iter().any(|entry| entry.name == value), "{}", value);
                prop_assert!(below.starts_with(&format!("{value}/")), "{} {}", value, below);
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        }
    }

    #[test]
    fn a_dotenv_file_is_read_back_under_the_names_of_the_variables(value in value()) {
        let entry = Entry::text("a/b", ConfigValue::from_log(&value).unwrap());
        match write(Dialect::Dotenv, std::slice::from_ref(&entry)) {
            Ok((text, notes)) => {
                let expected = Entry { name: variable_of("a/b").unwrap(), ..entry };
                prop_assert_eq!(back(Format::Dotenv, &text), vec![expected], "{}", text);
                let is_said = notes.iter().any(|note| matches!(note, Note::Renamed { .. }));
                prop_assert!(is_said);
            }
            Err(_) => prop_assert!(value.ends_with('\\')),
        }
    }

    /// Files with a value that must stay hidden, broken at any place: by a part put in, or by a part cut off.
    #[test]
    fn no_error_of_a_broken_file_shows_a_value(
        entries in entries(), at in any::<prop::sample::Index>(), part in prop::sample::select(PARTS), cut in 0_usize..6,
    ) {
        let secret = "hunter2";
        let with = |name: &str, value: &str| Entry::text(name, ConfigValue::from_log(value).unwrap());
        let mut entries: Vec<Entry> =
            entries.into_iter().map(|entry| with(&entry.name, &format!("{secret}{}{secret}", entry.value.as_str()))).collect();
        entries.retain(|entry| entry.name.as_str() < "zz");
        entries.push(with("zz", secret));
        for (dialect, format) in [
            (Dialect::Json, Format::Json),
            (Dialect::Yaml, Format::Yaml),
            (Dialect::Toml, Format::Toml),
            (Dialect::Properties, Format::Properties),
            (Dialect::Dotenv, Format::Dotenv),
            (Dialect::Compose, Format::Dotenv),
            (Dialect::Nested, Format::Json),
            (Dialect::Sh, Format::Dotenv),
        ] {
            let text = match write(dialect, &entries) {
                Ok((text, _)) => text,
                Err(error) => {
                    prop_assert!(!error.to_string().contains(secret), "{}", error);
                    continue;
                }
            };
            let mut at = at.index(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            let (start, end) = text.split_at(at);
            let end: String = end.chars().skip(cut).collect();
            for broken in [format!("{start}{part}{end}"), start.to_owned(), end] {
                for format in [format, Format::Yaml, Format::Consul] {
                    if let Err(error) = read(format, &broken) {
                        let shown = error.to_string();
                        // A text that became a name by the change is shown as one.
                        let names_it = error.name().is_some_and(|name| name.contains(secret));
                        prop_assert!(names_it || !shown.contains(secret), "{}\n{}", shown, broken);
                    }
                }
            }
        }
    }
}
