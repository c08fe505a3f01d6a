//! JSON. Values are read from the raw text, so that a number stays as it is written.

use serde_json::value::RawValue;

use super::super::array::{self, ArrayError, Members};
use super::super::{Entry, FormatError, Problem};
use super::found::{DEPTH_MAX, Found, joined};
use super::lines::Lines;

pub(super) fn read(text: &str) -> Result<Vec<Entry>, FormatError> {
    let top: &RawValue = serde_json::from_str(text).map_err(|error| syntax(1, &error))?;
    let mut reader = Reader { text, lines: Lines::of(text), found: Found::default() };
    if !top.get().starts_with('{') {
        let hint = if top.get().starts_with('[') {
            ": for the output of `consul kv export` name the format `consul`"
        } else {
            ""
        };
        return Err(FormatError::at(reader.line(top), Problem::NotAnObject { hint }));
    }
    reader.object(top, None, 1)?;
    Ok(reader.found.into_entries())
}

/// The error of a text of one or more lines that begins at a line. The parser's own texts never show a value where the
/// shape is right, and errors of shape are never shown.
pub(super) fn syntax(first_line: usize, error: &serde_json::Error) -> FormatError {
    let line = first_line + error.line().saturating_sub(1);
    let text = error.to_string();
    let message = match text.split_once(" at line ") {
        Some((message, _)) if error.is_syntax() || error.is_eof() => message,
        _ => "not valid JSON",
    };
    FormatError::syntax(line, message)
}

struct Reader<'a> {
    text: &'a str,
    lines: Lines,
    found: Found,
}

impl<'a> Reader<'a> {
    /// The line of a part of the text.
    fn line(&self, part: &RawValue) -> usize {
        self.lines.line(part.get().as_ptr().addr() - self.text.as_ptr().addr())
    }

    fn object(&mut self, object: &'a RawValue, name: Option<&str>, depth: usize) -> Result<(), FormatError> {
        let line = self.line(object);
        if depth > DEPTH_MAX {
            return Err(FormatError::of(line, name.unwrap_or_default(), Problem::TooDeep(DEPTH_MAX)));
        }
        let Members(members) = serde_json::from_str(object.get()).map_err(|error| syntax(line, &error))?;
        if let (true, Some(name)) = (members.is_empty(), name) {
            return Err(FormatError::of(line, name, Problem::EmptyObject));
        }
        for (key, value) in members {
            self.value(value, joined(name, &key), depth)?;
        }
        Ok(())
    }

    fn value(&mut self, value: &'a RawValue, name: String, depth: usize) -> Result<(), FormatError> {
        let line = self.line(value);
        let text = value.get();
        match text.as_bytes().first() {
            Some(b'{') => self.object(value, Some(&name), depth + 1),
            Some(b'[') => match array::canonical(value, DEPTH_MAX - depth) {
                Ok(array) => self.found.array(line, name, &array),
                Err(ArrayError::Json(error)) => Err(syntax(line, &error)),
                Err(ArrayError::Duplicate(key)) => {
                    let problem = Problem::Duplicate { first_line: line };
                    Err(FormatError::of(line, &joined(Some(&name), &key), problem))
                }
                Err(ArrayError::TooDeep) => Err(FormatError::of(line, &name, Problem::TooDeep(DEPTH_MAX))),
            },
            Some(b'"') => {
                let string: String = serde_json::from_str(text).map_err(|error| syntax(line, &error))?;
                self.found.text(line, name, &string)
            }
            Some(b'n') => Err(FormatError::of(line, &name, Problem::Null)),
            _ => self.found.text(line, name, text),
        }
    }
}
