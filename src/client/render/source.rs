//! The values of templates, at one revision.

use crate::client::call::Client;
use crate::client::error::Error;
use crate::client::item::Item;
use crate::client::list::Read;
use crate::domain::{Point, Revision};

/// Values at one revision.
pub trait Values: Send + Sync {
    /// The state of a name; none where it has no value.
    ///
    /// # Errors
    /// The values can't be read.
    fn value(&self, name: &str) -> Result<Option<Item>, Error>;

    /// The states of the names that begin with a text, sorted by name.
    ///
    /// # Errors
    /// The values can't be read.
    fn list(&self, prefix: &str) -> Result<Vec<Item>, Error>;
}

/// The values of a server at a revision.
pub struct AtRevision {
    client: Client,
    read: Read,
}

impl AtRevision {
    /// Secrets are revealed where `reveal` asks for it and the token may; others stay masked.
    pub fn new(client: Client, revision: Revision, reveal: bool) -> Self {
        Self { client, read: Read { at: Some(Point::Revision(revision)), reveal, ..Read::default() } }
    }
}

impl Values for AtRevision {
    fn value(&self, name: &str) -> Result<Option<Item>, Error> {
        match self.client.get_with(name, &self.read) {
            // A list keeps such a secret masked, a name alone is refused.
            Err(Error::Refused(problem)) if problem.kind() == "/problems/reveal-required" => {
                self.client.get_with(name, &Read { reveal: false, ..self.read.clone() })
            }
            other => other,
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<Item>, Error> {
        self.client.list_with(prefix, &self.read).collect()
    }
}
