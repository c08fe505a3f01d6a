//! Who changed what, without values: audit records and where they go.
//!
//! A record has a keyed fingerprint and the length of each value, so that equal values can be recognised and
//! none can be guessed. A file gets one JSON object a line: first where it begins, then every change at least
//! once and in order; it goes on where it ends (`a_file_goes_on_after_its_last_whole_line`). The log sink is best
//! effort. Called by the application's audit thread.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};
use slog::{Drain as _, Logger, info};

use crate::domain::{Change, ConfigValue, Event, Reason, Revision, Timestamp};

/// One change, as it is audited. Nothing is copied: its text is made when it is written.
#[derive(Debug, Serialize)]
pub struct AuditRecord<'a> {
    #[serde(serialize_with = "as_text")]
    time: Timestamp,
    revision: u64,
    actor: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    events: AuditEvents<'a>,
}

#[derive(Debug)]
struct AuditEvents<'a> {
    events: &'a [Event],
    fingerprints: &'a Fingerprints,
}

#[derive(Serialize)]
struct AuditEvent<'a> {
    event_type: &'static str,
    name: &'a str,
    version: u64,
    old: Option<Trace>,
    new: Option<Trace>,
}

/// What is left of a value.
#[derive(Serialize)]
struct Trace {
    #[serde(serialize_with = "as_text")]
    fingerprint: Fingerprint,
    bytes: usize,
}

impl Serialize for AuditEvents<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.events.iter().map(|event| AuditEvent {
            event_type: event.event_type(),
            name: event.name.as_str(),
            version: event.version.get(),
            old: event.previous().map(|value| self.fingerprints.trace(value)),
            new: event.value().map(|value| self.fingerprints.trace(value)),
        }))
    }
}

fn as_text<S: Serializer>(shown: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(shown)
}

/// The key of fingerprints: a log's own, so that fingerprints of two logs can't be compared.
#[derive(Clone, Debug)]
pub struct Fingerprints {
    /// SHA-256 after the key's inner pad, which is the same for every value.
    inner: Sha256,
    /// The same after its outer pad.
    outer: Sha256,
}

impl Fingerprints {
    /// Fingerprints under a log's key.
    pub fn new(key: [u8; 32]) -> Self {
        let after_pad = |byte: u8| {
            let mut block = [byte; 64];
            block.iter_mut().zip(key).for_each(|(padded, key)| *padded ^= key);
            Sha256::new_with_prefix(block)
        };
        Self { inner: after_pad(0x36), outer: after_pad(0x5c) }
    }

    /// The first 128 bits of HMAC-SHA-256 (RFC 2104) over a value.
    pub fn of(&self, value: &ConfigValue) -> Fingerprint {
        let inner = self.inner.clone().chain_update(value.as_str()).finalize();
        let outer = self.outer.clone().chain_update(inner).finalize();
        let mut first = [0; 16];
        first.copy_from_slice(&outer[..16]);
        Fingerprint(first)
    }

    fn trace(&self, value: &ConfigValue) -> Trace {
        Trace { fingerprint: self.of(value), bytes: value.as_str().len() }
    }
}

/// What recognises a value without telling it. Shown in hexadecimal.
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
    /// The record of a change.
    pub fn of(change: &'a Change, fingerprints: &'a Fingerprints) -> Self {
        Self {
            time: change.instant,
            revision: change.revision.get(),
            actor: &change.metadata.actor,
            reason: change.metadata.reason.as_ref().map(Reason::as_str),
            request_id: change.metadata.request_id.as_deref(),
            trace_id: change.metadata.trace_id.as_deref(),
            events: AuditEvents { events: &change.events, fingerprints },
        }
    }
}

/// Where records go.
pub trait Sink: Send {
    /// Whether anybody sees what is written now: a record that nobody sees need not be made.
    fn is_read(&self) -> bool {
        true
    }

    /// Takes one record.
    fn write(&mut self, record: &AuditRecord<'_>) -> io::Result<()>;

    /// Hands on what is buffered.
    fn flush(&mut self) -> io::Result<()>;

    /// The last revision that the sink has from before; none if it is new.
    fn resumes_after(&self) -> Option<Revision>;

    /// Notes where a new sink begins, so that it goes on from there even if nothing else gets into it.
    fn begin_after(&mut self, revision: Revision) -> io::Result<()>;
}

/// Records as lines of the program's log.
#[derive(Debug)]
pub struct LogSink(Logger);

impl LogSink {
    /// Into this logger.
    pub fn new(logger: Logger) -> Self {
        Self(logger)
    }
}

impl Sink for LogSink {
    fn is_read(&self) -> bool {
        self.0.is_info_enabled()
    }

    fn write(&mut self, record: &AuditRecord<'_>) -> io::Result<()> {
        // JSON escapes control characters, so that a name can't write to a terminal.
        let events = serde_json::to_string(&record.events)?;
        let reason = record.reason.map(|text| text.escape_debug().to_string());
        info!(self.0, "audit"; "time" => %record.time, "revision" => record.revision,
            "actor" => %record.actor.escape_debug(), "reason" => reason, "events" => events);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn resumes_after(&self) -> Option<Revision> {
        None
    }

    fn begin_after(&mut self, _: Revision) -> io::Result<()> {
        Ok(())
    }
}

/// Records as JSON lines.
#[derive(Debug)]
pub struct FileSink {
    file: io::BufWriter<File>,
    /// The line that is being made, whole before any of it is written.
    line: Vec<u8>,
    resumes_after: Option<Revision>,
}

impl FileSink {
    /// Opens or makes the file; a last line that was cut off by a crash is removed.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let (whole_bytes, resumes_after) = last_record(&mut file)?;
        file.set_len(whole_bytes)?;
        Ok(Self { file: io::BufWriter::new(file), line: Vec::new(), resumes_after })
    }
}

impl Sink for FileSink {
    fn write(&mut self, record: &AuditRecord<'_>) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, record)?;
        self.line.push(b'\n');
        self.file.write_all(&self.line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    fn resumes_after(&self) -> Option<Revision> {
        self.resumes_after
    }

    fn begin_after(&mut self, revision: Revision) -> io::Result<()> {
        let line =
            serde_json::json!({ "begins_after": revision.get(), "revision": revision.get(), "events": [] });
        writeln!(self.file, "{line}")?;
        self.file.flush()
    }
}

/// Where the last whole line ends, in bytes, and its revision.
fn last_record(file: &mut File) -> io::Result<(u64, Option<Revision>)> {
    #[derive(Deserialize)]
    struct Line {
        revision: u64,
    }
    let mut start = file.seek(SeekFrom::End(0))?;
    let mut tail = Vec::new();
    // Backwards by growing steps until the tail holds one whole line: records are small but for large changes.
    let mut step = 64 << 10;
    loop {
        start = start.saturating_sub(step);
        step *= 2;
        file.seek(SeekFrom::Start(start))?;
        tail.clear();
        file.read_to_end(&mut tail)?;
        let Some(end) = tail.iter().rposition(|byte| *byte == b'\n') else {
            if start == 0 {
                return Ok((0, None));
            }
            continue;
        };
        let begin = tail[..end].iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        let Some(begin) = begin.or((start == 0).then_some(0)) else { continue };
        let parsed: Line = serde_json::from_slice(&tail[begin..end]).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidData, "its last line is no audit record: name another file")
        })?;
        return Ok((start + end as u64 + 1, Some(Revision::new(parsed.revision))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ConfigName, Fact, Metadata, Version};

    fn change(revision: u64) -> Change {
        let value = ConfigValue::parse("a secret", 100).unwrap();
        let name = ConfigName::parse("app/password\u{202e}").unwrap();
        Change {
            revision: Revision::new(revision),
            instant: Timestamp::from_micros(0),
            metadata: Metadata::of("ada"),
            idempotency: None,
            events: vec![Event {
                follows: Revision::ZERO,
                name,
                version: Version::new(1),
                fact: Fact::Set { value, old_value: None },
            }],
        }
    }

    fn fingerprints() -> Fingerprints {
        Fingerprints::new([1; 32])
    }

    #[test]
    fn a_record_never_holds_a_value() {
        let change = change(1);
        let record = serde_json::to_string(&AuditRecord::of(&change, &fingerprints())).unwrap();
        assert!(!record.contains("secret"), "{record}");
        assert!(record.contains(r#""bytes":8"#), "{record}");
    }

    #[test]
    fn fingerprints_are_hmac_sha_256() {
        // Checked against Python's hmac.new(bytes([1])*32, b"a secret", "sha256").
        let value = ConfigValue::parse("a secret", 100).unwrap();
        assert_eq!(fingerprints().of(&value).to_string(), "220c8a350a4b57d273e86960a4bb41fa");
    }

    #[test]
    fn a_file_goes_on_after_its_last_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let mut sink = FileSink::open(&path).unwrap();
        assert_eq!(sink.resumes_after(), None);
        for revision in 1..=3 {
            sink.write(&AuditRecord::of(&change(revision), &fingerprints())).unwrap();
        }
        drop(sink);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], b"{\"time\":\"cut"].concat()).unwrap();
        let sink = FileSink::open(&path).unwrap();
        assert_eq!(sink.resumes_after(), Some(Revision::new(3)));
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }

    #[test]
    fn a_last_line_longer_than_a_step_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let long =
            format!("{{\"revision\":1}}\n{{\"revision\":2,\"padding\":\"{}\"}}\n", "x".repeat(300_000));
        std::fs::write(&path, long).unwrap();
        assert_eq!(FileSink::open(&path).unwrap().resumes_after(), Some(Revision::new(2)));
    }
}
