//! Every renderer with any names and values.

pub(super) mod samples;

use proptest::prelude::*;

use samples::TERMINAL;

use super::change;
use super::diff::{Detail, difference};
use super::differing::Differing;
use super::field::field;
use super::items::{LIST, list_row};
use super::results::Results;
use super::shown::Shown;
use super::table::Rows;
use super::time::Times;
use super::tree::Tree;
use crate::domain::ConfigName;
use crate::presentation::cli::show::look::Output;
use crate::runtime::logging::Colour;
use crate::runtime::printable::is_printable;

/// Texts in which characters that control a terminal, and those of the renderers, are frequent.
fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        any::<char>().prop_map(String::from),
        "[a-c \"'\\\\/{}:,\\[\\]1]",
        prop::sample::select(vec![
            "\n",
            "\r\n",
            "\t",
            "\u{1b}[31m",
            "\u{1b}]0;title\u{7}",
            "\u{9b}2J",
            "\u{202e}",
            "\u{200f}",
            "日本",
            "👨\u{200d}👩",
            "e\u{301}",
            "…",
            "•",
        ])
        .prop_map(String::from),
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat().replace('\0', ""))
}

/// A text, or JSON with the text as a key and in a member.
fn any_value() -> impl Strategy<Value = String> {
    let json = any_text().prop_map(|text| {
        serde_json::json!({ text.clone(): [text.clone(), 1], "padding": " ".repeat(60), "text": text })
            .to_string()
    });
    prop_oneof![any_text(), json]
}

/// Fails unless all that a terminal would obey is our own: colours and ends of lines.
fn check(text: &str) -> Result<(), TestCaseError> {
    let mut rest = text;
    while let Some(at) = rest.find(|character| !is_printable(character)) {
        let control = &rest[at..];
        let own = control.strip_prefix('\n').or_else(|| {
            let (code, rest) = control.strip_prefix("\u{1b}[")?.split_once('m')?;
            ["0", "1", "2", "31", "32", "33", "7;31", "7;32"].contains(&code).then_some(rest)
        });
        let Some(after) = own else {
            return Err(TestCaseError::fail(format!("{:?} in {text:?}", &control.chars().next())));
        };
        rest = after;
    }
    Ok(())
}

fn written(write: impl FnOnce(&mut Results)) -> String {
    let printed = samples::Printed::default();
    let mut results = Results::new(TERMINAL, Box::new(printed.clone()));
    write(&mut results);
    results.flush().unwrap();
    printed.text()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_for_a_terminal_has_no_control_characters_but_ours(
        name in any_text().prop_filter("a name of a log", |name| ConfigName::from_log(name).is_ok()),
        old in any_value(),
        new in any_value(),
    ) {
        let (from, to) = (Some(Shown::Text(&old)), Some(Shown::Text(&new)));
        for (from, to) in [(from, to), (None, to), (from, None)] {
            for detail in [Detail::Whole, Detail::Brief] {
                check(&difference(&Differing::new(&name, from, to), detail, Colour::Always))?;
            }
        }
        let times = Times::of_sample();
        let item = samples::text(&name, &new);
        for output in [Output::Table, Output::Plain, Output::Json] {
            let list = written(|results| {
                let mut rows = Rows::new(results, output, LIST);
                rows.push(&item, || list_row(&item, &times)).unwrap();
                rows.end().unwrap();
            });
            // The tabs between the fields.
            check(&if output == Output::Plain { list.replacen('\t', "", LIST.len() - 1) } else { list })?;
        }
        check(&Tree::new(TERMINAL).name(&name, Shown::Text(&new)).join("\n"))?;
        let change = samples::change(None, &[
            samples::set_text(&name, Some(&old), &new),
            samples::deleted_text(&name, &old),
            samples::shredded_text(&name, "1"),
        ]);
        check(&change::block(&change, &times, Colour::Always))?;
        check(&change::one_line(&change, &times, Colour::Always))?;
        check(&change::stat_block(&change, "", &times, Colour::Always))?;
        // A value as `get` prints it keeps its tabs.
        check(&written(|results| results.text(&new).unwrap()).replace('\t', ""))?;
    }

    #[test]
    fn a_plain_field_is_one_line_that_programs_can_undo(text in any_text()) {
        let escaped = field(&text, false);
        prop_assert!(!escaped.contains(['\n', '\t', '\r']));
        let mut undone = String::new();
        let mut rest = escaped.chars();
        while let Some(character) = rest.next() {
            undone.push(match character {
                '\\' => match rest.next() {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some('r') => '\r',
                    other => other.unwrap(),
                },
                other => other,
            });
        }
        prop_assert_eq!(undone, text);
    }
}
