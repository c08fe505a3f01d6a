//! Between the stored columns and the domain, for both stores.
//!
//! A store's row mapping only fetches columns into [`EventRow`], [`ChangeRow`] and [`StateRow`]; everything
//! that is read passes the digest check here on its way into the domain (contract S9).

use super::hash_chain::{Hash, SealedChange, stored_digest};
use super::stored::{self, DigestFormat, KIND_ACCESS, KIND_DELETED, KIND_SET, KIND_SHREDDED, StoredValue};
use super::{KeyChanges, RecordedEvent, StoreError};
use crate::domain::{
    Attributes, Change, Config, ConfigName, ConfigValue, ContentDigest, EncryptedValue, EncryptedValueError,
    Event, Fact, IdempotencyKey, IdempotencyMark, Metadata, PAGE_OVERHEAD_BYTES, Reason, Revision, Timestamp,
    Value, Version,
};

/// The columns of an event that its digest covers, but for its name and version.
pub(super) struct ContentRow {
    pub(super) kind: i16,
    pub(super) format: i16,
    pub(super) value: Option<String>,
    pub(super) encrypted: Option<Vec<u8>>,
    pub(super) attributes: Option<String>,
    pub(super) digest: Vec<u8>,
}

/// The columns of an event.
pub(super) struct EventRow {
    pub(super) revision: i64,
    pub(super) name: String,
    pub(super) version: i64,
    pub(super) content: ContentRow,
    /// The revision of the first set since the name was absent.
    pub(super) created: Option<i64>,
    /// The revision of the event before in the same stream, 0 for none.
    pub(super) follows: i64,
    /// That event.
    pub(super) previous: Option<ContentRow>,
}

/// The columns of a change.
pub(super) struct ChangeRow {
    pub(super) revision: i64,
    pub(super) id: Vec<u8>,
    pub(super) instant_us: i64,
    pub(super) actor: String,
    pub(super) actor_id: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) trace_id: Option<String>,
    pub(super) attributes: Option<String>,
    pub(super) idempotency_key: Option<String>,
    pub(super) idempotency_content: Option<Vec<u8>>,
    pub(super) hash: Vec<u8>,
}

/// The newest event of a name with what its change says, for trees.
pub(super) struct StateRow {
    pub(super) revision: i64,
    pub(super) name: String,
    pub(super) version: i64,
    pub(super) content: ContentRow,
    pub(super) created: Option<i64>,
    pub(super) instant_us: i64,
    pub(super) actor: String,
    pub(super) reason: Option<String>,
    /// The hash of its change.
    pub(super) hash: Vec<u8>,
}

/// A content whose digest is right.
struct Content {
    kind: i16,
    value: Option<Held>,
    attributes: Attributes,
}

/// The columns of a value.
enum Held {
    Text(String),
    Encrypted(EncryptedValue),
}

impl Held {
    fn into_value(self, at: Revision) -> Result<Value, StoreError> {
        match self {
            Self::Text(text) => Ok(value(at, &text)?.into()),
            Self::Encrypted(value) => Ok(value.into()),
        }
    }
}

impl ContentRow {
    /// The content, if the digest is right.
    fn check(self, at: Revision, name: &str, version: i64) -> Result<Content, StoreError> {
        let format = self.format(at)?;
        let value = match (&self.value, &self.encrypted) {
            (Some(text), _) => StoredValue::Clear(text),
            (None, Some(bytes)) => StoredValue::Encrypted(bytes),
            (None, None) => StoredValue::None,
        };
        let attributes = self.attributes.as_deref();
        let computed = stored_digest(format, name, version.cast_unsigned(), self.kind, value, attributes);
        if computed.0.as_slice() != self.digest {
            return Err(StoreError::corrupt(at, "an event's digest is not that of its stored bytes"));
        }
        let unreadable = || StoreError::corrupt(at, "the attributes of an event are unreadable");
        let attributes = stored::attributes(attributes).ok_or_else(unreadable)?;
        let encrypted = self.encrypted.map(|bytes| encrypted(at, bytes)).transpose()?;
        let value = self.value.map(Held::Text).or(encrypted.map(Held::Encrypted));
        Ok(Content { kind: self.kind, value, attributes })
    }

    fn format(&self, at: Revision) -> Result<DigestFormat, StoreError> {
        DigestFormat::of_column(self.format).ok_or_else(|| {
            StoreError::Unexpected(format!(
                "revision {at} was written by a newer release, in format {}",
                self.format
            ))
        })
    }

    /// The length of its texts, in bytes.
    fn bytes(&self) -> usize {
        self.value.as_ref().map_or(0, String::len) + self.encrypted.as_ref().map_or(0, Vec::len)
    }
}

impl EventRow {
    /// Its size on a page of a history: see [`Event::bytes`].
    pub(super) fn bytes(&self) -> usize {
        self.name.len() + self.content.bytes()
    }

    /// Its size on a page of changes: see [`Event::page_bytes`].
    pub(super) fn page_bytes(&self) -> usize {
        self.bytes() + self.previous.as_ref().map_or(0, ContentRow::bytes) + PAGE_OVERHEAD_BYTES
    }

    /// The event, if its digest and that of the event before are right.
    pub(super) fn into_event(self) -> Result<Event, StoreError> {
        let at = revision(self.revision)?;
        let before = self.version - 1;
        let previous = match self.previous {
            Some(row) => Some(row.check(at, &self.name, before)?),
            None if before > 0 => {
                return Err(StoreError::corrupt(at, "the event before one of its events is missing"));
            }
            None => None,
        };
        let Content { kind, value: held, attributes } = self.content.check(at, &self.name, self.version)?;
        let previous = previous.filter(|content| content.kind == KIND_SET);
        let old_secrecy = previous.as_ref().and_then(|content| content.attributes.secrecy());
        let previous =
            previous.and_then(|content| content.value).map(|held| held.into_value(at)).transpose()?;
        let created = self.created.map(revision).transpose()?.filter(|created| *created != at);
        let senseless = || StoreError::corrupt(at, format!("an event of kind {kind} makes no sense"));
        let fact = match (kind, held, previous) {
            (KIND_SET, Some(held), old_value) => {
                Fact::Set { value: held.into_value(at)?, attributes, old_value, old_secrecy, created }
            }
            (KIND_DELETED, None, Some(deleted_value)) => Fact::Deleted { deleted_value, attributes },
            (KIND_SHREDDED, Some(Held::Text(text)), _) => stored::shred(&text).ok_or_else(senseless)?,
            (KIND_ACCESS, Some(Held::Text(text)), _) => Fact::Access { entry: Some(value(at, &text)?) },
            (KIND_ACCESS, None, _) => Fact::Access { entry: None },
            _ => return Err(senseless()),
        };
        Ok(Event {
            name: name(at, &self.name)?,
            version: version(at, self.version)?,
            follows: revision(self.follows)?,
            fact,
        })
    }

    /// The event with what its change says.
    pub(super) fn into_recorded(self, change: ChangeRow) -> Result<RecordedEvent, StoreError> {
        let event = self.into_event()?;
        let (change, ..) = change.into_parts(Vec::new())?;
        Ok(RecordedEvent {
            event,
            revision: change.revision,
            instant: change.instant,
            metadata: change.metadata,
        })
    }
}

impl ChangeRow {
    /// Its size on a page without its events: see [`Metadata::page_bytes`].
    pub(super) fn page_bytes(&self) -> usize {
        self.reason.as_ref().map_or(0, String::len) + PAGE_OVERHEAD_BYTES
    }

    /// The change with its events, whose digests are right; its place in the chain is the caller's to check.
    pub(super) fn into_sealed(self, rows: Vec<EventRow>) -> Result<SealedChange, StoreError> {
        let at = revision(self.revision)?;
        let digests = rows.iter().map(|row| hash(at, &row.content.digest)).collect::<Result<_, _>>()?;
        let no_events = || StoreError::corrupt(at, "its events are missing");
        let format = rows.first().ok_or_else(no_events)?.content.format(at)?;
        let events = rows.into_iter().map(EventRow::into_event).collect::<Result<_, _>>()?;
        let (change, id, hash) = self.into_parts(events)?;
        Ok(SealedChange { change, id, format, digests, hash, keys: KeyChanges::default() })
    }

    fn into_parts(self, events: Vec<Event>) -> Result<(Change, [u8; 16], Hash), StoreError> {
        let at = revision(self.revision)?;
        let damaged = |what: &str| StoreError::corrupt(at, format!("its {what} is unreadable"));
        let attributes = self.attributes.map(|text| serde_json::from_str(&text)).transpose();
        let metadata = Metadata {
            actor: self.actor.into(),
            actor_id: self.actor_id.map(Into::into),
            reason: self.reason.map(|text| reason(at, &text)).transpose()?,
            request_id: self.request_id.map(Into::into),
            trace_id: self.trace_id.map(Into::into),
            attributes: attributes.map_err(|_| damaged("attributes"))?.unwrap_or_default(),
        };
        let idempotency = match (self.idempotency_key, self.idempotency_content) {
            (Some(key), Some(content)) => {
                Some(mark(&key, &content).ok_or_else(|| damaged("idempotency key"))?)
            }
            _ => None,
        };
        let instant = Timestamp::from_micros(self.instant_us);
        let id = self.id.as_slice().try_into().map_err(|_| damaged("id"))?;
        let change = Change { revision: at, instant, metadata, idempotency, events };
        Ok((change, id, hash(at, &self.hash)?))
    }
}

impl StateRow {
    /// Its size on a page, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.name.len() + self.content.bytes()
    }

    /// The name and its state, if the event's digest is right.
    pub(super) fn into_config(self) -> Result<(ConfigName, Config), StoreError> {
        self.into_state_of(KIND_SET)
    }

    /// The name and its access data as the value of a state; none where the newest event is of another kind.
    pub(super) fn into_access(self) -> Result<(ConfigName, Option<Config>), StoreError> {
        let is_access = self.content.kind == KIND_ACCESS;
        let (name, config) = self.into_state_of(KIND_ACCESS)?;
        Ok((name, is_access.then_some(config)))
    }

    /// The state with the value of an event of a kind; events of other kinds have none.
    fn into_state_of(self, valued: i16) -> Result<(ConfigName, Config), StoreError> {
        let at = revision(self.revision)?;
        let Content { kind, value, attributes } = self.content.check(at, &self.name, self.version)?;
        let config = Config {
            value: value.filter(|_| kind == valued).map(|held| held.into_value(at)).transpose()?,
            attributes,
            created: self.created.map_or(Ok(Revision::ZERO), revision)?,
            version: version(at, self.version)?,
            revision: at,
            hash: hash(at, &self.hash)?.short(),
            updated_at: Timestamp::from_micros(self.instant_us),
            updated_by: self.actor.into(),
            reason: self.reason.map(|text| reason(at, &text)).transpose()?,
        };
        Ok((name(at, &self.name)?, config))
    }
}

/// A mark from its columns; `None` if they make none.
pub(super) fn mark(key: &str, content: &[u8]) -> Option<IdempotencyMark> {
    Some(IdempotencyMark {
        key: IdempotencyKey::parse(key).ok()?,
        content: ContentDigest::from_log(content)?,
    })
}

/// A revision from its column.
pub(super) fn revision(column: i64) -> Result<Revision, StoreError> {
    let number = u64::try_from(column);
    number.map(Revision::new).map_err(|_| StoreError::Unexpected(format!("revision {column}")))
}

/// A revision as its column.
pub(super) fn revision_column(revision: Revision) -> i64 {
    i64::try_from(revision.get()).unwrap_or(i64::MAX)
}

/// A hash from its column.
pub(super) fn hash(at: Revision, column: &[u8]) -> Result<Hash, StoreError> {
    let bytes = column.try_into().map_err(|_| StoreError::corrupt(at, "a hash has not 32 bytes"))?;
    Ok(Hash(bytes))
}

fn version(at: Revision, column: i64) -> Result<Version, StoreError> {
    let number = u64::try_from(column).map_err(|_| StoreError::corrupt(at, "a version is negative"))?;
    Ok(Version::new(number))
}

/// A name from its column.
pub(super) fn name(at: Revision, text: &str) -> Result<ConfigName, StoreError> {
    ConfigName::from_log(text).map_err(|error| StoreError::corrupt(at, error.to_string()))
}

fn value(at: Revision, text: &str) -> Result<ConfigValue, StoreError> {
    ConfigValue::from_log(text).map_err(|error| StoreError::corrupt(at, error.to_string()))
}

fn encrypted(at: Revision, bytes: Vec<u8>) -> Result<EncryptedValue, StoreError> {
    EncryptedValue::from_log(bytes).map_err(|error| match error {
        EncryptedValueError::Short(_) => StoreError::corrupt(at, error.to_string()),
        EncryptedValueError::Format(_) => StoreError::Unexpected(format!("at revision {at}, {error}")),
    })
}

fn reason(at: Revision, text: &str) -> Result<Reason, StoreError> {
    Reason::parse(text).map_err(|error| StoreError::corrupt(at, error.to_string()))
}
