//! Changes as they come: over restarts of the server each is printed once, and each is handled once.

use std::io::{BufRead as _, BufReader, Lines};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::process::Folder;
use crate::server::Server;

/// A command that goes on, and its lines.
struct Goes {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Goes {
    fn on(folder: &Folder, url: &str, words: &[&str]) -> Self {
        let mut command = folder.command(words, &[("CONFIGAPI_SERVER", url)]);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("a line").expect("UTF-8")
    }

    fn revision(&mut self) -> u64 {
        let line = self.line();
        let change: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        change["revision"].as_u64().expect("a revision")
    }

    /// Its status after Ctrl-C, and what it has written to standard error.
    fn interrupt(self) -> (Option<i32>, String) {
        kill_process(Pid::from_child(&self.child), Signal::INT).expect("it runs");
        let ended = self.child.wait_with_output().expect("it ends");
        (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
    }

    fn end(self) -> (Option<i32>, String) {
        let ended = self.child.wait_with_output().expect("it ends");
        (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
    }
}

/// The same server again, at the same address.
struct Again(Child);

impl Again {
    fn start(folder: &Folder, url: &str) -> Self {
        let address: SocketAddr = url.strip_prefix("http://").expect("a URL").parse().expect("an address");
        let words = ["serve", "--listen", &address.to_string(), "--file", "server.db"];
        let mut command = folder.command(&words, &[]);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("UTF-8");
        assert!(line.starts_with("listening on"), "{line:?}");
        Self(child)
    }
}

impl Drop for Again {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn set(folder: &Folder, url: &str, names: &[&str]) {
    for name in names {
        folder.run(&["set", name, "1", "--server", url], &[]).succeeded();
    }
}

#[test]
fn each_change_is_printed_and_handled_once_over_a_restart_of_the_server() {
    let folder = Folder::new();
    let mut server = Server::start(&folder);
    let url = server.url.clone();
    set(&folder, &url, &["app/1", "app/2", "app/3"]);
    let mut watch = Goes::on(&folder, &url, &["watch", "-o", "json", "--from", "HEAD~2"]);
    let mut handled = Goes::on(&folder, &url, &["watch", "app/", "--exec", "cat", "--from", "0"]);
    let mut log = Goes::on(&folder, &url, &["log", "--follow", "-n", "2", "app/"]);
    assert_eq!([watch.revision(), watch.revision()], [2, 3]);
    assert_eq!([handled.revision(), handled.revision(), handled.revision()], [1, 2, 3]);
    assert!(log.line().starts_with("2\t") && log.line().starts_with("3\t"));

    server.kill();
    let again = Again::start(&folder, &url);
    set(&folder, &url, &["app/4", "zed", "app/6"]);
    assert_eq!([watch.revision(), watch.revision(), watch.revision()], [4, 5, 6]);
    assert_eq!([handled.revision(), handled.revision()], [4, 6]);
    assert!(log.line().starts_with("4\t") && log.line().starts_with("6\t"));
    for goes in [watch, handled, log] {
        let (status, stderr) = goes.interrupt();
        assert_eq!(status, Some(130), "{stderr}");
        assert!(
            stderr.contains("has ended; connecting again") && stderr.contains("no change was missed"),
            "{stderr}"
        );
    }
    drop(again);
}

#[test]
fn a_command_that_fails_ends_watch_with_its_status_unless_it_may_go_on() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    set(&folder, &server.url, &["a", "b"]);
    let failing = ["watch", "--from", "0", "--exec", "exit 7"];
    let (status, stderr) = Goes::on(&folder, &server.url, &failing).end();
    assert_eq!(status, Some(7), "{stderr}");
    for word in ["status 7 at change 1", "--from 0", "--from 1"] {
        assert!(stderr.contains(word), "{word} is not in {stderr}");
    }
    let words = ["watch", "--from", "0", "--keep-going", "--exec", "cat; kill -TERM $$"];
    let mut going = Goes::on(&folder, &server.url, &words);
    assert_eq!([going.revision(), going.revision()], [1, 2]);
    let (status, stderr) = going.interrupt();
    assert_eq!(status, Some(130));
    assert!(stderr.contains("status 143 at change 1"), "{stderr}");
}

/// A watcher that went on would show the changes of another log.
#[test]
fn a_place_that_the_log_does_not_have_ends_watch_as_a_conflict() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    set(&folder, &server.url, &["a"]);
    let (status, stderr) = Goes::on(&folder, &server.url, &["watch", "--from", "100"]).end();
    assert_eq!(status, Some(5), "{stderr}");
    assert!(stderr.contains("does not have the place"), "{stderr}");
    let (status, stderr) = Goes::on(&folder, "http://127.0.0.1:1", &["watch"]).end();
    assert_eq!(status, Some(7), "{stderr}");
}
