//! Audit records as JSON lines in a file.
//!
//! The file gets one object a line: first where it begins, then every change at least once and in order, and where
//! the log was exchanged a line that says so. It continues where it ends
//! (`a_file_goes_on_after_its_last_whole_line`). Lines are written whole: after a failed write the file is cut to
//! the length that it had before (`a_full_disk_delays_the_audit_file_and_tears_no_line`). Older releases left
//! torn lines: half a record, and behind it the whole record. The whole record counts; at the end of the file,
//! opening replaces the half with blanks, which JSON skips (`a_line_that_an_older_release_tore_counts_and_is_mended`).
//!
//! The file is locked as long as it is open, so that two servers never write one file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::{AuditRecord, Checkpoint, Sink, json};
use crate::domain::{Change, Revision};

/// Buffered lines are written once they have so many bytes.
const BUFFER_BYTES: usize = 64 << 10;
/// Every record of a change begins with this, and no record has it further on: JSON escapes quotation marks.
const RECORD_START: &[u8] = br#"{"time":""#;

/// A line of an audit file: how far the audit had come, and in which log.
#[derive(Clone, Debug, Deserialize)]
pub struct Line {
    /// The revision of its change.
    #[serde(deserialize_with = "revision")]
    pub revision: Revision,
    /// The place of its change; absent in lines of older releases.
    place: Option<String>,
    /// The instant of its change; absent in the line where a file begins.
    time: Option<String>,
    /// Where the line begins in the file, and where the next one does.
    #[serde(skip)]
    pub span: (u64, u64),
}

impl Line {
    /// Whether a change of a log is the one that the line is about. A line of an older release is compared by its
    /// instant. `None` if the line has neither place nor instant.
    pub fn is_about(&self, place: Checkpoint, change: Option<&Change>) -> Option<bool> {
        if let Some(own) = &self.place {
            return Some(*own == place.to_string());
        }
        let instant = change.map(|change| change.instant.to_string());
        self.time.as_ref().map(|own| instant.as_ref() == Some(own))
    }

    /// Reads a line, if it has a record; how many bytes of a torn record are before it.
    fn parse(line: &[u8]) -> Option<(Self, usize)> {
        let whole = serde_json::from_slice(line).ok().map(|line| (line, 0));
        whole.or_else(|| {
            let start = line.windows(RECORD_START.len()).rposition(|at| at == RECORD_START)?;
            Some((serde_json::from_slice(&line[start..]).ok()?, start))
        })
    }
}

fn revision<'de, D: Deserializer<'de>>(number: D) -> Result<Revision, D::Error> {
    u64::deserialize(number).map(Revision::new)
}

/// Records as JSON lines.
#[derive(Debug)]
pub struct FileSink {
    file: File,
    /// Whole lines that are not written yet.
    buffer: Vec<u8>,
    /// The line that is being made, whole before any of it is buffered.
    line: Vec<u8>,
    /// The length of the file before a write that failed, until the file is cut to it.
    torn_after: Option<u64>,
    last: Option<Line>,
}

impl FileSink {
    /// Opens or makes the file, locks it, and mends its last line.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let what = "another process writes it: stop that process, or name another file, since each server \
                            needs an audit file of its own";
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, what));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let (whole_bytes, last) = last_line(&mut file)?;
        file.set_len(whole_bytes)?;
        if let Some((line, torn_bytes @ 1..)) = &last {
            // Linux appends whatever is written to a file that was opened to append.
            let mending = OpenOptions::new().write(true).open(path)?;
            mending.write_all_at(&vec![b' '; *torn_bytes], line.span.0)?;
        }
        let last = last.map(|(line, _)| line);
        Ok(Self { file, buffer: Vec::new(), line: Vec::new(), torn_after: None, last })
    }

    fn cut_torn_line(&mut self) -> io::Result<()> {
        if let Some(bytes) = self.torn_after {
            self.file.set_len(bytes)?;
            self.torn_after = None;
        }
        Ok(())
    }

    fn note(&mut self, line: &serde_json::Value, place: Checkpoint) -> io::Result<()> {
        self.buffer.extend_from_slice(line.to_string().as_bytes());
        self.buffer.push(b'\n');
        self.last = Some(line_at(place));
        self.flush()
    }
}

impl Sink for FileSink {
    fn write(&mut self, record: &AuditRecord<'_>) -> io::Result<()> {
        // Before the record is taken: a record that was refused is not in the buffer.
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        self.line.clear();
        json::write(record, &mut self.line)?;
        self.line.push(b'\n');
        self.buffer.extend_from_slice(&self.line);
        self.last = Some(line_at(record.place));
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.cut_torn_line()?;
        if self.buffer.is_empty() {
            return Ok(());
        }
        let before = self.file.metadata()?.len();
        if let Err(error) = self.file.write_all(&self.buffer) {
            self.torn_after = Some(before);
            // If this fails too, the next flush does it, or the next opening.
            let _ = self.cut_torn_line();
            return Err(error);
        }
        self.buffer.clear();
        // A large change is seldom: its room is given back.
        self.buffer.shrink_to(2 * BUFFER_BYTES);
        self.line.shrink_to(2 * BUFFER_BYTES);
        Ok(())
    }

    fn last(&self) -> Option<&Line> {
        self.last.as_ref()
    }

    fn bytes(&mut self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn line_from(&mut self, byte: u64) -> io::Result<Option<Line>> {
        // The byte before shows whether a line begins at this one.
        let before = byte.saturating_sub(1);
        let mut reader = BufReader::new(&self.file);
        reader.seek(SeekFrom::Start(before))?;
        let mut start = if byte == 0 { 0 } else { before + reader.skip_until(b'\n')? as u64 };
        let mut line = Vec::new();
        loop {
            line.clear();
            let bytes = reader.read_until(b'\n', &mut line)?;
            if line.pop() != Some(b'\n') {
                return Ok(None);
            }
            let span = (start, start + bytes as u64);
            if let Some((line, _)) = Line::parse(&line) {
                return Ok(Some(Line { span, ..line }));
            }
            start = span.1;
        }
    }

    fn begin_after(&mut self, place: Checkpoint) -> io::Result<()> {
        let at = place.revision.get();
        let line = json!({ "begins_after": at, "revision": at, "place": place.to_string(), "events": [] });
        self.note(&line, place)
    }

    fn rewound_to(&mut self, place: Checkpoint) -> io::Result<()> {
        let at = place.revision.get();
        let line = json!({
            "rewound": true, "continues_after": at, "revision": at, "place": place.to_string(), "events": []
        });
        self.note(&line, place)
    }
}

impl Drop for FileSink {
    /// The lock is released here, and not left to the closing of the file: a child that another thread is just
    /// starting has the descriptor too, until it runs its own program.
    fn drop(&mut self) {
        // The log still has what can't be written now.
        let _ = self.flush();
        let _ = self.file.unlock();
    }
}

fn line_at(place: Checkpoint) -> Line {
    Line { revision: place.revision, place: Some(place.to_string()), time: None, span: (0, 0) }
}

/// Where the last whole line ends, in bytes, and that line with the bytes of a torn record before its own.
fn last_line(file: &mut File) -> io::Result<(u64, Option<(Line, usize)>)> {
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
        let (line, torn_bytes) = Line::parse(&tail[begin..end]).ok_or_else(|| {
            let what = "its last line is not an audit record: name another file, or remove that line";
            io::Error::new(io::ErrorKind::InvalidData, what)
        })?;
        let span = (start + begin as u64, start + end as u64 + 1);
        return Ok((span.1, Some((Line { span, ..line }, torn_bytes))));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{change, fingerprints};
    use super::*;
    use crate::infrastructure::store::Hash;

    const HASH: Hash = Hash([7; 32]);

    fn place(revision: u64) -> Checkpoint {
        Checkpoint { revision: Revision::new(revision), hash: HASH }
    }

    fn write(sink: &mut FileSink, revisions: std::ops::RangeInclusive<u64>) {
        for revision in revisions {
            sink.write(&AuditRecord::of(&change(revision), HASH, &fingerprints())).unwrap();
        }
    }

    fn last(sink: &FileSink) -> Option<u64> {
        sink.last().map(|line| line.revision.get())
    }

    #[test]
    fn a_file_goes_on_after_its_last_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let mut sink = FileSink::open(&path).unwrap();
        assert_eq!(last(&sink), None);
        write(&mut sink, 1..=3);
        drop(sink);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], b"{\"time\":\"cut"].concat()).unwrap();
        let sink = FileSink::open(&path).unwrap();
        assert_eq!(last(&sink), Some(3));
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }

    #[test]
    fn a_last_line_longer_than_a_step_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let long =
            format!("{{\"revision\":1}}\n{{\"revision\":2,\"padding\":\"{}\"}}\n", "x".repeat(300_000));
        std::fs::write(&path, long).unwrap();
        assert_eq!(last(&FileSink::open(&path).unwrap()), Some(2));
    }

    /// The server did not start again: its last line was no JSON.
    #[test]
    fn a_line_that_an_older_release_tore_counts_and_is_mended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let whole = br#"{"time":"1970-01-01T00:00:00Z","revision":2,"actor":"{\"time\":\"","events":[]}"#;
        let halves = [&whole[..30], &whole[..50]].concat();
        std::fs::write(&path, [b"{\"revision\":1}\n", &halves[..], whole, b"\n"].concat()).unwrap();
        let mut sink = FileSink::open(&path).unwrap();
        assert_eq!(last(&sink), Some(2));
        write(&mut sink, 3..=3);
        drop(sink);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        assert_eq!(lines.map(|line| line["revision"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn a_line_is_found_from_every_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let mut sink = FileSink::open(&path).unwrap();
        sink.begin_after(place(0)).unwrap();
        write(&mut sink, 1..=3);
        sink.flush().unwrap();
        let text = std::fs::read(&path).unwrap();
        for byte in 0..=text.len() {
            let expected = match byte {
                0 => Some(0),
                _ => text[byte - 1..].iter().position(|it| *it == b'\n').and_then(|at| {
                    let line = text[..byte + at].split(|it| *it == b'\n').count() as u64 - 1;
                    (line < 4).then_some(line)
                }),
            };
            let found = sink.line_from(byte as u64).unwrap();
            assert_eq!(found.as_ref().map(|line| line.revision.get()), expected, "{byte}");
            let Some(found) = found else { continue };
            assert_eq!(found.is_about(place(found.revision.get()), None), Some(true));
            assert_eq!(found.is_about(Checkpoint { hash: Hash([8; 32]), ..place(1) }, None), Some(false));
        }
    }

    #[test]
    fn a_file_is_written_by_one_sink_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let first = FileSink::open(&path).unwrap();
        let refused = FileSink::open(&path).unwrap_err().to_string();
        assert!(refused.contains("another process writes it"), "{refused}");
        drop(first);
        FileSink::open(&path).unwrap();
    }
}
