//! The differences between two points, read from the log on the pool.
//!
//! They are read page by page at the places that the points came to, as the client takes them. A log that is exchanged
//! meanwhile breaks the response off.

use std::sync::Arc;

use crate::application::{DiffWalk, Error, ShownConfig, ShownDifference};
use crate::domain::{Point, Prefix};
use crate::presentation::http::answer::caching::{Keeping, keeping};
use crate::presentation::http::answer::json_array::{JsonArray, PAGE, Page, Pages};
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::json_at;
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::moment::{Seen, point};
use crate::server::Reply;
use crate::wire::difference::{DiffJson, DifferenceOf};
use crate::wire::page::Frame;

/// `GET /v1/diff`
pub(in crate::presentation::http) fn diff(call: &Call<'_>) -> Answered {
    let from =
        call.query.get("from").ok_or_else(|| Problem::malformed("give the parameter `from`, a point"))?;
    let from = point(from)?;
    let to = call.query.get("to").map(point).transpose()?;
    let prefix = call.query.prefix()?;
    let points: Vec<Point> = [from].into_iter().chain(to).collect();
    Seen::followed(call.request, points)?.then(call.request, call.exchange, move |exchange| {
        Ok(pooled(exchange, move |exchange| compare(exchange, &prefix, from, to)))
    })
}

fn compare(exchange: &Arc<Exchange>, prefix: &Prefix, from: Point, to: Option<Point>) -> Answered {
    let store = exchange.view();
    let keeping = to.map_or(Keeping::Revalidate, |to| keeping(&[from, to]));
    let failed = |error: Error| exchange.failed_read(&error);
    let to = to.map_or_else(|| Ok(store.head()), |to| store.place(to)).map_err(failed)?;
    let from = store.place(from).map_err(failed)?;
    let walk = store.begin_diff(prefix, from, to).map_err(failed)?;
    let (from, to) = (from.revision(), to.revision());
    let frame = Frame::around(&DiffJson { from, to, changes: Vec::new() });
    let differences = Differences { exchange: Arc::clone(exchange), walk };
    let mut response =
        json_at(to, JsonArray::paged(frame, differences, exchange.shared.answers.share(), exchange)?);
    let keeping = if store.may_have_secrets() { keeping.of_masked() } else { keeping };
    keeping.put(&mut response, "Accept, Authorization");
    Ok(Reply::Ready(response))
}

/// The differences, read page by page.
struct Differences {
    exchange: Arc<Exchange>,
    walk: DiffWalk,
}

impl Pages for Differences {
    type Element = DifferenceOf;

    fn read(&mut self) -> Result<Option<Page<DifferenceOf>>, Error> {
        if self.walk.has_ended() {
            return Ok(None);
        }
        let found = self.exchange.view().differences(&mut self.walk, PAGE)?;
        let state = |state: &Option<ShownConfig>| state.as_ref().map_or(0, ShownConfig::held_bytes);
        let bytes = |found: &ShownDifference| {
            size_of_val(found) + found.name.as_str().len() + state(&found.from) + state(&found.to)
        };
        let bytes = self.walk.held_bytes() + found.iter().map(bytes).sum::<usize>();
        Ok(Some(Page { elements: found.into_iter().map(DifferenceOf).collect(), bytes }))
    }
}
