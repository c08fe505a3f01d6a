//! A disk that is full or fails, and a clock that is wrong, for one process: a small C library before its own.
//!
//! Safe Rust can't stand between a program and its C library, a small file system needs root, and a device that
//! fails needs a kernel's help; this needs a C compiler, which the build needs anyway. Orders hold from the moment
//! that they are given, for writes to files whose path has a given part in it.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use tempfile::NamedTempFile;

const SOURCE: &str = include_str!("shim.c");
/// Three numbers and a text, as in `shim.c`.
const ORDERS_BYTES: usize = 3 * 8 + 256;

/// What a system call fails with.
#[derive(Clone, Copy, Debug)]
pub enum Trouble {
    None,
    /// `EIO`
    Broken,
    /// `ENOSPC`; the half of a long `write` still finds room
    Full,
}

/// Orders to the processes that were started with [`Shim::environment`].
#[derive(Debug)]
pub struct Shim {
    orders: NamedTempFile,
    library: PathBuf,
}

impl Shim {
    /// No trouble yet; later it is with files whose path has `part` in it.
    pub fn about(part: &str) -> Self {
        let mut orders = NamedTempFile::new().expect("a file for the orders");
        let mut bytes = vec![0; ORDERS_BYTES];
        bytes[24..24 + part.len()].copy_from_slice(part.as_bytes());
        orders.write_all(&bytes).expect("room for the orders");
        // Another user may have to read them.
        fs::set_permissions(orders.path(), fs::Permissions::from_mode(0o644)).expect("our own file");
        Self { orders, library: library().clone() }
    }

    /// What the process has to be started with.
    pub fn environment(&self) -> [(String, String); 2] {
        let text = |path: &std::path::Path| path.to_str().expect("a path of ours").to_owned();
        [
            ("LD_PRELOAD".to_owned(), text(&self.library)),
            ("FAULT_ORDERS".to_owned(), text(self.orders.path())),
        ]
    }

    pub fn writes(&self, trouble: Trouble) {
        self.order(0, errno(trouble));
    }

    pub fn fsyncs(&self, trouble: Trouble) {
        self.order(8, errno(trouble));
    }

    /// How far the clock is ahead of the true time.
    pub fn clock(&self, offset_s: i64) {
        self.order(16, offset_s);
    }

    fn order(&self, at: u64, value: i64) {
        self.orders.as_file().write_all_at(&value.to_ne_bytes(), at).expect("room for the orders");
    }
}

fn errno(trouble: Trouble) -> i64 {
    match trouble {
        Trouble::None => 0,
        Trouble::Broken => rustix::io::Errno::IO.raw_os_error().into(),
        Trouble::Full => rustix::io::Errno::NOSPC.raw_os_error().into(),
    }
}

/// The compiled library, made once a process where every user can read it.
fn library() -> &'static PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder =
            std::env::temp_dir().join(format!("configapi-shim-{}", rustix::process::geteuid().as_raw()));
        fs::create_dir_all(&folder).expect("a folder for the library");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("our own folder");
        let lock = File::create(folder.join("lock")).expect("a lock file");
        lock.lock().expect("a lock on a file of the tests' own");
        let (source, made) = (folder.join("shim.c"), folder.join("shim.so"));
        if fs::read_to_string(&source).is_ok_and(|found| found == SOURCE) && made.exists() {
            return made;
        }
        fs::write(&source, SOURCE).expect("room for the source");
        let unfinished = folder.join("unfinished.so");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-o"])
            .args([&unfinished, &source])
            .arg("-ldl")
            .output()
            .expect("a C compiler, cc: ./tests/run installs it when it may");
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        fs::rename(&unfinished, &made).expect("the library gets its name when it is whole");
        made
    })
}
