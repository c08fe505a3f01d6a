//! The entries found so far. Each name has one value.
//!
//! Called by each reader.

use std::collections::HashMap;

use super::super::{Entry, FormatError, Problem};
use crate::domain::{ConfigValue, ContentType};

/// How many objects and arrays may be inside each other.
pub(super) const DEPTH_MAX: usize = 128;

/// The entries of a text, and the lines of their names.
#[derive(Default)]
pub(super) struct Found {
    entries: Vec<Entry>,
    lines: HashMap<String, usize>,
}

impl Found {
    /// Adds a plain text.
    pub(super) fn text(&mut self, line: usize, name: String, value: &str) -> Result<(), FormatError> {
        self.add(line, name, value, None)
    }

    /// Adds an array as JSON.
    pub(super) fn array(&mut self, line: usize, name: String, value: &str) -> Result<(), FormatError> {
        self.add(line, name, value, Some(ContentType::Json))
    }

    fn add(
        &mut self,
        line: usize,
        name: String,
        value: &str,
        content_type: Option<ContentType>,
    ) -> Result<(), FormatError> {
        if let Some(&first_line) = self.lines.get(&name) {
            return Err(FormatError::of(line, &name, Problem::Duplicate { first_line }));
        }
        // The limit of a value's length is the server's to know.
        let value =
            ConfigValue::parse(value, usize::MAX).map_err(|_| FormatError::of(line, &name, Problem::Nul))?;
        self.lines.insert(name.clone(), line);
        self.entries.push(Entry { name, value, content_type, secret: false });
        Ok(())
    }

    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}

/// The name of a member of an object: with a slash after the name of the object, if that has one.
pub(super) fn joined(parent: Option<&str>, key: &str) -> String {
    match parent {
        Some(parent) => format!("{parent}/{key}"),
        None => key.to_owned(),
    }
}
