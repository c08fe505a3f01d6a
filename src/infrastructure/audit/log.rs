//! Audit records as lines of the program's log.
//!
//! Best effort: the log may be filtered, and drops lines when its reader is slow.

use std::io;

use serde_json::Value;
use slog::{Drain as _, Logger, info};

use super::{AuditRecord, Checkpoint, DeniedRecord, RevealRecord, Sink, json};

/// Records as lines of the program's log.
#[derive(Debug)]
pub struct LogSink(Logger);

impl LogSink {
    /// Into this logger.
    pub fn new(logger: Logger) -> Self {
        Self(logger)
    }

    fn line(&self, line: &Value) -> io::Result<()> {
        if !self.is_read() {
            return Err(io::Error::other(
                "the log level hides audit records: use --audit-file, or the level info",
            ));
        }
        let mut text = Vec::new();
        json::write(line, &mut text)?;
        info!(self.0, "audit"; "record" => %String::from_utf8_lossy(&text));
        Ok(())
    }
}

impl Sink for LogSink {
    fn is_read(&self) -> bool {
        self.0.is_info_enabled()
    }

    fn write(&mut self, record: &AuditRecord<'_>) -> io::Result<()> {
        let mut events = Vec::new();
        json::write(&record.events, &mut events)?;
        let events = String::from_utf8_lossy(&events);
        info!(self.0, "audit"; "time" => %record.time, "place" => %record.place, "revision" => record.revision,
            "actor" => record.actor, "actor_id" => record.actor_id, "reason" => record.reason, "events" => %events);
        Ok(())
    }

    fn reveal(&mut self, record: &RevealRecord, at: Checkpoint) -> io::Result<()> {
        self.line(&record.line(at))
    }

    fn deny(&mut self, record: &DeniedRecord, at: Checkpoint) -> io::Result<()> {
        self.line(&record.line(at))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn begin_after(&mut self, _: Checkpoint) -> io::Result<()> {
        Ok(())
    }

    fn rewound_to(&mut self, _: Checkpoint) -> io::Result<()> {
        Ok(())
    }
}
