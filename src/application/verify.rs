//! Replays the whole log: is each change as it was written, and does the tree follow from the changes?
//!
//! It only reads: it creates, migrates and locks nothing. Servers may write meanwhile. Changes that they append after
//! the start are not checked.

use std::sync::Arc;

use super::boot::open_to_read;
use super::error::Error;
use super::options::Options;
use crate::application::read::time_travel::tree_at;
use crate::domain::{Config, Fact, Prefix, Revision, Value, Version};
use crate::infrastructure::encryption::{EncryptionError, Keyring};
use crate::infrastructure::projection::Configs;
use crate::infrastructure::store::{EventStore, Head, PageLimit, SealedChange, StoreError, verify_link};

/// How much is read at once.
const PAGE: PageLimit = PageLimit { rows: 2_000, bytes: 16 << 20 };
/// One change at a time: where a page is damaged somewhere.
const ONE: PageLimit = PageLimit { rows: 1, bytes: usize::MAX };

/// How far a verification has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Changes that were right so far.
    pub verified: Revision,
    /// The last revision of the log.
    pub head: Revision,
}

/// A log that was verified.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Which store, for people.
    pub store: String,
    /// The head: every revision up to it is right.
    pub head: Head,
    /// The schema, if it is older than this release's. The log was then verified as it is, and the tree was not: this
    /// release reads trees of its own schema only.
    pub older_schema: Option<i64>,
    /// The encrypted values, where there were keys to open them with.
    pub opened: Option<OpenedValues>,
}

/// How many encrypted values of a log were opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenedValues {
    /// Opened.
    pub opened: u64,
    /// The keys do not have the one that wrapped theirs.
    pub unknown: u64,
    /// Their keys were destroyed.
    pub shredded: u64,
}

/// Replays a store's log: the chain of hashes, the versions of every name, the values before each event,
/// the counts of the head, and the tree that reads are served from. The first thing that is wrong is the
/// error: [`StoreError::Corrupt`] with its revision. A store without a log is [`StoreError::Absent`].
pub fn verify(options: &Options, mut progress: impl FnMut(Progress)) -> Result<Verified, Error> {
    let store = open_to_read(&options.store)?;
    let (last, older_schema) = (store.head()?, store.older_schema());
    let mut head = Head::empty(&store.identity());
    let mut replayed = Configs::new();
    let mut limit = PAGE;
    let keyring = options.keys.clone().map(|keys| Keyring::new(keys, &store.identity()));
    let mut opened = OpenedValues::default();
    while head.revision < last.revision {
        let page = match store.changes_after(head.revision, limit) {
            // The damage that a read of a page finds need not be the first in it.
            Err(StoreError::Corrupt { .. }) if limit.rows > 1 => {
                limit = ONE;
                continue;
            }
            page => page?,
        };
        if page.is_empty() {
            return Err(StoreError::corrupt(head.revision.next(), "the change is missing").into());
        }
        for sealed in page {
            if head.revision == last.revision {
                break;
            }
            verify_link(&head, &sealed)?;
            replay(&mut replayed, &sealed, older_schema)?;
            if let Some(keyring) = &keyring {
                open_values(store.as_ref(), keyring, &sealed, &mut opened)?;
            }
            head = head.after(&sealed);
        }
        progress(Progress { verified: head.revision, head: last.revision });
    }
    if head != last {
        return Err(
            StoreError::corrupt(head.revision, "the head of the log is not that of its last change").into()
        );
    }
    if older_schema.is_none() {
        let (tree, _) = tree_at(store.as_ref(), &Prefix::default(), last.revision)?;
        compare(&replayed, &tree, last.revision)?;
    }
    store.inspect()?;
    let opened = keyring.map(|_| opened);
    Ok(Verified { store: store.describe(), head: last, older_schema, opened })
}

/// Opens the encrypted values of a change. Damage is an error; a key that is gone or of another file is not.
fn open_values(
    store: &dyn EventStore,
    keyring: &Keyring,
    sealed: &SealedChange,
    count: &mut OpenedValues,
) -> Result<(), StoreError> {
    for event in &sealed.change.events {
        let Some(value) = event.value().and_then(Value::encrypted) else { continue };
        let key = store.data_keys(&[value.id()])?.pop();
        match key.map(|key| keyring.decrypt(&event.name, value, &key)) {
            None => count.shredded += 1,
            Some(Ok(_)) => count.opened += 1,
            Some(Err(EncryptionError::NoKey(_))) => count.unknown += 1,
            Some(Err(error)) => return Err(StoreError::corrupt(sealed.change.revision, error.to_string())),
        }
    }
    Ok(())
}

fn replay(tree: &mut Configs, sealed: &SealedChange, older_schema: Option<i64>) -> Result<(), StoreError> {
    let change = &sealed.change;
    let wrong = |what: String| Err(StoreError::corrupt(change.revision, what));
    if change.events.is_empty() {
        return wrong("the change has no events".into());
    }
    for event in &change.events {
        let before = tree.get(&event.name);
        let version = before.map_or(Version::ZERO, |config| config.version).next();
        if event.version != version {
            return wrong(format!(
                "version {} of {:?} stands where {version} should",
                event.version, event.name
            ));
        }
        let value = before.and_then(|config| config.value.as_ref());
        let follows = match &event.fact {
            Fact::Set { old_value, old_secrecy, .. } => {
                let secrecy = before
                    .filter(|config| config.is_present())
                    .and_then(|config| config.attributes.secrecy());
                old_value.as_ref() == value && *old_secrecy == secrecy
            }
            Fact::Deleted { deleted_value, .. } => Some(deleted_value) == value,
            Fact::Shredded { .. } | Fact::Access { .. } => true,
        };
        if !follows {
            return wrong(format!("the value before version {version} of {:?} is another", event.name));
        }
        let creation = before.filter(|config| config.is_present()).map(|config| config.created);
        if let (Fact::Set { created, .. }, None) = (&event.fact, older_schema)
            && *created != creation
        {
            return wrong(format!(
                "version {version} of {:?} says another revision of its creation",
                event.name
            ));
        }
        tree.insert(event.name.clone(), Arc::new(Config::apply(event, change, sealed.hash.short())));
    }
    Ok(())
}

fn compare(replayed: &Configs, tree: &Configs, at: Revision) -> Result<(), StoreError> {
    if replayed.len() != tree.len() {
        let what = format!("the log has {} names, the tree has {}", replayed.len(), tree.len());
        return Err(StoreError::corrupt(at, what));
    }
    match replayed.iter().find(|(name, config)| tree.get(*name) != Some(config)) {
        Some((name, config)) => {
            let what = format!("the tree has another state of {name:?} than the replay of the log");
            Err(StoreError::corrupt(config.revision, what))
        }
        None => Ok(()),
    }
}
