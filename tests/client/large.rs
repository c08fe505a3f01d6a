//! Many entries and large values: memory stays flat, and nothing is slow in the wrong power.

use std::io::{self, Write};

use configapi::client::formats::{Dialect, Format, Writer, read};

use crate::values::{entry, write};

/// Counts what it gets, and how much of it comes in one piece.
#[derive(Default)]
struct Counter {
    bytes: usize,
    largest: usize,
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len();
        self.largest = self.largest.max(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn each_entry_of_many_is_written_before_the_next_one() {
    for name in Dialect::NAMES.iter().filter(|name| !name.starts_with("k8s")) {
        let mut counter = Counter::default();
        let mut writer = Writer::new(Dialect::parse(name, None).expect("a dialect"), &mut counter);
        for at in 0..10_000 {
            writer.entry(&entry(&format!("app/service/{at:06}"), "some value")).expect("an entry");
        }
        let written = writer.finish().expect("an output");
        assert_eq!(written.entries, 10_000);
        assert!(counter.bytes > 100_000 && counter.largest < 100, "{name}: {}", counter.largest);
    }
}

#[test]
fn a_value_of_a_mebibyte_is_the_same_in_each_exact_format() {
    let members: Vec<String> = (0..36_000).map(|at| format!("\"key {at}\": \"välue\\n{at}\"")).collect();
    let json = format!("{{{}}}", members.join(", "));
    assert!(json.len() > 1_000_000);
    let entries = [entry("app/flags", &json)];
    for (dialect, format) in [
        (Dialect::Json, Format::Json),
        (Dialect::Yaml, Format::Yaml),
        (Dialect::Toml, Format::Toml),
        (Dialect::Properties, Format::Properties),
        (Dialect::Consul, Format::Consul),
    ] {
        assert_eq!(read(format, &write(dialect, &entries)).expect("a file"), entries);
    }
}

#[test]
fn a_file_with_many_names_is_read() {
    let entries: Vec<_> = (0..20_000).map(|at| entry(&format!("a/{at:06}"), "x")).collect();
    for (dialect, format) in [
        (Dialect::Nested, Format::Json),
        (Dialect::Yaml, Format::Yaml),
        (Dialect::Toml, Format::Toml),
        (Dialect::Properties, Format::Properties),
    ] {
        assert_eq!(read(format, &write(dialect, &entries)).expect("a file"), entries);
    }
}
