//! `configapi run`: the environment of the command, its status, its signals, its restarts, and the cache.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::process::Folder;
use crate::server::Server;

/// A server with some values.
fn served(values: &[&[&str]]) -> (Folder, Server) {
    let folder = Folder::new();
    let server = Server::start(&folder);
    for words in values {
        server.run(&folder, &[&["set"], *words].concat()).succeeded();
    }
    (folder, server)
}

const PRINT: [&str; 4] = ["--", "sh", "-c", "echo \"$PORT $DB_URL\""];

#[test]
fn a_command_gets_the_values_and_none_of_our_own_variables() {
    let (folder, server) =
        served(&[&["app/web/port", "80"], &["app/web/db-url", "db"], &["app/x/port", "1"]]);
    let ran = server.run(&folder, &[&["run", "--prefix", "app/web/"], &PRINT[..]].concat());
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(0), "80 db\n"), "{ran:?}");
    let words = ["run", "--prefix", "app/web/", "--watch", "--", "sh", "-c", "env | grep -c CONFIGAPI_"];
    let ran = server.run_with(&folder, &words, &[("CONFIGAPI_PROFILE", "")]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), "0\n"), "{ran:?}");
    let words = ["run", "--prefix", "app/", "--map", "x/port=PORT", "--map", "app/web/db-url=DB_URL"];
    let ran = server.run(&folder, &[&words, &PRINT[..]].concat());
    assert_eq!(ran.stdout, "1 db\n", "{ran:?}");
    let kept = ["run", "--prefix", "app/web/", "--preserve-env"];
    let ran = server.run_with(&folder, &[&kept, &PRINT[..]].concat(), &[("PORT", "9")]);
    assert_eq!(ran.stdout, "9 db\n", "{ran:?}");
}

#[test]
fn an_open_file_is_closed_before_the_command_starts() {
    let folder = Folder::new();
    folder.run(&["set", "app/port", "80", "--file", "app.db"], &[]).succeeded();
    let script = "echo $PORT; \"$0\" get app/port --file app.db";
    let words = [
        "run",
        "--prefix",
        "app/",
        "--file",
        "app.db",
        "--",
        "sh",
        "-c",
        script,
        env!("CARGO_BIN_EXE_configapi"),
    ];
    let ran = folder.run(&words, &[]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(0), "80\n80"), "{ran:?}");
    folder
        .run(&["run", "--watch", "--file", "app.db", "--", "true"], &[])
        .failed(2, &["--watch needs a server"]);
}

#[test]
fn the_status_is_the_commands_own() {
    let (folder, server) = served(&[&["app/a", "1"]]);
    for mode in [&[][..], &["--watch"], &["--mask"]] {
        let status = |words: &[&str]| {
            server.run(&folder, &[&["run", "--prefix", "app/"], mode, &["--"], words].concat()).status
        };
        assert_eq!(status(&["sh", "-c", "exit 41"]), Some(41), "{mode:?}");
        assert_eq!(status(&["no-such-command"]), Some(127), "{mode:?}");
        assert_eq!(status(&["/etc/passwd"]), Some(126), "{mode:?}");
    }
    let killed =
        |mode: &str| server.run(&folder, &["run", mode, "--prefix=app/", "--", "sh", "-c", "kill -9 $$"]);
    assert_eq!(killed("--watch").status, Some(137));
    let missing = server.run(&folder, &["run", "--prefix=app/", "--", "no-such-command"]);
    assert!(missing.stderr.contains("no-such-command: command not found"), "{missing:?}");
    server.run(&folder, &["run", "--prefix=app/", "true"]).failed(2, &["-- <COMMAND>"]);
}

#[test]
fn names_that_can_not_be_variables_are_all_refused_before_the_command_starts() {
    let (folder, server) =
        served(&[&["a/db_url", "1"], &["a/db/url", "2"], &["a/path", "/tmp"], &["a/1", "x"]]);
    let refused = server.run(&folder, &["run", "--prefix", "a/", "--", "echo", "started"]);
    refused.failed(2, &["`a/db/url` and `a/db_url`", "`a/path`", "--allow PATH", "--map a/1=VARIABLE"]);
    let words =
        ["run", "--prefix=a/", "--allow=PATH", "--map=a/1=ONE", "--map=a/db_url=URL", "--", "/bin/sh", "-c"];
    let ran = server.run(&folder, &[&words[..], &["echo $PATH $ONE $URL $DB_URL"]].concat());
    assert_eq!(ran.stdout, "/tmp x 1 2\n", "{ran:?}");
    server.run(&folder, &["run", "--map=nonsense", "--", "true"]).failed(2, &["NAME=VARIABLE"]);
    server.run(&folder, &["run", "--prefix=no/", "--map=a=B", "--", "true"]).failed(2, &["`a`"]);
}

#[test]
fn a_pin_is_a_flag_or_a_variable() {
    let (folder, server) = served(&[&["app/port", "80"], &["app/port", "81"]]);
    let port = |words: &[&str], variables: &[(&str, &str)]| {
        server.run_with(&folder, &[&["run", "--prefix=app/"], words, &PRINT].concat(), variables).stdout
    };
    assert_eq!(port(&[], &[]), "81 \n");
    assert_eq!(port(&["--at", "1"], &[("CONFIGAPI_AT", "2")]), "80 \n");
    assert_eq!(port(&[], &[("CONFIGAPI_AT", "HEAD~1")]), "80 \n");
    let refused = server.run_with(&folder, &["run", "--watch", "--", "true"], &[("CONFIGAPI_AT", "1")]);
    refused.failed(2, &["--watch and --at"]);
}

#[test]
fn secrets_are_masked_in_what_the_command_prints() {
    let (folder, server) = served(&[
        &["app/password", "hunter2 is it", "--secret"],
        &["app/pin", "123", "--secret"],
        &["app/port", "8080"],
    ]);
    let script = "echo \"$PORT $PASSWORD\"; printf '%s' \"$PASSWORD\" | base64 >&2; exit 3";
    let ran = server.run(&folder, &["run", "--prefix=app/", "--mask", "--", "sh", "-c", script]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(3), "8080 ••••••••\n"), "{ran:?}");
    assert!(!ran.stderr.contains("aHVudGVy") && ran.stderr.contains("app/pin is too short"), "{ran:?}");
    let left_out = server
        .run(&folder, &["run", "--prefix=app/", "--no-reveal", "--", "sh", "-c", "echo ${PASSWORD-none}"]);
    assert_eq!(left_out.stdout, "none\n", "{left_out:?}");
    assert!(left_out.stderr.contains("2 secrets"), "{left_out:?}");
}

const ROOT: &str = "a-root-token-for-the-tests-of-run-0123456789";

/// A token that may read everything and reveal nothing.
fn reader(server: &Server) -> String {
    let body = r#"{"name": "reader", "scopes": [{"prefix": "", "actions": ["read"]}]}"#;
    let response = ureq::post(format!("{}/v1/tokens", server.url))
        .header("Authorization", format!("Bearer {ROOT}"))
        .header("Content-Type", "application/json")
        .send(body);
    let text = response.expect("a token").body_mut().read_to_string().expect("text");
    let after = text.split("\"token\":\"").nth(1).expect("the token itself");
    after.split('"').next().expect("its end").to_owned()
}

#[test]
fn a_secret_that_the_token_may_not_reveal_is_an_error_and_no_cache_is_used_for_it() {
    let folder = Folder::new();
    let server = Server::start_with(&folder, &[], &[("CONFIGAPI_ROOT_TOKEN", ROOT)]);
    let root = [("CONFIGAPI_TOKEN", ROOT)];
    server.run_with(&folder, &["set", "app/password", "hunter2", "--secret"], &root).succeeded();
    let words = ["run", "--prefix=app/", "--cache=cache", "--", "sh", "-c", "echo $PASSWORD"];
    let ran = server.run_with(&folder, &words, &root);
    assert_eq!(ran.stdout, "hunter2\n", "{ran:?}");
    let reader = reader(&server);
    let refused = server.run_with(&folder, &words, &[("CONFIGAPI_TOKEN", &reader)]);
    refused.failed(6, &["app/password", "--no-reveal"]);
    assert!(fs::read_to_string(folder.path("cache")).expect("a cache").contains("hunter2"));
    let refused = server.run_with(&folder, &words, &[("CONFIGAPI_TOKEN", "cfg_unknown")]);
    refused.failed(6, &[]);
}

#[test]
fn the_cache_serves_the_last_values_while_the_server_is_gone() {
    let (folder, mut server) = served(&[&["app/port", "80"], &["app/key", "hunter2", "--secret"]]);
    folder.run(&["key", "new", "--to", "key"], &[]).succeeded();
    let words =
        ["run", "--prefix=app/", "--cache=cache", "--key-file=key", "--", "sh", "-c", "echo $PORT $KEY"];
    assert_eq!(server.run(&folder, &words).stdout, "80 hunter2\n");
    let bytes = fs::read(folder.path("cache")).expect("a cache");
    assert!(!bytes.windows(7).any(|window| window == b"hunter2"));
    server.kill();
    let offline = server.run(&folder, &words);
    assert_eq!((offline.status, offline.stdout.as_str()), (Some(0), "80 hunter2\n"), "{offline:?}");
    assert!(
        ["can't be reached", "ago", "revision 2", "cache"].iter().all(|word| offline.stderr.contains(word))
    );
    let other = ["run", "--prefix=app/x", "--cache=cache", "--key-file=key", "--", "true"];
    server.run(&folder, &other).failed(7, &["can't be reached", "other prefixes"]);
    let without = ["run", "--prefix=app/", "--cache=cache", "--", "true"];
    server.run(&folder, &without).failed(7, &["is encrypted", "--key-file"]);
    server.run(&folder, &["run", "--prefix=app/", "--", "true"]).failed(7, &["can't be reached"]);
}

/// A run whose standard output is read line by line.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(folder: &Folder, server: &Server, words: &[&str]) -> Self {
        let mut command = folder.command(words, &[("CONFIGAPI_SERVER", &server.url)]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("a line").expect("text")
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    fn status(&mut self) -> Option<i32> {
        self.child.wait().expect("it can be waited for").code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Its child would go on if it was killed.
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::TERM);
            let _ = self.child.wait();
        }
    }
}

/// Prints its values, and then a line for each SIGUSR1. It waits at a pipe of its own that gets nothing.
const SERVE: &str = "trap 'echo usr1' USR1; test -p gate || mkfifo gate; exec 3<>gate; echo \"$PORT $HOST\"; \
                     while :; do read -r line <&3 || :; done";

#[test]
fn a_change_restarts_the_command_once_and_a_change_elsewhere_does_not() {
    let (folder, server) = served(&[&["app/port", "80"], &["app/host", "a"], &["other/port", "1"]]);
    let words = ["run", "--prefix=app/", "--watch", "--mask", "--cache=cache", "--", "sh", "-c", SERVE];
    let mut run = Running::start(&folder, &server, &words);
    assert_eq!(run.line(), "80 a");
    server.run(&folder, &["set", "other/port", "2"]).succeeded();
    let body = r#"{"operations": [{"set": {"name": "app/port", "value": "81"}}, {"set": {"name": "app/host", "value": "b"}}]}"#;
    let sent = ureq::post(format!("{}/v1/transactions", server.url))
        .header("Content-Type", "application/json")
        .send(body);
    assert_eq!(sent.expect("a change").status(), 200);
    assert_eq!(run.line(), "81 b");
    run.signal(Signal::USR1);
    assert_eq!(run.line(), "usr1");
    run.signal(Signal::TERM);
    assert_eq!(run.status(), Some(143));
    assert!(fs::read_to_string(folder.path("cache")).expect("a cache").contains("\"81\""));
}

#[test]
fn values_that_can_not_be_used_leave_the_command_as_it_is() {
    let (folder, server) = served(&[&["app/port", "80"]]);
    let words = ["run", "--prefix=app/", "--watch", "--", "sh", "-c", SERVE];
    let mut run = Running::start(&folder, &server, &words);
    assert_eq!(run.line(), "80 ");
    server.run(&folder, &["set", "app/path", "/tmp"]).succeeded();
    run.signal(Signal::USR1);
    assert_eq!(run.line(), "usr1");
    server.run(&folder, &["delete", "app/path"]).succeeded();
    server.run(&folder, &["set", "app/port", "81"]).succeeded();
    assert_eq!(run.line(), "81 ");
    run.signal(Signal::INT);
    run.signal(Signal::TERM);
    assert!(matches!(run.status(), Some(130 | 143)));
}

#[test]
fn a_signal_takes_the_place_of_a_restart() {
    let (folder, server) = served(&[&["app/port", "80"]]);
    let words = ["run", "--prefix=app/", "--watch", "--signal=usr1", "--", "sh", "-c", SERVE];
    let mut run = Running::start(&folder, &server, &words);
    assert_eq!(run.line(), "80 ");
    server.run(&folder, &["set", "app/port", "81"]).succeeded();
    assert_eq!(run.line(), "usr1");
    run.signal(Signal::TERM);
    assert_eq!(run.status(), Some(143));
    server.run(&folder, &["run", "--watch", "--signal=nonsense", "--", "true"]).failed(2, &["HUP"]);
}
