//! The endless stream of changes: server-sent events (WHATWG HTML, section 9.2).
//!
//! A watcher is a cursor and nothing else. What is new comes from memory, encoded once for all; what is older
//! is read on the pool; what it does not take waits in the log, not here. Each message's `id` is the change's place,
//! and heartbeats carry the place reached, so that a watcher resumes where it was on any server
//! (`a_watcher_that_resumes_sees_every_revision_once`). A place that the log does not have any more is a reset, never
//! the next revision of another log (`a_stream_at_a_place_of_another_log_is_reset`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rouille::ResponseBody;

use super::cursor::{Cursor, parse_place};
use crate::application::{Error, Next, PageLimit, ShownChange};
use crate::domain::{GivenPlace, Prefix};
use crate::presentation::http::answer::encoding::message;
use crate::presentation::http::answer::response::{put, response};
use crate::presentation::http::exchange::{Answered, Exchange};
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::fields::single;
use crate::server::{Reply, StreamSource, StreamStep};

/// Changes looked through at a time in memory.
const LOOK_CHANGES: usize = 16;
/// What is read from the log at a time.
const READ: PageLimit = PageLimit { rows: 256, bytes: 1 << 20 };
/// A change of more events than this is encoded on the pool by whoever shows it first.
const INLINE_EVENTS_MAX: usize = 64;
/// And one of more bytes than this.
const INLINE_BYTES_MAX: usize = 64 << 10;

/// A watcher hears something within a second: a longer silence looks like a server that does not answer.
const SILENCE_MAX: Duration = Duration::from_millis(900);

/// `GET /v1/events` with `Accept: text/event-stream`
pub(in crate::presentation::http) fn begin(
    call: &Call<'_>,
    prefix: Prefix,
    after: Option<GivenPlace>,
) -> Answered {
    // An empty one is of a client that has seen nothing.
    let resumed = single(call.request, "Last-Event-ID")?.filter(|text| !text.is_empty());
    let resumed = resumed.map(parse_place).transpose()?;
    let exchange = Arc::clone(call.exchange);
    let start = resumed.or(after).unwrap_or_else(|| exchange.view().head().into());
    if start.revision <= exchange.view().followed() {
        return Ok(open(exchange, prefix, start));
    }
    // Another server may have shown it already: it is waited for before the watcher is told to start anew.
    let (late, late_prefix) = (Arc::clone(&exchange), prefix.clone());
    Ok(Reply::Waiting {
        deadline: Instant::now() + exchange.shared.settings.revision_wait.min(SILENCE_MAX),
        poll: Box::new(move || {
            (start.revision <= exchange.view().followed())
                .then(|| open(Arc::clone(&exchange), prefix.clone(), start))
        }),
        expired: Box::new(move || open(late, late_prefix, start)),
    })
}

fn open(exchange: Arc<Exchange>, prefix: Prefix, start: GivenPlace) -> Reply {
    let data = ResponseBody::empty();
    let mut head = response(200, data);
    put(&mut head, "Content-Type", "text/event-stream");
    put(&mut head, "X-Accel-Buffering", "no");
    put(&mut head, "Vary", "Accept");
    let failed = Arc::new(AtomicBool::new(false));
    // With its hash also a bare revision is noticed once the log is another one.
    let cursor = Cursor::at(exchange.view().anchored(start));
    let source = Watcher { exchange, prefix, cursor, stage: Stage::Opening, failed };
    Reply::Stream { head, source: Box::new(source) }
}

struct Watcher {
    exchange: Arc<Exchange>,
    prefix: Prefix,
    cursor: Cursor,
    stage: Stage,
    /// The log could not be read: the watcher is cut, and resumes when it can.
    failed: Arc<AtomicBool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Opening,
    Watching,
}

impl StreamSource for Watcher {
    fn next(&mut self) -> StreamStep {
        if self.stage == Stage::Opening {
            self.stage = Stage::Watching;
            let start = self.cursor.get();
            return StreamStep::Data(format!("retry: 2000\nid: {start}\n\n").into_bytes().into());
        }
        if self.failed.load(Ordering::Acquire) {
            return StreamStep::End;
        }
        loop {
            match self.exchange.view().next_change(self.cursor.get(), &self.prefix, LOOK_CHANGES) {
                Next::UpToDate => return StreamStep::Wait,
                Next::Older => return self.read_older(),
                Next::Beyond | Next::Elsewhere => {
                    return StreamStep::Data(reset(&self.exchange, &self.cursor));
                }
                Next::Change(change) => {
                    self.cursor.set(change.place());
                    return show(change);
                }
                Next::Searched(place) => self.cursor.set(place),
            }
        }
    }

    fn heartbeat(&mut self) -> Vec<u8> {
        // A block without data is no event, but its id counts.
        format!(": heartbeat\nid: {}\n\n", self.cursor.get()).into_bytes()
    }
}

impl Watcher {
    fn read_older(&self) -> StreamStep {
        let (exchange, prefix) = (Arc::clone(&self.exchange), self.prefix.clone());
        let (cursor, failed) = (self.cursor.clone(), Arc::clone(&self.failed));
        StreamStep::Work(Box::new(move || match exchange.view().feed(cursor.get(), &prefix, READ) {
            Ok(page) => {
                cursor.set(page.reached);
                let messages: Vec<Arc<[u8]>> = page.changes.iter().map(message).collect();
                (!messages.is_empty()).then(|| messages.concat().into())
            }
            Err(Error::NoSuchPlace(_)) => Some(reset(&exchange, &cursor)),
            Err(error) => {
                failed.store(true, Ordering::Release);
                // Logged there; the client is not told: the stream has begun.
                exchange.reply(Err(exchange.failed_read(&error)));
                None
            }
        }))
    }
}

/// The log does not have the watcher's place: it was rewound, or is another one.
fn reset(exchange: &Exchange, cursor: &Cursor) -> Arc<[u8]> {
    let head = exchange.view().head();
    cursor.set(head);
    let revision = head.revision();
    format!("id: {head}\nevent: reset\ndata: {{\"revision\":{revision}}}\n\n").into_bytes().into()
}

fn show(change: ShownChange) -> StreamStep {
    let is_encoded = change.whole().is_some_and(|published| published.encoding.get().is_some());
    if is_encoded || is_short(&change) {
        return StreamStep::Data(message(&change));
    }
    StreamStep::Work(Box::new(move || Some(message(&change))))
}

fn is_short(change: &ShownChange) -> bool {
    let bytes = |event: &crate::domain::Event| {
        let length =
            |value: Option<&crate::domain::ConfigValue>| value.map_or(0, |value| value.as_str().len());
        length(event.value()) + length(event.previous())
    };
    change.events().take(INLINE_EVENTS_MAX + 1).count() <= INLINE_EVENTS_MAX
        && change.events().map(bytes).sum::<usize>() <= INLINE_BYTES_MAX
}
