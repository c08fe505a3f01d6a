//! What a search has found, with the places where the text is.

use super::field::brief;
use super::shown::Shown;
use crate::domain::SearchText;
use crate::presentation::cli::ui::Look;
use crate::runtime::logging::Colour;
use crate::runtime::printable::Escaped;

/// A value next to its name, off a terminal.
const VALUE_WIDTH_MAX: usize = 200;

/// A name, with the places painted where the text is.
pub(in crate::presentation::cli) fn name(name: &str, text: &SearchText, look: Look) -> String {
    painted(name, text, look)
}

/// A name and its value in a line; of a longer value, each line that has the text, with its number.
pub(in crate::presentation::cli) fn lines(
    name: &str,
    value: Shown<'_>,
    text: &SearchText,
    look: Look,
) -> Vec<String> {
    let head = painted(name, text, look);
    let room = look.size.map_or(VALUE_WIDTH_MAX, |size| size.columns);
    let mut whole = value.as_str().lines();
    let (first, second) = (whole.next().unwrap_or_default(), whole.next());
    if second.is_none() {
        return vec![format!("{head} = {}", around(first, text, look, room))];
    }
    let found = value.as_str().lines().enumerate().filter(|(_, line)| !text.ranges(line).is_empty());
    let lines: Vec<_> =
        found.map(|(at, line)| format!("{head}:{}: {}", at + 1, around(line, text, look, room))).collect();
    if lines.is_empty() { vec![format!("{head} = {}", brief(value.as_str(), room))] } else { lines }
}

/// A line that is cut before and after the first place where the text is.
fn around(line: &str, text: &SearchText, look: Look, room: usize) -> String {
    let Some(first) = text.ranges(line).into_iter().next() else { return brief(line, room) };
    let before: Vec<char> = line[..first.start].chars().collect();
    let kept = before.len().min(room / 4);
    let cut: usize = before[..before.len() - kept].iter().map(|character| character.len_utf8()).sum();
    let sign = if cut > 0 { "…" } else { "" };
    let rest: String = line[cut..].chars().take(room).collect();
    let is_cut = rest.len() < line.len() - cut;
    let end = if is_cut { "…" } else { "" };
    format!("{sign}{}{end}", painted(&rest, text, look))
}

/// A text in one line, escaped, with the places painted where the other one is.
fn painted(text: &str, searched: &SearchText, look: Look) -> String {
    let mut shown = String::new();
    let mut reached = 0;
    for range in searched.ranges(text) {
        shown += &Escaped(&text[reached..range.start]).to_string();
        let place = Escaped(&text[range.clone()]);
        // The colour of grep.
        shown += &match look.colour {
            Colour::Always => format!("\u{1b}[1;31m{place}\u{1b}[0m"),
            Colour::Never => place.to_string(),
        };
        reached = range.end;
    }
    shown + &Escaped(&text[reached..]).to_string()
}
