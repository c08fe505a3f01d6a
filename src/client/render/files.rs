//! Files that are replaced whole: written next to the target, checked, and renamed.
//!
//! Called by `render`. All files are written and checked before the first is renamed, so that a check that fails leaves every
//! target as it was. A target that exists keeps its mode and its owner, and is not touched if nothing changed. A symbolic
//! link stays, and the file that it leads to is replaced. A new file is for its owner alone if it has a secret.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use tempfile::NamedTempFile;
use thiserror::Error;

use super::template::Rendered;
use crate::domain::Secrecy;

/// Links that are followed from one to the next, as Linux does.
const LINKS_MAX: usize = 40;
/// All bits of a mode.
const MODE_BITS: u32 = 0o7777;
/// The modes of new files; the process's umask takes rights away.
const SECRET_MODE: u32 = 0o600;
const OPEN_MODE: u32 = 0o666;

/// The outcome for a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It has the new text.
    Replaced,
    /// It had the text already.
    Unchanged,
}

/// Why files were not replaced. Where an error says nothing else, every target is as it was.
#[derive(Debug, Error)]
pub enum FileError {
    /// The target can't be replaced.
    #[error("{path}: {why}")]
    Target {
        /// The target.
        path: PathBuf,
        /// The reason and the remedy.
        why: String,
    },
    /// The check refused the new file.
    #[error("{path}: the check failed ({status}): the file is as it was")]
    Check {
        /// The target.
        path: PathBuf,
        /// The end of the check.
        status: ExitStatus,
    },
    /// The check did not start.
    #[error("the check {command} did not start: {error}")]
    CheckNotStarted {
        /// The command.
        command: String,
        /// The system's reason.
        error: io::Error,
    },
}

/// Replaces files by texts. `check` is a command that gets the path of each new file as its last argument.
///
/// # Errors
/// [`FileError`]: a target can't be replaced, or the check refused a file.
pub fn replace(files: &[(PathBuf, Rendered)], check: &[OsString]) -> Result<Vec<Effect>, FileError> {
    let prepared: Result<Vec<_>, _> =
        files.iter().map(|(target, rendered)| prepare(target, rendered)).collect();
    let prepared = prepared?;
    for new in prepared.iter().flatten() {
        run_check(check, new)?;
    }
    let replaced = prepared.into_iter().map(|new| new.map_or(Ok(Effect::Unchanged), New::put));
    replaced.collect()
}

/// A new file next to its target. It is removed unless it is put in its place.
struct New {
    /// As the caller wrote it.
    target: PathBuf,
    /// The file that is replaced.
    real: PathBuf,
    file: NamedTempFile,
}

impl New {
    fn put(self) -> Result<Effect, FileError> {
        let failed = |error: io::Error| refused(&self.target, &error.to_string());
        self.file.persist(&self.real).map_err(|error| failed(error.error))?;
        File::open(folder_of(&self.real)).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(Effect::Replaced)
    }
}

/// Writes the new file; none if the target has the text already.
fn prepare(target: &Path, rendered: &Rendered) -> Result<Option<New>, FileError> {
    let failed = |error: io::Error| refused(target, &error.to_string());
    let real = real_path(target).map_err(failed)?;
    let before = match fs::metadata(&real) {
        Ok(before) if before.is_file() => Some(before),
        Ok(_) => return Err(refused(target, "it is not a regular file: choose another path")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    if before.is_some() && has_text(&real, &rendered.text).map_err(failed)? {
        return Ok(None);
    }
    let mode = match (&before, rendered.secrecy) {
        // Rights come last: until then the text is for this user alone.
        (Some(_), _) | (None, Secrecy::Secret) => SECRET_MODE,
        (None, Secrecy::Open) => OPEN_MODE,
    };
    // The ending of the name stays: a check may depend on it.
    let mut ending = OsString::from("-");
    ending.push(real.file_name().unwrap_or_default());
    let file = tempfile::Builder::new()
        .prefix(".configapi-")
        .suffix(&ending)
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder_of(&real));
    let mut file = file.map_err(failed)?;
    file.write_all(rendered.text.as_bytes()).map_err(failed)?;
    if let Some(before) = before {
        keep_owner(file.as_file(), &before).map_err(|error| {
            refused(target, &format!("its owner can't be kept ({error}): run as its owner, or as root"))
        })?;
        let mode = Permissions::from_mode(before.mode() & MODE_BITS);
        file.as_file().set_permissions(mode).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    Ok(Some(New { target: target.to_owned(), real, file }))
}

fn run_check(check: &[OsString], new: &New) -> Result<(), FileError> {
    let Some((command, arguments)) = check.split_first() else { return Ok(()) };
    let status = Command::new(command).args(arguments).arg(new.file.path()).status();
    let status = status.map_err(|error| FileError::CheckNotStarted {
        command: command.to_string_lossy().into_owned(),
        error,
    })?;
    if status.success() { Ok(()) } else { Err(FileError::Check { path: new.target.clone(), status }) }
}

fn keep_owner(file: &File, before: &fs::Metadata) -> io::Result<()> {
    let now = file.metadata()?;
    if (now.uid(), now.gid()) == (before.uid(), before.gid()) {
        return Ok(());
    }
    fchown(file, Some(before.uid()), Some(before.gid()))
}

fn has_text(path: &Path, text: &str) -> io::Result<bool> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() != text.len() as u64 {
        return Ok(false);
    }
    let mut bytes = Vec::with_capacity(text.len());
    file.read_to_end(&mut bytes)?;
    Ok(bytes == text.as_bytes())
}

/// The file that a path leads to, which need not exist.
fn real_path(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => path = folder_of(&path).join(fs::read_link(&path)?),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links lead from one to the next"))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn refused(path: &Path, why: &str) -> FileError {
    FileError::Target { path: path.to_owned(), why: why.to_owned() }
}

#[cfg(test)]
mod tests;
