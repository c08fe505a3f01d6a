//! TLS for clients, client certificates, unix sockets and several listeners, with the real binary.

mod listeners;
mod memory;
mod programs;
mod reload;
mod start;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use tempfile::TempDir;

use crate::support::certificates::{Authority, Pair};
use crate::support::connection::{Answer, Connection};
use crate::support::server::{Server, Store};
use crate::support::socket::Socket;

/// A server with a certificate, and what its clients need.
pub(crate) struct Secure {
    pub(crate) server: Server,
    pub(crate) authority: Authority,
    /// Has the database and the files of the certificate.
    pub(crate) folder: TempDir,
}

impl Secure {
    pub(crate) fn start(args: &[&str]) -> Self {
        let (authority, folder) = (Authority::new("tests"), tempfile::tempdir().unwrap());
        let (certificate, key) = authority.server("first", 2100).write(folder.path());
        std::fs::write(folder.path().join("ca.crt"), &authority.certificate).unwrap();
        let server = start(folder.path(), &certificate, &key, args);
        Self { server, authority, folder }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// A connection of a client that trusts the authority.
    pub(crate) fn connect(&self, own: Option<&Pair>) -> Connection {
        let trust = Arc::new(self.authority.trusting(own));
        Connection::over(Socket::connect(self.server.address(), Some(trust)).unwrap())
    }

    /// The certificate that a new connection gets, in DER.
    pub(crate) fn presented(&self) -> Vec<u8> {
        let mut connection = self.connect(None);
        assert_eq!(get(&mut connection, "/livez").status, 200);
        let session = connection.socket.tls.as_ref().unwrap();
        session.peer_certificates().unwrap()[0].to_vec()
    }

    /// The value of a metric.
    pub(crate) fn metric(&self, name: &str) -> Option<u64> {
        let answer = get(&mut self.connect(None), "/metrics");
        let line = answer.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        Some(line.parse().unwrap())
    }
}

/// One request of a client that knows the server's name.
pub(crate) fn get(connection: &mut Connection, path: &str) -> Answer {
    connection.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    connection.answer()
}

pub(crate) fn start(folder: &Path, certificate: &Path, key: &Path, args: &[&str]) -> Server {
    let pair = ["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    Server::start(&store(folder), &[&pair, args].concat())
}

pub(crate) fn store(folder: &Path) -> Store {
    Store::File(folder.join("configapi.db"))
}

/// Runs a program to its end, with a text for it to read.
pub(crate) fn run(program: &str, args: &[&str], stdin: &str) -> Output {
    use std::io::Write as _;
    let mut command = Command::new(program);
    command.args(args).stdin(std::process::Stdio::piped());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{program} can't be run ({error}): ./tests/run installs it"));
    let _ended_already = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

/// What a program printed, on both streams.
pub(crate) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[track_caller]
pub(crate) fn curl(args: &[&str]) -> String {
    let output = run("curl", &[&["-sS", "--max-time", "20"], args].concat(), "");
    assert!(output.status.success(), "{args:?}: {}", text(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The paths of files in a folder, as arguments.
pub(crate) fn paths(folder: &Path, names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| folder.join(name)).collect()
}
