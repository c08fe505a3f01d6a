//! Why entries can't be written: the cause and the name, never a value. Made by the writers.

use std::io;

use thiserror::Error;

use super::quote::Shown;

/// Entries that can't be written. The output may have a part of them: write to a temporary file, or discard it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// An entry that the dialect can't carry.
    #[error("`{}`: {unfit}", Shown(name))]
    Unfit {
        /// The entry's name.
        name: String,
        /// Why the dialect can't carry it.
        unfit: Unfit,
    },
    /// Two names that become one variable.
    #[error(
        "`{}` and `{}` both become the variable `{variable}`: rename one of them",
        Shown(first),
        Shown(second)
    )]
    SameVariable {
        /// The first name.
        first: String,
        /// The second name.
        second: String,
        /// Their variable.
        variable: String,
    },
    /// A name that is both a value and a folder of values.
    #[error("`{}` is a value, and `{}` is below it: an object can't be both", Shown(value), Shown(below))]
    ValueAndFolder {
        /// The name that is a value.
        value: String,
        /// The name below it.
        below: String,
    },
    /// An entry that does not sort after the one before it.
    #[error(
        "`{}` does not come after `{}`: entries must be sorted by name, each name once",
        Shown(name),
        Shown(before)
    )]
    Unsorted {
        /// The entry's name.
        name: String,
        /// The name before it.
        before: String,
    },
    /// The output failed.
    #[error("the output can't be written: {0}")]
    Io(#[from] io::Error),
}

/// Why a dialect can't carry an entry.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unfit {
    /// A line feed, in a dialect of one line for each value.
    #[error(
        "the value has more than one line, which this format can't carry: use `compose`, `dotenv` or `json`"
    )]
    Newline,
    /// Docker drops a carriage return at the end of a line.
    #[error("the value ends with a carriage return, which Docker drops: use `compose`, `dotenv` or `json`")]
    CarriageReturnAtEnd,
    /// Docker's limit.
    #[error(
        "the line is longer than {0} bytes, and Docker reads none that is longer: use `compose` or `json`"
    )]
    LineTooLong(usize),
    /// A value that no quoting of a `.env` file ends.
    #[error(
        "the value ends with a backslash, which .env files can't carry in quotes: use `compose`, `sh` or `json`"
    )]
    BackslashAtEnd,
    /// A name without a variable.
    #[error("the name has no environment variable: it begins with a digit, or has no ASCII letter or digit")]
    NoVariable,
    /// A variable that a shell treats in a way of its own.
    #[error("the variable `{0}` changes the shell itself, and its value could be executed: rename it")]
    ShellVariable(String),
    /// A key that Kubernetes refuses.
    #[error(
        "Kubernetes allows only letters, digits, `-`, `_` and `.` in a key, at most 253, and not `..` at its start"
    )]
    KubernetesKey,
    /// Kubernetes' limit for all values together.
    #[error(
        "the values together are longer than {0} bytes, which Kubernetes refuses: export a smaller prefix"
    )]
    KubernetesSize(usize),
}

impl WriteError {
    pub(super) fn unfit(name: &str, unfit: Unfit) -> Self {
        Self::Unfit { name: name.to_owned(), unfit }
    }
}
