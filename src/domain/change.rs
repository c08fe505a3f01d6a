//! One atomic act of a client, and what is known about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use super::{Event, PAGE_OVERHEAD_BYTES, Revision, Timestamp};

/// The most events that one change may have.
pub const CHANGE_EVENTS_MAX: usize = 10_000;
/// The most bytes of names and values that one change may have: 64 MiB.
pub const CHANGE_BYTES_MAX: usize = 64 << 20;

/// One atomic act of a client: one or more events, one actor, one reason, one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number in the whole log.
    pub revision: Revision,
    /// When it was recorded; strictly later than the change before.
    pub instant: Timestamp,
    /// The actor, the reason and the request.
    pub metadata: Metadata,
    /// The mark by which a repeated request finds it again.
    pub idempotency: Option<IdempotencyMark>,
    /// The events, in the order of the client's operations; a name at most once.
    pub events: Vec<Event>,
}

impl Change {
    /// Its size on a page, in bytes.
    pub fn page_bytes(&self) -> usize {
        self.metadata.page_bytes() + self.events.iter().map(Event::page_bytes).sum::<usize>()
    }
}

/// The actor of a change, its reason and its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The name of the token that was used, or `anonymous`.
    pub actor: Arc<str>,
    /// The id of that token, which is never used again; none for an anonymous actor. Repeated requests are recognised
    /// by it, because a name can pass to another token.
    pub actor_id: Option<Arc<str>>,
    /// Why, in the client's words.
    pub reason: Option<Reason>,
    /// The request's id.
    pub request_id: Option<Arc<str>>,
    /// The trace id of W3C Trace Context, 32 hexadecimal digits.
    pub trace_id: Option<Arc<str>>,
    /// Anything else that the entrance knew, such as `source`.
    pub attributes: BTreeMap<String, String>,
}

impl Metadata {
    /// Metadata that names an actor and nothing else.
    pub fn of(actor: &str) -> Self {
        let attributes = BTreeMap::new();
        let (actor, actor_id) = (actor.into(), None);
        Self { actor, actor_id, reason: None, request_id: None, trace_id: None, attributes }
    }

    /// The bytes of its texts.
    pub fn bytes(&self) -> usize {
        let texts = [&self.actor_id, &self.request_id, &self.trace_id];
        let texts = texts.into_iter().flatten().map(|text| text.len()).sum::<usize>();
        let reason = self.reason.as_ref().map_or(0, |reason| reason.as_str().len());
        let attributes = self.attributes.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        self.actor.len() + texts + reason + attributes
    }

    /// The same with a reason.
    #[must_use]
    pub fn because(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The size of a change on a page without its events: its reason and [`PAGE_OVERHEAD_BYTES`].
    pub fn page_bytes(&self) -> usize {
        self.reason.as_ref().map_or(0, |reason| reason.as_str().len()) + PAGE_OVERHEAD_BYTES
    }
}

/// Why a change was made: 1 to 4,096 bytes of UTF-8 without U+0000.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(Arc<str>);

/// A text that can't be a reason.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a reason is 1 to {} bytes of text without NUL", Reason::BYTES_MAX)]
pub struct ReasonError;

impl Reason {
    /// The longest reason, in bytes of UTF-8.
    pub const BYTES_MAX: usize = 4_096;

    /// The one door into the type. The empty text is refused: no reason is `None`.
    pub fn parse(text: &str) -> Result<Self, ReasonError> {
        let fits = (1..=Self::BYTES_MAX).contains(&text.len()) && !text.contains('\0');
        if fits { Ok(Self(text.into())) } else { Err(ReasonError) }
    }

    /// The reason as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A client's key that makes a write repeatable: 1 to 255 bytes of visible ASCII or other UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(Arc<str>);

/// A text that can't be an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("an idempotency key is 1 to {} bytes of text without control characters", IdempotencyKey::BYTES_MAX)]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    /// The longest key, in bytes of UTF-8.
    pub const BYTES_MAX: usize = 255;

    /// The one door into the type.
    pub fn parse(text: &str) -> Result<Self, IdempotencyKeyError> {
        let fits = (1..=Self::BYTES_MAX).contains(&text.len()) && !text.contains(char::is_control);
        if fits { Ok(Self(text.into())) } else { Err(IdempotencyKeyError) }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A key with the digest of its request; stored with the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyMark {
    /// The client's key.
    pub key: IdempotencyKey,
    /// The digest of method, path, conditions, body and reason.
    pub content: ContentDigest,
}

/// The digest of a request's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentDigest {
    /// SHA-256.
    Plain([u8; 32]),
    /// HMAC-SHA-256 over that, under a key of a key file: of requests with secrets.
    Keyed {
        /// The id of the key.
        key: [u8; 8],
        /// The HMAC.
        mac: [u8; 32],
    },
}

impl ContentDigest {
    /// Reads the stored bytes: 32 of a plain digest, 40 of the key's id and the HMAC.
    pub fn from_log(bytes: &[u8]) -> Option<Self> {
        match bytes.len() {
            32 => Some(Self::Plain(bytes.try_into().ok()?)),
            40 => {
                let (key, mac) = bytes.split_at(8);
                Some(Self::Keyed { key: key.try_into().ok()?, mac: mac.try_into().ok()? })
            }
            _ => None,
        }
    }

    /// The bytes that are stored and hashed.
    pub fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Plain(digest) => digest.to_vec(),
            Self::Keyed { key, mac } => [key.as_slice(), &mac].concat(),
        }
    }
}

impl From<[u8; 32]> for ContentDigest {
    fn from(digest: [u8; 32]) -> Self {
        Self::Plain(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_and_keys_have_their_limits() {
        assert!(Reason::parse("because").is_ok());
        assert!(Reason::parse(&"x".repeat(4_096)).is_ok());
        for text in ["", "a\0b", &"x".repeat(4_097)] {
            assert_eq!(Reason::parse(text), Err(ReasonError));
        }
        assert!(IdempotencyKey::parse("8e03978e-40d5-43dd-bc93-6894a57f9324").is_ok());
        for text in ["", "a\nb", &"x".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(text), Err(IdempotencyKeyError));
        }
    }
}
