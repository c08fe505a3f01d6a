//! One path for one database file, however it is named; and the files that two servers could open by two paths.
//!
//! Called when a store is opened, before the lock file gets its name from the path.
//!
//! Invariants: `a_dangling_link_and_its_target_are_one_file`, `a_file_with_two_hard_links_is_refused`,
//! `a_file_that_is_mounted_by_itself_is_refused`.
//!
//! Failures: a path that no server can use is [`StoreError::Misconfigured`], because waiting does not help.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::super::StoreError;

/// Symbolic links that are followed, one after the other; as many as Linux follows.
const LINKS_MAX: usize = 40;

/// The mounts that this process sees: proc(5).
const MOUNTS: &str = "/proc/self/mountinfo";

/// The path without symbolic links, also of a file that does not exist yet.
pub(super) fn resolve(named: &Path) -> Result<PathBuf, StoreError> {
    if named.as_os_str() == ":memory:" {
        let what =
            "a log in memory would be gone with the process: name a file, in /dev/shm if it may be lost";
        return Err(StoreError::Misconfigured(format!(":memory: names no file: {what}")));
    }
    let mut path = named.to_owned();
    for _ in 0..LINKS_MAX {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(not_a_file(named));
        };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let folder = folder.canonicalize().map_err(|error| refusal(folder, &error))?;
        path = folder.join(name);
        match path.read_link() {
            Ok(target) => path = folder.join(target),
            // Not a link, or not there.
            Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound) => {
                return Ok(path);
            }
            Err(error) => return Err(refusal(&path, &error)),
        }
    }
    Err(StoreError::Misconfigured(format!("{} has more than {LINKS_MAX} symbolic links", named.display())))
}

/// Refuses a file that another server can have by another path, with a lock file of another name.
pub(super) fn refuse_shared(path: &Path) -> Result<(), StoreError> {
    let here = path.display();
    match path.metadata() {
        Ok(file) if !file.is_file() => return Err(not_a_file(path)),
        Ok(file) if file.nlink() > 1 => {
            return Err(StoreError::Misconfigured(format!(
                "{here} has {} hard links: a server on each would lose writes of the others. Remove all names of the \
                 file but one",
                file.nlink()
            )));
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refusal(path, &error)),
    }
    // Without /proc this cannot be known.
    if fs::read(MOUNTS).is_ok_and(|mounts| is_mount_point(path, &mounts)) {
        return Err(StoreError::Misconfigured(format!(
            "{here} is mounted by itself: a server with another mount of the file would lose writes of this one. Mount \
             the folder, not the file"
        )));
    }
    Ok(())
}

/// Whether a path is in the column of mount points.
fn is_mount_point(path: &Path, mounts: &[u8]) -> bool {
    let points =
        mounts.split(|byte| *byte == b'\n').filter_map(|line| line.split(|byte| *byte == b' ').nth(4));
    points.map(unescaped).any(|point| Path::new(OsStr::from_bytes(&point)) == path)
}

/// proc(5): a space, a tab, a line feed and a backslash are written as three octal digits.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let octal = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) if first == b'\\' => {
                bytes.push(byte);
                rest = &after[3..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    bytes
}

/// Why a folder takes no file of SQLite's, if it takes none: SQLite's own error does not say.
pub(super) fn refusal_of_folder(database: &Path) -> Option<StoreError> {
    let trial = sibling(database, ".trial");
    let made = OpenOptions::new().create(true).truncate(false).write(true).open(&trial);
    let refused = made.err().map(|error| refusal(&trial, &error));
    // Not there if it could not be made.
    let _ = fs::remove_file(&trial);
    refused.filter(|error| matches!(error, StoreError::Misconfigured(_)))
}

/// Why the folder, or a file in it, can't be written: one that another user has left, for example. Only where no
/// connection is open: to close any descriptor of the database drops SQLite's locks.
pub(super) fn refusal_of_files(database: &Path) -> Option<StoreError> {
    let written = |ending: &&str| {
        let path = sibling(database, ending);
        let opened = OpenOptions::new().write(true).open(&path).err();
        opened.filter(|error| error.kind() != ErrorKind::NotFound).map(|error| refusal(&path, &error))
    };
    refusal_of_folder(database).or_else(|| ["", "-wal", "-shm"].iter().find_map(written))
}

/// A file whose name is the database's with an ending.
pub(super) fn sibling(database: &Path, ending: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// What the system says of a path, in the store's words.
pub(super) fn refusal(path: &Path, error: &io::Error) -> StoreError {
    let here = path.display();
    let advice = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            return StoreError::Full(format!("{here}: {error}"));
        }
        ErrorKind::NotFound => "create the folder, or name another file",
        ErrorKind::PermissionDenied => {
            "give the server's user the right to write the folder and the files in it"
        }
        ErrorKind::ReadOnlyFilesystem => "a server needs a folder that it can write",
        ErrorKind::IsADirectory | ErrorKind::NotADirectory => "name a file in a folder",
        ErrorKind::InvalidInput | ErrorKind::InvalidFilename => "name another file",
        _ => return StoreError::Unavailable(format!("{here}: {error}")),
    };
    StoreError::Misconfigured(format!("{here}: {error}: {advice}"))
}

fn not_a_file(path: &Path) -> StoreError {
    let what = if path.is_dir() { "is a directory" } else { "is not a regular file" };
    StoreError::Misconfigured(format!("{} {what}: name a file in a folder", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of a kernel: a folder, a file with a space in its name, a file that Docker mounts.
    const LINES: &[u8] = b"22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
        63 43 254:0 /bm/a /srv/data\\040of\\040mine/configapi.db rw,relatime shared:1 - ext4 /dev/vda rw\n\
        812 790 254:0 /var/lib/docker/containers/1f/hosts /etc/hosts rw,relatime - ext4 /dev/vda rw\n";

    #[test]
    fn a_mount_point_is_found_by_its_whole_name() {
        for (path, found) in [
            ("/etc/hosts", true),
            ("/srv/data of mine/configapi.db", true),
            ("/srv/data of mine", false),
            ("/etc/hosts.lock", false),
            ("/bm/a", false),
            ("rw", false),
        ] {
            assert_eq!(is_mount_point(Path::new(path), LINES), found, "{path}");
        }
        assert_eq!(unescaped(b"a\\134b\\011\\12"), b"a\\b\t\\12");
    }
}
