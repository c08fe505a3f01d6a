//! How each dialect is written, and which entries are refused, by their names alone.

use super::super::{Dialect, Entry, ManifestName, Note, Unfit, WriteError, Writer};
use super::Written;
use crate::domain::{ConfigValue, ContentType};

fn entry(name: &str, value: &str) -> Entry {
    Entry::text(name, ConfigValue::from_log(value).unwrap())
}

fn try_write(dialect: Dialect, entries: &[Entry]) -> Result<(String, Written), WriteError> {
    let mut text = Vec::new();
    let mut writer = Writer::new(dialect, &mut text);
    for entry in entries {
        writer.entry(entry)?;
    }
    let written = writer.finish()?;
    Ok((String::from_utf8(text).unwrap(), written))
}

#[track_caller]
fn writes(dialect: Dialect, entries: &[(&str, &str)], expected: &str) {
    let entries: Vec<Entry> = entries.iter().map(|(name, value)| entry(name, value)).collect();
    let (text, written) = try_write(dialect, &entries).unwrap();
    assert_eq!(text, expected);
    assert_eq!(written.entries, entries.len());
}

#[track_caller]
fn refuses(dialect: Dialect, name: &str, value: &str, expected: &Unfit) {
    match try_write(dialect, &[entry(name, value)]) {
        Err(WriteError::Unfit { name: found, unfit }) => assert_eq!((&*found, &unfit), (name, expected)),
        other => panic!("{other:?}"),
    }
}

fn object() -> ManifestName {
    ManifestName::parse("app").unwrap()
}

#[test]
fn flat_files_have_one_quoted_line_for_each_name() {
    let entries = [("a/b", "no"), ("c", "x\n\"y\"")];
    writes(Dialect::Json, &entries, "{\n  \"a/b\": \"no\",\n  \"c\": \"x\\n\\\"y\\\"\"\n}\n");
    writes(Dialect::Map, &entries, "{\n  \"a/b\": \"no\",\n  \"c\": \"x\\n\\\"y\\\"\"\n}\n");
    writes(Dialect::Yaml, &entries, "\"a/b\": \"no\"\n\"c\": \"x\\n\\\"y\\\"\"\n");
    writes(Dialect::Toml, &entries, "\"a/b\" = \"no\"\n\"c\" = \"x\\n\\\"y\\\"\"\n");
    writes(Dialect::Properties, &[("a b/é", " x y \n😀")], "a\\ b/\\u00e9=\\ x y \\n\\ud83d\\ude00\n");
    writes(Dialect::Consul, &[("a", "é")], "[\n  {\"key\": \"a\", \"flags\": 0, \"value\": \"w6k=\"}\n]\n");
}

#[test]
fn a_file_without_entries_is_a_whole_file() {
    for (dialect, expected) in [
        (Dialect::Json, "{}\n"),
        (Dialect::Nested, "{}\n"),
        (Dialect::Yaml, "{}\n"),
        (Dialect::Consul, "[]\n"),
        (Dialect::Toml, ""),
        (Dialect::Sh, ""),
    ] {
        writes(dialect, &[], expected);
    }
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"app\"\ndata: {}\n";
    writes(Dialect::K8sConfigMap(object()), &[], manifest);
}

#[test]
fn arrays_are_arrays_where_the_format_has_them() {
    let array = |text| Entry { content_type: Some(ContentType::Json), ..entry("a", text) };
    for (dialect, text, expected) in [
        (Dialect::Json, "[1.10,null]", "{\n  \"a\": [1.10,null]\n}\n"),
        (Dialect::Nested, "[1.10,null]", "{\n  \"a\": [1.10,null]\n}\n"),
        (Dialect::Yaml, "[1.10,{\"k\":\"v\"}]", "\"a\": [1.10, {\"k\": \"v\"}]\n"),
        (Dialect::Toml, "[1.10,{\"k\":\"v\"}]", "\"a\" = [1.10, {\"k\" = \"v\"}]\n"),
    ] {
        let (written, notes) = try_write(dialect, &[array(text)]).unwrap();
        assert_eq!((&*written, notes.notes), (expected, vec![]));
    }
    let lost = vec![Note::ContentTypeLost { count: 1, name: "a".to_owned() }];
    for (dialect, text, expected) in [
        (Dialect::Json, "[1, 2]", "{\n  \"a\": \"[1, 2]\"\n}\n"),
        (Dialect::Json, "{\"b\":1}", "{\n  \"a\": \"{\\\"b\\\":1}\"\n}\n"),
        (Dialect::Toml, "[null]", "\"a\" = \"[null]\"\n"),
        (Dialect::Map, "[1]", "{\n  \"a\": \"[1]\"\n}\n"),
        (Dialect::Properties, "[1]", "a=[1]\n"),
    ] {
        let (written, notes) = try_write(dialect, &[array(text)]).unwrap();
        assert_eq!((&*written, &notes.notes), (expected, &lost));
    }
}

#[test]
fn nested_objects_follow_the_slashes() {
    let entries = [("a-b", "1"), ("a/", "2"), ("a/b/c", "3"), ("a/b/d", "4"), ("a/e", "5"), ("f", "6")];
    let expected = r#"{
  "a-b": "1",
  "a": {
    "": "2",
    "b": {
      "c": "3",
      "d": "4"
    },
    "e": "5"
  },
  "f": "6"
}
"#;
    writes(Dialect::Nested, &entries, expected);
    let conflict = |names: &[&str]| {
        let entries: Vec<Entry> = names.iter().map(|name| entry(name, "hunter2")).collect();
        try_write(Dialect::Nested, &entries).unwrap_err().to_string()
    };
    let expected = "`a` is a value, and `a/b` is below it: an object can't be both";
    assert_eq!(conflict(&["a", "a-b", "a-b-c", "a/b"]), expected);
    assert_eq!(conflict(&["", "/a"]), "`` is a value, and `/a` is below it: an object can't be both");
}

#[test]
fn variables_are_quoted_for_the_program_that_reads_them() {
    let text = r#"it's "a" $HOME \ "#;
    writes(Dialect::Sh, &[("a/b", text)], "export A_B='it'\\''s \"a\" $HOME \\ '\n");
    writes(Dialect::Compose, &[("a", text)], "A=\"it's \\\"a\\\" \\$HOME \\\\ \"\n");
    writes(Dialect::Compose, &[("a", "x y\nz$A")], "A='x y\nz$A'\n");
    writes(Dialect::Dotenv, &[("a", "x y\nz")], "A='x y\nz'\n");
    writes(Dialect::Dotenv, &[("a", "x\r\n"), ("b", ""), ("c", "c:\\d\\")], "A=\"x\\r\\n\"\nB=\nC=c:\\d\\\n");
    writes(Dialect::Docker, &[("a", text)], "A=it's \"a\" $HOME \\ \n");
}

#[test]
fn two_names_never_become_one_variable() {
    let entries = ["a-b", "a/b"].map(|name| entry(name, "hunter2"));
    for dialect in [Dialect::Dotenv, Dialect::Docker, Dialect::Compose, Dialect::Sh] {
        let error = try_write(dialect, &entries).unwrap_err();
        assert_eq!(error.to_string(), "`a-b` and `a/b` both become the variable `A_B`: rename one of them");
    }
}

#[test]
fn notes_say_what_a_file_does_not_have() {
    let secret = Entry { secret: true, ..entry("a/b", "${HOME}") };
    let typed = Entry { content_type: Some(ContentType::Yaml), ..entry("c", "d: 1") };
    let entries = [entry("UPPER", "x"), secret, typed];
    let (_, written) = try_write(Dialect::Dotenv, &entries).unwrap();
    assert_eq!(
        written.notes,
        [
            Note::ReadersDiffer { count: 1, name: "a/b".to_owned() },
            Note::Renamed { count: 2, name: "a/b".to_owned(), variable: "A_B".to_owned() },
            Note::SecretInClear { count: 1, name: "a/b".to_owned() },
            Note::ContentTypeLost { count: 1, name: "c".to_owned() },
        ]
    );
    let (_, written) = try_write(Dialect::Json, &entries[..1]).unwrap();
    assert_eq!(written, Written { entries: 1, notes: vec![] });
}

#[test]
fn values_that_a_dialect_can_not_carry_are_refused() {
    refuses(Dialect::Docker, "a", "x\ny", &Unfit::Newline);
    refuses(Dialect::Docker, "a", "x\r", &Unfit::CarriageReturnAtEnd);
    refuses(Dialect::Docker, "a", &"x".repeat(65_533), &Unfit::LineTooLong(65_534));
    refuses(Dialect::Dotenv, "a", "x # \\", &Unfit::BackslashAtEnd);
    for dialect in [Dialect::Dotenv, Dialect::Docker, Dialect::Compose, Dialect::Sh] {
        refuses(dialect, "2fa", "x", &Unfit::NoVariable);
    }
    for (name, variable) in [("path", "PATH"), ("prompt-command", "PROMPT_COMMAND"), ("random", "RANDOM")] {
        refuses(Dialect::Sh, name, "x", &Unfit::ShellVariable(variable.to_owned()));
    }
    for name in ["a/b", "a b", "..", ".", "..a", "", "é", &"a".repeat(254)] {
        refuses(Dialect::K8sConfigMap(object()), name, "x", &Unfit::KubernetesKey);
    }
    let long = "x".repeat(1_048_577);
    refuses(Dialect::K8sSecret(object()), "a", &long, &Unfit::KubernetesSize(1_048_576));
}

#[test]
fn entries_that_are_not_sorted_are_refused() {
    for names in [["b", "a"], ["a", "a"]] {
        let entries = names.map(|name| entry(name, "x"));
        let error = try_write(Dialect::Json, &entries).unwrap_err();
        assert!(matches!(error, WriteError::Unsorted { .. }), "{error}");
    }
}

#[test]
fn a_failed_output_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _bytes: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for name in Dialect::NAMES {
        let mut writer = Writer::new(Dialect::parse(name, Some("app")).unwrap(), Full);
        assert!(matches!(writer.entry(&entry("a", "x")), Err(WriteError::Io(_))), "{name}");
    }
}
