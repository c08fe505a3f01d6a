//! The files as Python's readers read them: python-dotenv, `PyYAML`, `tomllib` and `json`.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use configapi::client::formats::{Dialect, Entry, Format, ManifestName, read};
use serde_json::Value;

use crate::programs::{in_python, run};
use crate::values::{array, entry, fitting, values, write};

/// Prints a file as JSON: `read.py KIND FILE`.
const READ: &str = r#"
import json, sys, tomllib, yaml
from dotenv import dotenv_values
kind, file = sys.argv[1:]
def text():
    return open(file, encoding="utf-8", newline="").read()
readers = {
    "dotenv": lambda: dotenv_values(file, interpolate=False),
    "dotenv interpolated": lambda: dotenv_values(file),
    "json": lambda: json.loads(text()),
    "toml": lambda: tomllib.loads(text()),
    "yaml": lambda: yaml.safe_load(text()),
    # Each scalar as it is written.
    "yaml texts": lambda: yaml.load(text(), yaml.BaseLoader),
}
json.dump(readers[kind](), sys.stdout)
"#;

pub fn loaded(kind: &str, text: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let [script, file] = ["read.py", "values"].map(|name| folder.path().join(name));
    fs::write(&script, READ).expect("a script");
    fs::write(&file, text).expect("a file");
    let printed = run(Command::new(in_python("bin/python")).arg(script).arg(kind).arg(file));
    serde_json::from_str(&printed).expect("JSON")
}

#[track_caller]
fn has_each(loaded: &Value, entries: &[Entry], key: impl Fn(&str) -> String) {
    let found = loaded.as_object().expect("an object");
    assert_eq!(found.len(), entries.len());
    for entry in entries {
        let found = found.get(&key(&entry.name)).and_then(Value::as_str);
        assert_eq!(found, Some(entry.value.as_str()), "{}", entry.name);
    }
}

#[test]
fn python_dotenv_reads_each_value_exactly() {
    let (entries, refused) = fitting(&Dialect::Dotenv, &values(2_000));
    assert!(refused.iter().all(|value| value.ends_with('\\')), "{refused:?}");
    let text = write(Dialect::Dotenv, &entries);
    has_each(&loaded("dotenv", &text), &entries, str::to_uppercase);
    let plain: Vec<Entry> =
        entries.into_iter().filter(|entry| !entry.value.as_str().contains("${")).collect();
    let text = write(Dialect::Dotenv, &plain);
    has_each(&loaded("dotenv interpolated", &text), &plain, str::to_uppercase);
}

#[test]
fn pyyaml_tomllib_and_json_read_each_value_exactly() {
    let values = values(2_000);
    for (dialect, kind) in [
        (Dialect::Json, "json"),
        (Dialect::Map, "json"),
        (Dialect::Nested, "json"),
        (Dialect::Yaml, "yaml"),
        (Dialect::Toml, "toml"),
    ] {
        let (entries, refused) = fitting(&dialect, &values);
        assert_eq!(refused, Vec::<String>::new());
        has_each(&loaded(kind, &write(dialect, &entries)), &entries, str::to_owned);
    }
}

#[test]
fn pyyaml_tomllib_and_json_read_each_name_exactly() {
    let mut names: Vec<String> =
        values(500).into_iter().map(|name| name.replace(char::is_control, "/")).collect();
    names.extend(["\"".repeat(512), "\u{feff}".repeat(170), "a".repeat(512)]);
    names.sort();
    names.dedup();
    let entries: Vec<Entry> = names.iter().map(|name| entry(name, "x")).collect();
    for (dialect, kind) in [(Dialect::Json, "json"), (Dialect::Yaml, "yaml"), (Dialect::Toml, "toml")] {
        has_each(&loaded(kind, &write(dialect, &entries)), &entries, str::to_owned);
    }
}

#[test]
fn arrays_are_arrays_to_their_readers() {
    let json = r#"[1,"no","\u0001😀",{"k":[true,"a\"b"]},[]]"#;
    let expected: Value = serde_json::from_str(json).expect("JSON");
    for (dialect, kind) in [(Dialect::Json, "json"), (Dialect::Yaml, "yaml"), (Dialect::Toml, "toml")] {
        let text = write(dialect, &[array("a", json)]);
        assert_eq!(loaded(kind, &text)["a"], expected, "{text}");
    }
}

#[test]
fn manifests_of_kubernetes_have_each_value_exactly() {
    let (entries, _) = fitting(&Dialect::Map, &values(500));
    let name = || ManifestName::parse("app").expect("a name");
    let map = loaded("yaml", &write(Dialect::K8sConfigMap(name()), &entries));
    assert_eq!((&map["kind"], &map["metadata"]["name"]), (&Value::from("ConfigMap"), &Value::from("app")));
    has_each(&map["data"], &entries, str::to_owned);
    let secret = loaded("yaml", &write(Dialect::K8sSecret(name()), &entries));
    assert_eq!((&secret["kind"], &secret["type"]), (&Value::from("Secret"), &Value::from("Opaque")));
    // The same base64 as in Consul's export.
    let data = secret["data"].as_object().expect("an object");
    let pairs: Vec<Value> =
        data.iter().map(|(key, value)| serde_json::json!({"key": key, "value": value})).collect();
    let decoded = read(Format::Consul, &Value::from(pairs).to_string()).expect("base64");
    let decoded: BTreeMap<String, Entry> =
        decoded.into_iter().map(|entry| (entry.name.clone(), entry)).collect();
    assert!(entries.iter().all(|entry| decoded.get(&entry.name) == Some(entry)));
    assert_eq!(decoded.len(), entries.len());
}

#[test]
fn plain_scalars_of_yaml_are_the_texts_that_pyyaml_sees() {
    let is_plain = |value: &String| {
        !value.is_empty()
            && value.chars().all(|character| character.is_alphanumeric() || " .-:%$/".contains(character))
    };
    let mut text = String::new();
    for (at, value) in values(2_000).iter().filter(|value| is_plain(value)).enumerate() {
        let line = format!("v{at}: x{value}\n");
        if read(Format::Yaml, &line).is_ok() {
            text += &line;
        }
    }
    let entries = read(Format::Yaml, &text).expect("the lines together");
    assert!(entries.len() > 30, "{text}");
    has_each(&loaded("yaml texts", &text), &entries, str::to_owned);
}
