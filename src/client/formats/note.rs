//! Notes of a writer: all that the written file can't say, for the caller to print.

use std::fmt;

use super::entry::Entry;
use super::quote::Shown;

/// A difference between the entries and the file that they were written to. Each kind is counted, with its first name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// Names that became variables, which can't be undone.
    Renamed {
        /// How many.
        count: usize,
        /// The first of them.
        name: String,
        /// Its variable.
        variable: String,
    },
    /// Values whose content type the file does not say.
    ContentTypeLost {
        /// How many.
        count: usize,
        /// The name of the first.
        name: String,
    },
    /// Secrets that the file has in clear text, without a mark.
    SecretInClear {
        /// How many.
        count: usize,
        /// The name of the first.
        name: String,
    },
    /// Values that programs other than python-dotenv may read as another text.
    ReadersDiffer {
        /// How many.
        count: usize,
        /// The name of the first.
        name: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = |count: usize| if count == 1 { "value" } else { "values" };
        match self {
            Self::Renamed { count, name, variable } => {
                let are = if *count == 1 { "name is" } else { "names are" };
                write!(f, "{count} {are} changed, for example `{}` to `{variable}`: ", Shown(name))?;
                f.write_str("the file can't be imported under the same names")
            }
            Self::ContentTypeLost { count, name } => {
                write!(f, "the file does not have the content type of {count} {}, ", values(*count))?;
                write!(f, "for example of `{}`: set it again after an import", Shown(name))
            }
            Self::SecretInClear { count, name } => {
                write!(f, "the file has {count} secret {} in clear text, ", values(*count))?;
                write!(
                    f,
                    "for example of `{}`: keep it safe, and mark them again after an import",
                    Shown(name)
                )
            }
            Self::ReadersDiffer { count, name } => {
                write!(f, "readers of .env files disagree on {count} {}, ", values(*count))?;
                write!(f, "for example of `{}`: some replace `$` or keep backslashes", Shown(name))
            }
        }
    }
}

/// The notes of one writer, counted as its entries pass.
#[derive(Debug, Default)]
pub(super) struct Notes {
    notes: Vec<Note>,
}

impl Notes {
    /// Counts a note with the one of its kind.
    pub(super) fn add(&mut self, note: Note) {
        for old in &mut self.notes {
            match (old, &note) {
                (Note::Renamed { count, .. }, Note::Renamed { .. })
                | (Note::ContentTypeLost { count, .. }, Note::ContentTypeLost { .. })
                | (Note::SecretInClear { count, .. }, Note::SecretInClear { .. })
                | (Note::ReadersDiffer { count, .. }, Note::ReadersDiffer { .. }) => {
                    *count += 1;
                    return;
                }
                _ => {}
            }
        }
        self.notes.push(note);
    }

    /// Notes that the file does not have the content type of an entry.
    pub(super) fn without_content_type(&mut self, entry: &Entry) {
        if entry.is_typed() {
            self.add(Note::ContentTypeLost { count: 1, name: entry.name.clone() });
        }
    }

    /// Notes that the file has a secret as it is.
    pub(super) fn secret_in_clear(&mut self, entry: &Entry) {
        if entry.secret {
            self.add(Note::SecretInClear { count: 1, name: entry.name.clone() });
        }
    }

    pub(super) fn into_vec(self) -> Vec<Note> {
        self.notes
    }
}
