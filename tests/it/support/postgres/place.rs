//! Where clusters live: the template that they are copied from, their folders, their ports, and what was left over.

use std::fs::{self, File, TryLockError};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::super::eventually::fresh_number;
use super::programs::{Programs, output};

/// Younger folders may be without their locks because they are being made.
const LEFT_OVER_AFTER: Duration = Duration::from_mins(1);

/// Below the range from which the kernel takes ports for outgoing connections (32768 and up), which could
/// otherwise take a server's port while a test has it down.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// Makes a data folder as fresh from `initdb`, by a copy.
pub(super) fn copy_template(data: &Path) {
    let template = template();
    // A clone where the file system can, as Btrfs and XFS do.
    output(Programs::get().as_user("cp").args(["-a", "--reflink=auto"]).arg(&template).arg(data));
}

/// A data folder fresh from `initdb`, made once a version of PostgreSQL and machine.
fn template() -> PathBuf {
    let programs = Programs::get();
    // The number is that of the options below.
    let template = programs.base.join(format!("template-1-{}", programs.version));
    let _one_at_a_time = lock(&programs.base.join("template.lock"));
    if !template.is_dir() {
        let unfinished = programs.base.join("template.unfinished");
        remove(&unfinished);
        // Segments of 1 MB make a cluster of 23 MB, not 39.
        let mut initdb = programs.command("initdb");
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
        output(initdb.args(["--wal-segsize=1", "--no-instructions", "--pgdata"]).arg(&unfinished));
        fs::rename(&unfinished, &template).expect("the template gets its name when it is whole");
    }
    template
}

/// Opens a file and waits until this process alone has it locked; the lock ends with the value.
pub(super) fn lock(path: &Path) -> File {
    let file = open(path);
    file.lock().expect("a lock on a file of the tests' own");
    file
}

pub(super) fn open(path: &Path) -> File {
    let opened = File::options().create(true).append(true).open(path);
    opened.unwrap_or_else(|error| panic!("can't open {}: {error}", path.display()))
}

/// A new folder for a cluster, and the lock that says that it is in use.
pub(super) fn new_folder(parent: Option<&Path>) -> (PathBuf, File) {
    let programs = Programs::get();
    remove_left_over(&programs.base);
    let folder = parent.unwrap_or(&programs.base).join(format!("cluster-{:016x}", fresh_number()));
    programs.make_folder(&folder);
    let alive = folder.join("alive");
    // Made by the server's user, since its watchdog has to open it too.
    output(programs.as_user("touch").arg(&alive));
    let alive = open(&alive);
    alive.lock_shared().expect("a lock on a file of the tests' own");
    (folder, alive)
}

/// Removes clusters whose tests and watchdog are gone: killed together, or a machine that was switched off.
fn remove_left_over(base: &Path) {
    let entries = fs::read_dir(base).into_iter().flatten().flatten();
    for folder in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("cluster-")) {
        let folder = folder.path();
        let modified = fs::metadata(&folder).and_then(|found| found.modified());
        let old = modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT_OVER_AFTER));
        let Ok(alive) = File::open(folder.join("alive")) else { continue };
        if !old || matches!(alive.try_lock(), Err(TryLockError::WouldBlock)) {
            continue;
        }
        if let Some(postmaster) = postmaster_in(&folder.join("data")) {
            let _gone_already = kill_process(postmaster, Signal::QUIT);
        }
        // As ourselves, and another run may be at it too: what is left is the next one's.
        let _left = fs::remove_dir_all(&folder);
    }
}

/// The process in `postmaster.pid`, if it is indeed a server at work in this folder.
fn postmaster_in(data: &Path) -> Option<Pid> {
    let number = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let number: i32 = number.lines().next()?.trim().parse().ok()?;
    let place = fs::read_link(format!("/proc/{number}/cwd")).ok()?;
    (place == data).then(|| Pid::from_raw(number))?
}

/// Removes a folder as the user that owns what is in it.
pub(super) fn remove(folder: &Path) {
    output(Programs::get().as_user("rm").arg("-rf").arg("--").arg(folder));
}

/// Whether a process is there and not a zombie.
pub(super) fn is_running(process: Pid) -> bool {
    state_and_parent(process.as_raw_nonzero().get()).is_some_and(|(state, _)| state != "Z" && state != "X")
}

pub(super) fn children_of(parent: Pid) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|&process| {
            state_and_parent(process).is_some_and(|(_, of)| of == parent.as_raw_nonzero().get())
        })
        .filter_map(Pid::from_raw)
        .collect()
}

fn state_and_parent(process: i32) -> Option<(String, i32)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before it is in brackets and may hold anything, brackets included.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

/// A TCP port that is this process's until it is dropped, also while nothing listens on it.
#[derive(Debug)]
pub(super) struct Port {
    number: u16,
    _claim: File,
}

impl Port {
    pub(super) fn free() -> Self {
        let folder = Programs::get().base.join("ports");
        Programs::get().make_folder(&folder);
        let count = u64::from(PORTS.end - PORTS.start);
        let first = fresh_number() % count;
        (0..count)
            .find_map(|step| {
                let number = PORTS.start + u16::try_from((first + step) % count).ok()?;
                let claim = open(&folder.join(number.to_string()));
                claim.try_lock().ok()?;
                TcpListener::bind(("127.0.0.1", number)).ok()?;
                Some(Self { number, _claim: claim })
            })
            .expect("one free port of thousands")
    }

    pub(super) fn number(&self) -> u16 {
        self.number
    }
}
