//! Values at one revision. Made from lists; `watched` moves it on, `cache` keeps it in a file.

use std::collections::BTreeMap;

use super::call::Client;
use super::error::Error;
use super::item::Item;
use super::list::Read;
use crate::domain::{Point, Revision};

/// The values under some prefixes at one revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub(super) revision: Revision,
    pub(super) items: BTreeMap<String, Item>,
}

impl Snapshot {
    /// The states of some names at a revision.
    pub(crate) fn of(revision: Revision, items: Vec<Item>) -> Self {
        let items = items.into_iter().map(|item| (item.name().to_owned(), item)).collect();
        Self { revision, items }
    }

    /// The revision that all values are at.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The state of a name.
    pub fn item(&self, name: &str) -> Option<&Item> {
        self.items.get(name)
    }

    /// The value of a name, unless it is masked.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.item(name)?.text()
    }

    /// All states, sorted by name.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// Reads the values under prefixes, all at one revision.
    pub(crate) fn load(client: &Client, prefixes: &[String], read: &Read) -> Result<Self, Error> {
        let mut loaded = Self::default();
        let (mut at, mut is_first) = (read.at, true);
        let everything = [String::new()];
        for prefix in if prefixes.is_empty() { &everything } else { prefixes } {
            let mut items = client.list_with(prefix, &Read { at, ..read.clone() });
            items.begin()?;
            if is_first {
                let revision = items
                    .revision()
                    .ok_or_else(|| client.not_of_the_contract("it has no Config-Revision"))?;
                (loaded.revision, at, is_first) = (revision, Some(Point::Revision(revision)), false);
            }
            for item in items {
                let item = item?;
                loaded.items.insert(item.name().to_owned(), item);
            }
        }
        Ok(loaded)
    }
}
