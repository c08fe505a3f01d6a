//! TOML. Numbers and dates are the texts as they are written.

use serde_json::value::RawValue;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::super::array::push_canonical_string;
use super::super::{Entry, FormatError, Problem};
use super::found::{DEPTH_MAX, Found, joined};
use super::lines::Lines;

pub(super) fn read(text: &str) -> Result<Vec<Entry>, FormatError> {
    let lines = Lines::of(text);
    // The error's own text shows the line, and so a value; its message does not.
    let table = DeTable::parse(text).map_err(|error| {
        let line = lines.line(error.span().map_or(0, |span| span.start));
        FormatError::syntax(line, error.message())
    })?;
    let mut reader = Reader { text, lines, found: Found::default() };
    reader.table(table.get_ref(), None, 1)?;
    Ok(reader.found.into_entries())
}

struct Reader<'a> {
    text: &'a str,
    lines: Lines,
    found: Found,
}

/// The members of a table in the order of the text.
fn members<'t, 'a>(table: &'t DeTable<'a>) -> Vec<(&'t Spanned<DeString<'a>>, &'t Spanned<DeValue<'a>>)> {
    let mut members: Vec<_> = table.iter().collect();
    members.sort_by_key(|(key, _)| key.span().start);
    members
}

impl<'a> Reader<'a> {
    fn table(&mut self, table: &DeTable<'a>, name: Option<&str>, depth: usize) -> Result<(), FormatError> {
        for (key, value) in members(table) {
            let line = self.lines.line(key.span().start);
            let name = joined(name, key.get_ref());
            match value.get_ref() {
                DeValue::Table(_) | DeValue::Array(_) if depth >= DEPTH_MAX => {
                    return Err(FormatError::of(line, &name, Problem::TooDeep(DEPTH_MAX)));
                }
                DeValue::Table(table) if table.is_empty() => {
                    return Err(FormatError::of(line, &name, Problem::EmptyObject));
                }
                DeValue::Table(table) => self.table(table, Some(&name), depth + 1)?,
                DeValue::Array(_) => {
                    let mut json = String::new();
                    self.json(value, &mut json, depth)
                        .map_err(|problem| FormatError::of(line, &name, problem))?;
                    self.found.array(line, name, &json)?;
                }
                DeValue::String(string) => self.found.text(line, name, string)?,
                _ => self.found.text(line, name, self.raw(value))?,
            }
        }
        Ok(())
    }

    /// The text of a value as it is written.
    fn raw(&self, value: &Spanned<DeValue<'a>>) -> &'a str {
        self.text.get(value.span()).unwrap_or_default().trim()
    }

    /// Adds a value as canonical JSON.
    fn json(&self, value: &Spanned<DeValue<'a>>, json: &mut String, depth: usize) -> Result<(), Problem> {
        if depth > DEPTH_MAX {
            return Err(Problem::TooDeep(DEPTH_MAX));
        }
        match value.get_ref() {
            DeValue::Array(values) => {
                json.push('[');
                for (at, value) in values.iter().enumerate() {
                    if at > 0 {
                        json.push(',');
                    }
                    self.json(value, json, depth + 1)?;
                }
                json.push(']');
            }
            DeValue::Table(table) => {
                json.push('{');
                for (at, (key, value)) in members(table).into_iter().enumerate() {
                    if at > 0 {
                        json.push(',');
                    }
                    push_canonical_string(json, key.get_ref());
                    json.push(':');
                    self.json(value, json, depth + 1)?;
                }
                json.push('}');
            }
            DeValue::String(string) => push_canonical_string(json, string),
            _ => push_literal(json, self.raw(value)),
        }
        Ok(())
    }
}

/// Adds a number or a boolean where JSON writes it alike; else it is a string with the text.
pub(super) fn push_literal(json: &mut String, text: &str) {
    let is_json = serde_json::from_str::<&RawValue>(text).is_ok_and(|raw| raw.get() == text)
        && !text.starts_with(['"', '[', '{']);
    if is_json {
        json.push_str(text);
    } else {
        push_canonical_string(json, text);
    }
}
