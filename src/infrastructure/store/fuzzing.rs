//! What the fuzz target and the test that shares its body run: stored columns on their way into the domain.
//!
//! No part of the interface. Panics where an invariant does not hold, whatever the input.

use super::codec::{ContentRow, EventRow};
use super::hash_chain::stored_digest;
use super::stored::{DigestFormat, StoredValue};
use crate::domain::Fact;

/// Reads bytes as the columns of an event whose digest is right: it is either refused, or says what is stored;
/// with one bit of its value turned over it is refused.
pub fn read_stored_event(input: &[u8]) {
    let [kind, version, flipped, texts @ ..] = input else { return };
    let mut texts =
        texts.splitn(3, |byte| *byte == 0xff).map(|text| String::from_utf8_lossy(text).into_owned());
    let name = texts.next().unwrap_or_default();
    let (value, previous) = (texts.next(), texts.next());
    let (kind, version) = (i16::from(*kind % 5), i64::from(*version));
    let digest = |version: i64, kind, value: Option<&str>| {
        let stored = value.map_or(StoredValue::None, StoredValue::Clear);
        stored_digest(DigestFormat::CURRENT, &name, version.cast_unsigned(), kind, stored, None).0.to_vec()
    };
    let content = |kind, value: Option<String>, digest| {
        let format = DigestFormat::CURRENT.column();
        ContentRow { kind, format, value, encrypted: None, attributes: None, digest }
    };
    let row = |value: Option<String>, digest_of: Option<&str>| EventRow {
        revision: 7,
        name: name.clone(),
        version,
        content: content(kind, value, digest(version, kind, digest_of)),
        created: Some(7),
        follows: 6,
        previous: previous.clone().map(|text| {
            let digest = digest(version - 1, 1, Some(&text));
            content(1, Some(text), digest)
        }),
    };
    if let Ok(event) = row(value.clone(), value.as_deref()).into_event() {
        assert_eq!(event.name.as_str(), name);
        assert_eq!(event.version.get(), version.cast_unsigned());
        if let Fact::Set { value: set, .. } = &event.fact {
            assert_eq!(set.clear().map(crate::domain::ConfigValue::as_str), value.as_deref());
        }
    }
    if let Some(stored) = value.as_deref().filter(|value| !value.is_empty()) {
        let mut bytes = stored.as_bytes().to_vec();
        let at = usize::from(*flipped) % bytes.len();
        bytes[at] ^= 1;
        if let Ok(damaged) = String::from_utf8(bytes) {
            assert!(row(Some(damaged), Some(stored)).into_event().is_err(), "damage was not noticed");
        }
    }
}
