//! Files as people have them: Spring Boot, Rails, `sysctl`, a certificate with the line ends of Windows.

use std::process::Command;

use configapi::client::formats::{Dialect, Entry, Format, read, text_of};
use serde_json::Value;

use crate::programs::run;
use crate::python::loaded;
use crate::values::{entry, write};

const APPLICATION_YML: &str = include_str!("files/application.yml");
const RAILS_ENV: &str = include_str!("files/rails.env");

#[track_caller]
fn value<'a>(entries: &'a [Entry], name: &str) -> &'a str {
    let entry = entries.iter().find(|entry| entry.name == name);
    entry.unwrap_or_else(|| panic!("{name} is missing")).value.as_str()
}

/// The leaves of nested objects, with names as an import makes them; arrays as JSON.
fn leaves(value: &Value, name: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let name = if name.is_empty() { key.clone() } else { format!("{name}/{key}") };
                leaves(value, &name, found);
            }
        }
        Value::String(text) => found.push((name.to_owned(), text.clone())),
        other => found.push((name.to_owned(), other.to_string())),
    }
}

#[test]
fn a_spring_boot_file_is_read_as_pyyaml_reads_its_texts() {
    let entries = read(Format::Yaml, APPLICATION_YML).expect("the file");
    assert_eq!(value(&entries, "server/port"), "${PORT:8080}");
    assert_eq!(value(&entries, "spring/datasource/password"), "${DB_PASSWORD:pa'ss # word}");
    assert_eq!(value(&entries, "spring/replica/hikari/maximum-pool-size"), "20");
    assert_eq!(value(&entries, "spring/replica/hikari/leak-detection-threshold"), "0");
    assert_eq!(value(&entries, "features/dark-mode"), "on");
    assert_eq!(value(&entries, "features/countries"), r#"["no","se",1.10]"#);
    assert_eq!(value(&entries, "features/banner"), "Hello,\n  $USER!\n");
    let mut texts = Vec::new();
    leaves(&loaded("yaml texts", APPLICATION_YML), "", &mut texts);
    // PyYAML's plain loader has no merge: it shows the key `<<` itself.
    texts.retain(|(name, _)| !name.contains("<<") && name != "features/countries");
    for (name, text) in &texts {
        assert_eq!(value(&entries, name), text, "{name}");
    }
    let merged = ["connection-timeout", "leak-detection-threshold"];
    assert_eq!(entries.len(), texts.len() + merged.len() + 1);
}

#[test]
fn a_spring_boot_file_comes_back_from_each_exact_format() {
    let mut entries = read(Format::Yaml, APPLICATION_YML).expect("the file");
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    for (dialect, format) in [
        (Dialect::Yaml, Format::Yaml),
        (Dialect::Json, Format::Json),
        (Dialect::Toml, Format::Toml),
        (Dialect::Nested, Format::Json),
    ] {
        assert_eq!(read(format, &write(dialect, &entries)).expect("a file"), entries);
    }
}

#[test]
fn a_rails_env_file_is_read_as_python_dotenv_reads_it() {
    let entries = read(Format::Dotenv, RAILS_ENV).expect("the file");
    let python = loaded("dotenv", RAILS_ENV);
    let python = python.as_object().expect("an object");
    assert_eq!(entries.len(), python.len());
    for Entry { name, value, .. } in &entries {
        // python-dotenv does not know `\$`, which Ruby's reader and shells do.
        let expected = python[name].as_str().expect("a text").replace(r"\$", "$");
        assert_eq!(value.as_str(), expected, "{name}");
    }
    assert_eq!(value(&entries, "SMTP_PASSWORD"), "a \"quoted\" pa$$word");
    assert_eq!(value(&entries, "COLOR"), "#ff8800");
}

#[test]
fn the_settings_of_this_kernel_come_back_exactly() {
    let printed = run(Command::new("sysctl").arg("-a").arg("--ignore"));
    // Some settings are printed over several lines, with their name on each.
    let mut lines: Vec<&str> = printed.lines().filter(|line| line.contains(" = ")).collect();
    let name = |line: &str| line.split(" = ").next().map(str::to_owned);
    lines.sort_unstable();
    lines.dedup_by_key(|line| name(line));
    let mut entries = read(Format::Properties, &lines.join("\n")).expect("properties");
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(entries.len() > 100, "{}", entries.len());
    assert!(!value(&entries, "kernel.ostype").is_empty());
    for (dialect, format) in [
        (Dialect::Properties, Format::Properties),
        (Dialect::Yaml, Format::Yaml),
        (Dialect::Toml, Format::Toml),
    ] {
        assert_eq!(read(format, &write(dialect, &entries)).expect("a file"), entries);
    }
}

#[test]
fn a_certificate_keeps_the_line_ends_of_windows() {
    let pem = "-----BEGIN CERTIFICATE-----\r\nMIIB+zCCAaGgAwIBAgIUQ==\r\n-----END CERTIFICATE-----\r\n";
    let entries = [entry("TLS_CERT", pem)];
    for (dialect, format) in [
        (Dialect::Json, Format::Json),
        (Dialect::Yaml, Format::Yaml),
        (Dialect::Toml, Format::Toml),
        (Dialect::Properties, Format::Properties),
        (Dialect::Consul, Format::Consul),
        (Dialect::Dotenv, Format::Dotenv),
        (Dialect::Compose, Format::Dotenv),
    ] {
        assert_eq!(read(format, &write(dialect, &entries)).expect("a file"), entries);
    }
    for (dialect, kind) in [(Dialect::Toml, "toml"), (Dialect::Yaml, "yaml"), (Dialect::Dotenv, "dotenv")] {
        assert_eq!(loaded(kind, &write(dialect, &entries))["TLS_CERT"], pem);
    }
}

#[test]
fn a_file_that_was_saved_on_windows_is_the_same_file() {
    for (format, text) in [(Format::Yaml, APPLICATION_YML), (Format::Dotenv, RAILS_ENV)] {
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        let windows = text_of(windows.as_bytes()).expect("UTF-8");
        assert_eq!(read(format, windows).expect("the file"), read(format, text).expect("the file"));
    }
}
