//! Sealing and opening of values, and of the data keys that open them.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use thiserror::Error;
use zeroize::Zeroizing;

use super::key::{FileKey, KEY_BYTES, Keys, Secret};
use crate::domain::{ConfigName, ConfigValue, EncryptedValue, ValueId};
use crate::infrastructure::fingerprint::{SecretFingerprint, hmac};
use crate::infrastructure::store::{DataKey, KeyId, LogIdentity};

/// Bytes of a nonce.
pub(super) const NONCE_BYTES: usize = 24;
/// The first byte of a wrapped key.
const WRAPPED_FORMAT: u8 = 1;

/// Why a value can't be sealed or opened. The texts have no value and no key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EncryptionError {
    /// The key file has no key with this id.
    #[error("the key file has no key with the id {0}: add the key that wrote the value")]
    NoKey(KeyId),
    /// The bytes are not what was sealed.
    #[error("an encrypted value or its data key is damaged: {0:?}")]
    Damaged(ValueId),
    /// The system has no random bytes.
    #[error("the system has no random bytes")]
    NoRandom,
}

/// The keys of a file, for one log.
#[derive(Clone)]
pub struct Keyring {
    keys: Keys,
    log: [u8; 16],
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.keys, f)
    }
}

impl Keyring {
    /// The keys of a file, for values of this log alone.
    pub fn new(keys: Keys, log: &LogIdentity) -> Self {
        Self { keys, log: log.id }
    }

    /// The id of the key that writes.
    pub fn writing(&self) -> KeyId {
        self.keys.writing()
    }

    /// Whether the file has this key.
    pub fn has(&self, id: KeyId) -> bool {
        self.keys.find(id).is_some()
    }

    /// Encrypts a value under a data key of its own.
    pub fn encrypt(
        &self,
        name: &ConfigName,
        value: &ConfigValue,
    ) -> Result<(EncryptedValue, DataKey), EncryptionError> {
        let id = ValueId(random()?);
        let data_key = Secret::new(random()?);
        let nonce: [u8; NONCE_BYTES] = random()?;
        let ciphertext = seal(&data_key, &nonce, value.as_str().as_bytes(), &self.of_value(name, id));
        let ciphertext = ciphertext.ok_or(EncryptionError::Damaged(id))?;
        let sealed = EncryptedValue::assemble(id, &nonce, &ciphertext);
        let sealed = sealed.map_err(|_| EncryptionError::Damaged(id))?;
        Ok((sealed, self.wrap(self.keys.first(), id, &data_key)?))
    }

    /// Opens a value.
    pub fn decrypt(
        &self,
        name: &ConfigName,
        value: &EncryptedValue,
        key: &DataKey,
    ) -> Result<ConfigValue, EncryptionError> {
        let id = value.id();
        let damaged = || EncryptionError::Damaged(id);
        if key.value_id != id {
            return Err(damaged());
        }
        let (_, data_key) = self.unwrap(key)?;
        let (nonce, ciphertext) = value.sealed();
        let opened = open(&data_key, nonce, ciphertext, &self.of_value(name, id)).ok_or_else(damaged)?;
        let text = std::str::from_utf8(&opened).map_err(|_| damaged())?;
        ConfigValue::from_log(text).map_err(|_| damaged())
    }

    /// Wraps a data key again under the key that writes; none if that one wrapped it.
    pub fn rewrap(&self, key: &DataKey) -> Result<Option<DataKey>, EncryptionError> {
        if key.key_id == self.writing() {
            return Ok(None);
        }
        let (_, data_key) = self.unwrap(key)?;
        self.wrap(self.keys.first(), key.value_id, &data_key).map(Some)
    }

    /// The fingerprint of an encrypted value's text: under the key that writes, whichever wrapped it.
    pub fn fingerprint(&self, name: &ConfigName, value: &ConfigValue) -> SecretFingerprint {
        SecretFingerprint::of(&self.keys.first().fingerprint, name, value)
    }

    /// The digest of a request's content under a key, so that no one tries contents out without the key.
    pub fn content(&self, key: KeyId, digest: &[u8; 32]) -> Result<[u8; 32], EncryptionError> {
        let key = self.keys.find(key).ok_or(EncryptionError::NoKey(key))?;
        Ok(hmac(&key.content, &[digest]))
    }

    fn wrap(&self, key: &FileKey, id: ValueId, data_key: &Secret) -> Result<DataKey, EncryptionError> {
        let nonce: [u8; NONCE_BYTES] = random()?;
        let ciphertext = seal(&key.wrap, &nonce, data_key.as_slice(), &self.of_data_key(id));
        let ciphertext = ciphertext.ok_or(EncryptionError::Damaged(id))?;
        let wrapped = [&[WRAPPED_FORMAT], nonce.as_slice(), &ciphertext].concat();
        Ok(DataKey { value_id: id, key_id: key.id, wrapped: wrapped.into() })
    }

    fn unwrap(&self, key: &DataKey) -> Result<(&FileKey, Secret), EncryptionError> {
        let wrapping = self.keys.find(key.key_id).ok_or(EncryptionError::NoKey(key.key_id))?;
        let damaged = || EncryptionError::Damaged(key.value_id);
        let (nonce, ciphertext) = match key.wrapped.split_first() {
            Some((&WRAPPED_FORMAT, rest)) => rest.split_at_checked(NONCE_BYTES).ok_or_else(damaged)?,
            _ => return Err(damaged()),
        };
        let opened = open(&wrapping.wrap, nonce, ciphertext, &self.of_data_key(key.value_id));
        let opened = opened.filter(|opened| opened.len() == KEY_BYTES).ok_or_else(damaged)?;
        let mut data_key = Secret::default();
        data_key.copy_from_slice(&opened);
        Ok((wrapping, data_key))
    }

    fn of_value(&self, name: &ConfigName, id: ValueId) -> Vec<u8> {
        fields(&[b"configapi.value.1", name.as_str().as_bytes(), &self.log, &id.0])
    }

    fn of_data_key(&self, id: ValueId) -> Vec<u8> {
        fields(&[b"configapi.data-key.1", &self.log, &id.0])
    }
}

pub(super) fn fields(parts: &[&[u8]]) -> Vec<u8> {
    let field = |part: &&[u8]| [&(part.len() as u64).to_be_bytes(), *part].concat();
    parts.iter().flat_map(field).collect()
}

pub(super) fn random<const N: usize>() -> Result<[u8; N], EncryptionError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| EncryptionError::NoRandom)?;
    Ok(bytes)
}

/// Fails for texts of many gigabytes alone.
pub(super) fn seal(key: &Secret, nonce: &[u8], text: &[u8], associated: &[u8]) -> Option<Vec<u8>> {
    let cipher = XChaCha20Poly1305::new(key.as_slice().into());
    cipher.encrypt(XNonce::from_slice(nonce), Payload { msg: text, aad: associated }).ok()
}

pub(super) fn open(
    key: &Secret,
    nonce: &[u8],
    ciphertext: &[u8],
    associated: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = XChaCha20Poly1305::new(key.as_slice().into());
    let opened = cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: ciphertext, aad: associated });
    opened.ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const OLD: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";

    fn log(byte: u8) -> LogIdentity {
        LogIdentity { id: [byte; 16], fingerprint_key: [0; 32] }
    }

    fn keyring(text: &str) -> Keyring {
        Keyring::new(Keys::parse(text).unwrap(), &log(7))
    }

    fn name(text: &str) -> ConfigName {
        ConfigName::parse(text).unwrap()
    }

    fn value(text: &str) -> ConfigValue {
        ConfigValue::from_log(text).unwrap()
    }

    fn new() -> String {
        "ab".repeat(32)
    }

    #[test]
    fn a_value_opens_only_where_it_was_sealed() {
        let ring = keyring(OLD);
        let (sealed, key) = ring.encrypt(&name("app/key"), &value("a secret")).unwrap();
        assert_eq!(ring.decrypt(&name("app/key"), &sealed, &key), Ok(value("a secret")));
        let damaged = Err(EncryptionError::Damaged(sealed.id()));
        assert_eq!(ring.decrypt(&name("app/kez"), &sealed, &key), damaged);
        let elsewhere = Keyring::new(Keys::parse(OLD).unwrap(), &log(8));
        assert_eq!(elsewhere.decrypt(&name("app/key"), &sealed, &key), damaged);
        let (other, other_key) = ring.encrypt(&name("app/key"), &value("a secret")).unwrap();
        assert_ne!(other, sealed);
        assert_eq!(ring.decrypt(&name("app/key"), &sealed, &other_key), damaged);
        let mut bytes = sealed.bytes().to_vec();
        *bytes.last_mut().unwrap() ^= 1;
        let flipped = EncryptedValue::from_log(bytes).unwrap();
        assert_eq!(ring.decrypt(&name("app/key"), &flipped, &key), damaged);
        let wrong = keyring(&new()).decrypt(&name("app/key"), &sealed, &key);
        assert_eq!(wrong, Err(EncryptionError::NoKey(key.key_id)));
    }

    #[test]
    fn a_data_key_is_wrapped_again_and_the_value_stays_as_it_is() {
        let (before, both) = (keyring(OLD), keyring(&format!("{}\n{OLD}", new())));
        let (sealed, key) = before.encrypt(&name("a"), &value("1")).unwrap();
        let again = both.rewrap(&key).unwrap().unwrap();
        assert_eq!((again.value_id, again.key_id), (key.value_id, both.writing()));
        assert_eq!(both.rewrap(&again), Ok(None));
        assert_eq!(keyring(&new()).decrypt(&name("a"), &sealed, &again), Ok(value("1")));
        assert_eq!(both.decrypt(&name("a"), &sealed, &key), Ok(value("1")));
        let (a, b) = (
            before.fingerprint(&name("a"), &value("1")).to_string(),
            both.fingerprint(&name("a"), &value("1")).to_string(),
        );
        assert_ne!(a, b);
    }

    fn bytes(hex: &Value) -> Vec<u8> {
        let hex = hex.as_str().unwrap();
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn the_vectors_of_another_program_are_read() {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/encryption.json"));
        let vectors: Value = serde_json::from_str(text).unwrap();
        for vector in vectors.as_array().unwrap() {
            let log =
                LogIdentity { id: bytes(&vector["log_id"]).try_into().unwrap(), fingerprint_key: [0; 32] };
            let ring = Keyring::new(Keys::parse(vector["key"].as_str().unwrap()).unwrap(), &log);
            assert_eq!(ring.writing().to_string(), vector["key_id"].as_str().unwrap());
            let sealed = EncryptedValue::from_log(bytes(&vector["encrypted"])).unwrap();
            let key = DataKey {
                value_id: sealed.id(),
                key_id: ring.writing(),
                wrapped: bytes(&vector["wrapped_key"]).into(),
            };
            let (name, text) = (name(vector["name"].as_str().unwrap()), vector["value"].as_str().unwrap());
            let opened = ring.decrypt(&name, &sealed, &key).unwrap();
            assert_eq!(opened.as_str(), text);
            let fingerprint = ring.fingerprint(&name, &opened).to_string();
            assert_eq!(fingerprint, vector["fingerprint"].as_str().unwrap());
            let digest = bytes(&vector["digest"]).try_into().unwrap();
            assert_eq!(
                ring.content(ring.writing(), &digest).unwrap().to_vec(),
                bytes(&vector["content"]),
                "{name}"
            );
        }
    }
}
