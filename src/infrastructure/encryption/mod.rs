//! Encryption of secret values: the keys of a key file, and what is done with them.
//!
//! Each version has a data key of its own, which a key of the file wraps. The wrapped key lies outside of the log
//! ([`DataKey`](crate::infrastructure::store::DataKey)), so that it can be destroyed, or wrapped again under a new key,
//! while the log stays as it is. The forms are fixed, and `tests/vectors/encryption.json` has examples that another program
//! made:
//!
//! - A key of the file is 32 bytes. HKDF-SHA-256 without a salt derives one key for each purpose: `configapi.key-id.1` (8
//!   bytes: the key's id), `configapi.wrap.1`, `configapi.fingerprint.1`, `configapi.content.1` (32 bytes each).
//! - A stored value is a format byte 1, the value id (16 bytes, random), a nonce (24 bytes, random) and the ciphertext of
//!   XChaCha20-Poly1305 with its tag. Associated data: `configapi.value.1`, name, log id, value id.
//! - A wrapped key is a format byte 1, a nonce and the ciphertext of the data key under the key `wrap`. Associated data:
//!   `configapi.data-key.1`, log id, value id.
//! - A cache of a client is a format byte 1, the key's id, a nonce and the ciphertext under the key `configapi.cache.1`.
//!   Associated data: `configapi.cache.1`, the key's id.
//! - In associated data each field follows its length in 8 bytes, the highest first.
//!
//! Called by the application's `secrets` and by the command line. `Debug` shows no key, and keys are overwritten when they
//! are dropped. Invariants: `the_vectors_of_another_program_are_read`, `a_value_opens_only_where_it_was_sealed`.

mod cache;
mod cipher;
mod error;
mod file;
mod key;

pub use self::cache::CacheError;
pub use self::cipher::{EncryptionError, Keyring};
pub use self::error::KeyFileError;
pub use self::file::{new_key_file, put_new_key_first, read_key_file};
pub use self::key::Keys;
