//! The JSON of `consul kv export`: an array of objects with a key and a base64 value.
//!
//! Consul's `flags` of a key are not read: a value here has none.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::{Entry, FormatError, Problem};
use super::found::Found;
use super::json::syntax;
use super::lines::Lines;

#[derive(Deserialize)]
struct Pair {
    key: String,
    /// Null in answers of Consul's HTTP interface, where the value is empty.
    value: Option<String>,
}

pub(super) fn read(text: &str) -> Result<Vec<Entry>, FormatError> {
    let top: &RawValue = serde_json::from_str(text).map_err(|error| syntax(1, &error))?;
    let lines = Lines::of(text);
    let line_of = |part: &RawValue| lines.line(part.get().as_ptr().addr() - text.as_ptr().addr());
    let shape = "not an export of Consul: the file must be an array of objects with `key` and `value`";
    let Ok(pairs) = serde_json::from_str::<Vec<&RawValue>>(top.get()) else {
        return Err(FormatError::syntax(line_of(top), shape));
    };
    let mut found = Found::default();
    for raw in pairs {
        let line = line_of(raw);
        let Ok(Pair { key, value }) = serde_json::from_str(raw.get()) else {
            return Err(FormatError::syntax(line, shape));
        };
        let bytes = STANDARD
            .decode(value.unwrap_or_default())
            .map_err(|_| FormatError::of(line, &key, Problem::NotBase64))?;
        let value = String::from_utf8(bytes).map_err(|_| FormatError::of(line, &key, Problem::NotText))?;
        found.text(line, key, &value)?;
    }
    Ok(found.into_entries())
}
