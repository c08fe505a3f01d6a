//! How files of ours are opened: for their owner alone, and never through a symbolic link.
//!
//! The log and its audit hold what few may read, whatever the umask. A link that somebody else has put in the way would
//! lead a write to a file of his choice. Called by the embedded store and by the audit file. Invariants:
//! `the_files_of_a_server_are_for_its_user_alone`, `a_link_in_the_place_of_a_file_is_refused_and_its_target_is_untouched`.

use std::fs::{Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};

/// Read and write for the owner.
const MODE: u32 = 0o600;
/// Permissions of everybody but the owner.
const OTHERS: u32 = 0o077;

/// Options that make a file for its owner alone and follow no link in its last part. The caller adds what it needs.
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(MODE).custom_flags(no_follow());
    options
}

/// Whether an error of opening says that a symbolic link was there.
pub fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

/// Whether other users have rights to the file.
pub fn is_open_to_others(file: &Metadata) -> bool {
    file.permissions().mode() & OTHERS != 0
}

/// Device and inode: the same for two paths of one file.
pub fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

fn no_follow() -> i32 {
    rustix::fs::OFlags::NOFOLLOW.bits().cast_signed()
}
