//! Why a file can't be read: the line, the name, and what to do. Never a value. Made by the readers.

use std::fmt;

use thiserror::Error;

use super::quote::Shown;

/// A file that can't be read. Its text has the line and the name where they are known, and no value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct FormatError {
    line: Option<usize>,
    name: Option<String>,
    problem: Problem,
}

/// The cause of an error.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// It does not follow the rules of its format.
    #[error("{0}")]
    Syntax(String),
    /// A name has two values.
    #[error("this name already has a value, at line {first_line}: remove one of the two")]
    Duplicate {
        /// The line of the first value.
        first_line: usize,
    },
    /// A null, which is not a value here.
    #[error("null is not a value: remove the name, or write \"\" for an empty value")]
    Null,
    /// An object without members, which an import would lose.
    #[error("an empty object has no values: remove it, or write \"\" for an empty value")]
    EmptyObject,
    /// The file is not an object of names.
    #[error("the file must be an object with names and values{hint}")]
    NotAnObject {
        /// Another format that it may be.
        hint: &'static str,
    },
    /// A key that is itself an object or an array.
    #[error("a key must be a text: this one is an object or an array")]
    KeyNotText,
    /// A YAML tag that changes what a value means. A value that begins with `!` is one too, so that it is not shown.
    #[error("a tag is not supported here: remove it, or put a value that begins with `!` in quotes")]
    Tag,
    /// More than one YAML document.
    #[error("a second YAML document begins here: split the file, and import one document at a time")]
    SeveralDocuments,
    /// A YAML alias inside the value that it repeats.
    #[error("this alias repeats a value that contains it: write the value out")]
    EndlessAlias,
    /// YAML aliases that make too much of a small file.
    #[error("the aliases of this file repeat more than {0}: write the values out")]
    TooManyAliases(&'static str),
    /// Objects or arrays inside each other.
    #[error("objects and arrays are nested more than {0} levels deep")]
    TooDeep(usize),
    /// U+0000, which no value may contain.
    #[error("a value must not contain a NUL character (U+0000)")]
    Nul,
    /// Bytes that are not text.
    #[error("the value is not UTF-8 text: only text can be stored")]
    NotText,
    /// A Consul value that is not base64.
    #[error("the value is not base64, as `consul kv export` writes it")]
    NotBase64,
    /// A file that is not UTF-8.
    #[error("the file is not UTF-8 text: save it with the encoding UTF-8")]
    NotUtf8,
}

impl FormatError {
    pub(super) fn at(line: usize, problem: Problem) -> Self {
        Self { line: Some(line), name: None, problem }
    }

    pub(super) fn of(line: usize, name: &str, problem: Problem) -> Self {
        Self { line: Some(line), name: Some(name.to_owned()), problem }
    }

    pub(super) fn syntax(line: usize, message: impl Into<String>) -> Self {
        Self::at(line, Problem::Syntax(message.into()))
    }

    /// The line, from 1, where it is known.
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// The name, relative to the prefix, where the problem is that of one name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The cause.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(name) = &self.name {
            write!(f, "`{}`: ", Shown(name))?;
        }
        write!(f, "{}", self.problem)
    }
}
