//! The endless stream of changes: server-sent events (WHATWG HTML, section 9.2).
//!
//! A watcher is a cursor and nothing else. What is new comes from memory, encoded once for all; what is older
//! is read on the pool; what it does not take waits in the log, not here. Each message's `id` is the revision,
//! and heartbeats carry the revision reached, so that a watcher resumes where it was on any server
//! (`a_watcher_that_resumes_sees_every_revision_once`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rouille::{Response, ResponseBody};

use super::feed::{Cursor, parse_revision};
use crate::application::{PageLimit, Published, Recent};
use crate::domain::{Prefix, Revision};
use crate::presentation::http::answer::encoding::message;
use crate::presentation::http::exchange::{Answered, Exchange};
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::fields::{put, single};
use crate::server::{Reply, StreamSource, StreamStep};

/// Changes looked through at a time in memory.
const LOOK_CHANGES: usize = 16;
/// What is read from the log at a time.
const READ: PageLimit = PageLimit { rows: 256, bytes: 1 << 20 };
/// A change of more events than this is encoded on the pool by whoever shows it first.
const INLINE_EVENTS_MAX: usize = 64;
/// And one of more bytes than this.
const INLINE_BYTES_MAX: usize = 64 << 10;

/// `GET /v1/events` with `Accept: text/event-stream`
pub(in crate::presentation::http) fn begin(
    call: &Call<'_>,
    prefix: Prefix,
    after: Option<Revision>,
) -> Answered {
    let resumed = single(call.request, "Last-Event-ID")?.map(parse_revision).transpose()?;
    let exchange = Arc::clone(call.exchange);
    let start = resumed.or(after).unwrap_or_else(|| exchange.shared.store.followed());
    if start <= exchange.shared.store.followed() {
        return Ok(open(exchange, prefix, start));
    }
    // Another server may have shown it already: it is waited for before the watcher is told to start anew.
    let (late, late_prefix) = (Arc::clone(&exchange), prefix.clone());
    Ok(Reply::Waiting {
        deadline: Instant::now() + exchange.shared.settings.revision_wait,
        poll: Box::new(move || {
            (start <= exchange.shared.store.followed())
                .then(|| open(Arc::clone(&exchange), prefix.clone(), start))
        }),
        expired: Box::new(move || open(late, late_prefix, start)),
    })
}

fn open(exchange: Arc<Exchange>, prefix: Prefix, start: Revision) -> Reply {
    let data = ResponseBody::empty();
    let mut head = Response { status_code: 200, headers: Vec::with_capacity(8), data, upgrade: None };
    put(&mut head, "Content-Type", "text/event-stream");
    put(&mut head, "X-Accel-Buffering", "no");
    put(&mut head, "Vary", "Accept");
    let failed = Arc::new(AtomicBool::new(false));
    let source = Watcher { exchange, prefix, cursor: Cursor::at(start), stage: Stage::Opening, failed };
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
            let start = self.cursor.get().min(self.exchange.shared.store.followed());
            return StreamStep::Data(format!("retry: 2000\nid: {start}\n\n").into_bytes().into());
        }
        if self.failed.load(Ordering::Acquire) {
            return StreamStep::End;
        }
        loop {
            match self.exchange.shared.store.recent(self.cursor.get(), LOOK_CHANGES) {
                Recent::UpToDate => return StreamStep::Wait,
                Recent::Older => return self.read_older(),
                Recent::Beyond => return self.reset(),
                Recent::Changes(changes) => {
                    let Some(last) = changes.last() else { return StreamStep::Wait };
                    let last = last.change.revision;
                    if let Some(found) = changes.iter().find(|found| found.concerns(&self.prefix)) {
                        self.cursor.set(found.change.revision);
                        return show(found);
                    }
                    self.cursor.set(last);
                }
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
        StreamStep::Work(Box::new(move || match exchange.shared.store.feed(cursor.get(), &prefix, READ) {
            Ok(page) => {
                cursor.set(page.revision);
                let messages: Vec<&[u8]> = page.changes.iter().map(|found| &**message(found)).collect();
                (!messages.is_empty()).then(|| messages.concat().into())
            }
            Err(error) => {
                failed.store(true, Ordering::Release);
                // Logged there; nobody is to be told: the stream has begun.
                exchange.settle(Err(exchange.failed_read(&error)));
                None
            }
        }))
    }

    /// The log ends before the watcher's id: it was rewound, or is another one.
    fn reset(&self) -> StreamStep {
        let head = self.exchange.shared.store.followed();
        self.cursor.set(head);
        StreamStep::Data(
            format!("id: {head}\nevent: reset\ndata: {{\"revision\":{head}}}\n\n").into_bytes().into(),
        )
    }
}

fn show(published: &Arc<Published>) -> StreamStep {
    if published.encoding.get().is_some() || is_short(published) {
        return StreamStep::Data(Arc::clone(message(published)));
    }
    let published = Arc::clone(published);
    StreamStep::Work(Box::new(move || Some(Arc::clone(message(&published)))))
}

fn is_short(published: &Published) -> bool {
    let events = &published.change.events;
    let bytes = |event: &crate::domain::Event| {
        let length =
            |value: Option<&crate::domain::ConfigValue>| value.map_or(0, |value| value.as_str().len());
        length(event.value()) + length(event.previous())
    };
    events.len() <= INLINE_EVENTS_MAX && events.iter().map(bytes).sum::<usize>() <= INLINE_BYTES_MAX
}
