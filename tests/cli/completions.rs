//! Completion as a shell asks for it, and the files of `deploy`.

use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::golden::{file, is_blessed, same_as_on_file, same_files};
use crate::process::{Ended, Folder};
use crate::server::Server;

const EVERYTHING: &str = ":read,write,reveal,admin";

/// The candidates for the last of these words, as bash asks for them.
fn complete(folder: &Folder, words: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    let index = (words.len() - 1).to_string();
    let own = [("_CONFIGAPI_COMPLETE", "bash"), ("_CLAP_IFS", "\n"), ("_CLAP_COMPLETE_INDEX", &index)];
    let ended = folder.run(&[&["--"], words].concat(), &[variables, &own].concat());
    ended.succeeded();
    assert_eq!(ended.stderr, "", "a shell would show it in the line");
    ended.stdout.lines().map(str::to_owned).collect()
}

/// Asks until the candidates are these: on a busy machine the server may not answer within the time that a shell waits.
#[track_caller]
fn completes(folder: &Folder, words: &[&str], variables: &[(&str, &str)], expected: &[&str]) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let found = complete(folder, words, variables);
        if found == expected {
            return;
        }
        assert!(found.is_empty() && Instant::now() < deadline, "{words:?} has {found:?}, not {expected:?}");
    }
}

fn seeded(folder: &Folder) -> Server {
    let server = Server::start(folder);
    for name in
        ["app/pool_size", "app/web/port", "app/web/host", "app/web/db/url", "billing/rate", "über/a b"]
    {
        server.run(folder, &["set", name, "1"]).succeeded();
    }
    server
}

#[test]
fn names_complete_segment_by_segment() {
    let folder = Folder::new();
    let server = seeded(&folder);
    let variables = [("CONFIGAPI_SERVER", server.url.as_str())];
    let typed = |words: &[&str]| complete(&folder, words, &variables);
    for (words, expected) in [
        (&["get", "a"][..], &["app/"][..]),
        (&["get", "app/"], &["app/pool_size", "app/web/"]),
        (&["get", "app/web/"], &["app/web/db/", "app/web/host", "app/web/port"]),
        (&["get", "ü"], &["über/"]),
        (&["get", "nothing"], &[]),
        (&["delete", "--prefix", "b"], &["billing/"]),
        (&["schema", "set", "app/w"], &["app/web/"]),
    ] {
        completes(&folder, &[&["configapi"], words].concat(), &variables, expected);
    }
    // A new token has a name of its own.
    assert_eq!(typed(&["configapi", "token", "create", "a"]), Vec::<String>::new());
    assert!(typed(&["configapi", "to"]).contains(&"token".to_owned()));
    assert!(typed(&["configapi", "get", "--rev"]).contains(&"--reveal".to_owned()));
}

#[test]
fn a_folder_of_thousands_of_names_is_one_candidate() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let names =
        (0..3_000).map(|number| format!("{{\"set\":{{\"name\":\"app/many/{number:04}\",\"value\":\"1\"}}}}"));
    let body = format!("{{\"operations\":[{}]}}", names.collect::<Vec<_>>().join(","));
    let sent =
        ureq::post(format!("{}/v1/transactions", server.url)).content_type("application/json").send(body);
    assert_eq!(sent.expect("a transaction").status(), 200);
    server.run(&folder, &["set", "app/z", "1"]).succeeded();
    let variables = [("CONFIGAPI_SERVER", server.url.as_str())];
    completes(&folder, &["configapi", "get", "app/"], &variables, &["app/many/", "app/z"]);
}

#[test]
fn the_typed_server_and_the_token_of_commands_are_used() {
    let folder = Folder::new();
    let server = seeded(&folder);
    let made = server.run(&folder, &["token", "create", "admin", "--scope", EVERYTHING]);
    made.succeeded();
    let words = ["configapi", "get", "--server", &server.url, "a"];
    let elsewhere = ("CONFIGAPI_SERVER", "http://127.0.0.1:1");
    assert_eq!(complete(&folder, &words, &[elsewhere]), Vec::<String>::new());
    let token = [elsewhere, ("CONFIGAPI_TOKEN", made.stdout.trim())];
    completes(&folder, &words, &token, &["app/"]);
    let home = folder.path("").to_string_lossy().into_owned();
    let home = ("HOME", home.as_str());
    let login = ["login", "--profile", "staging", "--server", &server.url, "--token-file", "token"];
    folder.write("token", &made.stdout);
    folder.run(&login, &[home]).succeeded();
    assert_eq!(complete(&folder, &["configapi", "get", "--profile", "st"], &[home]), ["staging"]);
    completes(&folder, &["configapi", "get", "--profile", "staging", "a"], &[home], &["app/"]);
}

/// A person waits for the shell, not for a server that says nothing.
#[test]
fn a_server_that_does_not_answer_is_not_waited_for() {
    let folder = Folder::new();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    assert_eq!(
        complete(&folder, &["configapi", "get", "a"], &[("CONFIGAPI_SERVER", &url)]),
        Vec::<String>::new()
    );
    // An open file is not touched either.
    assert_eq!(complete(&folder, &["configapi", "get", "--file", "a.db", "a"], &[]), Vec::<String>::new());
    assert!(!folder.path("a.db").exists());
}

#[test]
fn bash_completes_with_the_script() {
    let folder = Folder::new();
    let server = seeded(&folder);
    let script = "source <(configapi completions bash)
        COMP_WORDS=(configapi get app/); COMP_CWORD=2
        _clap_complete_configapi configapi app/ get 2>/dev/null
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let binary = env!("CARGO_BIN_EXE_configapi").rsplit_once('/').expect("a folder").0;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = format!("{binary}:{}", path.to_string_lossy());
    let mut bash = Command::new("bash");
    bash.args(["-c", script])
        .env("PATH", path)
        .env("CONFIGAPI_SERVER", &server.url)
        .current_dir(folder.path(""));
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let ended = Ended::of(&bash.output().expect("bash"));
        if ended.stdout == "app/pool_size\napp/web/\n" {
            return;
        }
        assert!(ended.stdout == "\n" && Instant::now() < deadline, "{ended:?}");
    }
}

#[test]
fn the_files_of_deploy_are_those_of_the_definitions() {
    let folder = Folder::new();
    folder.run(&["completions", "--to", "."], &[]).succeeded();
    for part in ["completions", "man"] {
        let of_repository = format!("deploy/{part}");
        if is_blessed() {
            fs::create_dir_all(file(&of_repository)).expect("a folder");
        }
        let entries = fs::read_dir(folder.path(part)).expect("a folder");
        let names: Vec<_> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        for name in &names {
            let text = fs::read_to_string(folder.path(part).join(name)).expect("a text");
            same_as_on_file(&format!("{of_repository}/{name}"), &text);
        }
        same_files(&of_repository, names.into_iter());
    }
    folder.run(&["completions"], &[]).failed(2, &["SHELL"]);
    folder.run(&["completions", "ksh"], &[]).failed(2, &["ksh", "bash"]);
}
