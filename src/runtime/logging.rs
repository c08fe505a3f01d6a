//! Where the log goes: standard error, by slog-term, through a bounded queue.
//!
//! Whoever logs never waits: past the queue's limit records are dropped and their number is reported, so that
//! a stuck terminal can't stop a connection thread. A terminal gets colours, by slog-async, record by record. A
//! file or a pipe gets plain lines, as many in one write as there are ([`lines`]).

mod lines;

use std::io::{self, IsTerminal};

use slog::{Drain, Level, LevelFilter, Logger, o};
use slog_term::{FullFormat, TermDecorator};

/// Records that wait for a slow terminal; some 16,000 access lines.
const QUEUE_RECORDS_MAX: usize = 16_384;

/// The name of the thread that writes.
const WRITER: &str = "log writer";

/// A logger for people. Its guard flushes what is queued when it is dropped.
pub fn terminal(level: Level) -> (Logger, slog_async::AsyncGuard) {
    if !io::stderr().is_terminal() {
        let (lines, guard) = lines::queued(io::stderr());
        return (Logger::root(LevelFilter::new(lines, level).fuse(), o!()), guard);
    }
    let format = FullFormat::new(TermDecorator::new().stderr().build()).use_utc_timestamp().build().fuse();
    let (records, guard) = slog_async::Async::new(format)
        .chan_size(QUEUE_RECORDS_MAX)
        .overflow_strategy(slog_async::OverflowStrategy::DropAndReport)
        .thread_name(WRITER.into())
        .build_with_guard();
    (Logger::root(LevelFilter::new(records.fuse(), level).fuse(), o!()), guard)
}
