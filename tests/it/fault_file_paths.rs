//! Two servers on one embedded file by two paths, and paths that no server can use. Two servers used to acknowledge
//! writes that the other one lost; a path that could not work was tried again for ever.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::eventually::{eventually, within};
use crate::support::server::{Failed, Server, Store, run};

/// A server that does not wait has ended by then.
const AT_ONCE: Duration = Duration::from_secs(10);

fn in_folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("configapi.db");
    (folder, path)
}

#[track_caller]
fn refused(path: &Path, status: i32, words: &str) {
    let failed = Server::try_start(&Store::File(path.to_owned()), &[], &[]).expect_err("it must not serve");
    has_ended(&failed, status, words);
}

#[track_caller]
fn has_ended(failed: &Failed, status: i32, words: &str) {
    assert_eq!(failed.status.and_then(|status| status.code()), Some(status), "{failed:?}");
    assert!(failed.stderr.contains(words), "{words:?} is missing: {failed:?}");
}

/// A server started by a shell that first prepares what it sees: its mounts or its rights.
#[track_caller]
fn refused_after(runner: &[&str], prepare: &str, path: &Path, status: i32, words: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let inner = Store::File(path.to_owned()).command("serve", &folder);
    let (program, args) = runner.split_first().expect("a program");
    let mut command = Command::new(program);
    command.args(args).args(["sh", "-ec", &format!("{prepare}\nexec \"$0\" \"$@\"")]);
    command.arg(inner.get_program()).args(inner.get_args()).args(["--listen", "127.0.0.1:0"]);
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let said = folder.path().join("stderr");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&said).expect("a file"));
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
    let ended = eventually_ended(&mut child);
    has_ended(&Failed { status: ended, stderr: fs::read_to_string(said).expect("a file") }, status, words);
}

fn eventually_ended(child: &mut std::process::Child) -> Option<std::process::ExitStatus> {
    let ended = within(AT_ONCE, || child.try_wait().ok().flatten()).ok();
    if ended.is_none() {
        let _gone_already = child.kill();
        let _ended = child.wait();
    }
    ended
}

/// Whether this user may mount here. Says so loudly if not: then only the parser of the mounts is tested, with lines
/// of a real kernel (`a_mount_point_is_found_by_its_whole_name`).
fn can_mount() -> bool {
    let trial = Command::new("unshare").args(["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    let may = trial.as_ref().is_ok_and(|trial| trial.status.success());
    if !may {
        eprintln!("!!! THIS MACHINE REFUSES MOUNTS: mounts are NOT tested here ({trial:?})");
    }
    may
}

#[test]
fn a_dangling_link_and_its_target_are_one_file() {
    let (folder, path) = in_folder();
    let link = folder.path().join("link.db");
    symlink("configapi.db", &link).expect("a link");
    let server = Server::start(&Store::File(link.clone()), &[]);
    server.client().put("/v1/config/a", "1").expect(200);
    refused(&path, 1, "in use by another process");
    refused(&link, 1, "in use by another process");
    drop(server);
    let server = Server::start(&Store::File(path), &[]);
    assert_eq!(server.client().get("/v1/config/a").expect(200).text, "1");
}

#[test]
fn a_file_in_a_linked_folder_is_one_file() {
    let (folder, path) = in_folder();
    let other = tempfile::tempdir().expect("a folder");
    let linked = other.path().join("linked");
    symlink(folder.path(), &linked).expect("a link");
    let _server = Server::start(&Store::File(linked.join("configapi.db")), &[]);
    refused(&path, 1, "in use by another process");
}

#[test]
fn a_file_with_two_hard_links_is_refused() {
    let (folder, path) = in_folder();
    let server = Server::start(&Store::File(path.clone()), &[]);
    let second = folder.path().join("second.db");
    fs::hard_link(&path, &second).expect("a link");
    refused(&second, 1, "2 hard links");
    let client = server.client();
    client.put("/v1/config/a", "1").expect(200);
    drop(server);
    refused(&path, 1, "Remove all names of the file but one");
    fs::remove_file(&second).expect("a link");
    let server = Server::start(&Store::File(path), &[]);
    assert_eq!(server.client().get("/v1/config/a").expect(200).text, "1");
}

#[test]
fn a_file_that_is_mounted_by_itself_is_refused() {
    if !can_mount() {
        return;
    }
    let (folder, path) = in_folder();
    // A space in the name is escaped where the kernel lists its mounts.
    let mounted = folder.path().join("of another container.db");
    fs::write(&mounted, "").expect("a file");
    let _server = Server::start(&Store::File(path.clone()), &[]);
    let (from, to) = (path.display(), mounted.display());
    let mount = format!("mount --bind '{from}' '{to}'");
    refused_after(&["unshare", "--mount"], &mount, &mounted, 1, "Mount the folder, not the file");
}

#[test]
fn a_folder_that_is_mounted_twice_has_one_lock() {
    if !can_mount() {
        return;
    }
    let (folder, path) = in_folder();
    let other = tempfile::tempdir().expect("a folder");
    let _server = Server::start(&Store::File(path), &[]);
    let mount = format!("mount --bind '{}' '{}'", folder.path().display(), other.path().display());
    let there = other.path().join("configapi.db");
    refused_after(&["unshare", "--mount"], &mount, &there, 1, "in use by another process");
}

#[test]
fn a_path_that_no_server_can_use_ends_it_at_once_with_the_reason() {
    let (folder, path) = in_folder();
    refused(&folder.path().join("missing/configapi.db"), 1, "create the folder");
    refused(folder.path(), 1, "is a directory");
    refused(Path::new("/dev/null"), 1, "is not a regular file");
    fs::write(&path, "").expect("a file");
    refused(&path.join("configapi.db"), 1, "name a file in a folder");
    let circle = folder.path().join("circle.db");
    symlink(&circle, &circle).expect("a link");
    refused(&circle, 1, "symbolic links");
}

#[test]
fn a_folder_without_the_right_to_write_ends_the_server_at_once() {
    let (folder, path) = in_folder();
    assert!(Server::start(&Store::File(path.clone()), &[]).sigterm().success());
    // Root without its capabilities has the rights of any other user.
    let runner: &[&str] = if rustix::process::geteuid().is_root() {
        &["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    } else {
        &["env"]
    };
    let rights = |mode: &str| {
        let status = Command::new("chmod").arg(mode).arg(folder.path()).status();
        assert!(status.expect("chmod").success());
    };
    rights("a-w");
    // No lock can be made; then it is there, and the `-wal` cannot be made.
    refused_after(runner, "", &folder.path().join("new.db"), 1, "the right to write the folder");
    refused_after(runner, "", &path, 1, "the right to write the folder");
    rights("u+w");
    Command::new("chmod").arg("a-w").arg(&path).status().expect("chmod");
    refused_after(runner, "", &path, 1, "the right to write the folder");
    // Left by somebody who has opened the database as another user.
    Command::new("chmod").arg("u+w").arg(&path).status().expect("chmod");
    let killed = Server::start(&Store::File(path.clone()), &[]);
    killed.client().put("/v1/config/a", "1").expect(200);
    killed.kill9();
    let wal = folder.path().join("configapi.db-wal");
    Command::new("chmod").arg("a-w").arg(&wal).status().expect("chmod");
    refused_after(runner, "", &path, 1, "configapi.db-wal: Permission denied");
}

#[test]
fn a_read_only_file_system_ends_the_server_at_once() {
    if !can_mount() {
        return;
    }
    let (folder, path) = in_folder();
    drop(Server::start(&Store::File(path.clone()), &[]));
    let here = folder.path().display();
    let mount = format!("mount --bind '{here}' '{here}'; mount -o remount,bind,ro '{here}'");
    refused_after(&["unshare", "--mount"], &mount, &path, 1, "a folder that it can write");
}

#[test]
fn a_foreign_tool_that_has_locked_the_file_is_waited_for() {
    let (_folder, path) = in_folder();
    drop(Server::start(&Store::File(path.clone()), &[]));
    let foreign = rusqlite::Connection::open(&path).expect("a database");
    foreign.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let store = Store::File(path);
    std::thread::scope(|scope| {
        let starting = scope.spawn(|| Server::start(&store, &[]));
        // Past the time that SQLite itself waits.
        let _still_waiting = within(Duration::from_secs(4), || starting.is_finished());
        assert!(!starting.is_finished());
        foreign.execute_batch("COMMIT").expect("a commit");
        drop(foreign);
        let server = starting.join().expect("it starts");
        eventually(AT_ONCE, || server.client().get("/readyz").status == 200);
    });
    assert!(run(&store, "verify", &[]).status.success());
}
