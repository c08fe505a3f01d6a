//! Configuration values.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::EncryptedValue;

/// The longest value unless a setting says otherwise, in bytes of UTF-8.
pub const VALUE_BYTES_MAX_DEFAULT: usize = 1_048_576;

/// UTF-8 text without U+0000. Cheap to clone. `Debug` shows its length only: values may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConfigValue(Arc<str>);

/// Why a text isn't a value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValueError {
    /// Longer than the limit.
    #[error("a value is at most {limit} bytes long here, this one has {bytes}")]
    TooLong {
        /// How long it is, in bytes of UTF-8.
        bytes: usize,
        /// The limit in force, in bytes.
        limit: usize,
    },
    /// U+0000, which PostgreSQL's `text` can't hold.
    #[error("a value holds no NUL character, this one has one at byte {at}")]
    Nul {
        /// Its place, in bytes from the start.
        at: usize,
    },
}

impl ConfigValue {
    /// The one door into the type; `limit` is in bytes.
    pub fn parse(text: &str, limit: usize) -> Result<Self, ValueError> {
        if text.len() > limit {
            return Err(ValueError::TooLong { bytes: text.len(), limit });
        }
        Self::from_log(text)
    }

    /// A value that was accepted before, perhaps under another limit: what is in the log stays readable.
    pub fn from_log(text: &str) -> Result<Self, ValueError> {
        match text.bytes().position(|byte| byte == 0) {
            Some(at) => Err(ValueError::Nul { at }),
            None => Ok(Self(text.into())),
        }
    }

    /// The value as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ConfigValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfigValue({} bytes)", self.0.len())
    }
}

/// A value as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// As its text.
    Clear(ConfigValue),
    /// As bytes that only its key opens.
    Encrypted(EncryptedValue),
}

impl Value {
    /// The text, where the log holds it.
    pub fn clear(&self) -> Option<&ConfigValue> {
        match self {
            Self::Clear(value) => Some(value),
            Self::Encrypted(_) => None,
        }
    }

    /// The same as text.
    pub fn text(&self) -> Option<&str> {
        self.clear().map(ConfigValue::as_str)
    }

    /// The encrypted value, where it is one.
    pub fn encrypted(&self) -> Option<&EncryptedValue> {
        match self {
            Self::Clear(_) => None,
            Self::Encrypted(value) => Some(value),
        }
    }

    /// How many bytes the log holds.
    pub fn stored_bytes(&self) -> usize {
        match self {
            Self::Clear(value) => value.as_str().len(),
            Self::Encrypted(value) => value.bytes().len(),
        }
    }
}

impl From<ConfigValue> for Value {
    fn from(value: ConfigValue) -> Self {
        Self::Clear(value)
    }
}

impl From<EncryptedValue> for Value {
    fn from(value: EncryptedValue) -> Self {
        Self::Encrypted(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_in_bytes_and_included() {
        assert!(ConfigValue::parse("ключ", 8).is_ok());
        assert_eq!(ConfigValue::parse("ключ", 7), Err(ValueError::TooLong { bytes: 8, limit: 7 }));
        assert!(ConfigValue::parse("", 0).is_ok());
    }

    #[test]
    fn nul_is_refused_where_it_stands() {
        assert_eq!(ConfigValue::parse("a\0b", 10), Err(ValueError::Nul { at: 1 }));
    }

    #[test]
    fn debug_never_shows_a_value() {
        assert_eq!(format!("{:?}", ConfigValue::parse("secret", 10).unwrap()), "ConfigValue(6 bytes)");
    }
}
