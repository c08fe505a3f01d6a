//! The keys of a key file, and the keys that are derived from each.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::error::KeyFileError;
use crate::infrastructure::store::KeyId;

/// The most keys of one file: each value is tried with one of them only, and nobody rotates more often than that before
/// the old values are wrapped again.
const KEYS_MAX: usize = 64;
/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 32;

/// 32 bytes that are overwritten when they are dropped.
pub(super) type Secret = Zeroizing<[u8; KEY_BYTES]>;

/// The keys of a file: the first one writes, all of them read. Cheap to clone; `Debug` shows their ids.
#[derive(Clone)]
pub struct Keys(Arc<[FileKey]>);

/// One key of a file, by purpose.
pub(super) struct FileKey {
    pub(super) id: KeyId,
    pub(super) wrap: Secret,
    pub(super) fingerprint: Secret,
    pub(super) content: Secret,
    pub(super) cache: Secret,
}

impl Keys {
    /// Reads the text of a key file: one key a line, the writing one first; blank lines and lines that begin with `#` are
    /// passed over.
    ///
    /// # Errors
    /// [`KeyFileError`] says the line, and never what is in it.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let lines = (1..).zip(text.lines().map(str::trim));
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let mut keys: Vec<FileKey> = Vec::new();
        for (number, line) in lines {
            let key = FileKey::derive(&decode(line).ok_or(KeyFileError::NotAKey { line: number })?)?;
            if keys.iter().any(|known| known.id == key.id) {
                return Err(KeyFileError::Twice { line: number });
            }
            keys.push(key);
        }
        match keys.len() {
            0 => Err(KeyFileError::Empty),
            1..=KEYS_MAX => Ok(Self(keys.into())),
            _ => Err(KeyFileError::TooMany { limit: KEYS_MAX }),
        }
    }

    /// The id of the key that writes.
    pub fn writing(&self) -> KeyId {
        self.first().id
    }

    pub(super) fn first(&self) -> &FileKey {
        // `parse` makes no empty one.
        &self.0[0]
    }

    pub(super) fn find(&self, id: KeyId) -> Option<&FileKey> {
        self.0.iter().find(|key| key.id == id)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| key.id)).finish()
    }
}

impl FileKey {
    fn derive(key: &Secret) -> Result<Self, KeyFileError> {
        let hkdf = Hkdf::<Sha256>::new(None, key.as_slice());
        let derive = |purpose: &[u8], bytes: &mut [u8]| {
            // Fails for more than 8,160 bytes.
            hkdf.expand(purpose, bytes).map_err(|_| KeyFileError::Empty)
        };
        let mut id = [0; KeyId::BYTES];
        derive(b"configapi.key-id.1", &mut id)?;
        let secret = |purpose: &[u8]| {
            let mut bytes = Secret::default();
            derive(purpose, bytes.as_mut_slice()).map(|()| bytes)
        };
        Ok(Self {
            id: KeyId(id),
            wrap: secret(b"configapi.wrap.1")?,
            fingerprint: secret(b"configapi.fingerprint.1")?,
            content: secret(b"configapi.content.1")?,
            cache: secret(b"configapi.cache.1")?,
        })
    }
}

/// 64 hexadecimal digits, or base64 of either alphabet.
fn decode(line: &str) -> Option<Secret> {
    let mut key = Secret::default();
    if line.len() == 2 * KEY_BYTES && line.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        for (byte, digits) in key.iter_mut().zip(line.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        return Some(key);
    }
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let decoded = [&alphabet::STANDARD, &alphabet::URL_SAFE]
        .into_iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, lenient).decode(line).ok())
        .map(Zeroizing::new)?;
    (decoded.len() == KEY_BYTES).then(|| key.copy_from_slice(&decoded))?;
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";
    const BASE64: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8=";

    #[test]
    fn a_key_is_hexadecimal_or_base64_and_its_id_is_the_same() {
        let id = Keys::parse(HEX).unwrap().writing();
        for text in [BASE64, BASE64.trim_end_matches('='), &BASE64.replace('/', "_"), &HEX.to_uppercase()] {
            assert_eq!(Keys::parse(text).unwrap().writing(), id, "{text}");
        }
        let several = format!("# of May\n\n {HEX} \n{}\n", "7".repeat(64));
        let keys = Keys::parse(&several).unwrap();
        assert_eq!((keys.writing(), keys.0.len()), (id, 2));
    }

    #[test]
    fn what_is_no_key_is_refused_by_its_line_and_not_repeated() {
        for (text, expected) in [
            ("", "no key"),
            ("# nothing", "no key"),
            (&HEX[1..], "line 1"),
            (&format!("{HEX}\nsecret"), "line 2"),
            (&format!("{HEX}\n{BASE64}"), "line 2"),
        ] {
            let error = Keys::parse(text).map(drop).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("secret") && !error.contains("0102"), "{error}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let keys = Keys::parse(HEX).unwrap();
        assert_eq!(format!("{keys:?}"), format!("[KeyId({})]", keys.writing()));
    }
}
