//! One key per name, with the whole name: JSON, YAML, TOML, Java properties, Consul's export.
//!
//! Keys and values are quoted, so that no reader takes a text for a number, a boolean or a path of keys.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::note::Notes;
use super::super::quote::{push_escape, quoted};
use super::super::{Entry, WriteError, array};
use super::form::Form;
use crate::domain::ContentType;

/// The longest key of YAML without `? ` before it is 1,024 characters.
const YAML_KEY_MAX: usize = 1_000;

/// The format of a flat file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Json,
    Map,
    Yaml,
    Toml,
    Properties,
    Consul,
}

pub(super) struct Flat {
    style: Style,
    is_begun: bool,
}

impl Flat {
    pub(super) fn new(style: Style) -> Self {
        Self { style, is_begun: false }
    }

    /// The value in the file's own syntax, with its content type if it is an array that the format can have.
    fn value(&self, entry: &Entry, notes: &mut Notes) -> String {
        let text = entry.value.as_str();
        let array = match (entry.content_type, self.style) {
            (Some(ContentType::Json), Style::Json) => array::is_canonical(text).then(|| text.to_owned()),
            (Some(ContentType::Json), Style::Yaml) => array::to_yaml(text),
            (Some(ContentType::Json), Style::Toml) => array::to_toml(text),
            _ => None,
        };
        array.unwrap_or_else(|| {
            notes.without_content_type(entry);
            match self.style {
                Style::Properties => property(text, Part::Value),
                Style::Consul => STANDARD.encode(text),
                _ => quoted(text),
            }
        })
    }
}

impl Form for Flat {
    fn entry(&mut self, out: &mut dyn Write, entry: &Entry, notes: &mut Notes) -> Result<(), WriteError> {
        notes.secret_in_clear(entry);
        let value = self.value(entry, notes);
        let name = &entry.name;
        match self.style {
            Style::Json | Style::Map => {
                out.write_all(if self.is_begun { b",\n" } else { b"{\n" })?;
                write!(out, "  {}: {value}", quoted(name))?;
            }
            Style::Consul => {
                out.write_all(if self.is_begun { b",\n" } else { b"[\n" })?;
                write!(out, "  {{\"key\": {}, \"flags\": 0, \"value\": \"{value}\"}}", quoted(name))?;
            }
            Style::Yaml => {
                let key = quoted(name);
                let explicit = if key.len() > YAML_KEY_MAX { ("? ", "\n") } else { ("", "") };
                writeln!(out, "{}{key}{}: {value}", explicit.0, explicit.1)?;
            }
            Style::Toml => writeln!(out, "{} = {value}", quoted(name))?,
            Style::Properties => writeln!(out, "{}={value}", property(name, Part::Key))?,
        }
        self.is_begun = true;
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> Result<(), WriteError> {
        let end: &[u8] = match (self.style, self.is_begun) {
            (Style::Json | Style::Map, true) => b"\n}\n",
            (Style::Json | Style::Map | Style::Yaml, false) => b"{}\n",
            (Style::Consul, true) => b"\n]\n",
            (Style::Consul, false) => b"[]\n",
            _ => b"",
        };
        Ok(out.write_all(end)?)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Key,
    Value,
}

/// A key or a value of Java properties. ASCII only: some programs read the file as Latin-1, others as UTF-8.
fn property(text: &str, part: Part) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for (at, character) in text.char_indices() {
        match character {
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\u{c}' => escaped.push_str("\\f"),
            '\\' => escaped.push_str("\\\\"),
            ' ' if part == Part::Key || at == 0 => escaped.push_str("\\ "),
            '=' | ':' | '#' | '!' if part == Part::Key => {
                escaped.push('\\');
                escaped.push(character);
            }
            ' '..='~' => escaped.push(character),
            _ => push_escape(&mut escaped, character),
        }
    }
    escaped
}
