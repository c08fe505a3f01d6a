//! The events of one name, oldest first or newest first.
//!
//! On the pool, page by page by version up to one place, pulled as the client takes them: a name with
//! 100,000 versions is answered whole in flat memory, and a slow client holds no connection of the store. A log that is
//! exchanged meanwhile breaks the response off.

use std::sync::Arc;

use crate::application::{Error, HistoryPage, Order, RevealPermit, ShownRecord};
use crate::domain::{ConfigName, Place, Point, Version};
use crate::presentation::http::answer::caching::{Keeping, VARY_VALUES};
use crate::presentation::http::answer::json_array::{JsonArray, PAGE, Page, Pages};
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::json_at;
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::moment::Seen;
use crate::server::Reply;
use crate::wire::event::EventOf;
use crate::wire::page::Frame;

/// `GET /config/{name}/history`
pub(in crate::presentation::http) fn history(call: &Call<'_>) -> Answered {
    let name = call.name()?;
    let limit = call.query.count("limit", 1..=usize::MAX)?.unwrap_or(usize::MAX);
    let orders = [("asc", Order::OldestFirst), ("desc", Order::NewestFirst)];
    let order = call.query.word("order", &orders)?.unwrap_or(Order::OldestFirst);
    let after = call.query.get("after").map(parse_version).transpose()?;
    let reveal = call.reveal()?;
    Seen::followed(call.request, [])?.then(call.request, call.exchange, move |exchange| {
        Ok(pooled(exchange, move |exchange| {
            let place = exchange.view().head();
            let next = HistoryPage { order, after, at: place.revision(), limit: PAGE };
            let permit = match &reveal {
                Some(metadata) => exchange.view().permit_history(&name, place.revision(), limit, metadata),
                None => Ok(None),
            };
            let permit = permit.map_err(|error| exchange.failed_read(&error))?;
            let is_revealed = permit.is_some();
            let events = Events { exchange: Arc::clone(exchange), name, place, next, left: limit, permit };
            let share = exchange.shared.answers.share();
            let body = JsonArray::paged(Frame::array(), events, share, exchange)?;
            let mut response = json_at(place.revision(), body);
            let keeping = if is_revealed { Keeping::Never } else { Keeping::Revalidate };
            keeping.put(&mut response, VARY_VALUES);
            Ok(Reply::Ready(response))
        }))
    })
}

fn parse_version(text: &str) -> Result<Version, Problem> {
    Version::parse(text)
        .ok_or_else(|| Problem::malformed("write the parameter `after` as a version, a number"))
}

/// The events of a name, read page by page.
struct Events {
    exchange: Arc<Exchange>,
    name: ConfigName,
    /// The last change that is looked at: of one log.
    place: Place,
    next: HistoryPage,
    left: usize,
    /// For secrets in clear text.
    permit: Option<RevealPermit>,
}

impl Pages for Events {
    type Element = EventOf;

    fn read(&mut self) -> Result<Option<Page<EventOf>>, Error> {
        self.next.limit.rows = PAGE.rows.min(self.left);
        if self.left == 0 {
            return Ok(None);
        }
        let view = self.exchange.view();
        let page = view.history(&self.name, &self.next, self.permit.as_ref())?;
        // Pages of two logs make no history.
        view.confirm(Point::Place(self.place)).map_err(|error| match error {
            Error::NoSuchPlace(_) | Error::Behind { .. } => Error::Diverged,
            other => other,
        })?;
        let Some(last) = page.last() else { return Ok(None) };
        self.next.after = Some(last.version());
        let versions = page.iter().filter(|found| !found.is_shred()).count();
        self.left = self.left.saturating_sub(versions);
        let bytes = page.iter().map(ShownRecord::held_bytes).sum();
        Ok(Some(Page { elements: page.into_iter().map(EventOf).collect(), bytes }))
    }
}
