//! The server's files: who may read them, what is never overwritten, and how the audit file is rotated.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal, prlimit};
use tempfile::TempDir;

use crate::support::eventually;
use crate::support::server::{Server, Store};

const SOON: Duration = Duration::from_secs(15);

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn store(&self) -> Store {
        Store::File(self.path("log.db"))
    }

    /// What a server says that refuses to start.
    fn refusal(&self, args: &[&str]) -> String {
        let failed = Server::try_start(&self.store(), args, &[]).expect_err("it is refused");
        assert!(failed.status.is_some_and(|status| !status.success()), "{failed:?}");
        failed.stderr
    }
}

fn revisions(path: &Path) -> Vec<u64> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    lines.filter(|line| line["actor"].is_string()).map(|line| line["revision"].as_u64().unwrap()).collect()
}

/// They were readable by everybody, as the umask left them.
#[test]
fn the_files_of_a_server_are_for_its_user_alone() {
    let folder = Folder::new();
    let audit = folder.path("audit.jsonl");
    let mut server = Server::start(&folder.store(), &["--audit-file", audit.to_str().unwrap()]);
    server.client().put("/v1/config/a", "1").expect(200);
    for name in ["log.db", "log.db-wal", "log.db-shm", "log.db.lock", "audit.jsonl"] {
        let mode = fs::metadata(folder.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert!(server.sigterm().success());
    assert!(!server.stderr().contains("other users"), "{}", server.stderr());

    fs::set_permissions(folder.path("log.db"), Permissions::from_mode(0o644)).unwrap();
    let mut server = Server::start(&folder.store(), &[]);
    assert!(server.sigterm().success());
    let warned = server.stderr().lines().any(|line| line.contains("other users") && line.ends_with("log.db"));
    assert!(warned, "{}", server.stderr());
}

/// A link named `configapi.db.lock` had its target overwritten, and an audit file that was none was emptied.
#[test]
fn a_link_in_the_place_of_a_file_is_refused_and_its_target_is_untouched() {
    let folder = Folder::new();
    let (key, link) = (folder.path("key"), folder.path("link"));
    fs::write(&key, "a token").unwrap();
    symlink(&key, &link).unwrap();
    for (path, words) in [(&key, "not an audit record"), (&link, "symbolic link")] {
        let said = folder.refusal(&["--audit-file", path.to_str().unwrap()]);
        assert!(said.contains(words), "{said}");
    }
    fs::remove_file(folder.path("log.db.lock")).unwrap();
    symlink(&key, folder.path("log.db.lock")).unwrap();
    assert!(folder.refusal(&[]).contains("symbolic link"));
    fs::remove_file(folder.path("log.db.lock")).unwrap();
    fs::copy(&key, folder.path("log.db.lock")).unwrap();
    assert!(folder.refusal(&[]).contains("not a lock file of ours"));
    fs::remove_file(folder.path("log.db.lock")).unwrap();
    fs::hard_link(&key, folder.path("log.db.lock")).unwrap();
    assert!(folder.refusal(&[]).contains("hard link"));
    assert_eq!(fs::read_to_string(&key).unwrap(), "a token");
}

#[test]
fn no_file_of_the_log_is_taken_for_the_audit_file() {
    let folder = Folder::new();
    assert!(Server::start(&folder.store(), &[]).sigterm().success());
    for name in ["log.db", "log.db-wal", "log.db-shm", "log.db.lock"] {
        let said = folder.refusal(&["--audit-file", folder.path(name).to_str().unwrap()]);
        assert!(said.contains("a file of the log itself"), "{name}: {said}");
    }
    let mut server = Server::start(&folder.store(), &[]);
    server.client().put("/v1/config/a", "1").expect(200);
    assert!(server.sigterm().success());
}

/// SIGHUP, which log rotation sends, ended the process.
#[test]
fn after_a_rotation_the_audit_goes_on_in_a_new_file_without_a_gap() {
    let folder = Folder::new();
    let (audit, rotated) = (folder.path("audit.jsonl"), folder.path("audit.jsonl.1"));
    let mut server = Server::start(&folder.store(), &["--audit-file", audit.to_str().unwrap()]);
    let client = server.client();
    server.signal(Signal::HUP);
    client.put("/v1/config/a", "1").expect(200);
    eventually(SOON, || server.stderr().contains("audit file reopened") && revisions(&audit) == [1]);
    fs::rename(&audit, &rotated).unwrap();
    client.put("/v1/config/a", "2").expect(200);
    eventually(SOON, || revisions(&rotated) == [1, 2]);
    server.signal(Signal::HUP);
    eventually(SOON, || audit.exists());
    client.put("/v1/config/a", "3").expect(200);
    eventually(SOON, || revisions(&audit) == [3]);
    let first = fs::read_to_string(&audit).unwrap();
    assert!(first.starts_with(r#"{"begins_after":2,"#), "{first}");
    assert!(server.sigterm().success());
    assert_eq!(revisions(&rotated), [1, 2]);
}

#[test]
fn the_audit_can_go_to_standard_output() {
    let folder = Folder::new();
    let mut server = Server::start(&folder.store(), &["--audit-file", "/dev/stdout"]);
    server.client().put("/v1/config/a", "1").expect(200);
    let audited = |line: &str| line.contains(r#""revision":1,"#) && line.contains(r#""actor":"anonymous""#);
    eventually(SOON, || server.stdout().lines().any(audited));
    server.signal(Signal::HUP);
    assert!(server.sigterm().success());
}

/// The signal of the limit ended the process in the midst of a write.
#[test]
fn a_limit_on_the_size_of_files_is_507_and_passes_when_it_is_raised() {
    let folder = Folder::new();
    let mut server = Server::start(&folder.store(), &[]);
    let client = server.client();
    let value = "v".repeat(100_000);
    client.put("/v1/config/a", &value).expect(200);
    let limit = |bytes| {
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(server.pid()), Resource::Fsize, limit).unwrap();
    };
    limit(Some(1 << 20));
    let refused = eventually(SOON, || Some(client.put("/v1/config/a", &value)).filter(|it| it.status != 200));
    assert_eq!(refused.status, 507, "{}", refused.text);
    assert!(refused.text.contains("not stored"), "{}", refused.text);
    client.get("/v1/config/a").expect(200);
    limit(None);
    client.put("/v1/config/a", "small again").expect(200);
    assert!(server.sigterm().success());
    assert_eq!(crate::support::server::run(&folder.store(), "verify", &[]).status.code(), Some(0));
}

#[test]
fn a_log_in_memory_is_refused_with_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_configapi"));
    let ended = command.args(["serve", "--file", ":memory:"]).current_dir(&folder).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(
        said.contains("gone with the process") && fs::read_dir(&folder).unwrap().next().is_none(),
        "{said}"
    );
}
