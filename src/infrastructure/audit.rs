//! Audit records, which have every change without its values, and where they go.
//!
//! A record has a keyed fingerprint and the length of each value, so that equal values can be recognised and
//! none can be guessed. A record also has its change's place in the log, so that a log that was exchanged is
//! noticed. A [file](FileSink) has every change, a [stream](StreamSink) those since it began; the log sink is best effort. Called by the application's audit
//! thread.

mod denied;
mod file;
mod json;
mod log;
mod reveal;
mod stream;

use std::{fmt, io};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use sha2::Sha256;

pub use self::denied::DeniedRecord;
pub use self::file::{FileSink, Line};
pub use self::log::LogSink;
pub use self::reveal::{RevealRecord, Revealed};
pub use self::stream::StreamSink;
use super::store::Hash;
use crate::domain;
use crate::domain::{
    Change, ConfigName, ConfigValue, Event, Reason, Revision, Secrecy, SecretNames, Timestamp, is_secret,
};

/// How far the audit has come in one log: a revision and the whole hash of its change, so that the next change can be
/// checked against it. Its text is that of the place, `417-9f3a1c2e`; before the first change it has the log's own
/// hash too, unlike [`Place`](crate::domain::Place).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The revision.
    pub revision: Revision,
    /// The hash of its change.
    pub hash: Hash,
}

impl Checkpoint {
    /// The line where a sink begins.
    fn beginning(self) -> Value {
        let at = self.revision.get();
        json!({ "begins_after": at, "revision": at, "place": self.to_string(), "events": [] })
    }

    /// The line where the log was rewound or exchanged, and the records continue after this place.
    fn rewind(self) -> Value {
        let (at, place) = (self.revision.get(), self.to_string());
        json!({ "rewound": true, "continues_after": at, "revision": at, "place": place, "events": [] })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.revision)?;
        self.hash.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One change, as it is audited. Nothing is copied: its text is made when it is written.
#[derive(Debug, Serialize)]
pub struct AuditRecord<'a> {
    #[serde(serialize_with = "as_text")]
    time: Timestamp,
    revision: u64,
    #[serde(serialize_with = "as_text")]
    place: Checkpoint,
    actor: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    events: AuditEvents<'a>,
}

struct AuditEvents<'a> {
    events: &'a [Event],
    fingerprints: &'a Fingerprints,
    secret_names: &'a dyn SecretNames,
}

impl fmt::Debug for AuditEvents<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.events, f)
    }
}

#[derive(Serialize)]
struct AuditEvent<'a> {
    event_type: &'static str,
    name: &'a str,
    version: u64,
    old: Option<Trace>,
    new: Option<Trace>,
}

/// The part of a value that a record has.
#[derive(Serialize)]
#[serde(untagged)]
enum Trace {
    Value {
        #[serde(serialize_with = "as_text")]
        fingerprint: Fingerprint,
        bytes: usize,
    },
    /// Of a secret one nothing but that.
    Secret { secret: bool },
}

impl AuditEvents<'_> {
    fn trace(&self, name: &ConfigName, value: &domain::Value, secrecy: Option<Secrecy>) -> Trace {
        match value.clear().filter(|_| !is_secret(name, secrecy, self.secret_names)) {
            Some(value) => {
                Trace::Value { fingerprint: self.fingerprints.of(value), bytes: value.as_str().len() }
            }
            None => Trace::Secret { secret: true },
        }
    }
}

impl Serialize for AuditEvents<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.events.iter().map(|event| AuditEvent {
            event_type: event.event_type(),
            name: event.subject().unwrap_or(&event.name).as_str(),
            version: event.version.get(),
            old: event.previous().map(|value| self.trace(&event.name, value, event.previous_secrecy())),
            new: event.value().map(|value| self.trace(&event.name, value, event.attributes().secrecy())),
        }))
    }
}

fn as_text<S: Serializer>(shown: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(shown)
}

/// The key of fingerprints: a log's own, so that fingerprints of two logs can't be compared.
#[derive(Clone, Debug)]
pub struct Fingerprints(Hmac<Sha256>);

impl Fingerprints {
    /// Fingerprints under a log's key.
    pub fn new(key: [u8; 32]) -> Self {
        // A key shorter than a block of SHA-256 is filled with zeros (RFC 2104 section 2).
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(&key);
        Self(Hmac::new(&block.into()))
    }

    /// The first 128 bits of HMAC-SHA-256 (RFC 2104) over a value.
    pub fn of(&self, value: &ConfigValue) -> Fingerprint {
        self.of_bytes(value.as_str().as_bytes())
    }

    /// The first 32 bits of the same over another text. A NUL goes before it, which no value has.
    pub fn of_text(&self, text: &str) -> [u8; 4] {
        let Fingerprint([a, b, c, d, ..]) = self.of_bytes(&[b"\0", text.as_bytes()].concat());
        [a, b, c, d]
    }

    fn of_bytes(&self, bytes: &[u8]) -> Fingerprint {
        let mac = self.0.clone().chain_update(bytes).finalize().into_bytes();
        let mut first = [0; 16];
        first.copy_from_slice(&mac[..16]);
        Fingerprint(first)
    }
}

/// Recognises a value without revealing it. Shown in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 16]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |half: u8| b"0123456789abcdef"[usize::from(half)];
        let mut text = [0; 32];
        for (digits, byte) in text.chunks_exact_mut(2).zip(self.0) {
            digits.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl<'a> AuditRecord<'a> {
    /// The record of a change with its hash.
    pub fn of(
        change: &'a Change,
        hash: Hash,
        fingerprints: &'a Fingerprints,
        secret_names: &'a dyn SecretNames,
    ) -> Self {
        Self {
            time: change.instant,
            revision: change.revision.get(),
            place: Checkpoint { revision: change.revision, hash },
            actor: &change.metadata.actor,
            actor_id: change.metadata.actor_id.as_deref(),
            reason: change.metadata.reason.as_ref().map(Reason::as_str),
            request_id: change.metadata.request_id.as_deref(),
            trace_id: change.metadata.trace_id.as_deref(),
            events: AuditEvents { events: &change.events, fingerprints, secret_names },
        }
    }
}

/// Where records go.
pub trait Sink: Send {
    /// Whether what is written now is seen: a record that is not seen need not be made.
    fn is_read(&self) -> bool {
        true
    }

    /// Takes one record.
    fn write(&mut self, record: &AuditRecord<'_>) -> io::Result<()>;

    /// Takes the record of a reveal and hands it on at once, after all that is buffered. `at` is how far the audit has come.
    ///
    /// # Errors
    /// The record is in the sink if and only if there is none.
    fn reveal(&mut self, record: &RevealRecord, at: Checkpoint) -> io::Result<()>;

    /// Takes the record of a denied request, in the same way.
    ///
    /// # Errors
    /// The record is in the sink if and only if there is none.
    fn deny(&mut self, record: &DeniedRecord, at: Checkpoint) -> io::Result<()>;

    /// Hands on what is buffered.
    fn flush(&mut self) -> io::Result<()>;

    /// The sink to go on with when its file was moved away, as by a rotation; `None` to stay with this one.
    fn reopened(&mut self) -> io::Result<Option<Box<dyn Sink>>> {
        Ok(None)
    }

    /// The last line that the sink has, from before too; none if it is new or keeps nothing.
    fn last(&self) -> Option<&Line> {
        None
    }

    /// How many bytes of lines can be read again.
    fn bytes(&mut self) -> io::Result<u64> {
        Ok(0)
    }

    /// The first line with a record that begins at a byte or after it, of what was flushed.
    fn line_from(&mut self, byte: u64) -> io::Result<Option<Line>> {
        let _ = byte;
        Ok(None)
    }

    /// Notes where a new sink begins, so that it goes on from there even if nothing else gets into it.
    fn begin_after(&mut self, place: Checkpoint) -> io::Result<()>;

    /// Notes that the log was rewound or exchanged, and after which place the records continue.
    fn rewound_to(&mut self, place: Checkpoint) -> io::Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Attributes, ConfigName, Fact, Metadata, NoSecretNames, Version};

    pub(super) fn change(revision: u64) -> Change {
        let value = ConfigValue::parse("a secret", 100).unwrap();
        let name = ConfigName::from_log("app/password\u{202e}").unwrap();
        Change {
            revision: Revision::new(revision),
            instant: Timestamp::from_micros(0),
            metadata: Metadata::of("ada"),
            idempotency: None,
            events: vec![Event {
                follows: Revision::ZERO,
                name,
                version: Version::new(1),
                fact: Fact::Set {
                    value: value.into(),
                    attributes: Attributes::NONE,
                    old_value: None,
                    old_secrecy: None,
                    created: None,
                },
            }],
        }
    }

    pub(super) fn fingerprints() -> Fingerprints {
        Fingerprints::new([1; 32])
    }

    #[test]
    fn a_record_never_holds_a_value() {
        let change = change(1);
        let record = serde_json::to_string(&AuditRecord::of(
            &change,
            Hash([0x9f; 32]),
            &fingerprints(),
            &NoSecretNames,
        ))
        .unwrap();
        assert!(!record.contains("secret"), "{record}");
        assert!(record.contains(r#""bytes":8"#), "{record}");
        assert!(record.contains(r#""revision":1,"place":"1-9f9f9f9f","#), "{record}");
    }

    #[test]
    fn a_record_of_a_secret_says_that_it_is_one_and_nothing_else() {
        let mut change = change(1);
        let Fact::Set { attributes, .. } = &mut change.events[0].fact else { panic!("it is a set") };
        *attributes = attributes.with_secrecy(Some(Secrecy::Secret));
        let record = serde_json::to_string(&AuditRecord::of(
            &change,
            Hash([0x9f; 32]),
            &fingerprints(),
            &NoSecretNames,
        ))
        .unwrap();
        assert!(record.contains(r#""new":{"secret":true}"#), "{record}");
    }

    #[test]
    fn fingerprints_are_hmac_sha_256() {
        // Checked against Python's hmac.new(bytes([1])*32, b"a secret", "sha256").
        let value = ConfigValue::parse("a secret", 100).unwrap();
        assert_eq!(fingerprints().of(&value).to_string(), "220c8a350a4b57d273e86960a4bb41fa");
    }
}
