//! Fingerprints of secrets: they tell "the same" from "changed" within one name, and nothing else.
//!
//! Made under the log's key for values in clear, and under a key derived from the key file for encrypted ones, so that
//! a copy of the database allows no guesses. The name is part of it, so that equal values of two names do not match.
//! Called by `encryption` and by the application's `secrets`.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::domain::{ConfigName, ConfigValue};

/// The fingerprint of a secret: 64 bits. Shown in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretFingerprint([u8; 8]);

impl SecretFingerprint {
    /// HMAC-SHA-256 over the name, a zero byte and the value. No name has a zero byte.
    pub fn of(key: &[u8; 32], name: &ConfigName, value: &ConfigValue) -> Self {
        let mac = hmac(key, &[name.as_str().as_bytes(), b"\0", value.as_str().as_bytes()]);
        let mut first = [0; 8];
        first.copy_from_slice(&mac[..8]);
        Self(first)
    }
}

impl fmt::Display for SecretFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// HMAC-SHA-256 (RFC 2104) over parts, one after the other.
pub(super) fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // A key shorter than a block of SHA-256 is filled with zeros (RFC 2104 section 2).
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mac = parts.iter().fold(Hmac::<Sha256>::new(&block.into()), Hmac::chain_update);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_hmac_over_name_and_value() {
        // Checked against Python's hmac.new(bytes([1])*32, b"app/key\0a secret", "sha256").
        let (name, value) =
            (ConfigName::parse("app/key").unwrap(), ConfigValue::parse("a secret", 100).unwrap());
        let shown = SecretFingerprint::of(&[1; 32], &name, &value).to_string();
        assert_eq!(shown, "ff7c364984407327");
        let other = ConfigName::parse("app/kez").unwrap();
        assert_ne!(SecretFingerprint::of(&[1; 32], &other, &value).to_string(), shown);
    }
}
