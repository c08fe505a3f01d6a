//! The real server for tests of client commands: its store is a file in the test's folder, its port a free one.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use crate::process::{Ended, Folder};

/// A server, which ends with the test.
pub struct Server {
    pub url: String,
    child: Child,
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// An open server on `server.db` of the folder.
    pub fn start(folder: &Folder) -> Self {
        Self::start_with(folder, &[], &[])
    }

    /// The same with more words and variables.
    pub fn start_with(folder: &Folder, words: &[&str], variables: &[(&str, &str)]) -> Self {
        let first = ["serve", "--listen", "127.0.0.1:0", "--file", "server.db"];
        let words = [&first, words].concat();
        let mut child = folder
            .command(&words, variables)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("standard output is UTF-8");
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("no server: {line:?}"));
        Self { url: url.to_owned(), child, _stdout: stdout }
    }

    /// A command of a client of this server.
    pub fn run(&self, folder: &Folder, words: &[&str]) -> Ended {
        self.run_with(folder, words, &[])
    }

    /// The same with more variables.
    pub fn run_with(&self, folder: &Folder, words: &[&str], variables: &[(&str, &str)]) -> Ended {
        let variables = [variables, &[("CONFIGAPI_SERVER", self.url.as_str())]].concat();
        folder.run(words, &variables)
    }

    /// Ends it at once, as a loss of power does.
    pub fn kill(&mut self) {
        // One that has ended already is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
