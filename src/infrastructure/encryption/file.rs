//! Key files: how they are read, made, and how a new key gets to their front.
//!
//! A key file is for its owner alone: one that others may read is refused. A new one is made with such rights, and never
//! in the place of another file. A rotation writes a new file next to the old one and renames it, so that there is a
//! whole file at every moment.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::error::KeyFileError;
use super::key::{Keys, Secret};
use crate::runtime::files::{is_open_to_others, private};

/// The longest key file, in bytes: many keys, and never a file that was meant for something else.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// Reads the keys of a file, which must be for its owner alone.
pub fn read_key_file(path: &Path) -> Result<Keys, KeyFileError> {
    Keys::parse(&read_text(path)?)
}

fn read_text(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    let failed = |error| KeyFileError::Io { path: path.into(), error };
    let file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    // A pipe, such as that of a process substitution, has no rights that others could use later.
    if about.is_file() && is_open_to_others(&about) {
        return Err(KeyFileError::OpenToOthers(path.into()));
    }
    let mut text = Zeroizing::new(String::new());
    match file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text) {
        Ok(_) if text.len() as u64 <= FILE_BYTES_MAX => Ok(text),
        Err(error) if error.kind() != io::ErrorKind::InvalidData => Err(failed(error)),
        _ => Err(KeyFileError::NotText),
    }
}

/// Makes a file with one new key; a file that is there is refused. The id of the key.
pub fn new_key_file(path: &Path) -> Result<Keys, KeyFileError> {
    let text = new_line()?;
    write_new(path, &text)?;
    Keys::parse(&text)
}

/// Puts a new key before the keys of a file. The keys after that.
pub fn put_new_key_first(path: &Path) -> Result<Keys, KeyFileError> {
    let before = read_text(path)?;
    Keys::parse(&before)?;
    let text = Zeroizing::new([new_line()?.as_str(), &before].concat());
    let keys = Keys::parse(&text)?;
    let target = fs::canonicalize(path).map_err(|error| KeyFileError::Io { path: path.into(), error })?;
    let mut next = target.clone().into_os_string();
    next.push(".new");
    let next = std::path::PathBuf::from(next);
    let failed = |error| KeyFileError::Io { path: path.into(), error };
    // Of a rotation that was broken off: its key has wrapped nothing.
    match fs::remove_file(&next) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    write_new(&next, &text)?;
    fs::rename(&next, &target).map_err(failed)?;
    sync_folder(&target).map_err(failed)?;
    Ok(keys)
}

fn new_line() -> Result<Zeroizing<String>, KeyFileError> {
    let mut key = Secret::default();
    getrandom::fill(key.as_mut_slice()).map_err(|_| KeyFileError::NoRandom)?;
    let mut line = Zeroizing::new(String::with_capacity(64));
    STANDARD.encode_string(key.as_slice(), &mut line);
    line.push('\n');
    Ok(line)
}

fn write_new(path: &Path, text: &str) -> Result<(), KeyFileError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => KeyFileError::Exists(path.into()),
        _ => KeyFileError::Io { path: path.into(), error },
    };
    let mut file = private().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    sync_folder(path).map_err(failed)
}

/// A new name of a file lasts once its folder is on the disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_new_key_file_is_for_its_owner_alone_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let keys = new_key_file(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read_key_file(&path).unwrap().writing(), keys.writing());
        assert!(matches!(new_key_file(&path), Err(KeyFileError::Exists(_))));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read_key_file(&path), Err(KeyFileError::OpenToOthers(_))));
    }

    #[test]
    fn a_rotation_puts_a_new_key_first_and_keeps_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let old = new_key_file(&path).unwrap();
        let both = put_new_key_first(&path).unwrap();
        assert_ne!(both.writing(), old.writing());
        assert!(both.find(old.writing()).is_some());
        assert_eq!(read_key_file(&path).unwrap().writing(), both.writing());
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
