//! Encrypting the secrets of a write, before it is queued.
//!
//! The log thread alone knows which sets are secret on the head. Memory is nearly always right; where it was not,
//! the log thread refuses the write as [`Error::SecrecyMoved`], nothing was stored, and its caller prepares it again, with
//! what the store knows of deleted names.

use std::sync::Arc;

use super::{Secrets, failed};
use crate::application::error::Error;
use crate::domain::{
    Action, Attributes, Command, Config, ConfigName, ConfigValue, Operation, Secrecy, Value, ValueId,
};
use crate::infrastructure::store::DataKey;

/// How often a write is prepared before it is given up. Each time something has changed its secrecy meanwhile.
const TRIES_MAX: u32 = 5;

/// The encrypted values of a write: their texts and their keys.
#[derive(Clone, Debug, Default)]
pub struct Sealed {
    /// The keys to be stored with the change.
    pub(in crate::application) keys: Vec<DataKey>,
    /// The texts, for the response to the writer.
    texts: Vec<(ValueId, ConfigValue)>,
    tries: u32,
}

impl Sealed {
    /// About how much memory they hold, in bytes.
    pub(in crate::application) fn heap_bytes(&self) -> usize {
        let texts = self.texts.iter().map(|(_, text)| text.as_str().len()).sum::<usize>();
        texts + self.keys.iter().map(|key| size_of_val(key) + key.wrapped.len()).sum::<usize>()
    }

    /// The text of a value as its writer sent it.
    pub(in crate::application) fn text(&self, value: &Value) -> Option<ConfigValue> {
        match value {
            Value::Clear(value) => Some(value.clone()),
            Value::Encrypted(value) => {
                self.texts.iter().find(|(id, _)| *id == value.id()).map(|(_, text)| text.clone())
            }
        }
    }
}

/// The needs of a write before it is queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::application) enum Preparation {
    /// Nothing.
    None,
    /// Some of its values are to be encrypted, on a thread that may block.
    Sealing,
}

impl Secrets {
    /// The needs of a command, as far as memory knows. Quick.
    pub(in crate::application) fn preparation(
        &self,
        command: &Command,
        state: impl Fn(&ConfigName) -> Option<Arc<Config>>,
    ) -> Preparation {
        if !self.encrypts() {
            return Preparation::None;
        }
        let needs = |operation: &Operation| match &operation.action {
            Action::Set { value: Value::Clear(_), attributes } => {
                let before = || state(&operation.name).and_then(|config| config.attributes.secrecy());
                self.will_be_secret(&operation.name, attributes, before)
            }
            _ => false,
        };
        if command.operations().iter().any(needs) { Preparation::Sealing } else { Preparation::None }
    }

    /// Whether a set makes a secret. The state before is looked at only where it matters.
    fn will_be_secret(
        &self,
        name: &ConfigName,
        attributes: &Attributes,
        before: impl FnOnce() -> Option<Secrecy>,
    ) -> bool {
        match attributes.secrecy() {
            Some(secrecy) => secrecy == Secrecy::Secret,
            None => self.covers(name, before()),
        }
    }

    /// Encrypts the secrets of a command, and opens those that are public now. Reads the store.
    ///
    /// # Errors
    /// [`Error::Overloaded`] where it was tried too often.
    pub(in crate::application) fn seal(
        &self,
        command: &mut Command,
        sealed: &mut Sealed,
        state: impl Fn(&ConfigName) -> Option<Arc<Config>>,
    ) -> Result<(), Error> {
        if sealed.tries >= TRIES_MAX {
            return Err(Error::Overloaded);
        }
        sealed.tries += 1;
        let Some(keyring) = self.keyring() else { return Ok(()) };
        let head = if sealed.tries > 1 { Some(self.store.head()?.revision) } else { None };
        for Operation { name, action, .. } in command.operations_mut() {
            let Action::Set { value, attributes } = action else { continue };
            let before = match (state(name), head) {
                (Some(config), _) => config.attributes.secrecy(),
                // Deleted, perhaps: memory has live names only.
                (None, Some(head)) if attributes.secrecy().is_none() => {
                    self.store.config_at(name, head)?.and_then(|config| config.attributes.secrecy())
                }
                (None, _) => None,
            };
            let is_secret = self.will_be_secret(name, attributes, || before);
            match value {
                Value::Clear(text) if is_secret => {
                    let (encrypted, key) = keyring.encrypt(name, text).map_err(|error| failed(&error))?;
                    self.note(&keyring, name, text, encrypted.id());
                    sealed.texts.push((encrypted.id(), text.clone()));
                    sealed.keys.push(key);
                    *value = encrypted.into();
                }
                Value::Encrypted(encrypted) if !is_secret => {
                    let id = encrypted.id();
                    if let Some(text) = sealed.text(value) {
                        *value = text.into();
                    }
                    sealed.keys.retain(|key| key.value_id != id);
                }
                _ => {}
            }
        }
        Ok(())
    }
}
