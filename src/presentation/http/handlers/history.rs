//! The events of one name, oldest first or newest first.
//!
//! On the pool, page by page by version up to one revision, pulled as the client takes them: a name with
//! 100,000 versions is answered whole in flat memory, and a slow client holds no connection of the store.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::application::{Error, HistoryPage, Order, PageLimit, RecordedEvent, Shown};
use crate::domain::{ConfigName, Revision, Version};
use crate::presentation::http::answer::json_array::JsonArray;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::json_at;
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::moment::Seen;
use crate::server::Reply;
use crate::wire::event::EventOf;
use crate::wire::page::Frame;

/// How much of a history is read at once: the fixed cost of a page vanishes, its memory stays small.
const PAGE: PageLimit = PageLimit { rows: 500, bytes: 1 << 20 };

/// `GET /config/{name}/history`
pub(in crate::presentation::http) fn history(call: &Call<'_>) -> Answered {
    let name = call.name()?;
    let limit = call.query.count("limit", 1..=usize::MAX)?.unwrap_or(usize::MAX);
    let orders = [("asc", Order::OldestFirst), ("desc", Order::NewestFirst)];
    let order = call.query.word("order", &orders)?.unwrap_or(Order::OldestFirst);
    let after = call.query.get("after").map(parse_version).transpose()?;
    Seen::followed(call.request, [])?.then(call.request, call.exchange, move |exchange| {
        Ok(pooled(exchange, move |exchange| {
            let at = exchange.view().followed();
            let events = Events {
                exchange: Arc::clone(exchange),
                name,
                next: HistoryPage { order, after, at, limit: PAGE },
                left: limit,
                read: VecDeque::new(),
            };
            answer(exchange, events, at)
        }))
    })
}

fn parse_version(text: &str) -> Result<Version, Problem> {
    Version::parse(text)
        .ok_or_else(|| Problem::malformed("write the parameter `after` as a version, a number"))
}

fn answer(exchange: &Exchange, mut events: Events, at: Revision) -> Answered {
    // The first page is read before the head is sent, so that a store that fails is a problem still.
    events.read_page().map_err(|error| exchange.failed_read(&error))?;
    let elements = events.map(|event| event.map(EventOf));
    let data = JsonArray::body(Frame::array(), elements);
    Ok(Reply::Ready(json_at(at, data)))
}

/// The events of a name, read page by page.
struct Events {
    exchange: Arc<Exchange>,
    name: ConfigName,
    next: HistoryPage,
    left: usize,
    read: VecDeque<Shown<RecordedEvent>>,
}

impl Events {
    /// Reads the next page; none left ends the history.
    fn read_page(&mut self) -> Result<(), Error> {
        self.next.limit.rows = PAGE.rows.min(self.left);
        if self.left == 0 {
            return Ok(());
        }
        let page = self.exchange.view().history(&self.name, &self.next)?;
        match page.last() {
            Some(last) => self.next.after = Some(last.event.version),
            None => self.left = 0,
        }
        self.left = self.left.saturating_sub(page.len());
        self.read = page.into();
        Ok(())
    }
}

impl Iterator for Events {
    type Item = Result<Shown<RecordedEvent>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.read.is_empty()
            && let Err(error) = self.read_page()
        {
            return Some(Err(error));
        }
        self.read.pop_front().map(Ok)
    }
}
