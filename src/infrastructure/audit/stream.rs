//! Audit records as JSON lines to a stream that somebody collects: standard output or standard error.
//!
//! The lines are those of a [file](super::FileSink). Nothing can be read back from a stream, so that each start begins
//! at the head of the log.

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::os::fd::BorrowedFd;

use serde_json::Value;

use super::{AuditRecord, Checkpoint, DeniedRecord, RevealRecord, Sink, json};

/// Records as JSON lines to a stream.
#[derive(Debug)]
pub struct StreamSink {
    stream: File,
    /// Lines, and the rest of a line, that are not written yet.
    buffer: Vec<u8>,
}

/// Buffered lines are written once they have so many bytes.
const BUFFER_BYTES: usize = 64 << 10;

impl StreamSink {
    /// Into this stream, such as standard output.
    pub fn open(stream: BorrowedFd<'_>) -> io::Result<Self> {
        Ok(Self { stream: stream.try_clone_to_owned()?.into(), buffer: Vec::new() })
    }

    fn note(&mut self, line: &Value) -> io::Result<()> {
        self.buffer.extend_from_slice(line.to_string().as_bytes());
        self.buffer.push(b'\n');
        self.flush()
    }

    /// Writes a line after all that is buffered. A line that was written in part stays in the buffer: its rest follows, so
    /// that no line is torn.
    fn put_now(&mut self, line: &Value) -> io::Result<()> {
        self.flush()?;
        json::write(line, &mut self.buffer)?;
        self.buffer.push(b'\n');
        let whole = self.buffer.len();
        self.flush().inspect_err(|_| {
            if self.buffer.len() == whole {
                self.buffer.clear();
            }
        })
    }
}

impl Sink for StreamSink {
    fn write(&mut self, record: &AuditRecord<'_>) -> io::Result<()> {
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        json::write(record, &mut self.buffer)?;
        self.buffer.push(b'\n');
        Ok(())
    }

    fn reveal(&mut self, record: &RevealRecord, at: Checkpoint) -> io::Result<()> {
        self.put_now(&record.line(at))
    }

    fn deny(&mut self, record: &DeniedRecord, at: Checkpoint) -> io::Result<()> {
        self.put_now(&record.line(at))
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut written = 0;
        let outcome = loop {
            if written == self.buffer.len() {
                break Ok(());
            }
            match self.stream.write(&self.buffer[written..]) {
                Ok(0) => break Err(ErrorKind::WriteZero.into()),
                Ok(bytes) => written += bytes,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        self.buffer.drain(..written);
        outcome
    }

    fn begin_after(&mut self, place: Checkpoint) -> io::Result<()> {
        self.note(&place.beginning())
    }

    fn rewound_to(&mut self, place: Checkpoint) -> io::Result<()> {
        self.note(&place.rewind())
    }
}
