//! The differences between two points, read from the log on the pool.

use std::sync::Arc;

use crate::application::Error;
use crate::domain::{Point, Prefix};
use crate::presentation::http::answer::caching::{Keeping, keeping};
use crate::presentation::http::answer::json_array::JsonArray;
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
    let resolve = |point| store.resolve(point).map_err(failed);
    let points = [Some(from), to];
    let to = to.map_or_else(|| Ok(store.followed()), resolve)?;
    let from = resolve(from)?;
    let differences = store.diff(prefix, from, to).map_err(failed)?;
    points.into_iter().flatten().try_for_each(|point| store.confirm(point)).map_err(failed)?;
    let frame = Frame::around(&DiffJson { from, to, changes: Vec::new() });
    let elements = differences.into_iter().map(|difference| Ok::<_, Error>(DifferenceOf(difference)));
    let mut response = json_at(to, JsonArray::body(frame, elements));
    keeping.put(&mut response, "Accept");
    Ok(Reply::Ready(response))
}
