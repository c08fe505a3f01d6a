//! Java properties, by the real `java.util.Properties`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use configapi::client::formats::{Dialect, Entry, Format, Problem, read};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::programs::optional;
use crate::values::{entry, values, write};

/// A text as Java reads it, and as Java writes it again.
struct Loaded {
    properties: BTreeMap<String, String>,
    stored: String,
}

fn decoded(base64: &str) -> String {
    String::from_utf8(STANDARD.decode(base64).expect("base64")).expect("UTF-8")
}

/// All texts by one Java machine; `None` for a text that Java refuses.
fn by_java(texts: &[String]) -> Option<Vec<Option<Loaded>>> {
    let java = optional("java", "that Java reads and writes properties as this library does")?;
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/client/Read.java");
    let mut child =
        Command::new(java).arg(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("java");
    let lines: String = texts.iter().map(|text| STANDARD.encode(text) + "\n").collect();
    child.stdin.take().expect("an input").write_all(lines.as_bytes()).expect("a running program");
    let output = child.wait_with_output().expect("an output");
    assert!(output.status.success(), "java failed; it must be a JDK of version 11 or later");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let loaded = |line: &str| {
        let (pairs, stored) = line.split_once('|')?;
        let words: Vec<String> = pairs.split_terminator(' ').map(decoded).collect();
        let properties = words.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        Some(Loaded { properties, stored: decoded(stored) })
    };
    let all: Vec<Option<Loaded>> = printed.lines().map(loaded).collect();
    assert_eq!(all.len(), texts.len());
    Some(all)
}

fn as_map(entries: &[Entry]) -> BTreeMap<String, String> {
    entries.iter().map(|entry| (entry.name.clone(), entry.value.as_str().to_owned())).collect()
}

#[test]
fn java_reads_each_name_and_value_exactly_and_writes_what_is_read_back() {
    let mut names = values(500);
    names.sort();
    names.dedup();
    let values = values(1_000);
    let entries: Vec<Entry> =
        names.iter().zip(values.iter().cycle().skip(7)).map(|(name, value)| entry(name, value)).collect();
    let numbered: Vec<Entry> =
        values.iter().enumerate().map(|(at, value)| entry(&format!("v{at:05}"), value)).collect();
    let texts = [&entries, &numbered].map(|entries| write(Dialect::Properties, entries));
    let Some(loaded) = by_java(&texts) else { return };
    for (entries, loaded) in [entries, numbered].iter().zip(loaded) {
        let loaded = loaded.expect("Java reads the file");
        assert_eq!(loaded.properties, as_map(entries));
        assert_eq!(
            as_map(&read(Format::Properties, &loaded.stored).expect("Java's file")),
            loaded.properties
        );
    }
}

/// Texts of the syntax's own characters, most of which no writer makes.
#[test]
fn java_reads_any_text_as_this_library_does() {
    let parts = [
        "a",
        "b",
        "=",
        ":",
        " ",
        "\t",
        "\u{c}",
        "\n",
        "\r",
        "\r\n",
        "\\",
        "\\\n",
        "\\\r\n  ",
        "#",
        "!",
        "\\u0041",
        "\\u00",
        "\\uD83D\\uDE00",
        "\\t",
        "\\=",
        "\\ ",
        "\u{a0}",
        "é",
        "😀",
        "x y",
    ];
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let text = prop::collection::vec(prop::sample::select(parts.to_vec()), 1..14);
    // A last line, because Java takes a backslash alone at the end of a file for a property without a name.
    let mut text = || text.new_tree(&mut runner).expect("a text").current().concat() + "\nlast=1";
    let texts: Vec<String> = (0..5_000).map(|_| text()).collect();
    let Some(loaded) = by_java(&texts) else { return };
    let mut same = 0;
    for (text, loaded) in texts.iter().zip(loaded) {
        match read(Format::Properties, text) {
            Ok(entries) => {
                let loaded = loaded.unwrap_or_else(|| panic!("Java refuses {text:?}"));
                assert_eq!(as_map(&entries), loaded.properties, "{text:?}");
                same += 1;
            }
            // Of two values Java takes the last one, and half of a surrogate pair is a text to it.
            Err(error) if matches!(error.problem(), Problem::Duplicate { .. }) => {}
            Err(error) if error.to_string().contains("surrogate") => {}
            Err(error) => assert!(loaded.is_none(), "{error}\n{text:?}"),
        }
    }
    assert!(same > 2_000, "{same}");
}
