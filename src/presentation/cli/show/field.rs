//! One text in one line: the fields of `-o plain`, and texts that are cut to the room that they have.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::runtime::printable::{Escaped, is_printable};

const CUT: char = '…';

/// A field of a line that programs split at tabs. `\\`, `\t`, `\n` and `\r` undo the escapes; a terminal gets no other
/// character that controls it either.
pub(super) fn field(text: &str, is_terminal: bool) -> String {
    let mut field = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => field.push_str("\\\\"),
            '\t' => field.push_str("\\t"),
            '\n' => field.push_str("\\n"),
            '\r' => field.push_str("\\r"),
            shown if !is_terminal || is_printable(shown) => field.push(shown),
            // A string takes every text.
            hidden => drop(write!(field, "{}", hidden.escape_unicode())),
        }
    }
    field
}

/// An escaped text of at most this width.
pub(super) fn cut_to(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut taken = 1;
    for character in text.chars() {
        taken += character.width().unwrap_or(0);
        if taken > width {
            break;
        }
        cut.push(character);
    }
    cut.push(CUT);
    cut
}

/// The beginning and the end of an escaped text that is longer than `characters_max`.
pub(super) fn middle_cut(text: &str, characters_max: usize) -> String {
    let length = text.chars().count();
    if length <= characters_max {
        return text.to_owned();
    }
    let half = characters_max / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(length - half).collect();
    format!("{head}{CUT}{tail}")
}

/// A text in one line, escaped. A long one is cut, and says so.
pub(super) fn brief(text: &str, width_max: usize) -> String {
    // Escapes make a text longer, never shorter: more characters than these are not needed.
    let start: String = text.chars().take(width_max + 1).collect();
    let escaped = Escaped(&start).to_string();
    if escaped.width() <= width_max && start.len() == text.len() {
        return escaped;
    }
    let lines = text.lines().count();
    let size = if lines > 1 { format!("{lines} lines") } else { format!("{} bytes", text.len()) };
    format!("{} ({size})", cut_to(&format!("{escaped}{CUT}"), width_max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_one_line_and_means_one_text() {
        let text = "C:\\new\tline\n\r\u{1b}[31m 👨\u{200d}👩";
        assert_eq!(field(text, false), "C:\\\\new\\tline\\n\\r\u{1b}[31m 👨\u{200d}👩");
        assert_eq!(field(text, true), "C:\\\\new\\tline\\n\\r\\u{1b}[31m 👨\\u{200d}👩");
    }

    #[test]
    fn a_text_is_cut_by_its_width_on_a_terminal() {
        assert_eq!(cut_to("abcdef", 6), "abcdef");
        assert_eq!(cut_to("abcdefg", 6), "abcde…");
        assert_eq!(cut_to("日本語日本語", 6), "日本…");
        assert_eq!(cut_to("日本語", 6), "日本語");
        assert_eq!(middle_cut("abcdefghij", 4), "ab…ij");
    }

    #[test]
    fn a_long_text_says_its_size() {
        assert_eq!(brief("a\nb", 10), "a\\nb");
        assert_eq!(brief("abcdefghijk", 10), "abcdefghi… (11 bytes)");
        assert_eq!(brief("abcdef\nghi\njkl\n", 10), "abcdef\\ng… (3 lines)");
        assert_eq!(brief("\n\n\n\n\n\n", 10), "\\n\\n\\n\\n\\… (6 lines)");
    }
}
