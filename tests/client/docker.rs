//! Docker's rules for `--env-file`: by the real command line, with a daemon that only listens, and by the rules as
//! `docker/cli` has them in `pkg/kvfile`, for machines without it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;
use std::thread;

use configapi::client::formats::Dialect;
use serde_json::Value;

use crate::programs::{optional, run};
use crate::values::{entry, fitting, values, write};

/// `Scanner` of Go refuses a longer line, with its end.
const GO_TOKEN_BYTES_MAX: usize = 65_536;

/// The variables of a file, by Docker's documented rules.
fn by_the_rules(text: &str) -> Vec<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut variables = Vec::new();
    for line in text.split_terminator('\n') {
        assert!(line.len() + 1 < GO_TOKEN_BYTES_MAX, "the line is too long");
        let line = line.strip_suffix('\r').unwrap_or(line).trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, _) = line.split_once('=').expect("a value");
        assert!(!key.is_empty() && !key.contains([' ', '\t']), "not a variable: {key}");
        variables.push(line.to_owned());
    }
    variables
}

/// Answers as a daemon does, and returns the body of the request that makes a container.
fn container_request(listener: &UnixListener) -> String {
    loop {
        let (stream, _) = listener.accept().expect("a connection");
        if let Some(body) = serve(stream) {
            return body;
        }
    }
}

fn serve(stream: UnixStream) -> Option<String> {
    let mut out = stream.try_clone().expect("a socket");
    let mut reader = BufReader::new(stream);
    loop {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first).expect("a line") == 0 {
            return None;
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("a header");
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        let is_create = first.contains("/containers/create");
        let answer = if is_create { r#"{"Id":"0123456789ab","Warnings":[]}"# } else { "OK" };
        let head = if is_create { "201 Created\r\nContent-Type: application/json" } else { "200 OK" };
        let answer = if first.starts_with("HEAD") { "" } else { answer };
        write!(
            out,
            "HTTP/1.1 {head}\r\nApi-Version: 1.43\r\nContent-Length: {}\r\n\r\n{answer}",
            answer.len()
        )
        .expect("an answer");
        if is_create {
            return Some(String::from_utf8(body).expect("UTF-8"));
        }
    }
}

/// The variables that the real command line sends to its daemon.
fn by_docker(program: &std::path::Path, text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let [socket, file] = ["daemon", "values.env"].map(|name| folder.path().join(name));
    fs::write(&file, text).expect("a file");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let daemon = thread::Builder::new().spawn(move || container_request(&listener)).expect("a thread");
    let mut command = Command::new(program);
    command.env_clear().env("HOME", folder.path()).env("DOCKER_HOST", format!("unix://{}", socket.display()));
    command.args(["create", "--pull", "never", "--env-file"]).arg(&file).arg("app");
    run(&mut command);
    let body: Value = serde_json::from_str(&daemon.join().expect("a request")).expect("JSON");
    let variables = body["Env"].as_array().expect("variables");
    variables.iter().map(|variable| variable.as_str().expect("a text").to_owned()).collect()
}

#[test]
fn docker_reads_each_value_exactly() {
    let (mut entries, refused) = fitting(&Dialect::Docker, &values(2_000));
    assert!(refused.iter().all(|value| value.contains('\n') || value.ends_with('\r')), "{refused:?}");
    entries.push(entry("w", &"x".repeat(65_532)));
    let text = write(Dialect::Docker, &entries);
    let expected: Vec<String> = entries
        .iter()
        .map(|entry| format!("{}={}", entry.name.to_uppercase(), entry.value.as_str()))
        .collect();
    assert_eq!(by_the_rules(&text), expected);
    if let Some(docker) = optional("docker", "that Docker itself reads the dialect `docker`") {
        assert_eq!(by_docker(&docker, &text), expected);
    }
}
