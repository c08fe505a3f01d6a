//! `.env` files. Written here, because the known parser replaces `$NAME` by variables of the process, which would store
//! the importer's own environment, and can't be stopped from it.
//!
//! The rules are those on which the readers of such files agree: `docs/formats.md` has them.

use super::super::{Entry, FormatError};
use super::found::Found;

pub(super) fn read(text: &str) -> Result<Vec<Entry>, FormatError> {
    let mut reader = Reader { rest: text, line: 1 };
    let mut found = Found::default();
    while reader.skip_to_statement() {
        let line = reader.line;
        let name = reader.name()?;
        let value = reader.value()?;
        found.text(line, name, &value)?;
    }
    Ok(found.into_entries())
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

/// White space inside a line. A carriage return belongs to the end of the line.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\u{b}' | '\u{c}')
}

fn is_name(name: &str) -> bool {
    let is_part = |character: char| {
        !character.is_whitespace()
            && !character.is_control()
            && !matches!(
                character,
                '=' | '#' | '\'' | '"' | '`' | '$' | '(' | ')' | ';' | '&' | '|' | '<' | '>'
            )
    };
    !name.is_empty() && name.chars().all(is_part)
}

impl<'a> Reader<'a> {
    /// Skips blank lines and comments; whether a statement follows.
    fn skip_to_statement(&mut self) -> bool {
        loop {
            self.rest = self.rest.trim_start_matches(is_blank);
            match self.rest.chars().next() {
                None => return false,
                Some('\n' | '#') => self.take_line(),
                Some(_) => return true,
            };
        }
    }

    /// Takes the rest of the line with its end.
    fn take_line(&mut self) -> &'a str {
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        self.line += 1;
        line
    }

    fn name(&mut self) -> Result<String, FormatError> {
        let line = self.rest.split('\n').next().unwrap_or_default();
        let written = line.split_once('=').map_or("", |(written, _)| written);
        let exported = written.strip_prefix("export").filter(|rest| rest.starts_with(is_blank));
        let name = exported.unwrap_or(written).trim_matches(is_blank);
        if !is_name(name) {
            // The line may be a part of a value, so that it is not shown.
            let message = "expected NAME=value: for a value of several lines, put it in quotes";
            return Err(FormatError::syntax(self.line, message));
        }
        self.rest = &self.rest[written.len() + 1..];
        Ok(name.to_owned())
    }

    fn value(&mut self) -> Result<String, FormatError> {
        let start = self.rest.trim_start_matches(is_blank);
        match start.chars().next() {
            Some(quote @ ('\'' | '"')) => {
                self.rest = start;
                self.quoted(quote)
            }
            Some('`') => {
                let message = "programs read values in backticks differently: use single or double quotes";
                Err(FormatError::syntax(self.line, message))
            }
            _ => Ok(unquoted(self.take_line())),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, FormatError> {
        let first_line = self.line;
        let mut value = String::new();
        let mut characters = self.rest[1..].char_indices();
        let end = loop {
            match characters.next() {
                None => {
                    let message =
                        format!("the value in {quote} quotes that begins here has no end: close the quotes");
                    return Err(FormatError::syntax(first_line, message));
                }
                Some((at, character)) if character == quote => break at,
                Some((at, '\\')) if quote == '"' => match characters.next() {
                    Some((_, escaped)) => push_unescaped(&mut value, escaped, &mut self.line),
                    None => value.push_str(&self.rest[1 + at..]),
                },
                // The lines of a file that was saved with CR and LF.
                Some((_, '\r')) if characters.as_str().starts_with('\n') => {}
                Some((_, character)) => {
                    self.line += usize::from(character == '\n');
                    value.push(character);
                }
            }
        };
        self.rest = &self.rest[1 + end + 1..];
        let line = self.line;
        let after = self.take_line().trim_matches(is_blank);
        if after.is_empty() || after.starts_with('#') {
            return Ok(value);
        }
        let message = match quote {
            '\'' => {
                "text follows the closing quote: in single quotes a backslash does not escape; use double quotes"
            }
            _ => "text follows the closing quote: write \\\" for a quote inside the value",
        };
        Err(FormatError::syntax(line, message))
    }
}

/// Adds the character of an escape in double quotes. A backslash before any other character stays.
fn push_unescaped(value: &mut String, escaped: char, line: &mut usize) {
    match escaped {
        'n' => value.push('\n'),
        'r' => value.push('\r'),
        't' => value.push('\t'),
        '\\' | '"' | '\'' | '$' | '`' => value.push(escaped),
        other => {
            *line += usize::from(other == '\n');
            value.push('\\');
            value.push(other);
        }
    }
}

/// A value without quotes: up to a `#` after white space, without white space around it.
fn unquoted(line: &str) -> String {
    let is_comment = |&(at, _): &(usize, &str)| line[..at].ends_with(is_blank);
    let end = line.match_indices('#').find(is_comment).map_or(line.len(), |(at, _)| at);
    line[..end].trim_matches(is_blank).to_owned()
}
