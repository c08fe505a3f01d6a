//! Schemas, prefixes and violations as texts.

use std::path::Path;

use crate::presentation::cli::connect::Session;
use crate::presentation::cli::document;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::Output;
use crate::runtime::printable::Escaped;
use crate::wire::policy::CheckedJson;

/// The text of a schema, which must be JSON: the server's message would not say where it is not.
pub(super) fn text_of(path: &Path) -> Result<String, Failure> {
    let text = document::text(path)?;
    match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(Failure::usage(format!("{}: {error}", path.display()))),
    }
}

/// How a person reads a prefix: the empty one means everything.
pub(super) fn shown(prefix: &str) -> String {
    if prefix.is_empty() { "everything".to_owned() } else { Escaped(prefix).to_string() }
}

/// Prints the values that do not match a schema.
pub(super) fn print_checked(session: &Session, checked: &CheckedJson) -> Result<(), Failure> {
    let mut results = session.ui.results();
    if session.output == Output::Json {
        results.json(checked)?;
        return results.flush();
    }
    for violation in &checked.violations {
        let (name, pointer, detail) =
            (Escaped(violation.name.as_str()), Escaped(&violation.pointer), Escaped(&violation.detail));
        let gap = if session.output == Output::Plain { "\t" } else { "  " };
        results.line(&format!("{name}{gap}{pointer}{gap}{detail}"))?;
    }
    results.flush()?;
    let (checked, wrong) = (checked.checked, checked.violations.len());
    session.ui.note(&format!("{checked} values checked, {wrong} violations"));
    Ok(())
}
