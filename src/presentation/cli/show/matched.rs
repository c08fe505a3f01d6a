//! The results of a search, with the places where the text is.

use std::fmt::Write as _;

use super::field::brief;
use super::look::Look;
use super::shown::Shown;
use crate::domain::SearchText;
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
    // The colour of grep.
    let (begin, end) = match look.colour {
        Colour::Always => ("\u{1b}[1;31m", "\u{1b}[0m"),
        Colour::Never => ("", ""),
    };
    let (mut shown, mut reached) = (String::new(), 0);
    for range in searched.ranges(text) {
        let (before, place) = (Escaped(&text[reached..range.start]), Escaped(&text[range.clone()]));
        // A string takes every text.
        let _ = write!(shown, "{before}{begin}{place}{end}");
        reached = range.end;
    }
    let _ = write!(shown, "{}", Escaped(&text[reached..]));
    shown
}

#[cfg(test)]
mod tests {
    use super::super::tests::samples::{COLOURLESS, TERMINAL};
    use super::*;

    fn pool() -> SearchText {
        SearchText::parse("pool").unwrap()
    }

    #[test]
    fn each_place_of_the_text_is_painted_and_the_rest_is_escaped() {
        assert_eq!(
            name("Pool/\u{202e}/pool", &pool(), TERMINAL),
            "\u{1b}[1;31mPool\u{1b}[0m/\\u{202e}/\u{1b}[1;31mpool\u{1b}[0m"
        );
    }

    #[test]
    fn a_long_value_shows_the_lines_that_have_the_text() {
        let found = |value: &str| lines("a", Shown::Text(value), &pool(), COLOURLESS);
        assert_eq!(found("pool\n"), ["a = pool"]);
        assert_eq!(found("one\na pool\n\u{1b}[31m\npools"), ["a:2: a pool", "a:4: pools"]);
        assert_eq!(found("one\ntwo"), ["a = one\\ntwo"]);
        let far = format!("{}pool{}", "x".repeat(500), "y".repeat(500));
        assert_eq!(found(&far), [format!("a = …{}pool{}…", "x".repeat(15), "y".repeat(41))]);
    }
}
