//! PostgreSQL's programs on this machine, and as whom they run.
//!
//! A missing PostgreSQL is a failure that says what to install, never a skipped test.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const MISSING: &str = "PostgreSQL's server programs (initdb, postgres) are not on this machine. \
    Install them (Debian and Ubuntu: `apt-get install postgresql`; ./tests/run does it when it may) \
    or put their folder on the PATH. The tests don't go on without them.";

/// Where the programs are, who runs them, and where their files go.
#[derive(Debug)]
pub(super) struct Programs {
    folder: PathBuf,
    /// Such as `15.18`.
    pub(super) version: String,
    user: Option<User>,
    /// The folder of all clusters: reachable for, and owned by, the user who runs them.
    pub(super) base: PathBuf,
}

#[derive(Clone, Copy, Debug)]
struct User {
    uid: u32,
    gid: u32,
}

impl Programs {
    pub(super) fn get() -> &'static Self {
        static FOUND: OnceLock<Programs> = OnceLock::new();
        FOUND.get_or_init(|| {
            let folder = folder().unwrap_or_else(|| panic!("{MISSING}"));
            let version = output(Command::new(folder.join("postgres")).arg("--version"));
            let version = version.split_whitespace().nth(2).unwrap_or("unknown").to_owned();
            // PostgreSQL refuses to run as root, so root lends it another user's id.
            let user = rustix::process::geteuid().is_root().then(unprivileged_user);
            let base = base_folder(user);
            Self { folder, version, user, base }
        })
    }

    /// One of PostgreSQL's programs, to be run as the user that may.
    pub(super) fn command(&self, program: &str) -> Command {
        self.as_user(self.folder.join(program))
    }

    /// The path of one of PostgreSQL's programs.
    pub(super) fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }

    /// Any program, run as the user that PostgreSQL runs as.
    pub(super) fn as_user(&self, program: impl AsRef<OsStr>) -> Command {
        as_user(program, self.user)
    }

    /// A new folder that the server's user owns.
    pub(super) fn make_folder(&self, path: &Path) {
        fs::create_dir_all(path).unwrap_or_else(|error| panic!("can't make {}: {error}", path.display()));
        if let Some(User { uid, gid }) = self.user {
            chown(path, Some(uid), Some(gid)).expect("root may give a folder away");
        }
    }
}

fn as_user(program: impl AsRef<OsStr>, user: Option<User>) -> Command {
    let mut command = Command::new(program);
    if let Some(User { uid, gid }) = user {
        command.uid(uid).gid(gid);
    }
    // The tests' own folder may be closed to that user, and PostgreSQL wants to come back to where it began.
    command.current_dir("/").stdin(Stdio::null());
    command
}

/// Runs to the end and gives the standard output; panics with all that was said when it fails.
pub(super) fn output(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?} didn't start: {error}"));
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?} ended with {}:\n{said}{complaint}", done.status);
    said
}

fn folder() -> Option<PathBuf> {
    let configured = Command::new("pg_config").arg("--bindir").output().ok();
    let configured = configured.map(|done| PathBuf::from(String::from_utf8_lossy(&done.stdout).trim()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    configured
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain(versions_below("/usr/lib/postgresql"))
        .chain(["/usr/local/pgsql/bin".into()])
        .find(|folder| {
            folder.is_absolute() && ["initdb", "postgres"].iter().all(|p| folder.join(p).is_file())
        })
}

/// `<root>/<version>/bin`, the newest first.
fn versions_below(root: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, folder)| folder).collect()
}

/// Debian's package makes the user `postgres`; `nobody` is everywhere.
fn unprivileged_user() -> User {
    let accounts = fs::read_to_string("/etc/passwd").expect("root can read /etc/passwd");
    let find = |name: &str| {
        accounts.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            (fields.first() == Some(&name)).then(|| {
                Some(User { uid: fields.get(2)?.parse().ok()?, gid: fields.get(3)?.parse().ok()? })
            })?
        })
    };
    find("postgres")
        .or_else(|| find("nobody"))
        .expect("PostgreSQL refuses to run as root, and neither `postgres` nor `nobody` is in /etc/passwd")
}

/// A folder under the temporary one (the build's own may be closed to another user).
fn base_folder(user: Option<User>) -> PathBuf {
    let reachable = |folder: &PathBuf| {
        user.is_none() || as_user("test", user).arg("-w").arg(folder).status().is_ok_and(|s| s.success())
    };
    let parent = [std::env::temp_dir(), "/tmp".into(), "/var/tmp".into()]
        .into_iter()
        .find(reachable)
        .expect("a temporary folder where PostgreSQL's user may write");
    let us = rustix::process::geteuid().as_raw();
    let owner = user.map_or(us, |user| user.uid);
    let base = parent.join(format!("configapi-tests-{us}-{owner}"));
    if fs::create_dir(&base).is_ok()
        && let Some(User { uid, gid }) = user
    {
        chown(&base, Some(uid), Some(gid)).expect("root may give a folder away");
    }
    // In a folder where anybody may write, somebody else's folder of that name is not to be trusted.
    // Another process may be between making it and giving it away, hence the wait.
    super::super::eventually(std::time::Duration::from_secs(5), || {
        let found = fs::symlink_metadata(&base).map_err(|error| error.to_string())?;
        let ours = found.is_dir() && found.uid() == owner && found.permissions().mode() & 0o022 == 0;
        ours.then_some(()).ok_or_else(|| format!("{} is not ours (uid {owner}) alone", base.display()))
    });
    base
}
