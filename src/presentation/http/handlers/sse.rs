//! The endless stream of changes: server-sent events (WHATWG HTML, section 9.2).
//!
//! A watcher is a cursor and nothing else. New changes come from memory, in pieces that all watchers share; older ones
//! are read on the pool, a page at a time. Changes that a watcher has not taken yet wait in the log, not here
//! (`watchers_get_a_change_that_is_larger_than_all_they_may_hold`). Each message's `id` is the change's place, and
//! heartbeats carry the place reached, so that a watcher resumes where it was on any server
//! (`a_watcher_that_resumes_sees_every_revision_once`). A place that the log no longer has is a reset, never the next
//! revision of another log (`a_stream_at_a_place_of_another_log_is_reset`).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rouille::ResponseBody;

use super::cursor::parse_place;
use crate::application::{Error, Mark, Next, PageLimit, Piece, ShownChange, ShownFeed};
use crate::domain::{GivenPlace, Prefix};
use crate::presentation::http::answer::encoding::piece;
use crate::presentation::http::answer::response::{put, response};
use crate::presentation::http::exchange::{Answered, Exchange};
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::fields::single;
use crate::server::{Reply, StreamSource, StreamStep};

/// Changes looked through at a time in memory.
const LOOK_CHANGES: usize = 16;
/// Read from the log at a time.
const READ: PageLimit = PageLimit { rows: 256, bytes: 1 << 20 };
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
    // Another server may have shown it already: it is waited for before the watcher has to start again.
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
    // With its hash also a bare revision is noticed once the log is another one.
    let reached = exchange.view().anchored(start);
    let (page, found) = (Page::default(), Arc::default());
    let source = Watcher { exchange, prefix, reached, stage: Stage::Opening, sending: None, page, found };
    Reply::Stream { head, source: Box::new(source) }
}

struct Watcher {
    exchange: Arc<Exchange>,
    prefix: Prefix,
    /// The end of the last message that was sent whole, or of what was searched since.
    reached: GivenPlace,
    stage: Stage,
    sending: Option<Sending>,
    page: Page,
    /// The pool's reading of the log.
    found: Arc<Mutex<Option<Found>>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Opening,
    Watching,
}

/// A message under way.
struct Sending {
    change: ShownChange,
    next: Mark,
}

/// Changes that were read from the log and are to be sent.
#[derive(Default)]
struct Page {
    changes: VecDeque<ShownChange>,
    /// How far the log was searched for them: reached after the last of them.
    end: Option<GivenPlace>,
}

/// The result of reading the log on the pool.
enum Found {
    Page(ShownFeed),
    /// The log does not have the watcher's place.
    Elsewhere,
    /// The log could not be read: the watcher is cut, and resumes when it can.
    Failed,
}

impl StreamSource for Watcher {
    fn next(&mut self) -> StreamStep {
        if self.exchange.has_ended() {
            return StreamStep::End;
        }
        if self.stage == Stage::Opening {
            self.stage = Stage::Watching;
            let start = self.reached;
            return StreamStep::Data(format!("retry: 2000\nid: {start}\n\n").into_bytes().into());
        }
        loop {
            if let Some(piece) = self.next_piece() {
                return StreamStep::Data(piece);
            }
            if let Some(change) = self.page.changes.pop_front() {
                self.send(change);
                continue;
            }
            let found = self.found.lock().take();
            match found {
                Some(Found::Page(ShownFeed { reached, changes })) if changes.is_empty() => {
                    self.reached = reached;
                }
                Some(Found::Page(ShownFeed { reached, changes })) => {
                    self.page = Page { changes: changes.into(), end: Some(reached) };
                    continue;
                }
                Some(Found::Elsewhere) => return StreamStep::Data(self.reset()),
                Some(Found::Failed) => return StreamStep::End,
                None => {}
            }
            match self.exchange.view().next_change(self.reached, &self.prefix, LOOK_CHANGES) {
                Next::UpToDate => return StreamStep::Wait,
                Next::Older => return self.read_older(),
                Next::Beyond | Next::Elsewhere => return StreamStep::Data(self.reset()),
                Next::Change(change) => self.send(change),
                Next::Searched(place) => self.reached = place.into(),
            }
        }
    }

    fn heartbeat(&mut self) -> Vec<u8> {
        if self.sending.is_some() {
            // It would be a part of the message.
            return Vec::new();
        }
        // A block without data isn't an event, but its id counts.
        format!(": heartbeat\nid: {}\n\n", self.reached).into_bytes()
    }
}

impl Watcher {
    fn send(&mut self, change: ShownChange) {
        self.sending = Some(Sending { change, next: Mark::default() });
    }

    /// The next piece of the message under way.
    fn next_piece(&mut self) -> Option<Arc<[u8]>> {
        let Sending { change, next: at } = self.sending.take()?;
        let Piece { bytes, next } = piece(&change, at);
        if let Some(next) = next {
            self.sending = Some(Sending { change, next });
        } else {
            let end = if self.page.changes.is_empty() { self.page.end.take() } else { None };
            self.reached = end.unwrap_or_else(|| change.place().into());
        }
        Some(bytes)
    }

    fn read_older(&self) -> StreamStep {
        let (exchange, prefix) = (Arc::clone(&self.exchange), self.prefix.clone());
        let (reached, found) = (self.reached, Arc::clone(&self.found));
        StreamStep::Work(Box::new(move || {
            let read = match exchange.view().feed(reached, &prefix, READ) {
                Ok(page) => Found::Page(page),
                Err(Error::NoSuchPlace(_)) => Found::Elsewhere,
                Err(error) => {
                    // Logged there; the client does not hear of it: the stream has begun.
                    exchange.reply(Err(exchange.failed_read(&error)));
                    Found::Failed
                }
            };
            *found.lock() = Some(read);
            None
        }))
    }

    /// The log does not have the watcher's place: it was rewound, or is another one.
    fn reset(&mut self) -> Arc<[u8]> {
        let head = self.exchange.view().head();
        self.reached = head.into();
        let revision = head.revision();
        format!("id: {head}\nevent: reset\ndata: {{\"revision\":{revision}}}\n\n").into_bytes().into()
    }
}
