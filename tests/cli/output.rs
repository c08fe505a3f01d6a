//! Standard output and standard error as pipes.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, pipe};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::process::{Ended, Folder};

/// A `println!` to a pipe without a reader was a panic with status 101.
#[test]
fn a_closed_pipe_ends_a_command_quietly() {
    let folder = Folder::new();
    folder.run(&["migrate"], &[]).succeeded();
    for words in [&["verify"][..], &["migrate"], &["--help"], &["--version"]] {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let child = folder.command(words, &[]).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let ended = Ended::of(&child.wait_with_output().unwrap());
        assert_eq!((ended.status, ended.stderr.contains("panic")), (Some(0), false), "{words:?}: {ended:?}");
    }
}

/// The server needs no reader of its one line: a supervisor may have closed it.
#[test]
fn a_server_whose_standard_output_is_closed_serves() {
    let folder = Folder::new();
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let variables = [("CONFIGAPI_LISTEN", "127.0.0.1:0")];
    let mut child = folder.command(&[], &variables).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let ready = lines.find(|line| line.contains(" ready, ")).unwrap_or_default();
    let address = ready.split("address: ").nth(1).unwrap_or_default().split(',').next().unwrap_or_default();
    let answered = ureq::get(format!("http://{address}/livez")).call().map(|response| response.status());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(answered.unwrap_or_else(|error| panic!("{ready:?}: {error}")), 200);
}

#[test]
fn errors_have_colour_only_where_it_is_wanted() {
    let folder = Folder::new();
    let plain = folder.run(&["--listen", "nowhere"], &[]);
    plain
        .failed(2, &["configapi: --listen nowhere: write HOST:PORT, such as 127.0.0.1:4000, or unix:PATH\n"]);
    assert!(!plain.stderr.contains('\u{1b}'), "{plain:?}");
    let forced = ("CLICOLOR_FORCE", "1");
    folder.run(&["--listen", "nowhere"], &[forced]).failed(2, &["\u{1b}[1;31mconfigapi:\u{1b}[0m"]);
    let refused = folder.run(&["--listen", "nowhere"], &[forced, ("NO_COLOR", "1")]);
    assert!(!refused.stderr.contains('\u{1b}'), "{refused:?}");
}

#[test]
fn migrate_says_which_store_has_the_schema() {
    let folder = Folder::new();
    let ended = folder.run(&["migrate", "--file", "a.db"], &[]);
    ended.succeeded();
    assert!(ended.stdout.ends_with(" has the schema of this release\n"), "{ended:?}");
    assert!(folder.path("a.db").exists());
}

/// A server waited for the reader of its log at its end, and a full disk under standard output ended it.
#[test]
fn a_server_whose_log_has_no_reader_obeys_sigterm() {
    let folder = Folder::new();
    let (_log_reader, log) = pipe().unwrap();
    let (mut stdout, line) = pipe().unwrap();
    let words = ["--listen", "127.0.0.1:0", "--log-level", "debug"];
    let mut child = folder.command(&words, &[]).stdout(line).stderr(log).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(&mut stdout).read_line(&mut ready).unwrap();
    let url = ready.trim().strip_prefix("listening on ").unwrap_or_default();
    // An access line has some 200 bytes, and a pipe takes 64 KiB.
    for _ in 0..1_000 {
        ureq::get(format!("{url}/livez")).call().unwrap();
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let ended = wait(&mut child);
    assert_eq!(ended, Some(0), "it waits for the reader of its log");
}

#[test]
fn a_server_whose_log_and_output_take_nothing_serves() {
    let folder = Folder::new();
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let mut child =
        folder.command(&["--listen", &address], &[]).stdout(full()).stderr(full()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    let answered = loop {
        match ureq::get(format!("http://{address}/v1/config")).call() {
            Err(_) if Instant::now() < deadline && child.try_wait().unwrap().is_none() => {}
            answered => break answered.map(|response| response.status()),
        }
    };
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let ended = wait(&mut child);
    assert_eq!((answered.unwrap().as_u16(), ended), (200, Some(0)));
}

/// The exit status; none if the child had to be killed.
fn wait(child: &mut Child) -> Option<i32> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return status.code();
        }
        std::thread::yield_now();
    }
    child.kill().expect("it takes signals");
    child.wait().expect("a child can be waited for");
    None
}
