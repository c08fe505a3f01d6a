//! Encrypted values, as the log holds them: opaque bytes that begin with a format and the value's id.
//!
//! The domain neither makes nor opens them. The id finds the key of a value, which lies outside of the log and can be
//! destroyed. Two encrypted values are equal if their bytes are: a set of the same text has other bytes.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

/// The first byte of the only format so far: format, value id, nonce, ciphertext with its tag.
const FORMAT: u8 = 1;
/// Bytes of the nonce of XChaCha20-Poly1305.
const NONCE_BYTES: usize = 24;
/// Bytes of the tag of XChaCha20-Poly1305.
const TAG_BYTES: usize = 16;
/// Where the nonce begins.
const NONCE_AT: usize = 1 + ValueId::BYTES;
/// Where the ciphertext begins.
const CIPHERTEXT_AT: usize = NONCE_AT + NONCE_BYTES;

/// The random id of an encrypted value. Restored versions have the id of the version that they were restored from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(pub [u8; ValueId::BYTES]);

impl ValueId {
    /// Its length.
    pub const BYTES: usize = 16;
}

impl fmt::Debug for ValueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ValueId(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// An encrypted value. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct EncryptedValue(Arc<Stored>);

#[derive(PartialEq, Eq)]
struct Stored {
    id: ValueId,
    bytes: Box<[u8]>,
}

/// Bytes that are not an encrypted value of this release.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EncryptedValueError {
    /// Too few bytes.
    #[error("an encrypted value is cut short: it has {0} bytes")]
    Short(usize),
    /// A newer release has written it.
    #[error("an encrypted value has format {0}, which this release does not know: use the newer release")]
    Format(u8),
}

impl EncryptedValue {
    /// Reads the stored bytes.
    pub fn from_log(bytes: Vec<u8>) -> Result<Self, EncryptedValueError> {
        match bytes.first() {
            Some(&FORMAT) if bytes.len() >= CIPHERTEXT_AT + TAG_BYTES => {}
            Some(&FORMAT) | None => return Err(EncryptedValueError::Short(bytes.len())),
            Some(&other) => return Err(EncryptedValueError::Format(other)),
        }
        let mut id = [0; ValueId::BYTES];
        id.copy_from_slice(&bytes[1..NONCE_AT]);
        Ok(Self(Arc::new(Stored { id: ValueId(id), bytes: bytes.into() })))
    }

    /// Puts the parts together; the ciphertext ends with its tag.
    pub fn assemble(
        id: ValueId,
        nonce: &[u8; NONCE_BYTES],
        ciphertext: &[u8],
    ) -> Result<Self, EncryptedValueError> {
        Self::from_log([&[FORMAT], id.0.as_slice(), nonce, ciphertext].concat())
    }

    /// Finds its key.
    pub fn id(&self) -> ValueId {
        self.0.id
    }

    /// The bytes that the log holds.
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// The nonce, and the ciphertext with its tag.
    pub fn sealed(&self) -> (&[u8], &[u8]) {
        self.0.bytes[NONCE_AT..].split_at(NONCE_BYTES)
    }
}

impl fmt::Debug for EncryptedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptedValue({:?})", self.0.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encrypted_value_comes_back_from_its_bytes() {
        let value = EncryptedValue::assemble(ValueId([7; 16]), &[8; 24], &[9; 20]).unwrap();
        let read = EncryptedValue::from_log(value.bytes().to_vec()).unwrap();
        assert_eq!(read, value);
        assert_eq!(read.id(), ValueId([7; 16]));
        assert_eq!(read.sealed(), ([8; 24].as_slice(), [9; 20].as_slice()));
        assert!(!format!("{read:?}").contains("09"), "{read:?}");
    }

    #[test]
    fn bytes_that_are_short_or_of_a_later_format_are_refused() {
        assert_eq!(EncryptedValue::from_log(Vec::new()), Err(EncryptedValueError::Short(0)));
        assert_eq!(EncryptedValue::from_log(vec![1; 56]), Err(EncryptedValueError::Short(56)));
        assert!(EncryptedValue::from_log(vec![1; 57]).is_ok());
        assert_eq!(EncryptedValue::from_log(vec![2; 99]), Err(EncryptedValueError::Format(2)));
    }
}
