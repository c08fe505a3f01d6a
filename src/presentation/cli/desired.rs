//! Values that a file or an editor wants, as a plan against the values of now: one transaction that fails where another
//! change comes between.

use std::collections::BTreeMap;

use super::connect::Session;
use super::error::Failure;
use super::show::differing::Differing;
use super::show::shown::Shown;
use crate::client::formats::Entry;
use crate::client::{Error, Item, Read, Set, Transaction};
use crate::domain::{CHANGE_EVENTS_MAX, Revision};

/// What to do with names that are there and are not wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    /// They stay.
    Keep,
    /// They are deleted.
    Delete,
}

/// Wanted values under a prefix.
#[derive(Debug)]
pub(super) struct Desired {
    /// By whole name.
    entries: BTreeMap<String, Entry>,
}

/// The names that differ from the wanted values.
pub(super) struct Plan {
    rows: Vec<Row>,
}

struct Row {
    name: String,
    now: Option<Item>,
    /// None for a delete.
    wanted: Option<Entry>,
}

impl Desired {
    /// Entries with their prefix. A name that comes twice is an error.
    pub(super) fn new(prefix: &str, entries: impl IntoIterator<Item = Entry>) -> Result<Self, Failure> {
        let mut all = BTreeMap::new();
        for entry in entries {
            let name = format!("{prefix}{}", entry.name);
            if all.insert(name.clone(), entry).is_some() {
                return Err(Failure::usage(format!("{name} is in two of the files: remove one of them")));
            }
        }
        Ok(Self { entries: all })
    }

    /// Compares with the values of now under a prefix, which all names begin with.
    pub(super) fn plan(
        self,
        session: &Session,
        prefix: &str,
        others: Others,
        read: &Read,
    ) -> Result<Plan, Failure> {
        let prefix = if others == Others::Delete { prefix.to_owned() } else { self.common_folder() };
        self.against(session.client.list_with(&prefix, read), others)
    }

    /// Compares with values.
    pub(super) fn against(
        self,
        now: impl IntoIterator<Item = Result<Item, Error>>,
        others: Others,
    ) -> Result<Plan, Failure> {
        let mut wanted = self.entries;
        let mut rows = Vec::new();
        for item in now {
            let item = item?;
            let name = item.name().to_owned();
            match wanted.remove(&name) {
                Some(entry) if is_same(&item, &entry) => {}
                None if others == Others::Keep => {}
                wanted => rows.push(Row { name, now: Some(item), wanted }),
            }
        }
        rows.extend(wanted.into_iter().map(|(name, entry)| Row { name, now: None, wanted: Some(entry) }));
        rows.sort_by(|one, other| one.name.cmp(&other.name));
        if rows.len() > CHANGE_EVENTS_MAX {
            return Err(Failure::system(format!(
                "{} names are too many for one change: at most {CHANGE_EVENTS_MAX} fit; divide the file by prefixes",
                rows.len()
            )));
        }
        Ok(Plan { rows })
    }

    /// The folder that all names are in.
    fn common_folder(&self) -> String {
        let (Some((first, _)), Some((last, _))) =
            (self.entries.first_key_value(), self.entries.last_key_value())
        else {
            return String::new();
        };
        // The names are sorted: all begin with the text that the first and the last begin with.
        let same = first.bytes().zip(last.bytes()).take_while(|(one, other)| one == other).count();
        let folder = first.bytes().take(same).rposition(|byte| byte == b'/').map_or(0, |at| at + 1);
        first[..folder].to_owned()
    }
}

/// Whether a set would change nothing. A masked value is not known: it counts as another one.
fn is_same(item: &Item, entry: &Entry) -> bool {
    let same_type = entry.content_type.is_none_or(|wanted| wanted == item.content_type);
    item.text() == Some(entry.value.as_str()) && same_type && (item.is_secret() || !entry.secret)
}

impl Plan {
    /// Whether nothing differs.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows for people.
    pub(super) fn differing(&self) -> impl Iterator<Item = Differing<'_>> {
        self.rows.iter().map(|row| {
            let is_secret = row.now.as_ref().is_some_and(Item::is_secret)
                || row.wanted.as_ref().is_some_and(|entry| entry.secret);
            let from = row.now.as_ref().map(Shown::of_item);
            let to = row.wanted.as_ref().map(|entry| Shown::Text(entry.value.as_str()));
            let masked = |value: Option<Shown<'_>>| value.map(|_| Shown::Masked(None));
            let (from, to) = if is_secret { (masked(from), masked(to)) } else { (from, to) };
            Differing::new(&row.name, from, to)
        })
    }

    /// The transaction: each name must have the revision that was compared with.
    pub(super) fn transaction(&self, reason: Option<&str>) -> Transaction {
        let mut transaction = Transaction::new();
        for Row { name, now, wanted } in &self.rows {
            let revision = now.as_ref().map_or(Revision::ZERO, Item::revision);
            match wanted {
                None => drop(transaction.delete(name, Some(revision))),
                Some(entry) => {
                    // A value without a type of its own keeps the one of the name.
                    let content_type =
                        entry.content_type.or_else(|| now.as_ref().map(|item| item.content_type));
                    let set = Set {
                        if_revision: Some(revision),
                        secret: entry.secret.then_some(true),
                        content_type: content_type.map(|it| it.as_str().to_owned()),
                        reason: None,
                    };
                    transaction.set(name, entry.value.as_str(), &set);
                }
            }
        }
        if let Some(reason) = reason {
            transaction.because(reason);
        }
        transaction
    }
}
