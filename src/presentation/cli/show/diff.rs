//! The one renderer of differences: of diffs, plans, histories and logs.
//!
//! A short value is shown as `old → new`, JSON by its members, a longer text by its lines, and with colours by the words in
//! a line. Invariants: no value makes it take long (`BYTES_MAX`, `lines::PATIENCE`) or print without end
//! (`lines::LINES_MAX`, `members::MEMBERS_MAX`), and each text that is left out is counted.

mod lines;
mod members;
mod parts;

pub(in crate::presentation::cli) use parts::sign;
use parts::{SHORT_WIDTH_MAX, indented, is_short};

use super::differing::Differing;
use super::field::brief;
use super::paint::{Style, paint};
use super::shown::Shown;
use crate::domain::DifferenceKind;
use crate::runtime::logging::Colour;
use crate::runtime::printable::Escaped;

/// Values with more bytes are counted and not compared: twice the usual limit of a value.
const BYTES_MAX: usize = 2 * 1_048_576;

/// How much a value that is added or removed shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::cli) enum Detail {
    /// All of it, by lines if it is long.
    Whole,
    /// One line, which says what it leaves out. A removed value is not shown.
    Brief,
}

/// One name that differs: `+ name = value`, `~ name: old → new`, `- name`, and below it what is longer. No end of line.
pub(in crate::presentation::cli) fn difference(
    differing: &Differing<'_>,
    detail: Detail,
    colour: Colour,
) -> String {
    let name = Escaped(differing.name);
    let mut text = match (differing.from, differing.to) {
        (Some(from), Some(to)) => changed(differing.name, from, to, colour),
        (None, to) => one_side(Style::Added, '+', differing.name, to, detail, colour),
        (Some(_), None) if detail == Detail::Brief => paint(colour, Style::Removed, format!("- {name}")),
        (from, None) => one_side(Style::Removed, '-', differing.name, from, detail, colour),
    };
    if !differing.notes.is_empty() {
        let notes = format!(" ({})", Escaped(&differing.notes.join("; ")));
        let head = text.find('\n').unwrap_or(text.len());
        text.insert_str(head, &paint(colour, Style::Faint, notes));
    }
    text
}

fn one_side(
    style: Style,
    sign: char,
    name: &str,
    value: Option<Shown<'_>>,
    detail: Detail,
    colour: Colour,
) -> String {
    let name = Escaped(name);
    let value = value.unwrap_or(Shown::LeftOut);
    match value {
        Shown::LeftOut => paint(colour, style, format!("{sign} {name}")),
        Shown::Text(text) if !is_short(text) && detail == Detail::Whole => {
            let head = paint(colour, style, format!("{sign} {name}:"));
            indented(head, lines::one_side(text, style, sign, colour))
        }
        Shown::Text(text) => {
            paint(colour, style, format!("{sign} {name} = {}", brief(text, SHORT_WIDTH_MAX)))
        }
        other => paint(colour, style, format!("{sign} {name} = {}", other.one_line())),
    }
}

fn changed(name: &str, from: Shown<'_>, to: Shown<'_>, colour: Colour) -> String {
    let head = format!("{} {}", sign(DifferenceKind::Changed, colour), Escaped(name));
    match (from, to) {
        (Shown::Text(old), Shown::Text(new)) if old == new => {
            format!("{head} = {}", brief(new, SHORT_WIDTH_MAX))
        }
        (Shown::Text(old), Shown::Text(new)) => match between(old, new, colour) {
            Between::Line(line) => format!("{head}: {line}"),
            Between::Lines(lines) => indented(format!("{head}:"), lines),
        },
        (Shown::Masked(old), Shown::Masked(new)) => {
            let said = match (old, new) {
                (Some(old), Some(new)) if old == new => "the same secret",
                (Some(_), Some(_)) => "another secret",
                _ => "may be another secret",
            };
            format!("{head}: {} ({said})", arrow(from, to, colour))
        }
        (Shown::LeftOut, Shown::LeftOut) => head,
        _ => format!("{head}: {}", arrow(from, to, colour)),
    }
}

/// `old → new`, each in one line.
fn arrow(from: Shown<'_>, to: Shown<'_>, colour: Colour) -> String {
    let side = |style, value: Shown<'_>| paint(colour, style, brief(value.as_str(), SHORT_WIDTH_MAX));
    format!("{} → {}", side(Style::Removed, from), side(Style::Added, to))
}

/// The difference of two texts.
enum Between {
    /// Short enough for the line of the name.
    Line(String),
    /// Below the name.
    Lines(Vec<String>),
}

fn between(old: &str, new: &str, colour: Colour) -> Between {
    if is_short(old) && is_short(new) {
        return Between::Line(arrow(Shown::Text(old), Shown::Text(new), colour));
    }
    if old.len().max(new.len()) > BYTES_MAX {
        return Between::Line(format!("{} → {}", size(old), size(new)));
    }
    Between::Lines(members::between(old, new, colour).unwrap_or_else(|| lines::between(old, new, colour)))
}

fn size(text: &str) -> String {
    format!("{} bytes in {} lines", text.len(), text.lines().count())
}

#[cfg(test)]
mod tests;
