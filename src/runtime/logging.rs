//! Where the log goes: standard error, by slog-term, through a bounded queue.
//!
//! A caller that logs never waits: past the queue's limit records are dropped and their number is reported
//! (slog-async's `DropAndReport`), so that a stuck terminal can't stop a connection thread. A standard error that is
//! closed or full loses lines, and nothing else.

use std::fmt;
use std::io;
use std::time::{Duration, UNIX_EPOCH};

use slog::{Drain, Filter, KV, Key, Level, LevelFilter, Logger, Record, Serializer, o};

use super::clock;
use super::flush::{LAST_FLUSH, at_most};
use super::log_fields::PrintableFields;

/// The last second of the year 9999, since 1970.
const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);
/// Records that wait for a slow terminal; some 16,000 access lines.
const QUEUE_RECORDS_MAX: usize = 16_384;

/// Whether the log has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// For a terminal.
    Always,
    /// For a file or a pipe: whole lines, one write each.
    Never,
}

/// Writes what is queued when it is dropped, and waits at most [`LAST_FLUSH`] for that.
pub struct LogGuard(Option<slog_async::AsyncGuard>);

impl Drop for LogGuard {
    fn drop(&mut self) {
        let guard = self.0.take();
        let _flushed_in_time = at_most(LAST_FLUSH, move || drop(guard));
    }
}

/// A logger for people, which writes as long as its guard lives.
pub fn terminal(level: Level, colour: Colour) -> (Logger, LogGuard) {
    match colour {
        Colour::Always => queued(slog_term::TermDecorator::new().stderr().force_color().build(), level),
        Colour::Never => queued(slog_term::PlainSyncDecorator::new(io::stderr()), level),
    }
}

/// A logger for a command that opens a store itself: warnings, and the audit records of reveals, which are never hidden.
pub fn warnings_and_reveals(colour: Colour) -> (Logger, LogGuard) {
    let (logger, guard) = terminal(Level::Info, colour);
    let passes = |record: &Record<'_>| record.level().is_at_least(Level::Warning) || is_reveal(record);
    (Logger::root(Filter::new(logger, passes).ignore_res(), o!()), guard)
}

/// The record of a reveal is one text under this key; a change's is not.
fn is_reveal(record: &Record<'_>) -> bool {
    struct HasRecord(bool);
    impl Serializer for HasRecord {
        fn emit_arguments(&mut self, key: Key, _: &fmt::Arguments<'_>) -> slog::Result {
            self.0 |= key == "record";
            Ok(())
        }
    }
    let mut found = HasRecord(false);
    // A value that can't be written is not a record.
    let _ = record.kv().serialize(record, &mut found);
    found.0
}

/// The time in UTC. A clock past the year 9999 is more than the formatter takes: it panics.
fn timestamp(line: &mut dyn io::Write) -> io::Result<()> {
    if clock::wall_now() > UNIX_EPOCH + LAST_SECOND {
        return line.write_all(b"past the year 9999");
    }
    slog_term::timestamp_utc(line)
}

fn queued<D>(decorator: D, level: Level) -> (Logger, LogGuard)
where
    D: slog_term::Decorator + Send + 'static,
{
    let format = slog_term::FullFormat::new(decorator).use_custom_timestamp(timestamp).build();
    let (drain, guard) = slog_async::Async::new(PrintableFields(format).ignore_res())
        .chan_size(QUEUE_RECORDS_MAX)
        .overflow_strategy(slog_async::OverflowStrategy::DropAndReport)
        .thread_name("log writer".into())
        .build_with_guard();
    (Logger::root(LevelFilter::new(drain, level).ignore_res(), o!()), LogGuard(Some(guard)))
}
