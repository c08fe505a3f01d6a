//! Secrets of a running server: what other processes of the machine see of them.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::geteuid;
use tempfile::TempDir;

use crate::support::server::{Server, Store};

const ROOT: &str = "a-planted-root-token-of-some-length";
/// A user without rights.
const OTHER: u32 = 65_534;

/// Whether the system lets core dumps be made of a server that runs with these variables, as a user that is not root. The
/// environment of a process that may not be dumped belongs to root in `/proc`.
fn can_be_dumped(variables: &[(&str, &str)]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let (user, mut command) = server_of_a_user(&folder);
    command.args(["serve", "--listen", "127.0.0.1:0", "--file", "log.db"]).envs(variables.iter().copied());
    command.current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = command.spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let owner = fs::metadata(format!("/proc/{}/environ", server.id())).map(|file| file.uid());
    // Before anything is claimed: a test that fails leaves no server behind.
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(ready.starts_with("listening on "), "{ready}");
    owner.unwrap() == user
}

/// The binary as a user that is not root, and that user. Root runs a copy, which the other user can reach.
fn server_of_a_user(folder: &TempDir) -> (u32, Command) {
    let program = Path::new(env!("CARGO_BIN_EXE_configapi"));
    let own = geteuid();
    if !own.is_root() {
        return (own.as_raw(), Command::new(program));
    }
    let copy = folder.path().join("configapi");
    fs::copy(program, &copy).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    chown(folder.path(), Some(OTHER), Some(OTHER)).unwrap();
    let mut command = Command::new(copy);
    command.uid(OTHER).gid(OTHER);
    (OTHER, command)
}

#[test]
fn a_server_with_a_root_token_leaves_no_core_dump() {
    assert!(can_be_dumped(&[]), "without a key nothing has to be kept");
    assert!(!can_be_dumped(&[("CONFIGAPI_ROOT_TOKEN", ROOT)]));
}

#[test]
fn the_list_of_processes_and_the_output_have_no_root_token() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::File(folder.path().join("log.db"));
    let environment = [("CONFIGAPI_ROOT_TOKEN", ROOT)];
    let mut server = Server::try_start(&store, &["--log-level", "debug"], &environment).unwrap();
    let authorization = format!("Bearer {ROOT}");
    let asked = |path: &str| {
        let fields = [("authorization", authorization.as_str())];
        server.client().send("GET", path, &fields, None).text
    };
    let shown = [asked("/v1/whoami"), asked("/v1/health"), asked("/metrics"), asked("/v1/tokens")].concat();
    let id = server.pid().as_raw_nonzero();
    let words = fs::read(format!("/proc/{id}/cmdline")).unwrap();
    let threads = fs::read_dir(format!("/proc/{id}/task")).unwrap();
    let threads = threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("comm")).unwrap());
    let threads: String = threads.collect();
    assert!(server.sigterm().success());
    let all =
        [&shown, &*String::from_utf8_lossy(&words), &threads, &server.stdout(), &server.stderr()].concat();
    assert!(all.contains("log.db") && all.contains("whoami"), "{all}");
    assert!(!all.contains(ROOT), "{all}");
}
