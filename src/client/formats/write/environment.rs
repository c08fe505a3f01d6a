//! Variables of the environment: `.env` files, Docker's and Compose's env files, and scripts for a shell.
//!
//! Each program that reads such a file has rules of its own. A value is written in the plainest form that all of them
//! read alike, and else in the form of the dialect.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::io::Write;

use super::super::note::Notes;
use super::super::variable::{is_of_the_shell, variable_of};
use super::super::{Entry, Note, Unfit, WriteError};
use super::form::Form;

/// The longest line that Docker reads: `bufio.MaxScanTokenSize` of Go, with the line's end.
const DOCKER_LINE_BYTES_MAX: usize = 65_534;

/// The program that reads the file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Dotenv,
    Docker,
    Compose,
    Sh,
}

pub(super) struct Environment {
    style: Style,
    /// The name of each variable that is written.
    names: HashMap<String, String>,
}

impl Environment {
    pub(super) fn new(style: Style) -> Self {
        Self { style, names: HashMap::new() }
    }

    fn variable(&mut self, name: &str) -> Result<String, WriteError> {
        let variable = variable_of(name).ok_or_else(|| WriteError::unfit(name, Unfit::NoVariable))?;
        if self.style == Style::Sh && is_of_the_shell(&variable) {
            return Err(WriteError::unfit(name, Unfit::ShellVariable(variable)));
        }
        match self.names.entry(variable) {
            Slot::Occupied(slot) => Err(WriteError::SameVariable {
                first: slot.get().clone(),
                second: name.to_owned(),
                variable: slot.key().clone(),
            }),
            Slot::Vacant(slot) => {
                let variable = slot.key().clone();
                slot.insert(name.to_owned());
                Ok(variable)
            }
        }
    }
}

impl Form for Environment {
    fn entry(&mut self, out: &mut dyn Write, entry: &Entry, notes: &mut Notes) -> Result<(), WriteError> {
        let name = &entry.name;
        let text = entry.value.as_str();
        let variable = self.variable(name)?;
        let unfit = |unfit| WriteError::unfit(name, unfit);
        let value = match self.style {
            Style::Sh => format!("'{}'", text.replace('\'', r"'\''")),
            Style::Compose => compose(text),
            Style::Docker => {
                refuse_what_docker_drops(text, variable.len()).map_err(unfit)?;
                text.to_owned()
            }
            Style::Dotenv => {
                let value = dotenv(text).map_err(unfit)?;
                if do_readers_differ(text, &value) {
                    notes.add(Note::ReadersDiffer { count: 1, name: name.clone() });
                }
                value
            }
        };
        let export = if self.style == Style::Sh { "export " } else { "" };
        writeln!(out, "{export}{variable}={value}")?;
        if variable != *name {
            notes.add(Note::Renamed { count: 1, name: name.clone(), variable });
        }
        notes.without_content_type(entry);
        notes.secret_in_clear(entry);
        Ok(())
    }

    fn finish(&mut self, _out: &mut dyn Write) -> Result<(), WriteError> {
        Ok(())
    }
}

/// Whether every reader takes the text as it is, without quotes.
fn is_plain(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:@%+,".contains(&byte);
    text.bytes().all(is_plain)
}

/// Docker takes a line as it is: the variable, `=`, and all the rest.
fn refuse_what_docker_drops(text: &str, variable: usize) -> Result<(), Unfit> {
    if text.contains('\n') {
        return Err(Unfit::Newline);
    }
    if text.ends_with('\r') {
        return Err(Unfit::CarriageReturnAtEnd);
    }
    if variable + 1 + text.len() > DOCKER_LINE_BYTES_MAX {
        return Err(Unfit::LineTooLong(DOCKER_LINE_BYTES_MAX));
    }
    Ok(())
}

/// Compose replaces variables inside double quotes, but not after a backslash.
fn compose(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    if !text.contains(['\'', '\\', '\r']) {
        return format!("'{text}'");
    }
    format!("\"{}\"", escaped(text, &['\\', '"', '$']))
}

/// python-dotenv ends a value in quotes at the last quote that can end it, so that a backslash before it may go on.
fn dotenv(text: &str) -> Result<String, Unfit> {
    if is_plain(text) {
        return Ok(text.to_owned());
    }
    if text.ends_with('\\') {
        let is_bare = !text.contains(['\n', '\r', '#'])
            && !text.starts_with(['\'', '"', '`'])
            && !text.starts_with(char::is_whitespace)
            && !text.contains(char::is_control);
        return if is_bare { Ok(text.to_owned()) } else { Err(Unfit::BackslashAtEnd) };
    }
    if !text.contains(['\'', '\r']) && !text.contains(r"\\") {
        return Ok(format!("'{text}'"));
    }
    Ok(format!("\"{}\"", escaped(text, &['\\', '"'])))
}

/// Whether a reader other than python-dotenv may take the written value for another text, or python-dotenv itself, which
/// replaces `${NAME}` in any quotes unless it is called with `interpolate=False`.
fn do_readers_differ(text: &str, written: &str) -> bool {
    text.contains("${") || !written.starts_with('\'') && text.contains(['\\', '"', '$'])
}

fn escaped(text: &str, with_backslash: &[char]) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            _ => {
                if with_backslash.contains(&character) {
                    escaped.push('\\');
                }
                escaped.push(character);
            }
        }
    }
    escaped
}
