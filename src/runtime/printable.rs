//! Foreign text where people read it: in the log, on a terminal, in audit records.
//!
//! A name, a reason or a database's error may hold characters that move the cursor, change the reading direction or cannot
//! be seen. They are escaped as `\u{202e}`.

use std::fmt::{self, Write};

/// Whether a character can be seen, and leaves the text around it as it is.
pub fn is_printable(character: char) -> bool {
    let hidden = matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    );
    !hidden && !character.is_control()
}

/// A text with every character escaped that is not printable.
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| write_escaped(f, character))
    }
}

pub(super) fn write_escaped(f: &mut fmt::Formatter<'_>, character: char) -> fmt::Result {
    match character {
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        other if is_printable(other) => f.write_char(other),
        other => write!(f, "{}", other.escape_unicode()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_hide_or_turn_text_are_escaped() {
        let text = "a\u{202e}b\u{200b}c\u{7f}d\u{9b}e\u{1b}[31m\n\u{feff}é値 😀";
        assert_eq!(
            Escaped(text).to_string(),
            "a\\u{202e}b\\u{200b}c\\u{7f}d\\u{9b}e\\u{1b}[31m\\n\\u{feff}é値 😀"
        );
    }
}
