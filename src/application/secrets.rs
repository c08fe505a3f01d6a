//! The secrets of a log: which values are secret, how new ones are encrypted, and who may see what of them.
//!
//! One per open store. The log thread asks it for the rules of a write, the [entrance](crate::application::write::entrance)
//! has it encrypt values before they are queued, the view asks it for what readers get. Fingerprints of encrypted values are
//! kept in memory ([`Seen`]), so that masked lists do not open each value again. A server without the key masks and
//! restores all the same. Invariants: `a_secret_is_encrypted_before_it_is_queued`,
//! `a_server_without_the_key_serves_everything_but_reveals`.

mod content;
mod open;
mod seal;
mod seen;
mod shredded;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;
use slog::{Logger, warn};

pub(in crate::application) use self::open::Opened;
pub(in crate::application) use self::seal::{Preparation, Sealed};
use self::seen::{Recognised, Seen};
pub(in crate::application) use self::shredded::{SHREDS_PREFIX, Shredded};
use super::error::Error;
use crate::domain::{
    Config, ConfigName, Event, Fact, Principal, Revision, Rules, Secrecy, SecretNames, Value, Version,
    is_secret,
};
use crate::infrastructure::encryption::{EncryptionError, Keyring, Keys};
use crate::infrastructure::fingerprint::SecretFingerprint;
use crate::infrastructure::store::{EventStore, SealedChange, StoreError};

/// Data keys that are looked at for one of ours: more than one rotation leaves with other keys for long.
const CHECKED_KEYS: usize = 10_000;

/// The secrets of one log.
pub(in crate::application) struct Secrets {
    store: Arc<dyn EventStore>,
    names: Arc<dyn SecretNames>,
    keyring: RwLock<Option<Arc<Keyring>>>,
    /// The key file has none of the keys that wrote the secrets of this log: it counts as none.
    has_wrong_keys: AtomicBool,
    /// The log's key of fingerprints, for values in clear.
    log_key: [u8; 32],
    seen: Seen,
    shredded: Shredded,
    /// Whether the log has an encrypted value, or had one.
    holds_encrypted: AtomicBool,
    /// Whether a value of the log states anything about its secrecy. A name that does goes on doing so for ever.
    has_statements: AtomicBool,
}

impl Secrets {
    /// The secrets of a store, with the keys of a key file and the names that the policy marks.
    pub(in crate::application) fn load(
        store: &Arc<dyn EventStore>,
        keys: Option<Keys>,
        names: Arc<dyn SecretNames>,
    ) -> Result<Self, StoreError> {
        let identity = store.identity();
        let secrets = Self {
            store: Arc::clone(store),
            names,
            keyring: RwLock::new(keys.map(|keys| Arc::new(Keyring::new(keys, &identity)))),
            has_wrong_keys: AtomicBool::new(false),
            log_key: identity.fingerprint_key,
            seen: Seen::default(),
            shredded: Shredded::default(),
            holds_encrypted: AtomicBool::new(false),
            has_statements: AtomicBool::new(false),
        };
        secrets.reload()?;
        Ok(secrets)
    }

    /// Reads what the log has of encrypted values, after it was opened or exchanged.
    pub(in crate::application) fn reload(&self) -> Result<(), StoreError> {
        let data_keys = self.store.data_keys_after(None, CHECKED_KEYS)?;
        let has_keys = !data_keys.is_empty();
        let is_ours = |keyring: &Keyring| data_keys.iter().any(|key| keyring.has(key.key_id));
        let is_wrong = has_keys && self.keyring.read().as_deref().is_some_and(|keyring| !is_ours(keyring));
        self.has_wrong_keys.store(is_wrong, Ordering::Relaxed);
        let has_shreds = self.shredded.load(self.store.as_ref())?;
        self.holds_encrypted.store(has_keys || has_shreds, Ordering::Relaxed);
        Ok(())
    }

    /// Notes the state of a name that was loaded.
    pub(in crate::application) fn note_state(&self, config: &Config) {
        if config.attributes.secrecy().is_some() {
            self.has_statements.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the log may have secrets at all.
    pub(in crate::application) fn may_have_any(&self) -> bool {
        self.has_statements.load(Ordering::Relaxed) || self.names.mark_any()
    }

    /// Says once how new secrets are stored.
    pub(in crate::application) fn announce(&self, logger: &Logger) {
        match self.keyring() {
            Some(keyring) => slog::info!(logger, "new secrets are encrypted"; "key_id" => %keyring.writing()),
            None if self.keyring.read().is_some() => {
                warn!(
                    logger,
                    "the key file has none of the keys that encrypted the secrets of this log: it is not used"
                );
            }
            None if self.holds_encrypted() => {
                warn!(
                    logger,
                    "the log has encrypted secrets, and this server has no key file: it masks them, and takes no \
                               new ones"
                );
            }
            None => slog::info!(logger, "new secrets are stored in clear: --key-file has them encrypted"),
        }
    }

    /// Notes what changes bring, before they are shown to anybody.
    pub(in crate::application) fn take_in(&self, changes: &[SealedChange]) {
        let events = changes
            .iter()
            .flat_map(|sealed| sealed.change.events.iter().map(|event| (&sealed.change, event)));
        for (change, event) in events {
            if event.attributes().secrecy().is_some() {
                self.has_statements.store(true, Ordering::Relaxed);
            }
            match &event.fact {
                Fact::Set { value: Value::Encrypted(_), .. } => {
                    self.holds_encrypted.store(true, Ordering::Relaxed);
                }
                Fact::Shredded { of, versions } => {
                    self.shredded.add(of, versions, change.revision, &event.name);
                }
                _ => {}
            }
        }
    }

    /// The rules by which a command of a principal is decided.
    pub(in crate::application) fn rules<'a>(&'a self, principal: &'a Principal) -> Rules<'a> {
        Rules { principal, secret_names: self.names.as_ref(), shreds: &self.shredded, requirements: None }
    }

    /// The names that the policy marks.
    pub(in crate::application) fn names(&self) -> &dyn SecretNames {
        self.names.as_ref()
    }

    /// Whether a value that states this about itself is secret.
    pub(in crate::application) fn covers(&self, name: &ConfigName, stated: Option<Secrecy>) -> bool {
        is_secret(name, stated, self.names.as_ref())
    }

    /// Whether the value of a version was destroyed.
    pub(in crate::application) fn is_shredded(&self, name: &ConfigName, version: Version) -> bool {
        self.shredded.covers(name, version)
    }

    /// The shreds of a name up to a revision, with the streams that they are in.
    pub(in crate::application) fn shreds_of(
        &self,
        name: &ConfigName,
        at: Revision,
    ) -> Vec<(Revision, ConfigName)> {
        self.shredded.of(name, at)
    }

    /// Whether new secrets are encrypted.
    pub(in crate::application) fn encrypts(&self) -> bool {
        self.keyring.read().is_some() && !self.has_wrong_keys.load(Ordering::Relaxed)
    }

    fn keyring(&self) -> Option<Arc<Keyring>> {
        self.keyring.read().clone().filter(|_| !self.has_wrong_keys.load(Ordering::Relaxed))
    }

    /// Goes on with other keys. Fingerprints of encrypted values change with the key that writes.
    pub(in crate::application) fn replace_keys(&self, keys: Keys) -> Result<(), StoreError> {
        *self.keyring.write() = Some(Arc::new(Keyring::new(keys, &self.store.identity())));
        self.seen.forget();
        self.reload()
    }

    fn holds_encrypted(&self) -> bool {
        self.holds_encrypted.load(Ordering::Relaxed)
    }

    /// Refuses the events of a write whose values are not stored as this server has to store them.
    pub(in crate::application) fn refuse_unsealed(&self, events: &[Event]) -> Result<(), Error> {
        for event in events {
            let Fact::Set { value, attributes, .. } = &event.fact else { continue };
            let is_secret = attributes.secrecy() == Some(Secrecy::Secret);
            match (value, is_secret) {
                (Value::Clear(_), true) if self.encrypts() => return Err(Error::SecrecyMoved),
                (Value::Clear(_), true) if self.holds_encrypted() => return Err(Error::KeyMissing),
                (Value::Encrypted(_), false) => return Err(Error::SecrecyMoved),
                _ => {}
            }
        }
        Ok(())
    }

    /// The fingerprint of a secret, as far as memory knows it: `None` where the store has to be asked.
    pub(in crate::application) fn fingerprint_at_once(
        &self,
        name: &ConfigName,
        value: &Value,
    ) -> Option<Recognised> {
        match (value, self.keyring()) {
            (Value::Clear(value), _) => {
                Some(Recognised(Some(SecretFingerprint::of(&self.log_key, name, value))))
            }
            (Value::Encrypted(_), None) => Some(Recognised(None)),
            (Value::Encrypted(value), Some(_)) => self.seen.get(value.id()),
        }
    }
}

/// The error of a key, or of the bytes that it should open.
fn failed(error: &EncryptionError) -> Error {
    match error {
        EncryptionError::NoKey(_) => Error::KeyMissing,
        EncryptionError::Damaged(_) | EncryptionError::NoRandom => {
            Error::Store(StoreError::Unexpected(error.to_string()))
        }
    }
}
