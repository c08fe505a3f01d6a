//! The values of templates, at one revision.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::client::call::Client;
use crate::client::error::Error;
use crate::client::item::Item;
use crate::client::list::Read;
use crate::client::snapshot::Snapshot;
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
    /// Secrets are revealed where `read` asks for it and the token may; others stay masked.
    pub fn new(client: Client, revision: Revision, read: &Read) -> Self {
        Self { client, read: Read { at: Some(Point::Revision(revision)), ..read.clone() } }
    }
}

impl Values for AtRevision {
    fn value(&self, name: &str) -> Result<Option<Item>, Error> {
        self.client.get_shown(name, &self.read)
    }

    fn list(&self, prefix: &str) -> Result<Vec<Item>, Error> {
        self.client.list_with(prefix, &self.read).collect()
    }
}

/// Values that are followed, and behind them those of the server at the same revision: a template may use other names
/// than before.
pub struct Followed {
    snapshot: Arc<Snapshot>,
    prefixes: BTreeSet<String>,
    others: AtRevision,
}

impl Followed {
    /// A state of some prefixes; `client` and `read` are for other names.
    pub fn new(snapshot: Arc<Snapshot>, prefixes: BTreeSet<String>, client: Client, read: &Read) -> Self {
        let others = AtRevision::new(client, snapshot.revision(), read);
        Self { snapshot, prefixes, others }
    }

    /// Whether the state has all names that begin so.
    fn covers(&self, start: &str) -> bool {
        self.prefixes.iter().any(|prefix| start.starts_with(prefix.as_str()))
    }
}

impl Values for Followed {
    fn value(&self, name: &str) -> Result<Option<Item>, Error> {
        if self.covers(name) { Ok(self.snapshot.item(name).cloned()) } else { self.others.value(name) }
    }

    fn list(&self, prefix: &str) -> Result<Vec<Item>, Error> {
        if !self.covers(prefix) {
            return self.others.list(prefix);
        }
        Ok(self.snapshot.items().filter(|item| item.name().starts_with(prefix)).cloned().collect())
    }
}
