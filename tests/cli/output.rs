//! Standard output and standard error as pipes.

use std::io::{BufRead as _, BufReader, pipe};
use std::process::Stdio;

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
    plain.failed(2, &["configapi: --listen nowhere: write HOST:PORT, such as 127.0.0.1:4000\n"]);
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
