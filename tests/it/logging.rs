//! What the server writes to its log, as whoever collects it gets it.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A line came in two writes, its end by itself: another process's line could stand between them, and each write is a
/// system call. A datagram is one write.
#[test]
fn each_line_of_the_log_is_one_write() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = UnixDatagram::pair().unwrap();
    ours.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_configapi"))
        .args(["serve", "--listen", "127.0.0.1:0", "--file", "log.db"])
        .current_dir(&folder)
        .stdout(Stdio::null())
        .stderr(Stdio::from(OwnedFd::from(theirs)))
        .spawn()
        .unwrap();
    let mut written = vec![0; 1 << 16];
    loop {
        let bytes = ours.recv(&mut written).expect("it says that it is ready");
        let line = str::from_utf8(&written[..bytes]).unwrap();
        assert_eq!(line.find('\n'), Some(bytes - 1), "one whole line: {line:?}");
        if line.contains(" INFO ready, ") {
            break;
        }
    }
    server.kill().unwrap();
    server.wait().unwrap();
}
