//! A text in the user's editor: `$VISUAL`, else `$EDITOR`, else `vi`.
//!
//! The text is in a file for its owner alone, in a folder of its own that is removed at the end. A text that is not written
//! to the server is kept elsewhere and its path is said (`Draft::keep`).

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::error::{Failure, Status};
use crate::client::write_private;

/// A text that is being edited.
pub(super) struct Draft {
    folder: tempfile::TempDir,
    path: PathBuf,
    /// Without a newline at its end an editor's own newline is not the user's.
    ends_bare: bool,
}

impl Draft {
    /// A text, whose file ends with `.extension`.
    pub(super) fn new(text: &str, extension: &str) -> Result<Self, Failure> {
        let made = tempfile::Builder::new().prefix("configapi-edit-").tempdir();
        let folder = made.map_err(|error| Failure::system(format!("a folder for the text: {error}")))?;
        let path = folder.path().join(format!("value.{extension}"));
        let draft = Self { folder, path, ends_bare: !text.is_empty() && !text.ends_with('\n') };
        draft.write(text)?;
        Ok(draft)
    }

    /// Another text in its place.
    pub(super) fn write(&self, text: &str) -> Result<(), Failure> {
        write_private(&self.path, text.as_bytes()).map_err(|error| self.unusable(&error))
    }

    /// Opens the editor, waits for its end, and returns the text.
    pub(super) fn edit(&self) -> Result<String, Failure> {
        let editor =
            ["VISUAL", "EDITOR"].iter().find_map(|name| env::var_os(name).filter(|it| !it.is_empty()));
        let editor = editor.unwrap_or_else(|| OsString::from("vi"));
        // As git does it: the variable may have arguments and quotes.
        let mut line = editor.clone();
        line.push(" \"$@\"");
        let status = Command::new("sh").arg("-c").arg(line).arg(&editor).arg(&self.path).status();
        let status =
            status.map_err(|error| Failure::system(format!("the editor can't be started: {error}")))?;
        if !status.success() {
            let text =
                format!("the editor {} failed ({status}): nothing was changed", editor.to_string_lossy());
            return Err(Failure::system(text).hint("choose another with the variable EDITOR"));
        }
        let bytes = fs::read(&self.path).map_err(|error| self.unusable(&error))?;
        let mut text = String::from_utf8(bytes)
            .map_err(|_| self.keep(Failure::usage("the text is not UTF-8: nothing was changed")))?;
        let own_newline = self.ends_bare && text.ends_with('\n') && !text.ends_with("\n\n");
        if own_newline {
            text.pop();
        }
        Ok(text)
    }

    /// Keeps the text in a file of the user's, and says where.
    pub(super) fn keep(&self, failure: Failure) -> Failure {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let kept = env::temp_dir().join(format!("configapi-{}-{name}", std::process::id()));
        match fs::read(&self.path).and_then(|bytes| write_private(&kept, &bytes)) {
            Ok(()) => failure.hint(format!("your text is in {}", kept.display())),
            Err(error) => failure.hint(format!("your text could not be kept: {error}")),
        }
    }

    fn unusable(&self, error: &std::io::Error) -> Failure {
        Failure::reported(Status::Error, format!("{}: {error}", self.folder.path().display()))
    }
}
