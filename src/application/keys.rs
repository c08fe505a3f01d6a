//! Keys on the command line: new key files, and the rotation of the keys of a log.
//!
//! A rotation puts a new key before the others of the file, and wraps each data key again under it. The values and the log
//! stay as they are. It can be broken off at any data key and run again: the file has all keys that are in use.

use std::path::Path;

use super::boot::open_store;
use super::error::Error;
use super::options::Options;
use crate::infrastructure::encryption::{EncryptionError, Keyring, put_new_key_first};
use crate::infrastructure::store::{DataKey, EventStore};

/// Data keys that are read at a time.
const PAGE: usize = 1_000;

/// The result of a rotation.
#[derive(Clone, Debug)]
pub struct Rotated {
    /// Which store, for people.
    pub store: String,
    /// The id of the new key.
    pub key_id: String,
    /// Data keys that were wrapped again.
    pub rewrapped: u64,
    /// Data keys whose key the file does not have.
    pub left: u64,
}

/// Makes a key file with one new key. Its id.
pub fn make_key_file(path: &Path) -> Result<String, Error> {
    let keys = crate::infrastructure::encryption::new_key_file(path);
    keys.map(|keys| keys.writing().to_string()).map_err(|error| Error::Misconfigured(error.to_string()))
}

/// The keys of a key file, which must be for its owner alone.
pub fn read_keys(path: &Path) -> Result<super::Keys, Error> {
    let keys = crate::infrastructure::encryption::read_key_file(path);
    keys.map_err(|error| Error::Misconfigured(error.to_string()))
}

/// Reads keys from a text such as that of a variable.
pub fn parse_keys(text: &str) -> Result<super::Keys, Error> {
    super::Keys::parse(text).map_err(|error| Error::Misconfigured(error.to_string()))
}

/// Puts a new key into a key file, and wraps the data keys of a store again under it. Servers on the log need the new file
/// before they can open values again.
pub fn rotate_keys(options: &Options, key_file: &Path) -> Result<Rotated, Error> {
    let store = open_store(options)?;
    let before = Keyring::new(read_keys(key_file)?, &store.identity());
    let is_of_another_log = store.data_keys_after(None, 1)?.iter().any(|key| !before.has(key.key_id));
    if is_of_another_log {
        let what = "the key file does not have the key of this log: nothing was changed";
        return Err(Error::Misconfigured(what.to_owned()));
    }
    let keys = put_new_key_first(key_file).map_err(|error| Error::Misconfigured(error.to_string()))?;
    let keyring = Keyring::new(keys, &store.identity());
    let (rewrapped, left) = rewrap_all(store.as_ref(), &keyring)?;
    Ok(Rotated { store: store.describe(), key_id: keyring.writing().to_string(), rewrapped, left })
}

fn rewrap_all(store: &dyn EventStore, keyring: &Keyring) -> Result<(u64, u64), Error> {
    let (mut after, mut rewrapped, mut left) = (None, 0, 0);
    loop {
        let page = store.data_keys_after(after, PAGE)?;
        let Some(last) = page.last() else { return Ok((rewrapped, left)) };
        after = Some(last.value_id);
        for before in &page {
            match rewrap(store, keyring, before)? {
                Done::Rewrapped => rewrapped += 1,
                Done::Unknown => left += 1,
                Done::Nothing => {}
            }
        }
    }
}

enum Done {
    Rewrapped,
    /// It was, or it was shredded meanwhile.
    Nothing,
    /// The file does not have its key.
    Unknown,
}

fn rewrap(store: &dyn EventStore, keyring: &Keyring, before: &DataKey) -> Result<Done, Error> {
    match keyring.rewrap(before) {
        Ok(Some(after)) if store.rewrap(before, &after)? => Ok(Done::Rewrapped),
        Ok(_) => Ok(Done::Nothing),
        Err(EncryptionError::NoKey(_)) => Ok(Done::Unknown),
        Err(error) => Err(Error::Misconfigured(error.to_string())),
    }
}
