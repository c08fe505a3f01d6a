//! Digests of events and the chain of changes (contract S9).
//!
//! An event's digest is SHA-256 over its stored bytes. A change's hash is SHA-256 over the hash before it,
//! its own metadata and its events' digests, so that no stored byte can be altered, dropped or moved without
//! the chain breaking at that revision. Every field is preceded by its length, so that no two different
//! changes have the same bytes; the first field names the format, so that a later one can differ.

use std::fmt;

use sha2::{Digest, Sha256};

use super::stored::{
    DigestFormat, StoredValue, attributes_of, attributes_text, encrypted_of, kind_of, value_of,
};
use super::{Head, KeyChanges, LogIdentity, StoreError};
use crate::domain::{Change, Event, Place, Revision, ShortHash, Timestamp};

/// A SHA-256 digest. Shown in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Its first bytes, as places have them.
    pub fn short(&self) -> ShortHash {
        let [a, b, c, d, ..] = self.0;
        ShortHash([a, b, c, d])
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What makes one try of a change recognisable (contract S6): random, made by the server that decides it.
pub type ChangeId = [u8; 16];

/// A change as it is stored: with its id, its events' digests and its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedChange {
    /// The change.
    pub change: Change,
    /// Its id.
    pub id: ChangeId,
    /// How its digests and its hash are made.
    pub format: DigestFormat,
    /// The digests of its events, in their order.
    pub digests: Vec<Hash>,
    /// Its place in the chain.
    pub hash: Hash,
    /// The data keys that are stored and destroyed with it; none of a change that was read.
    pub keys: KeyChanges,
}

impl SealedChange {
    /// Its place in its log.
    pub fn place(&self) -> Place {
        Place::new(self.change.revision, self.hash.short())
    }

    /// The same with data keys to store and to destroy.
    #[must_use]
    pub fn with_keys(mut self, keys: KeyChanges) -> Self {
        self.keys = keys;
        self
    }

    /// Whether it is the next change after the one with this hash.
    pub fn follows(&self, before: Hash) -> bool {
        change_hash(self.format, before, &self.change, self.id, &self.digests) == self.hash
    }
}

impl Head {
    /// Its place in its log.
    pub fn place(&self) -> Place {
        Place::new(self.revision, self.hash.short())
    }

    /// The head of a log that holds nothing yet.
    pub fn empty(identity: &LogIdentity) -> Self {
        let hash = Fields::new(b"configapi.log.1").bytes(&identity.id).end();
        Self { revision: Revision::ZERO, hash, instant: Timestamp::MIN, names: 0, events: 0 }
    }

    /// Whether two heads are one place in one log. Their counts do not matter: an append sets them again.
    pub fn same_place(&self, other: &Self) -> bool {
        (self.revision, self.hash) == (other.revision, other.hash)
    }

    /// The head after one more change.
    #[must_use]
    pub fn after(&self, sealed: &SealedChange) -> Self {
        let first = |event: &&Event| event.version.get() == 1;
        Self {
            revision: sealed.change.revision,
            hash: sealed.hash,
            instant: sealed.change.instant,
            names: self.names + sealed.change.events.iter().filter(first).count() as u64,
            events: self.events + sealed.change.events.len() as u64,
        }
    }
}

/// Seals a change on the head before it; `change.revision` must be the next one.
pub fn seal(before: Hash, change: Change, id: ChangeId) -> SealedChange {
    let format = DigestFormat::CURRENT;
    let digests: Vec<Hash> = change.events.iter().map(|event| event_digest(format, event)).collect();
    let hash = change_hash(format, before, &change, id, &digests);
    SealedChange { change, id, format, digests, hash, keys: KeyChanges::default() }
}

/// Checks that a stored change is the next one after `before`.
pub fn verify_link(before: &Head, sealed: &SealedChange) -> Result<(), StoreError> {
    let change = &sealed.change;
    if change.revision != before.revision.next() {
        let what = format!("the change after {} is missing", before.revision);
        return Err(StoreError::corrupt(before.revision.next(), what));
    }
    if change.instant <= before.instant {
        return Err(StoreError::corrupt(change.revision, "its instant is not later than the one before"));
    }
    if !sealed.follows(before.hash) {
        return Err(StoreError::corrupt(change.revision, "its hash does not follow from the change before"));
    }
    Ok(())
}

/// The digest of an event that this release writes.
pub(super) fn event_digest(format: DigestFormat, event: &Event) -> Hash {
    let (value, attributes) = (value_of(event), attributes_of(event));
    let value = match (value.as_deref(), encrypted_of(event)) {
        (Some(text), _) => StoredValue::Clear(text),
        (None, Some(bytes)) => StoredValue::Encrypted(bytes),
        (None, None) => StoredValue::None,
    };
    let (name, version) = (event.name.as_str(), event.version.get());
    stored_digest(format, name, version, kind_of(event), value, attributes.as_deref())
}

/// The digest of an event from the columns that it is stored in; nothing is read and written again.
pub(super) fn stored_digest(
    format: DigestFormat,
    name: &str,
    version: u64,
    kind: i16,
    value: StoredValue<'_>,
    attributes: Option<&str>,
) -> Hash {
    let (form, bytes): (u8, _) = match value {
        StoredValue::None => (0, None),
        StoredValue::Clear(text) => (1, Some(text.as_bytes())),
        StoredValue::Encrypted(bytes) => (2, Some(bytes)),
    };
    let event = |format: &[u8]| {
        let fields = Fields::new(format).bytes(name.as_bytes());
        fields.bytes(&version.to_be_bytes()).bytes(&kind.to_be_bytes())
    };
    match format {
        DigestFormat::One => event(b"configapi.event.1").optional(bytes).end(),
        DigestFormat::Two => event(b"configapi.event.2")
            .bytes(&[form])
            .optional(bytes)
            .optional(attributes.map(str::as_bytes))
            .end(),
    }
}

fn change_hash(format: DigestFormat, before: Hash, change: &Change, id: ChangeId, digests: &[Hash]) -> Hash {
    let metadata = &change.metadata;
    let attributes = attributes_text(&metadata.attributes);
    let begin = |format: &[u8]| {
        Fields::new(format)
            .bytes(&before.0)
            .bytes(&change.revision.get().to_be_bytes())
            .bytes(&id)
            .bytes(&change.instant.as_micros().to_be_bytes())
            .bytes(metadata.actor.as_bytes())
    };
    let fields = match format {
        DigestFormat::One => begin(b"configapi.change.1"),
        DigestFormat::Two => {
            begin(b"configapi.change.2").optional(metadata.actor_id.as_deref().map(str::as_bytes))
        }
    };
    let fields = fields
        .optional(metadata.reason.as_ref().map(|reason| reason.as_str().as_bytes()))
        .optional(metadata.request_id.as_deref().map(str::as_bytes))
        .optional(metadata.trace_id.as_deref().map(str::as_bytes))
        .optional(attributes.as_deref().map(str::as_bytes))
        .optional(change.idempotency.as_ref().map(|mark| mark.key.as_str().as_bytes()))
        .optional(change.idempotency.as_ref().map(|mark| mark.content.to_bytes()).as_deref());
    digests.iter().fold(fields, |fields, digest| fields.bytes(&digest.0)).end()
}

/// Fields, each behind its length.
struct Fields(Sha256);

impl Fields {
    fn new(format: &[u8]) -> Self {
        Self(Sha256::new()).bytes(format)
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    /// Absence has a length that no field can have.
    fn optional(mut self, bytes: Option<&[u8]>) -> Self {
        let Some(bytes) = bytes else {
            self.0.update(u64::MAX.to_be_bytes());
            return self;
        };
        self.bytes(bytes)
    }

    fn end(self) -> Hash {
        Hash(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::domain::{IdempotencyKey, IdempotencyMark, Metadata, Reason};

    /// Digests that were computed by another program, from the words of this module's head.
    fn vectors(of: &str) -> Vec<Value> {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/digests.json"));
        serde_json::from_str::<Value>(text).unwrap()[of].as_array().unwrap().clone()
    }

    fn bytes(hex: &Value) -> Vec<u8> {
        let hex = hex.as_str().unwrap();
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    fn array<const N: usize>(hex: &Value) -> [u8; N] {
        bytes(hex).try_into().unwrap()
    }

    fn format(vector: &Value) -> DigestFormat {
        DigestFormat::of_column(i16::try_from(vector["format"].as_i64().unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn the_digests_of_events_are_those_of_the_test_vectors() {
        for vector in vectors("events") {
            let encrypted = vector["encrypted"].is_string().then(|| bytes(&vector["encrypted"]));
            let value = match (vector["value"].as_str(), &encrypted) {
                (Some(text), _) => StoredValue::Clear(text),
                (None, Some(bytes)) => StoredValue::Encrypted(bytes),
                (None, None) => StoredValue::None,
            };
            let (name, version) = (vector["name"].as_str().unwrap(), vector["version"].as_u64().unwrap());
            let kind = i16::try_from(vector["kind"].as_i64().unwrap()).unwrap();
            let attributes = vector["attributes"].as_str();
            let digest = stored_digest(format(&vector), name, version, kind, value, attributes);
            assert_eq!(digest.to_string(), vector["digest"].as_str().unwrap(), "{vector}");
        }
    }

    #[test]
    fn the_hashes_of_changes_are_those_of_the_test_vectors() {
        for vector in vectors("changes") {
            let text = |member: &str| vector[member].as_str().map(Into::into);
            let mark = IdempotencyMark {
                key: IdempotencyKey::parse(vector["idempotency_key"].as_str().unwrap()).unwrap(),
                content: array(&vector["idempotency_content"]).into(),
            };
            let metadata = Metadata {
                actor_id: text("actor_id"),
                reason: Some(Reason::parse(vector["reason"].as_str().unwrap()).unwrap()),
                request_id: text("request_id"),
                attributes: serde_json::from_value(vector["attributes"].clone()).unwrap(),
                ..Metadata::of(vector["actor"].as_str().unwrap())
            };
            let change = Change {
                revision: Revision::new(vector["revision"].as_u64().unwrap()),
                instant: Timestamp::from_micros(vector["instant_us"].as_i64().unwrap()),
                metadata,
                idempotency: Some(mark),
                events: Vec::new(),
            };
            let digests: Vec<Hash> =
                vector["digests"].as_array().unwrap().iter().map(|digest| Hash(array(digest))).collect();
            let before = Hash(array(&vector["before"]));
            let hash = change_hash(format(&vector), before, &change, array(&vector["id"]), &digests);
            assert_eq!(hash.to_string(), vector["hash"].as_str().unwrap(), "{vector}");
        }
    }
}
