//! Audit records as JSON lines in a file.
//!
//! The file gets one object a line: first where it begins, then every change at least once and in order, and where
//! the log was exchanged a line that says so. It continues where it ends
//! (`a_file_goes_on_after_its_last_whole_line`). Lines are written whole: after a failed write the file is cut to
//! the length that it had before (`a_full_disk_delays_the_audit_file_and_tears_no_line`). Older releases left
//! torn lines: half a record, and behind it the whole record. The whole record counts; at the end of the file,
//! opening replaces the half with blanks, which JSON skips (`a_line_that_an_older_release_tore_counts_and_is_mended`).
//!
//! The file is locked as long as it is open, so that two servers never write one file. It is for its owner alone, and
//! no link leads to it. A file that is neither empty nor an audit file is refused as it is
//! (`a_file_of_somebody_else_is_refused_and_stays_as_it_is`). When the file at the path has become another one, as
//! after a rotation, [`FileSink::reopened`] is the sink of that one.

use std::fs::{File, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::{AuditRecord, Checkpoint, DeniedRecord, RevealRecord, Sink, json};
use crate::domain::{Change, Revision};
use crate::runtime::files::{identity, is_link, private};
use serde::{Deserialize, Deserializer};

/// Buffered lines are written once they have so many bytes.
const BUFFER_BYTES: usize = 64 << 10;
/// Every record of a change begins with this, and no record has it further on: JSON escapes quotation marks.
const RECORD_START: &[u8] = br#"{"time":""#;
/// How a first line begins: a record, or the line where a file begins, of this release and of older ones.
const FIRST_STARTS: [&[u8]; 3] = [RECORD_START, br#"{"begins_after":"#, br#"{"revision":"#];

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
    path: PathBuf,
    /// Files of the store, which are none of the audit's.
    foreign: Vec<PathBuf>,
    /// Whole lines that are not written yet.
    buffer: Vec<u8>,
    /// The line that is being made, whole before any of it is buffered.
    line: Vec<u8>,
    /// The length of the file before a write that failed, until the file is cut to it.
    torn_after: Option<u64>,
    last: Option<Line>,
}

impl FileSink {
    /// Opens or makes the file, locks it, and mends its last line. None of the `foreign` files is taken.
    pub fn open(path: &Path, foreign: &[PathBuf]) -> io::Result<Self> {
        let refused = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what);
        let opened = private().read(true).append(true).create(true).open(path);
        let mut file = opened.map_err(|error| {
            if is_link(&error) { refused("it is a symbolic link: name the file itself") } else { error }
        })?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(refused("it is not a regular file: name a file, /dev/stdout or /dev/stderr"));
        }
        if foreign
            .iter()
            .any(|other| other.metadata().is_ok_and(|other| identity(&other) == identity(&found)))
        {
            return Err(refused("it is a file of the log itself: name another file"));
        }
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
            let mending = private().write(true).open(path)?;
            mending.write_all_at(&vec![b' '; *torn_bytes], line.span.0)?;
        }
        let last = last.map(|(line, _)| line);
        let (path, foreign) = (path.to_owned(), foreign.to_vec());
        Ok(Self { file, path, foreign, buffer: Vec::new(), line: Vec::new(), torn_after: None, last })
    }

    fn cut_torn_line(&mut self) -> io::Result<()> {
        if let Some(bytes) = self.torn_after {
            self.file.set_len(bytes)?;
            self.torn_after = None;
        }
        Ok(())
    }

    /// Writes a line of its own after all that is buffered, or not at all.
    fn put_now(&mut self, line: &serde_json::Value) -> io::Result<()> {
        self.flush()?;
        json::write(line, &mut self.buffer)?;
        self.buffer.push(b'\n');
        self.flush().inspect_err(|_| self.buffer.clear())
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

    fn reveal(&mut self, record: &RevealRecord, at: Checkpoint) -> io::Result<()> {
        self.put_now(&record.line(at))
    }

    fn deny(&mut self, record: &DeniedRecord, at: Checkpoint) -> io::Result<()> {
        self.put_now(&record.line(at))
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

    fn reopened(&mut self) -> io::Result<Option<Box<dyn Sink>>> {
        self.flush()?;
        let here = self.path.symlink_metadata();
        if here.is_ok_and(|here| self.file.metadata().is_ok_and(|held| identity(&held) == identity(&here))) {
            return Ok(None);
        }
        Ok(Some(Box::new(Self::open(&self.path, &self.foreign)?)))
    }

    fn begin_after(&mut self, place: Checkpoint) -> io::Result<()> {
        self.note(&place.beginning(), place)
    }

    fn rewound_to(&mut self, place: Checkpoint) -> io::Result<()> {
        self.note(&place.rewind(), place)
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
                // Cut within its first line, or never an audit file.
                let is_ours =
                    FIRST_STARTS.iter().any(|start| tail.starts_with(start) || start.starts_with(&tail));
                return if is_ours { Ok((0, None)) } else { Err(not_an_audit_file()) };
            }
            continue;
        };
        let begin = tail[..end].iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        let Some(begin) = begin.or((start == 0).then_some(0)) else { continue };
        let (line, torn_bytes) = Line::parse(&tail[begin..end]).ok_or_else(not_an_audit_file)?;
        let span = (start + begin as u64, start + end as u64 + 1);
        return Ok((span.1, Some((Line { span, ..line }, torn_bytes))));
    }
}

fn not_an_audit_file() -> io::Error {
    let what = "its last line is not an audit record: name another file, or remove that line";
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
#[path = "file/tests.rs"]
mod tests;
