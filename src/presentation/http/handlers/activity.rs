//! How many changes each part of a span of time has, read from the log on the pool.

use std::num::NonZeroUsize;
use std::sync::Arc;

use rouille::ResponseBody;

use crate::application::{ActivityQuery, At};
use crate::domain::{Permission, Point};
use crate::presentation::http::answer::caching::{Keeping, keeping};
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::json_at;
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::moment::{Seen, point};
use crate::server::Reply;
use crate::wire::activity::ActivityJson;

/// Parts of a span at most: as many as a wide screen can show apart. Each costs the store a search by halves.
const BUCKETS_MAX: usize = 1_000;
/// Parts of a span where the request does not say: enough for a small plot.
const BUCKETS_DEFAULT: usize = 60;

/// `GET /v1/activity`
pub(in crate::presentation::http) fn activity(call: &Call<'_>) -> Answered {
    if !call.exchange.principal().may_somewhere(Permission::Read) {
        return Err(Problem::forbidden("use a token with the action `read` on some prefix"));
    }
    let query = &call.query;
    let [from, to] = ["from", "to"].map(|name| query.get(name).map(point).transpose());
    let (from, to) = (from?, to?);
    let buckets = query.count("buckets", 1..=BUCKETS_MAX)?.unwrap_or(BUCKETS_DEFAULT);
    let buckets = NonZeroUsize::new(buckets).unwrap_or(NonZeroUsize::MIN);
    let query = ActivityQuery { from, to, buckets };
    let points: Vec<Point> = from.into_iter().chain(to).collect();
    Seen::followed(call.request, points)?.then(call.request, call.exchange, move |exchange| {
        Ok(pooled(exchange, move |exchange| count(exchange, &query)))
    })
}

fn count(exchange: &Arc<Exchange>, query: &ActivityQuery) -> Answered {
    let counted = exchange.view().activity(query).map_err(|error| exchange.failed_read(&error))?;
    let At { revision, found: buckets } = counted;
    // A shape always has a JSON form.
    let body = serde_json::to_string(&ActivityJson::of(buckets)).unwrap_or_default();
    let mut response = json_at(revision, ResponseBody::from_string(body));
    let keeping = match (query.from, query.to) {
        (Some(from), Some(to)) => keeping(&[from, to]),
        _ => Keeping::Revalidate,
    };
    keeping.put(&mut response, "Accept, Authorization");
    Ok(Reply::Ready(response))
}
