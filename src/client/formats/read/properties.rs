//! Java properties, by the rules of `java.util.Properties.load`.
//!
//! Written here, because the known parser refuses the surrogate pairs that Java itself writes, reads escapes in comments,
//! and drops more than Java's white space.

use super::super::{Entry, FormatError, Problem};
use super::found::Found;

/// White space of Java's rules, inside a line.
const BLANKS: [char; 3] = [' ', '\t', '\u{c}'];

pub(super) fn read(text: &str) -> Result<Vec<Entry>, FormatError> {
    let mut found = Found::default();
    let mut lines = NaturalLines { rest: text, next: 1 };
    while let Some((line, first)) = lines.next() {
        let first = first.trim_start_matches(BLANKS);
        // After a backslash alone the next line is as a first one, also for comments.
        if first.is_empty() || first == "\\" || first.starts_with(['#', '!']) {
            continue;
        }
        let mut logical = first.to_owned();
        while ends_with_escape(&logical) {
            logical.pop();
            match lines.next() {
                Some((_, more)) => logical.push_str(more.trim_start_matches(BLANKS)),
                None => break,
            }
        }
        let (key, value) = split(&logical);
        let key = unescaped(key).map_err(|problem| FormatError::at(line, problem))?;
        let value = unescaped(value).map_err(|problem| FormatError::of(line, &key, problem))?;
        found.text(line, key, &value)?;
    }
    Ok(found.into_entries())
}

/// Lines that end with LF, CR, or both.
struct NaturalLines<'a> {
    rest: &'a str,
    next: usize,
}

impl<'a> Iterator for NaturalLines<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.strip_prefix("\r\n").or_else(|| rest.get(1..)).unwrap_or_default();
        self.next += 1;
        Some((self.next - 1, line))
    }
}

/// Whether the last backslash has none before it that escapes it.
fn ends_with_escape(line: &str) -> bool {
    (line.len() - line.trim_end_matches('\\').len()) % 2 == 1
}

/// The key and the value, both still escaped: divided by white space, or by the first `=` or `:` with white space around.
fn split(line: &str) -> (&str, &str) {
    let mut is_escaped = false;
    let end = line.find(|character: char| {
        let is_end = !is_escaped && (BLANKS.contains(&character) || matches!(character, '=' | ':'));
        is_escaped = character == '\\' && !is_escaped;
        is_end
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start_matches(BLANKS);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (key, rest.trim_start_matches(BLANKS))
}

fn unescaped(text: &str) -> Result<String, Problem> {
    if !text.contains('\\') {
        return Ok(text.to_owned());
    }
    let bad_unit = || {
        Problem::Syntax(r"\u must be followed by four hexadecimal digits: write \\ for a backslash".into())
    };
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let character = match character {
            '\\' => match characters.next() {
                Some('u') => {
                    let digits = characters.as_str().get(..4).ok_or_else(bad_unit)?;
                    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                        return Err(bad_unit());
                    }
                    units.push(u16::from_str_radix(digits, 16).map_err(|_| bad_unit())?);
                    characters = characters.as_str()[4..].chars();
                    continue;
                }
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('f') => '\u{c}',
                Some(other) => other,
                None => break,
            },
            other => other,
        };
        units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
    }
    String::from_utf16(&units).map_err(|_| {
        Problem::Syntax(
            r"a \u escape has half of a surrogate pair: write both halves, or the character itself".into(),
        )
    })
}
