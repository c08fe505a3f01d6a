//! Formats of files with many values: read for `import` and `apply`, written by `export`.
//!
//! Everything here works on texts and on `Write`, without files, requests or the process environment. [`read`] takes a
//! text apart into entries. A [`Writer`] takes sorted entries and writes them one at a time, so that its memory does not
//! grow with the values. Callers: the commands `import`, `apply` and `export`, and `run` for [`variable_of`].
//!
//! Invariants, each with a test of its name: a value is written exactly or refused; an error never shows a value; a file
//! never takes anything from the process environment. `docs/formats.md` says what each format can carry.
//!
//! # Examples
//!
//! ```
//! use configapi::client::formats::{Dialect, Format, Writer, read};
//!
//! let entries = read(Format::Yaml, "db:\n  host: db.internal\n  ratio: 1.10\n")?;
//! assert_eq!(entries[1].name, "db/ratio");
//! assert_eq!(entries[1].value.as_str(), "1.10");
//!
//! let mut text = Vec::new();
//! let mut writer = Writer::new(Dialect::Dotenv, &mut text);
//! for entry in &entries {
//!     writer.entry(entry)?;
//! }
//! let written = writer.finish()?;
//! assert_eq!(text, b"DB_HOST=db.internal\nDB_RATIO=1.10\n");
//! assert_eq!(written.notes[0].to_string(), "2 names are changed, for example `db/host` to `DB_HOST`: the file can't be imported under the same names");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod array;
mod dialect;
mod entry;
mod error;
mod format;
mod note;
mod quote;
mod read;
#[cfg(test)]
mod tests;
mod variable;
mod write;
mod write_error;

pub use dialect::{Dialect, DialectError, ManifestName};
pub use entry::Entry;
pub use error::{FormatError, Problem};
pub use format::{Format, UnknownFormat};
pub use note::Note;
pub use read::{read, text_of};
pub(in crate::client) use variable::spelled;
pub use variable::variable_of;
pub use write::{Writer, Written};
pub use write_error::{Unfit, WriteError};
