//! What the fuzz target and the test that shares its body run: stored columns on their way into the domain.
//!
//! No part of the interface. Panics where an invariant does not hold, whatever the input.

use super::codec::EventRow;
use super::hash_chain::stored_digest;

/// Reads bytes as the columns of an event whose digest is right: it is either refused, or says what is stored;
/// with one bit of its value turned over it is refused.
pub fn read_stored_event(input: &[u8]) {
    let [kind, version, flipped, texts @ ..] = input else { return };
    let mut texts =
        texts.splitn(3, |byte| *byte == 0xff).map(|text| String::from_utf8_lossy(text).into_owned());
    let name = texts.next().unwrap_or_default();
    let (value, previous) = (texts.next(), texts.next());
    let (kind, version) = (i16::from(*kind % 4), i64::from(*version));
    let digest = |version: i64, kind, value: Option<&str>| {
        stored_digest(&name, version.cast_unsigned(), kind, value).0.to_vec()
    };
    let row = |value: Option<String>, digest_of: Option<&str>| EventRow {
        revision: 7,
        name: name.clone(),
        version,
        kind,
        value,
        digest: digest(version, kind, digest_of),
        follows: 6,
        previous: previous.clone().map(|text| (1, Some(text.clone()), digest(version - 1, 1, Some(&text)))),
    };
    if let Ok(event) = row(value.clone(), value.as_deref()).into_event() {
        assert_eq!(event.name.as_str(), name);
        assert_eq!(event.version.get(), version.cast_unsigned());
        assert_eq!(event.value().map(crate::domain::ConfigValue::as_str), value.as_deref());
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
