//! The documentation's examples, run as they are written.
//!
//! In a `console` block a line that begins with `$ ` is a command, `> ` goes on with it; what follows is what it
//! prints, where `…` stands for anything. Each page is walked from top to bottom against a fresh server of
//! each store. Its files are in a folder of its own.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::eventually;
use crate::support::postgres::fresh_database;
use crate::support::server::{Server, Store};

/// What the pages write for the server's address.
const WRITTEN_ADDRESS: &str = "localhost:4000";

struct Step {
    line: usize,
    command: String,
    expected: String,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (number, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let (true, Some(command)) = (inside, line.strip_prefix("$ ")) {
            steps.push(Step { line: number + 1, command: command.into(), expected: String::new() });
        } else if let (true, Some(step)) = (inside, steps.last_mut()) {
            let (text, line) = match line.strip_prefix("> ") {
                Some(more) => (&mut step.command, more),
                None => (&mut step.expected, line),
            };
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(line);
        }
    }
    steps
}

/// Whether a text is what a page says, where `…` stands for anything.
fn matches(expected: &str, text: &str) -> bool {
    let mut pieces = expected.split('…');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

fn walk(page: &str, store: &Store) {
    // The page on secrets begins with a key file and an audit file.
    let folder = tempfile::tempdir().unwrap();
    let [key, audit] = ["key", "audit"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    let made = Command::new(env!("CARGO_BIN_EXE_configapi")).args(["key", "new", "--to", &key]).output();
    assert!(made.unwrap().status.success());
    let server = Server::start(store, &["--key-file", &key, "--audit-file", &audit]);
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
    let steps = steps(&text);
    assert!(!steps.is_empty(), "{page} has no console block");
    let address = server.address().to_string();
    let folder = tempfile::tempdir().unwrap();
    for Step { line, command, expected } in steps {
        let command = command.replace(WRITTEN_ADDRESS, &address);
        // Quiet as in a terminal's transcript: no progress meter where the output is caught.
        let script =
            format!("curl() {{ command curl --no-progress-meter --max-time 60 \"$@\"; }}\n{command}");
        let mut bash = Command::new("bash");
        bash.args(["-c", &script]).current_dir(&folder).env("HOME", folder.path());
        // The page's own program, as a client of the page's server.
        bash.env("PATH", path_with_the_program()).env("CONFIGAPI_SERVER", server.url(""));
        let output = bash.output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).replace(&address, WRITTEN_ADDRESS);
        let complaints = String::from_utf8_lossy(&output.stderr);
        let (printed, expected) = (printed.trim_end(), expected.trim_end());
        assert!(
            matches(expected, printed),
            "{page}:{line}: {command}\nprints:\n{printed}\n{complaints}\nbut is written:\n{expected}"
        );
    }
}

fn path_with_the_program() -> OsString {
    let mut path = Path::new(env!("CARGO_BIN_EXE_configapi")).parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    path
}

fn walk_on_both(page: &str) {
    let folder = tempfile::tempdir().unwrap();
    walk(page, &Store::File(folder.path().join("configapi.db")));
    walk(page, &Store::Postgres(fresh_database()));
}

#[test]
fn the_readme_does_what_it_says() {
    walk_on_both("README.md");
}

#[test]
fn the_page_on_time_travel_does_what_it_says() {
    walk_on_both("docs/time-travel.md");
}

#[test]
fn the_page_on_change_sets_does_what_it_says() {
    walk_on_both("docs/change-sets.md");
}

#[test]
fn the_page_on_policy_and_schemas_does_what_it_says() {
    walk_on_both("docs/policy.md");
}

#[test]
fn the_page_on_watching_does_what_it_says() {
    walk_on_both("docs/watching.md");
}

#[test]
fn the_page_on_access_does_what_it_says() {
    walk_on_both("docs/access.md");
}

/// A page that starts its servers itself, as commands; each of them ends the one before. Its files are in a folder of its
/// own.
fn walk_with_servers(page: &str) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::File(folder.path().join("configapi.db"));
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
    let mut server: Option<Server> = None;
    for Step { line, command, expected } in steps(&text) {
        let printed = if let Some(arguments) = command.strip_prefix("configapi ") {
            // Its files are here, and its port is a free one.
            let here = |word: &str| match word.strip_prefix("unix:") {
                Some(path) => format!("unix:{}", folder.path().join(path).display()),
                None if folder.path().join(word).is_file() => folder.path().join(word).display().to_string(),
                None => word.replace(":4000", ":0"),
            };
            let arguments: Vec<String> = arguments.split_whitespace().map(here).collect();
            drop(server.take());
            let started = Server::start(&store, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
            eventually(Duration::from_secs(20), || {
                started.stdout().lines().count() == expected.lines().count()
            });
            let printed = started.stdout().replace(&started.address().to_string(), "127.0.0.1:4000");
            server = Some(started);
            printed
        } else {
            let address = server.as_ref().map(|server| format!("localhost:{}", server.address().port()));
            let command = command.replace(WRITTEN_ADDRESS, address.as_deref().unwrap_or(WRITTEN_ADDRESS));
            let script = format!("curl() {{ command curl -s --max-time 60 \"$@\"; }}\n{command}");
            let output = Command::new("bash").args(["-c", &script]).current_dir(&folder).output().unwrap();
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let (printed, expected) = (printed.trim_end(), expected.trim_end());
        assert!(
            matches(expected, printed),
            "{page}:{line}: {command}\nprints:\n{printed}\nbut is written:\n{expected}"
        );
    }
}

#[test]
fn the_page_on_tls_does_what_it_says() {
    walk_with_servers("docs/tls.md");
}

#[test]
fn the_page_on_secrets_does_what_it_says() {
    walk_on_both("docs/secrets.md");
}

#[test]
fn an_example_that_prints_something_else_is_noticed() {
    assert!(matches("a…c", "a b c") && matches("…", "anything") && matches("same", "same"));
    assert!(!matches("a…c", "a b") && !matches("same", "other") && !matches("", "something"));
    let page = "```console\n$ one\n> two\nprinted\nmore\n$ three\n```\nnot this\n```sh\n$ nor this\n```";
    let steps = steps(page);
    assert_eq!(steps.len(), 2);
    assert_eq!((steps[0].command.as_str(), steps[0].expected.as_str()), ("one\ntwo", "printed\nmore"));
}
