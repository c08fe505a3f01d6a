//! Between the stored columns and the domain, for both stores.
//!
//! A store's row mapping only fetches columns into [`EventRow`], [`ChangeRow`] and [`StateRow`]; everything
//! that is read passes the digest check here on its way into the domain (contract S9).

use super::hash_chain::{Hash, SealedChange, stored_digest};
use super::stored::{KIND_DELETED, KIND_SET};
use super::{RecordedEvent, StoreError};
use crate::domain::{
    Change, Config, ConfigName, ConfigValue, Event, Fact, IdempotencyKey, IdempotencyMark, Metadata, Reason,
    Revision, Timestamp, Version,
};

/// The columns of an event.
pub(super) struct EventRow {
    pub(super) revision: i64,
    pub(super) name: String,
    pub(super) version: i64,
    pub(super) kind: i16,
    pub(super) value: Option<String>,
    pub(super) digest: Vec<u8>,
    /// The revision of the event before in the same stream, 0 for none.
    pub(super) follows: i64,
    /// That event: its kind, value and digest.
    pub(super) previous: Option<(i16, Option<String>, Vec<u8>)>,
}

/// The columns of a change.
pub(super) struct ChangeRow {
    pub(super) revision: i64,
    pub(super) id: Vec<u8>,
    pub(super) instant_us: i64,
    pub(super) actor: String,
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
    pub(super) kind: i16,
    pub(super) value: Option<String>,
    pub(super) digest: Vec<u8>,
    pub(super) instant_us: i64,
    pub(super) actor: String,
    pub(super) reason: Option<String>,
    /// The hash of its change.
    pub(super) hash: Vec<u8>,
}

impl EventRow {
    /// The event, if its digest and that of the event before are right.
    pub(super) fn into_event(self) -> Result<Event, StoreError> {
        let at = revision(self.revision)?;
        let previous = match self.previous {
            Some((kind, value, digest)) => {
                let row = (self.name.as_str(), self.version - 1, kind, value.as_deref(), digest.as_slice());
                check_digest(at, row)?;
                value
            }
            None if self.version > 1 => {
                return Err(StoreError::corrupt(at, "the event before one of its events is missing"));
            }
            None => None,
        };
        let row =
            (self.name.as_str(), self.version, self.kind, self.value.as_deref(), self.digest.as_slice());
        check_digest(at, row)?;
        let previous = previous.map(|text| value(at, &text)).transpose()?;
        let fact = match (self.kind, self.value, previous) {
            (KIND_SET, Some(text), old_value) => Fact::Set { value: value(at, &text)?, old_value },
            (KIND_DELETED, None, Some(deleted_value)) => Fact::Deleted { deleted_value },
            (kind, _, _) => {
                return Err(StoreError::corrupt(at, format!("an event of kind {kind} makes no sense")));
            }
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
    /// The change with its events, whose digests are right; its place in the chain is the caller's to check.
    pub(super) fn into_sealed(self, rows: Vec<EventRow>) -> Result<SealedChange, StoreError> {
        let at = revision(self.revision)?;
        let digests = rows.iter().map(|row| hash(at, &row.digest)).collect::<Result<_, _>>()?;
        let events = rows.into_iter().map(EventRow::into_event).collect::<Result<_, _>>()?;
        let (change, id, hash) = self.into_parts(events)?;
        Ok(SealedChange { change, id, digests, hash })
    }

    fn into_parts(self, events: Vec<Event>) -> Result<(Change, [u8; 16], Hash), StoreError> {
        let at = revision(self.revision)?;
        let damaged = |what: &str| StoreError::corrupt(at, format!("its {what} is unreadable"));
        let attributes = self.attributes.map(|text| serde_json::from_str(&text)).transpose();
        let metadata = Metadata {
            actor: self.actor.into(),
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
    /// The name and its state, if the event's digest is right.
    pub(super) fn into_config(self) -> Result<(ConfigName, Config), StoreError> {
        let at = revision(self.revision)?;
        let row =
            (self.name.as_str(), self.version, self.kind, self.value.as_deref(), self.digest.as_slice());
        check_digest(at, row)?;
        let config = Config {
            value: self.value.map(|text| value(at, &text)).transpose()?,
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
    Some(IdempotencyMark { key: IdempotencyKey::parse(key).ok()?, content: content.try_into().ok()? })
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

fn name(at: Revision, text: &str) -> Result<ConfigName, StoreError> {
    ConfigName::parse(text).map_err(|error| StoreError::corrupt(at, error.to_string()))
}

fn value(at: Revision, text: &str) -> Result<ConfigValue, StoreError> {
    ConfigValue::from_log(text).map_err(|error| StoreError::corrupt(at, error.to_string()))
}

fn reason(at: Revision, text: &str) -> Result<Reason, StoreError> {
    Reason::parse(text).map_err(|error| StoreError::corrupt(at, error.to_string()))
}

type DigestRow<'a> = (&'a str, i64, i16, Option<&'a str>, &'a [u8]);

fn check_digest(at: Revision, (name, version, kind, value, digest): DigestRow<'_>) -> Result<(), StoreError> {
    let computed = stored_digest(name, version.cast_unsigned(), kind, value);
    if computed.0.as_slice() == digest {
        return Ok(());
    }
    Err(StoreError::corrupt(at, "an event's digest is not that of its stored bytes"))
}
