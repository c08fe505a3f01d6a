//! What the server writes to its log, as whoever collects it gets it.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::Duration;

use crate::support::server::{Server, Store};

/// A line came in two writes, its end by itself: another process's line could stand between them, and each write is a
/// system call. A datagram is one write.
#[test]
fn each_line_of_the_log_is_one_write() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = UnixDatagram::pair().unwrap();
    ours.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut command = Store::File(folder.path().join("log.db")).command("serve", &folder);
    command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(OwnedFd::from(theirs));
    let mut server = command.spawn().unwrap();
    let mut datagram = vec![0; 1 << 16];
    let mut writes: Vec<String> = Vec::new();
    while !writes.iter().any(|text| text.contains(" INFO ready, "))
        && let Ok(bytes) = ours.recv(&mut datagram)
    {
        writes.push(str::from_utf8(&datagram[..bytes]).unwrap().to_owned());
    }
    // Before anything is claimed: a test that fails leaves no server behind.
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(writes.iter().any(|text| text.contains(" INFO ready, ")), "{writes:?}");
    let whole_line = |text: &String| text.find('\n') == Some(text.len() - 1);
    assert!(writes.iter().all(whole_line), "one line a write: {writes:?}");
}

/// A reason is anybody's text: it must not look like another field, another line or another reading direction.
#[test]
fn a_reason_forges_no_field_of_the_log_and_turns_no_line_around() {
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit.jsonl");
    let store = Store::File(folder.path().join("log.db"));
    let put = |server: &Server| {
        let reason = "x%2C%20actor%3A%20root%0A%1B%5B31m%E2%80%AE%C2%9B";
        let fields = [("content-type", "text/plain"), ("config-reason", reason)];
        server.client().send("PUT", "/v1/config/a", &fields, Some(b"1")).expect(200);
    };
    let mut server = Server::start(&store, &[]);
    put(&server);
    assert!(server.sigterm().success());
    let logged = server.stderr();
    let shown = r#"reason: "x, actor: root\n\u{1b}[31m\u{202e}\u{9b}""#;
    assert!(logged.contains(shown) && !logged.contains('\u{202e}'), "{logged}");

    let mut server = Server::start(&store, &["--audit-file", audit.to_str().unwrap()]);
    put(&server);
    assert!(server.sigterm().success());
    let line = std::fs::read_to_string(&audit).unwrap();
    assert!(line.contains(r#""x, actor: root\n\u001b[31m\u202e\u009b""#), "{line}");
}
