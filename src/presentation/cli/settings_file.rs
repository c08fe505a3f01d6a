//! The TOML file of `--config`: one table of settings, without sections.

use std::fs;
use std::path::Path;

use toml::{Table, Value};

/// How a setting is written in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    /// Texts in an array, or one text.
    List,
    Number,
    Switch,
}

/// The keys and values of a file. The error has the line, never its text: a line may have a password in it.
pub(super) fn read(path: &Path) -> Result<Table, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("can't read the settings file: {error}"))?;
    text.parse::<Table>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        format!("line {} is not valid TOML: {}", before.matches('\n').count() + 1, error.message())
    })
}

/// A value as it would be typed after the flag.
pub(super) fn text(value: &Value, form: Form) -> Result<String, String> {
    match (form, value) {
        (Form::Text | Form::List, Value::String(text)) => Ok(text.clone()),
        (Form::List, Value::Array(texts)) if texts.iter().all(Value::is_str) => {
            Ok(texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","))
        }
        (Form::Number, Value::Integer(number)) => Ok(number.to_string()),
        (Form::Switch, Value::Boolean(switch)) => Ok(switch.to_string()),
        (form, value) => {
            let expected = match form {
                Form::Text => "a text in quotes",
                Form::List => "an array of texts in quotes",
                Form::Number => "a whole number without quotes",
                Form::Switch => "true or false, without quotes",
            };
            Err(format!("must be {expected}, but it is of type {}", value.type_str()))
        }
    }
}
