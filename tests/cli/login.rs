//! `login`, `logout`, `profiles`, `whoami`: a token is saved for its owner alone, and never shown.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::process::{Ended, Folder};
use crate::server::Server;
use crate::terminal::{Terminal, is_private};

const ROOT: &str = "root-token-of-the-tests-with-some-length";

fn closed(folder: &Folder) -> Server {
    Server::start_with(folder, &[], &[("CONFIGAPI_ROOT_TOKEN", ROOT)])
}

/// A command with a text on its standard input.
fn piped(mut command: Command, input: &str) -> Ended {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().expect("the binary starts");
    // One that reads nothing closes its end.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    Ended::of(&child.wait_with_output().expect("it ends"))
}

#[test]
fn a_token_is_typed_without_echo_and_saved_for_its_owner_alone() {
    let folder = Folder::new();
    let server = closed(&folder);
    let mut terminal = Terminal::start(&folder, &["login", "--server", &server.url, "-v"], &[]);
    terminal.wait_for(&format!("Token for {}", server.url));
    terminal.press(&format!("{ROOT}\r"));
    assert_eq!(terminal.end(), 0, "{}", terminal.screen());
    let written = String::from_utf8_lossy(&terminal.written).into_owned();
    assert!(!written.contains(ROOT), "{written}");
    assert!(written.contains("root"), "{written}");
    assert!(is_private(&folder.path(".config/configapi/client.toml")));
    assert!(is_private(&folder.path(".config/configapi")));

    // Later commands use it, and its token is never shown.
    let home = folder.path("").to_string_lossy().into_owned();
    let home = [("HOME", home.as_str())];
    let who = folder.run(&["whoami", "-v"], &home);
    who.succeeded();
    assert!(who.stdout.contains("name\troot"), "{who:?}");
    let listed = folder.run(&["profiles", "-o", "json"], &home);
    listed.succeeded();
    assert!(!format!("{who:?}{listed:?}").contains(ROOT));

    // Another server does not get the token of this one.
    let elsewhere = folder.run(&["whoami", "--server", "http://127.0.0.1:1"], &home);
    elsewhere.failed(7, &["127.0.0.1:1", "--server"]);

    let left = folder.run(&["logout"], &home);
    left.succeeded();
    assert!(left.stderr.contains("configapi token revoke"), "{left:?}");
    folder.run(&["logout"], &home).failed(3, &["no profile default"]);
    server.run_with(&folder, &["whoami"], &home).failed(6, &["configapi login"]);
}

#[test]
fn ctrl_c_at_the_prompt_ends_login_and_saves_nothing() {
    let folder = Folder::new();
    let server = closed(&folder);
    let mut terminal = Terminal::start(&folder, &["login", "--server", &server.url], &[]);
    terminal.wait_for("Token for");
    terminal.press("half-of-a-token\u{3}");
    assert_eq!(terminal.end(), 130);
    assert!(!folder.path(".config/configapi/client.toml").exists());
}

#[test]
fn a_token_from_a_pipe_or_a_file_is_saved_only_if_the_server_accepts_it() {
    let folder = Folder::new();
    let server = closed(&folder);
    let home = folder.path("").to_string_lossy().into_owned();
    let home = [("HOME", home.as_str())];
    let words = ["login", "--server", &server.url, "--profile", "staging"];

    let refused = piped(folder.command(&words, &home), "hunter2\n");
    refused.failed(6, &["does not accept the token", "nothing is saved"]);
    piped(folder.command(&words, &home), "").failed(2, &["--token-file"]);
    piped(folder.command(&words, &home), "two words").failed(2, &["not a token"]);
    assert!(!folder.path(".config").exists());

    let accepted = piped(folder.command(&words, &home), &format!("{ROOT}\n"));
    accepted.succeeded();
    assert!(
        !format!("{refused:?}{accepted:?}").contains("hunter2") && !format!("{accepted:?}").contains(ROOT)
    );
    folder.run(&["whoami", "--profile", "staging"], &home).succeeded();
    folder.run(&["whoami", "--profile", "absent"], &home).failed(2, &["configapi login --profile"]);

    folder.write("token", ROOT);
    let from_file = folder.run(&["login", "--server", &server.url, "--token-file", "token"], &home);
    from_file.succeeded();
    assert!(from_file.stderr.contains("chmod 600"), "{from_file:?}");
    let listed = folder.run(&["profiles"], &home);
    let url = &server.url;
    assert_eq!(listed.stdout, format!("default\t{url}\tsaved\tnow\nstaging\t{url}\tsaved\t\n"));

    // A file that others can read is not used.
    let saved = folder.path(".config/configapi/client.toml");
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(&saved, readable).expect("its owner may");
    folder.run(&["whoami"], &home).failed(2, &["chmod 600"]);
}

#[test]
fn an_open_server_is_saved_without_a_token() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let home = folder.path("").to_string_lossy().into_owned();
    let home = [("HOME", home.as_str())];
    let saved = folder.run(&["login", "--server", &server.url], &home);
    saved.succeeded();
    assert!(saved.stderr.contains("knows no token"), "{saved:?}");
    folder.run(&["set", "app/a", "1"], &home).succeeded();
    folder.run(&["login", "--file", "a.db"], &home).failed(2, &["--file"]);
    folder.run(&["login", "--server", "http://127.0.0.1:1"], &home).failed(7, &["can't be reached"]);
}
