//! The file of a unix socket: made for its owner and group, taken over when it is stale, removed at the end.
//!
//! A server that was killed leaves its file behind. A connection shows whether a process still listens there. The file is
//! removed only while it is the one that was made here, so that a successor's is left alone.
//!
//! Called by `listener`. Invariants: `a_stale_socket_file_is_replaced`, `a_socket_in_use_is_refused_and_left`,
//! `a_path_that_is_not_a_socket_is_refused_and_left`.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use crate::runtime::files::identity;

/// Connecting is writing to the file: the owner and the group may.
const MODE: u32 = 0o660;
/// Connections that wait to be accepted until the server sets its own limit.
const FIRST_QUEUE_MAX: i32 = 128;

/// A socket file. Dropped: removed.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

/// Makes the file and listens.
pub(super) fn bind(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    let too_long =
        |_| io::Error::other("the path of a unix socket must have at most 107 bytes: give a shorter one");
    let address = SocketAddrUnix::new(path).map_err(too_long)?;
    make_way(path)?;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    rustix::net::bind(&socket, &address)?;
    let file = SocketFile { path: path.to_owned(), identity: identity(&fs::symlink_metadata(path)?) };
    // Before it listens no client can connect, so that the first mode does not matter.
    fs::set_permissions(path, Permissions::from_mode(MODE))?;
    rustix::net::listen(&socket, FIRST_QUEUE_MAX)?;
    Ok((UnixListener::from(socket), file))
}

/// Removes a file that a server left behind.
fn make_way(path: &Path) -> io::Result<()> {
    let file = match fs::symlink_metadata(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !file.file_type().is_socket() {
        return Err(io::Error::new(
            ErrorKind::AlreadyExists,
            "the path exists and is not a socket: remove the file, or give another path",
        ));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Ok(_) => {
            Err(io::Error::new(ErrorKind::AddrInUse, "another process listens there: give another path"))
        }
        Err(error) => Err(error),
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|file| identity(&file) == self.identity) {
            // Left behind, it is stale, and the next server replaces it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_socket_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let (listener, file) = bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        // As if its process had been killed.
        drop(listener);
        std::mem::forget(file);
        let (_listener, file) = bind(&path).unwrap();
        UnixStream::connect(&path).unwrap();
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn a_socket_in_use_is_refused_and_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let first = bind(&path).unwrap();
        assert_eq!(bind(&path).unwrap_err().kind(), ErrorKind::AddrInUse);
        UnixStream::connect(&path).unwrap();
        drop(first);
    }

    #[test]
    fn a_path_that_is_not_a_socket_is_refused_and_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        fs::write(&path, "text").unwrap();
        assert!(bind(&path).unwrap_err().to_string().contains("is not a socket"));
        std::os::unix::fs::symlink(&path, folder.path().join("link")).unwrap();
        assert!(bind(&folder.path().join("link")).unwrap_err().to_string().contains("is not a socket"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
    }

    #[test]
    fn a_successors_socket_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let (_listener, file) = bind(&path).unwrap();
        fs::rename(&path, folder.path().join("old")).unwrap();
        let _successor = bind(&path).unwrap();
        drop(file);
        UnixStream::connect(&path).unwrap();
    }
}
