//! The change feed in pages, and the long poll.
//!
//! A page is read on the pool, from memory or from the log. A long poll is a cursor that the bell moves on. No thread
//! waits, and a change that does not concern the prefix only moves the cursor
//! (`a_long_poll_ends_with_the_first_change_that_concerns_it`). A poll that begins far back searches the log in turns,
//! on a few threads of the pool, so that many of them leave room for other reads
//! (`long_polls_that_search_leave_room_for_reads`). A cursor is a place. If the log was exchanged or rewound, it no
//! longer has that place, and the response says so (`a_page_after_a_place_of_another_log_is_refused`).

use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rouille::ResponseBody;

use super::cursor::{Cursor, parse_place};
use super::sse;
use crate::application::{Effort, Error, Next, PageLimit, ShownChange, ShownFeed};
use crate::domain::{Point, Prefix};
use crate::presentation::http::answer::encoding::ChangesBody;
use crate::presentation::http::answer::memory::Share;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::json_at;
use crate::presentation::http::answer::response::put;
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::moment::Seen;
use crate::presentation::http::request::negotiation::{FeedForm, feed_form};
use crate::server::Reply;
use crate::wire::page::{FeedJson, Frame};

/// Changes on a page at most.
const PAGE_CHANGES_MAX: usize = 1_000;
/// Names and values on a page, in bytes, with one change at least: 8 MiB.
const PAGE_BYTES_MAX: usize = 8 << 20;
/// Asked of the answers' memory before a page is read, in bytes: most pages have less.
const READ_BYTES: usize = 1 << 20;
/// Changes looked through at a time while waiting, on the connection's thread.
const LOOK_CHANGES: usize = 256;

/// The part of the feed that a client wants to see.
pub(in crate::presentation::http) struct FeedQuery {
    pub(in crate::presentation::http) prefix: Prefix,
    limit: PageLimit,
    deadline: Option<Instant>,
}

/// `GET /v1/events`
pub(in crate::presentation::http) fn events(call: &Call<'_>) -> Answered {
    let prefix = call.query.prefix()?;
    // Of an event stream that goes on: polyfills add it to the address that they began with.
    let resumed =
        call.query.get("lastEventId").filter(|text| !text.is_empty()).map(parse_place).transpose()?;
    let asked = call.query.get("after").map(parse_place).transpose()?;
    let after = resumed.or(asked);
    let rows = call.query.count("limit", 1..=PAGE_CHANGES_MAX)?.unwrap_or(PAGE_CHANGES_MAX);
    let wait = call.query.get("wait").map(|text| parse_wait(text, call.exchange)).transpose()?;
    if feed_form(call.request) == FeedForm::Stream {
        return sse::begin(call, prefix, after);
    }
    let deadline = wait.map(|wait| Instant::now() + wait);
    let asked = FeedQuery { prefix, limit: PageLimit { rows, bytes: PAGE_BYTES_MAX }, deadline };
    let after = after.unwrap_or_default();
    Seen::refuse_far(call.exchange, after.revision)?;
    // A place of the log was seen by somebody: this server may be behind. A bare number may be anything.
    let seen = after.hash.map(|_| Point::Revision(after.revision));
    Seen::followed(call.request, seen)?.then(call.request, call.exchange, move |exchange| {
        let cursor = Cursor::at(exchange.view().anchored(after));
        let asked = Arc::new(asked);
        Ok(match asked.deadline {
            None => {
                let reached = cursor.clone();
                let is_search = !asked.prefix.as_str().is_empty();
                let page = pooled(exchange, move |exchange| show_page(exchange, &asked, &cursor));
                if is_search { in_turns(exchange, page, &reached) } else { page }
            }
            Some(deadline) => wait_for_changes(exchange, &asked, &cursor, deadline),
        })
    })
}

fn parse_wait(text: &str, exchange: &Exchange) -> Result<Duration, Problem> {
    let wait = humantime::parse_duration(text);
    let wait =
        wait.map_err(|_| Problem::malformed("write the parameter `wait` as a duration such as 30s"))?;
    Ok(wait.min(exchange.shared.settings.wait_max))
}

/// One page, searched for as long as a response may be.
fn show_page(exchange: &Arc<Exchange>, asked: &FeedQuery, cursor: &Cursor) -> Answered {
    let mut share = exchange.shared.answers.share();
    let page = read(exchange, asked, cursor, &mut share)?;
    Ok(show(exchange, page, share))
}

fn read(
    exchange: &Exchange,
    asked: &FeedQuery,
    cursor: &Cursor,
    share: &mut Share,
) -> Result<ShownFeed, Problem> {
    share.ask(READ_BYTES).map_err(|_| Problem::answers_full())?;
    let page = exchange.view().search(cursor.get(), &asked.prefix, asked.limit, Effort::FULL);
    page.map_err(|error| exchange.failed_read(&error))
}

fn show(exchange: &Exchange, page: ShownFeed, mut share: Share) -> Reply {
    let frame = Frame::around(&FeedJson { revision: page.reached.revision, changes: Vec::new() });
    let body = if page.changes.is_empty() {
        ResponseBody::from_string(format!("{}{}", frame.opening, frame.closing))
    } else {
        share.hold(page.changes.iter().map(ShownChange::page_bytes).sum());
        ResponseBody::from_reader(Counted { body: ChangesBody::new(frame, page.changes), _share: share })
    };
    let mut response = json_at(exchange.view().followed(), body);
    put(&mut response, "Vary", "Accept");
    Reply::Ready(response)
}

/// A body that counts until all of it is written.
struct Counted<R> {
    body: R,
    _share: Share,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read(buffer)
    }
}

/// The same, or a refusal where the token has ended meanwhile.
fn nothing_or_end(exchange: &Exchange, cursor: &Cursor) -> Reply {
    match exchange.refuse_ended() {
        Ok(()) => nothing(exchange, cursor),
        Err(problem) => exchange.reply(Err(problem)),
    }
}

/// The response of a wait that found nothing.
fn nothing(exchange: &Exchange, cursor: &Cursor) -> Reply {
    let page = ShownFeed { reached: cursor.get(), changes: Vec::new() };
    show(exchange, page, exchange.shared.answers.share())
}

fn wait_for_changes(
    exchange: &Arc<Exchange>,
    asked: &Arc<FeedQuery>,
    cursor: &Cursor,
    deadline: Instant,
) -> Reply {
    let (late, reached) = (Arc::clone(exchange), cursor.clone());
    let (exchange, asked, cursor) = (Arc::clone(exchange), Arc::clone(asked), cursor.clone());
    Reply::Waiting {
        poll: Box::new(move || look(&exchange, &asked, &cursor, deadline)),
        deadline,
        expired: Box::new(move || nothing_or_end(&late, &reached)),
    }
}

/// Looks at what is new in memory; what is older, and the page itself, the pool reads.
fn look(
    exchange: &Arc<Exchange>,
    asked: &Arc<FeedQuery>,
    cursor: &Cursor,
    deadline: Instant,
) -> Option<Reply> {
    if let Err(problem) = exchange.refuse_ended() {
        return Some(exchange.reply(Err(problem)));
    }
    let is_near = loop {
        match exchange.view().next_change(cursor.get(), &asked.prefix, LOOK_CHANGES) {
            Next::UpToDate | Next::Beyond => return None,
            Next::Older => break false,
            Next::Change(_) => break true,
            Next::Searched(place) => cursor.set(place),
            Next::Elsewhere => {
                let problem = exchange.failed_read(&Error::NoSuchPlace(cursor.get()));
                return Some(exchange.reply(Err(problem)));
            }
        }
    };
    let (waiting, found) = (Arc::clone(asked), cursor.clone());
    let turn = pooled(exchange, move |exchange| search(exchange, &waiting, &found, deadline));
    Some(if is_near { turn } else { in_turns(exchange, turn, cursor) })
}

/// The same work on the threads that may be busy with searches.
fn in_turns(exchange: &Arc<Exchange>, reply: Reply, cursor: &Cursor) -> Reply {
    let (late, reached) = (Arc::clone(exchange), cursor.clone());
    match reply {
        Reply::Pooled(turn) => {
            Reply::Search { turn, expired: Box::new(move || nothing_or_end(&late, &reached)) }
        }
        other => other,
    }
}

/// One turn of the search for something to show. It reads one page at least: asked again without having read, the wait
/// would find the same change in memory and come back here for ever. Then it waits again, for its next turn or for
/// what is new at the end of the log.
fn search(exchange: &Arc<Exchange>, asked: &Arc<FeedQuery>, cursor: &Cursor, deadline: Instant) -> Answered {
    exchange.refuse_ended()?;
    let mut share = exchange.shared.answers.share();
    let page = read(exchange, asked, cursor, &mut share)?;
    if !page.changes.is_empty() || Instant::now() >= deadline {
        return Ok(show(exchange, page, share));
    }
    cursor.set(page.reached);
    Ok(wait_for_changes(exchange, asked, cursor, deadline))
}
