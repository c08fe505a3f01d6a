//! JSON by its members: only those that differ, each with its path.

use serde_json::Value;

use super::lines;
use super::parts::{INDENT, indented, is_short, sign};
use crate::domain::DifferenceKind;
use crate::presentation::cli::show::field::brief;
use crate::presentation::cli::show::paint::{Style, paint};
use crate::runtime::logging::Colour;
use crate::runtime::printable::Escaped;

/// Members that are printed of one value.
pub(super) const MEMBERS_MAX: usize = 1_000;
/// A member that is added or removed is shown up to this width.
const MEMBER_WIDTH_MAX: usize = 200;

/// The members that differ. None where the texts are not two objects or two arrays, where the values do not say all of the
/// texts, or where no member differs: then the form alone does.
pub(super) fn between(old: &str, new: &str, colour: Colour) -> Option<Vec<String>> {
    let read = |text: &str| {
        let is_container = text.trim_start().starts_with(['{', '[']);
        let value = is_container.then(|| serde_json::from_str::<Value>(text).ok())??;
        is_whole(text, &value).then_some(value)
    };
    let (old, new) = (read(old)?, read(new)?);
    if old.is_object() != new.is_object() {
        return None;
    }
    let mut members = Members { colour, shown: Vec::new(), hidden: 0 };
    members.compare("", &old, &new);
    members.finish()
}

/// Whether a text is its value and spaces: a key that is there twice, or a number with more digits than a double has, would
/// differ unseen.
fn is_whole(text: &str, value: &Value) -> bool {
    let (mut in_string, mut is_escaped) = (false, false);
    let without_spaces = text.bytes().filter(|byte| {
        let is_kept = in_string || !byte.is_ascii_whitespace();
        in_string ^= *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_kept
    });
    without_spaces.eq(value.to_string().bytes())
}

struct Members {
    colour: Colour,
    shown: Vec<String>,
    hidden: usize,
}

impl Members {
    fn compare(&mut self, path: &str, old: &Value, new: &Value) {
        match (old, new) {
            (Value::Object(before), Value::Object(after)) => {
                for (key, old) in before {
                    let path = member(path, key);
                    match after.get(key) {
                        Some(new) => self.compare(&path, old, new),
                        None => self.push(|colour| one_side(DifferenceKind::Removed, &path, old, colour)),
                    }
                }
                for (key, new) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
                    let path = member(path, key);
                    self.push(|colour| one_side(DifferenceKind::Added, &path, new, colour));
                }
            }
            (Value::Array(before), Value::Array(after)) => {
                let path = |at: usize| format!("{path}[{at}]");
                for (at, (old, new)) in before.iter().zip(after).enumerate() {
                    self.compare(&path(at), old, new);
                }
                for (at, old) in before.iter().enumerate().skip(after.len()) {
                    self.push(|colour| one_side(DifferenceKind::Removed, &path(at), old, colour));
                }
                for (at, new) in after.iter().enumerate().skip(before.len()) {
                    self.push(|colour| one_side(DifferenceKind::Added, &path(at), new, colour));
                }
            }
            (old, new) if old == new => {}
            (old, new) => self.push(|colour| changed(path, old, new, colour)),
        }
    }

    fn push(&mut self, line: impl FnOnce(Colour) -> String) {
        if self.shown.len() < MEMBERS_MAX {
            self.shown.push(line(self.colour));
        } else {
            self.hidden += 1;
        }
    }

    fn finish(mut self) -> Option<Vec<String>> {
        if self.hidden > 0 {
            let rest = format!("… {} more members", self.hidden);
            self.shown.push(paint(self.colour, Style::Faint, rest));
        }
        (!self.shown.is_empty()).then_some(self.shown)
    }
}

fn member(path: &str, key: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    if key.is_empty() || !key.chars().all(is_plain) {
        return format!("{path}[{}]", Value::from(key));
    }
    let dot = if path.is_empty() { "" } else { "." };
    format!("{path}{dot}{key}")
}

fn one_side(kind: DifferenceKind, path: &str, value: &Value, colour: Colour) -> String {
    let (sign, style) = match kind {
        DifferenceKind::Removed => ('-', Style::Removed),
        DifferenceKind::Added | DifferenceKind::Changed => ('+', Style::Added),
    };
    let value = brief(&value.to_string(), MEMBER_WIDTH_MAX);
    paint(colour, style, format!("{sign} {} = {value}", Escaped(path)))
}

fn changed(path: &str, old: &Value, new: &Value, colour: Colour) -> String {
    let head = format!("{} {}", sign(DifferenceKind::Changed, colour), Escaped(path));
    if let (Value::String(old), Value::String(new)) = (old, new)
        && !(is_short(old) && is_short(new))
    {
        let lines = lines::between(old, new, colour);
        return indented(format!("{head}:"), lines).replace('\n', &format!("\n{INDENT}"));
    }
    let side = |style, value: &Value| paint(colour, style, brief(&value.to_string(), MEMBER_WIDTH_MAX));
    format!("{head}: {} → {}", side(Style::Removed, old), side(Style::Added, new))
}
