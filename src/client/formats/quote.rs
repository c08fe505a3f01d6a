//! Quoted strings that JSON, YAML and TOML all read as the same text, and names as errors show them.

use std::fmt;

/// A double-quoted string of JSON that is also one of YAML and of TOML.
///
/// JSON allows more characters as they are than the others do. Those, and characters that a person can't see, are
/// escaped with `\u` and four digits, which all three read alike.
pub(super) fn quoted(text: &str) -> String {
    // A string always has a form in JSON.
    let json = serde_json::Value::from(text).to_string();
    if !json.contains(needs_escape) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if needs_escape(character) {
            push_escape(&mut escaped, character);
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Adds a character as `\u` and four digits, or as two of these where it needs two units of UTF-16.
pub(super) fn push_escape(text: &mut String, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        text.push_str("\\u");
        for shift in [12, 8, 4, 0] {
            let digit = u32::from(*unit >> shift) & 0xf;
            text.extend(char::from_digit(digit, 16));
        }
    }
}

/// Characters of the basic plane that are not printable in YAML or TOML, or that change how a text looks.
fn needs_escape(character: char) -> bool {
    is_invisible(character)
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Controls, and controls of the writing direction.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A name as an error shows it: a control character must not reach a terminal.
pub(super) struct Shown<'a>(pub(super) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            if is_invisible(character) {
                write!(f, "{}", character.escape_unicode())?;
            } else {
                write!(f, "{character}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_escaped_and_others_are_not() {
        assert_eq!(quoted("a\"\\\n\u{1}é😀"), r#""a\"\\\n\u0001é😀""#);
        assert_eq!(quoted("\u{7f}\u{85}\u{2028}\u{feff}\u{202e}"), r#""\u007f\u0085\u2028\ufeff\u202e""#);
        assert_eq!(Shown("a\u{1b}[2J\u{202e}é").to_string(), r"a\u{1b}[2J\u{202e}é");
    }

    #[test]
    fn a_character_outside_the_basic_plane_is_two_escapes() {
        let mut text = String::new();
        push_escape(&mut text, '😀');
        assert_eq!(text, r"\ud83d\ude00");
    }
}
