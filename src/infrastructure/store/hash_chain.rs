//! Digests of events and the chain of changes (contract S9).
//!
//! An event's digest is SHA-256 over its stored bytes. A change's hash is SHA-256 over the hash before it,
//! its own metadata and its events' digests, so that no stored byte can be altered, dropped or moved without
//! the chain breaking at that revision. Every field is preceded by its length, so that no two different
//! changes have the same bytes; the first field names the format, so that a later one can differ.

use std::fmt;

use sha2::{Digest, Sha256};

use super::stored::{attributes_text, kind_of};
use super::{Head, LogIdentity, StoreError};
use crate::domain::{Change, ConfigValue, Event, Place, Revision, ShortHash, Timestamp};

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
    /// The digests of its events, in their order.
    pub digests: Vec<Hash>,
    /// Its place in the chain.
    pub hash: Hash,
}

impl SealedChange {
    /// Its place in its log.
    pub fn place(&self) -> Place {
        Place::new(self.change.revision, self.hash.short())
    }

    /// Whether it is the next change after the one with this hash.
    pub fn follows(&self, before: Hash) -> bool {
        change_hash(before, &self.change, self.id, &self.digests) == self.hash
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
    let digests: Vec<Hash> = change.events.iter().map(event_digest).collect();
    let hash = change_hash(before, &change, id, &digests);
    SealedChange { change, id, digests, hash }
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

/// The digest of an event's stored bytes.
pub(super) fn event_digest(event: &Event) -> Hash {
    let value = event.value().map(ConfigValue::as_str);
    stored_digest(event.name.as_str(), event.version.get(), kind_of(event), value)
}

/// The digest of an event from the columns that it is stored in.
pub(super) fn stored_digest(name: &str, version: u64, kind: i16, value: Option<&str>) -> Hash {
    Fields::new(b"configapi.event.1")
        .bytes(name.as_bytes())
        .bytes(&version.to_be_bytes())
        .bytes(&kind.to_be_bytes())
        .optional(value.map(str::as_bytes))
        .end()
}

fn change_hash(before: Hash, change: &Change, id: ChangeId, digests: &[Hash]) -> Hash {
    let metadata = &change.metadata;
    let attributes = attributes_text(&metadata.attributes);
    let fields = Fields::new(b"configapi.change.1")
        .bytes(&before.0)
        .bytes(&change.revision.get().to_be_bytes())
        .bytes(&id)
        .bytes(&change.instant.as_micros().to_be_bytes())
        .bytes(metadata.actor.as_bytes())
        .optional(metadata.reason.as_ref().map(|reason| reason.as_str().as_bytes()))
        .optional(metadata.request_id.as_deref().map(str::as_bytes))
        .optional(metadata.trace_id.as_deref().map(str::as_bytes))
        .optional(attributes.as_deref().map(str::as_bytes))
        .optional(change.idempotency.as_ref().map(|mark| mark.key.as_str().as_bytes()))
        .optional(change.idempotency.as_ref().map(|mark| mark.content.as_slice()));
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
