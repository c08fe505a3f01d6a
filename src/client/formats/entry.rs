//! One value of a file. Made by the readers and by callers; taken by the writers.

use crate::domain::{ConfigValue, ContentType};

/// A value of a file, under a name that is relative to the prefix of an import or an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name without the prefix. It is a whole name only together with the prefix, and may be empty.
    pub name: String,
    /// The value's text.
    pub value: ConfigValue,
    /// The content type, where the file says one. `None` is plain text.
    pub content_type: Option<ContentType>,
    /// Whether the value is a secret. No format says so: a reader sets it to `false`.
    pub secret: bool,
}

impl Entry {
    /// A plain text that is not a secret.
    pub fn text(name: impl Into<String>, value: ConfigValue) -> Self {
        Self { name: name.into(), value, content_type: None, secret: false }
    }

    /// Whether its content type is one that a format without content types loses.
    pub(super) fn is_typed(&self) -> bool {
        !matches!(self.content_type, None | Some(ContentType::Text))
    }
}
