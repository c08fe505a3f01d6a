//! One store, through a server or opened by each command itself: a test of a command is true for both.

use serde_json::Value;

use crate::process::{Ended, Folder};
use crate::server::Server;

/// Where a client command talks to.
pub enum Place {
    Server(Server),
    File,
}

pub struct Scene {
    pub folder: Folder,
    pub place: Place,
}

impl Scene {
    pub fn run(&self, words: &[&str]) -> Ended {
        match &self.place {
            Place::Server(server) => server.run(&self.folder, words),
            Place::File => self.folder.run(&[words, &["--file", "open.db"]].concat(), &[]),
        }
    }

    #[track_caller]
    pub fn done(&self, words: &[&str]) -> Ended {
        let ended = self.run(words);
        ended.succeeded();
        ended
    }

    #[track_caller]
    pub fn json(&self, words: &[&str]) -> Value {
        let ended = self.done(&[words, &["-o", "json"]].concat());
        serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("not JSON: {ended:?}"))
    }

    pub fn value(&self, name: &str) -> Option<String> {
        let ended = self.run(&["get", name]);
        (ended.status == Some(0)).then_some(ended.stdout)
    }

    pub fn values(&self, prefix: &str) -> Value {
        self.json(&["export", prefix])
    }
}

/// Runs a test over a server and on a file that the command opens itself.
pub fn in_each_place(test: impl Fn(&Scene)) {
    let folder = Folder::new();
    let server = Server::start(&folder);
    test(&Scene { folder, place: Place::Server(server) });
    test(&Scene { folder: Folder::new(), place: Place::File });
}
