//! Opening encrypted values: for a reveal, and for the fingerprints of masked ones. It reads the store.

use std::collections::HashMap;

use super::{Recognised, Secrets, failed};
use crate::application::error::Error;
use crate::domain::{ConfigName, ConfigValue, EncryptedValue, Value, ValueId};
use crate::infrastructure::encryption::{EncryptionError, Keyring};
use crate::infrastructure::fingerprint::SecretFingerprint;
use crate::infrastructure::store::DataKey;

/// Data keys that are read by one statement.
const KEYS_AT_ONCE: usize = 1_000;

/// Some encrypted values, as far as they were opened.
#[derive(Default)]
pub(in crate::application) struct Opened {
    /// The texts of those that were to be revealed; none of those whose key is gone.
    texts: HashMap<ValueId, ConfigValue>,
    fingerprints: HashMap<ValueId, Recognised>,
}

impl Opened {
    /// The text of a value.
    pub(in crate::application) fn text(&self, value: &Value) -> Option<ConfigValue> {
        match value {
            Value::Clear(value) => Some(value.clone()),
            Value::Encrypted(value) => self.texts.get(&value.id()).cloned(),
        }
    }
}

impl Secrets {
    /// Opens these values for a reveal.
    ///
    /// # Errors
    /// [`Error::KeyMissing`] if this server does not have the key of one of them.
    pub(in crate::application) fn open<'a>(
        &self,
        wanted: impl Iterator<Item = (&'a ConfigName, &'a EncryptedValue)>,
    ) -> Result<Opened, Error> {
        let wanted: Vec<_> = wanted.collect();
        let mut opened = Opened::default();
        if wanted.is_empty() {
            return Ok(opened);
        }
        let keyring = self.keyring().ok_or(Error::KeyMissing)?;
        self.each(&wanted, |name, value, key| {
            let Some(key) = key else { return Ok(()) };
            let text = keyring.decrypt(name, value, key).map_err(|error| failed(&error))?;
            opened.texts.insert(value.id(), text);
            Ok(())
        })?;
        Ok(opened)
    }

    /// Makes the fingerprints of these values, of those that are not in memory.
    pub(in crate::application) fn recognise<'a>(
        &self,
        wanted: impl Iterator<Item = (&'a ConfigName, &'a EncryptedValue)>,
        opened: &mut Opened,
    ) -> Result<(), Error> {
        let Some(keyring) = self.keyring() else { return Ok(()) };
        let unknown: Vec<_> = wanted.filter(|(_, value)| self.seen.get(value.id()).is_none()).collect();
        self.each(&unknown, |name, value, key| {
            let fingerprint = Recognised(match key {
                Some(key) => fingerprint(&keyring, name, value, key)?,
                None => None,
            });
            self.seen.put(value.id(), fingerprint);
            opened.fingerprints.insert(value.id(), fingerprint);
            Ok(())
        })
    }

    /// The fingerprint of a secret, from memory or from what was opened.
    pub(in crate::application) fn fingerprint(
        &self,
        name: &ConfigName,
        value: &Value,
        opened: &Opened,
    ) -> Option<SecretFingerprint> {
        let known = value.encrypted().and_then(|value| opened.fingerprints.get(&value.id()).copied());
        known.or_else(|| self.fingerprint_at_once(name, value))?.0
    }

    /// Notes the fingerprint of a value that this server has just encrypted.
    pub(super) fn note(&self, keyring: &Keyring, name: &ConfigName, text: &ConfigValue, id: ValueId) {
        self.seen.put(id, Recognised(Some(keyring.fingerprint(name, text))));
    }

    fn each(
        &self,
        values: &[(&ConfigName, &EncryptedValue)],
        mut work: impl FnMut(&ConfigName, &EncryptedValue, Option<&DataKey>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for values in values.chunks(KEYS_AT_ONCE) {
            let ids: Vec<ValueId> = values.iter().map(|(_, value)| value.id()).collect();
            let keys = self.store.data_keys(&ids)?.into_iter().map(|key| (key.value_id, key));
            let keys: HashMap<ValueId, DataKey> = keys.collect();
            for (name, value) in values {
                work(name, value, keys.get(&value.id()))?;
            }
        }
        Ok(())
    }
}

/// None where this server does not have the key. Damage is an error.
fn fingerprint(
    keyring: &Keyring,
    name: &ConfigName,
    value: &EncryptedValue,
    key: &DataKey,
) -> Result<Option<SecretFingerprint>, Error> {
    match keyring.decrypt(name, value, key) {
        Ok(text) => Ok(Some(keyring.fingerprint(name, &text))),
        Err(EncryptionError::NoKey(_)) => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}
