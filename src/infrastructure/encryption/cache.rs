//! The cache of a client, which holds values in a file of its own outside of a log.

use thiserror::Error;
use zeroize::Zeroizing;

use super::cipher::{NONCE_BYTES, fields, open, random, seal};
use super::key::Keys;
use crate::infrastructure::store::KeyId;

/// The first byte.
const FORMAT: u8 = 1;

/// Why a cache can't be encrypted or decrypted. The texts have no value and no key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CacheError {
    /// The key file has no key with this id.
    #[error("needs the key {0}, which the key file does not have")]
    NoKey(KeyId),
    /// The bytes are not what was encrypted.
    #[error("is damaged: it is not what was encrypted")]
    Damaged,
    /// The system has no random bytes.
    #[error("can't be encrypted: the system has no random bytes")]
    NoRandom,
}

impl Keys {
    /// Encrypts a cache with the key that writes.
    pub fn seal_cache(&self, text: &[u8]) -> Result<Vec<u8>, CacheError> {
        let key = self.first();
        let nonce: [u8; NONCE_BYTES] = random().map_err(|_| CacheError::NoRandom)?;
        let sealed = seal(&key.cache, &nonce, text, &associated(key.id)).ok_or(CacheError::Damaged)?;
        Ok([&[FORMAT][..], &key.id.0, &nonce, &sealed].concat())
    }

    /// Decrypts a cache with the key that encrypted it.
    pub fn open_cache(&self, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, CacheError> {
        let parts = || {
            let (id, rest) = bytes.strip_prefix(&[FORMAT])?.split_first_chunk::<{ KeyId::BYTES }>()?;
            let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
            Some((KeyId(*id), nonce, sealed))
        };
        let (id, nonce, sealed) = parts().ok_or(CacheError::Damaged)?;
        let key = self.find(id).ok_or(CacheError::NoKey(id))?;
        open(&key.cache, nonce, sealed, &associated(id)).ok_or(CacheError::Damaged)
    }
}

fn associated(id: KeyId) -> Vec<u8> {
    fields(&[b"configapi.cache.1", &id.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(digits: &[&str]) -> Keys {
        Keys::parse(&digits.iter().map(|digit| digit.repeat(32)).collect::<Vec<_>>().join("\n")).unwrap()
    }

    #[test]
    fn a_cache_opens_with_the_key_that_sealed_it_wherever_it_is_in_the_file() {
        let old = keys(&["ab"]);
        let sealed = old.seal_cache(b"a secret").unwrap();
        assert!(!sealed.windows(8).any(|window| window == b"a secret"));
        for ring in [&old, &keys(&["cd", "ab"])] {
            assert_eq!(ring.open_cache(&sealed).unwrap().as_slice(), b"a secret");
        }
        assert_eq!(keys(&["cd"]).open_cache(&sealed), Err(CacheError::NoKey(old.writing())));
        assert_ne!(old.seal_cache(b"a secret").unwrap(), sealed);
    }

    #[test]
    fn a_cache_that_was_changed_does_not_open() {
        let keys = keys(&["ab"]);
        let sealed = keys.seal_cache(b"a secret").unwrap();
        for at in (0..sealed.len()).filter(|at| !(1..9).contains(at)) {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(keys.open_cache(&changed), Err(CacheError::Damaged), "byte {at}");
        }
        assert_eq!(keys.open_cache(&sealed[..9]), Err(CacheError::Damaged));
        assert_eq!(keys.open_cache(b""), Err(CacheError::Damaged));
    }
}
