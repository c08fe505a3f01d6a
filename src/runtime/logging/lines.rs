//! Lines for a file or a pipe: made by whoever logs, written together by one thread.
//!
//! A line is text before it waits: that costs its maker less than a copy of the record's pairs, each in a box
//! of its own, and the writer nothing. The writer is slog-async's thread, which is rung when the first line
//! comes into an empty queue; it takes all that wait, writes them at once and rests a moment. A lonely line is
//! written when it is logged, many share a write, and a crash loses only lines of that moment.
//!
//! Invariants: `lines_are_written_whole_and_in_order`, `what_finds_no_room_is_counted_and_reported`,
//! `lines_that_could_not_be_written_are_reported`.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use slog::{Drain, KV as _, Key, Level, Never, OwnedKVList, Record, Serializer, b, record};
use slog_async::{AsyncCore, AsyncGuard};
use slog_term::RecordDecorator;

use super::WRITER;
use crate::runtime::clock;

/// Text that waits for a slow reader, in bytes; some 16,000 lines.
const WAITING_BYTES_MAX: usize = 4 << 20;

/// How long the writer rests after a write. Woken for every few lines it would cost more than the lines.
const REST: Duration = Duration::from_millis(5);

/// Text that ends the writer's rest, in bytes: a write of that size is as cheap a byte as a larger one.
const WORTH_WRITING_BYTES: usize = 64 << 10;

/// The room that a line begins with, in bytes: that of most lines.
const LINE_BYTES: usize = 512;

/// The room that the writer's buffer keeps after a burst, in bytes.
const KEPT_BYTES_MAX: usize = 64 << 10;

/// A rung writer takes everything, so that a second ring adds nothing to one that it has not heard yet.
const RINGS_MAX: usize = 1;

/// A drain that never waits, and the guard that writes what is left when it is dropped.
pub(super) fn queued(sink: impl Write + Send + 'static) -> (Lines, AsyncGuard) {
    let queue = Arc::new(Queue::default());
    let writer = Writer { queue: Arc::clone(&queue), sink: RefCell::new(sink), buffer: RefCell::default() };
    let (bell, guard) =
        AsyncCore::custom(writer).chan_size(RINGS_MAX).thread_name(WRITER.into()).build_with_guard();
    (Lines { queue, bell }, guard)
}

/// Puts records as lines into the queue.
pub(super) struct Lines {
    queue: Arc<Queue>,
    bell: AsyncCore,
}

impl Drain for Lines {
    type Ok = ();
    type Err = Never;

    fn log(&self, record: &Record<'_>, values: &OwnedKVList) -> Result<(), Never> {
        let mut line = Line(Vec::with_capacity(LINE_BYTES));
        // Only a value that can't show itself fails: its line is lost, the program goes on.
        if line.put(record, values).is_ok() && self.queue.push(&line.0) {
            // Full: it is rung already. Gone: the program ends.
            let _ = self.bell.log(&record!(Level::Info, "", &format_args!(""), b!()), values);
        }
        Ok(())
    }
}

/// slog-term's timestamp, made once a millisecond: it takes longer than the rest of a line.
fn timestamp(line: &mut dyn Write) -> io::Result<()> {
    thread_local! {
        static LAST: RefCell<(u128, Vec<u8>)> = const { RefCell::new((0, Vec::new())) };
    }
    let millisecond = clock::wall_now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    LAST.with_borrow_mut(|(made_at, text)| {
        if *made_at != millisecond {
            *made_at = millisecond;
            text.clear();
            slog_term::timestamp_utc(text)?;
        }
        line.write_all(text)
    })
}

/// The lines that wait.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    worth_writing: Condvar,
}

#[derive(Default)]
struct Waiting {
    text: Vec<u8>,
    lines: usize,
    /// Lines that found no room, or could not be written.
    dropped: usize,
}

impl Queue {
    /// Held for the copy of a line at most.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a line; whether the writer has to be rung.
    fn push(&self, line: &[u8]) -> bool {
        let mut waiting = self.lock();
        let before = waiting.text.len();
        let is_first = waiting.push(line);
        let crossed = before < WORTH_WRITING_BYTES && waiting.text.len() >= WORTH_WRITING_BYTES;
        drop(waiting);
        if crossed {
            self.worth_writing.notify_one();
        }
        is_first
    }

    fn rest(&self) {
        let little = |waiting: &mut Waiting| waiting.text.len() < WORTH_WRITING_BYTES;
        // Poisoned or not, the rest is over.
        let _ = self.worth_writing.wait_timeout_while(self.lock(), REST, little);
    }
}

impl Waiting {
    /// Takes a line if there is room for it; whether it is the first.
    fn push(&mut self, line: &[u8]) -> bool {
        // A line alone always has room: a change of thousands of names is one.
        if self.lines > 0 && self.text.len() + line.len() > WAITING_BYTES_MAX {
            self.dropped += 1;
            return false;
        }
        self.text.extend_from_slice(line);
        self.lines += 1;
        self.lines == 1
    }
}

/// A line in the making, as slog-term's full format is without colours.
struct Line(Vec<u8>);

impl Line {
    fn put(&mut self, record: &Record<'_>, values: &OwnedKVList) -> slog::Result {
        slog_term::print_msg_header(&timestamp, self, record, false)?;
        record.kv().serialize(record, self)?;
        values.serialize(record, self)?;
        self.0.push(b'\n');
        Ok(())
    }

    fn begin_pair(&mut self, key: Key) {
        self.0.extend_from_slice(b", ");
        self.0.extend_from_slice(key.as_bytes());
        self.0.extend_from_slice(b": ");
    }
}

/// The same pairs as slog-term's serializer, which makes each of its six pieces a call through two tables.
impl Serializer for Line {
    fn emit_arguments(&mut self, key: Key, value: &fmt::Arguments<'_>) -> slog::Result {
        self.begin_pair(key);
        Ok(self.0.write_fmt(*value)?)
    }

    fn emit_str(&mut self, key: Key, value: &str) -> slog::Result {
        self.begin_pair(key);
        self.0.extend_from_slice(value.as_bytes());
        Ok(())
    }

    fn emit_none(&mut self, key: Key) -> slog::Result {
        self.emit_str(key, "None")
    }
}

impl Write for Line {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.write(text)
    }

    fn write_all(&mut self, text: &[u8]) -> io::Result<()> {
        self.0.write_all(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl RecordDecorator for Line {
    fn reset(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is rung: writes all that wait.
struct Writer<W> {
    queue: Arc<Queue>,
    sink: RefCell<W>,
    /// Changes places with the queue's, so that both keep their room.
    buffer: RefCell<Vec<u8>>,
}

impl<W: Write> Drain for Writer<W> {
    type Ok = ();
    type Err = Never;

    fn log(&self, _: &Record<'_>, values: &OwnedKVList) -> Result<(), Never> {
        let mut text = self.buffer.borrow_mut();
        let mut waiting = self.queue.lock();
        mem::swap(&mut waiting.text, &mut text);
        let (lines, dropped) = (mem::take(&mut waiting.lines), mem::take(&mut waiting.dropped));
        drop(waiting);
        if dropped > 0 {
            report(dropped, values, &mut text);
        }
        if self.sink.borrow_mut().write_all(&text).is_err() {
            self.queue.lock().dropped += lines + dropped;
        }
        text.clear();
        text.shrink_to(KEPT_BYTES_MAX);
        self.queue.rest();
        Ok(())
    }
}

/// Says how many lines are missing after these.
fn report(dropped: usize, values: &OwnedKVList, text: &mut Vec<u8>) {
    let mut line = Line(mem::take(text));
    let counted = b!("count" => dropped);
    // Numbers and the time: nothing there can fail.
    let _ = line.put(&record!(Level::Error, "", &format_args!("log lines dropped"), counted), values);
    *text = line.0;
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::{Receiver, Sender, bounded};
    use slog::{Logger, info, o};

    use super::*;

    /// Tells what is written to it, and waits with each write to be told whether it succeeds.
    struct Gated {
        written: Sender<String>,
        gate: Receiver<bool>,
    }

    impl Write for Gated {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.written.send(String::from_utf8(text.to_vec()).unwrap()).unwrap();
            // Open for ever when the other end is gone.
            if self.gate.recv().unwrap_or(true) {
                Ok(text.len())
            } else {
                Err(io::ErrorKind::StorageFull.into())
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn gated() -> (Logger, AsyncGuard, Receiver<String>, Sender<bool>) {
        let (written, writes) = bounded(9);
        let (open, gate) = bounded(9);
        let (lines, guard) = queued(Gated { written, gate });
        (Logger::root(lines.fuse(), o!()), guard, writes, open)
    }

    #[test]
    fn lines_are_written_whole_and_in_order() {
        let (logger, guard, writes, open) = gated();
        info!(logger, "alone"; "actor" => "ada", "revision" => 7);
        let alone = writes.recv().unwrap();
        assert!(alone.ends_with(" INFO alone, revision: 7, actor: ada\n"), "{alone}");
        for number in 0..100 {
            info!(logger, "one of many"; "number" => number);
        }
        drop(open);
        drop(guard);
        let many = writes.recv().unwrap();
        assert!(writes.is_empty(), "what waited was written at once");
        assert_eq!(many.lines().count(), 100);
        for (number, line) in many.lines().enumerate() {
            assert!(line.ends_with(&format!(" INFO one of many, number: {number}")), "{line}");
        }
    }

    #[test]
    fn what_finds_no_room_is_counted_and_reported() {
        let (logger, guard, writes, open) = gated();
        info!(logger, "stuck");
        writes.recv().unwrap();
        // The first of them is alone, so that it has room.
        let long = "x".repeat(WAITING_BYTES_MAX);
        for _ in 0..4 {
            info!(logger, "long"; "text" => &long);
        }
        drop(open);
        drop(guard);
        let text = writes.recv().unwrap();
        let (written, report) = text.trim_end().split_once('\n').unwrap();
        assert!(written.ends_with(&long));
        assert!(report.ends_with(" ERRO log lines dropped, count: 3"), "{report}");
    }

    #[test]
    fn lines_that_could_not_be_written_are_reported() {
        let (logger, guard, writes, open) = gated();
        info!(logger, "lost");
        writes.recv().unwrap();
        open.send(false).unwrap();
        drop(open);
        info!(logger, "later");
        drop(guard);
        let text = writes.recv().unwrap();
        assert!(text.ends_with(" ERRO log lines dropped, count: 1\n"), "{text}");
        assert!(text.contains(" INFO later\n"), "{text}");
    }
}
