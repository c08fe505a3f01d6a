//! The list of names, now and at any point, whole or in pages.
//!
//! Always on the pool: the list's tag is the newest revision under the prefix, and to find it takes a walk.
//! Pages after the first are at one revision, so that together they are one state
//! (`the_pages_of_a_list_are_one_revision`).

use std::sync::Arc;

use rouille::{Response, ResponseBody};

use crate::application::{At, Error, ListQuery, Listing};
use crate::domain::{ConfigName, Point, Revision};
use crate::presentation::http::answer::caching::{Keeping, memento};
use crate::presentation::http::answer::json_array::JsonArray;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::call::{Call, parse_name};
use crate::presentation::http::request::conditions::{Conditions, Verdict};
use crate::presentation::http::request::fields::put;
use crate::presentation::http::request::moment::{Moment, Seen};
use crate::presentation::http::request::path::encode;
use crate::server::Reply;
use crate::wire::shapes::{Item, Shown};

/// The largest page, in names. Without a limit the list comes whole.
const PAGE_NAMES_MAX: usize = 1_000;

struct Asked {
    query: ListQuery,
    /// Names on a page, where it is a page.
    page: Option<usize>,
    shown: Shown,
    conditions: Conditions,
    moment: Moment,
    /// The address of the list itself, for links.
    path: String,
}

/// `GET /config`
pub(in crate::presentation::http) fn list(call: &Call<'_>) -> Answered {
    let query = &call.query;
    let page = query.count("limit", 1..=PAGE_NAMES_MAX)?;
    let shown = query.word("values", &[("true", Shown::Value), ("false", Shown::NoValue)])?;
    let after = query.get("after").map(parse_name).transpose()?;
    // One more than the page tells whether there is a next.
    let limit = page.map_or(usize::MAX, |page| page + 1);
    let moment = call.moment()?;
    let asked = Asked {
        query: ListQuery { prefix: query.prefix()?, after, limit },
        page,
        shown: shown.unwrap_or(Shown::Value),
        conditions: Conditions::read(call.request)?,
        moment,
        path: format!("{}/config", call.base),
    };
    match moment.point() {
        None => call.when_applied(move |exchange| {
            Ok(pooled(exchange, move |exchange| {
                let listed = exchange.shared.store.list(&asked.query);
                show(&asked, Keeping::Revalidate, listed, exchange)
            }))
        }),
        Some(point) => {
            Seen::followed(call.request, [point])?.then(call.request, call.exchange, move |exchange| {
                Ok(pooled(exchange, move |exchange| answer_past(exchange, &asked, point)))
            })
        }
    }
}

fn answer_past(exchange: &Arc<Exchange>, asked: &Asked, point: Point) -> Answered {
    let store = &exchange.shared.store;
    let keeping = Keeping::of(store, asked.moment);
    let at = store.resolve(point).map_err(|error| exchange.failed_read(&error))?;
    // The pages of a list are mostly read while the tree is still the same: then memory has them.
    if at == store.applied() {
        let listed = store.list(&asked.query);
        if listed.revision == at {
            return show(asked, keeping, listed, exchange);
        }
    }
    let listed = store.list_at(&asked.query, at).map_err(|error| exchange.failed_read(&error))?;
    show(asked, keeping, listed, exchange)
}

fn show(asked: &Asked, keeping: Keeping, listed: At<Listing>, exchange: &Exchange) -> Answered {
    let At { revision: at, found: Listing { mut items, newest } } = listed;
    let sent = format!("\"{newest}\"");
    let verdict = asked.conditions.evaluate(&sent);
    if verdict == Verdict::Failed {
        return Err(Problem::precondition_failed(newest).field("Config-Revision", at.to_string()));
    }
    let next = asked.page.filter(|page| items.len() > *page).and_then(|page| {
        items.truncate(page);
        items.last().map(|(name, _)| next_page(asked, at, name, page))
    });
    let shown = asked.shown;
    let elements = items.into_iter().map(move |(name, config)| Ok::<_, Error>(Item { name, config, shown }));
    let mut response = Response {
        status_code: if verdict == Verdict::NotModified { 304 } else { 200 },
        headers: Vec::with_capacity(12),
        data: JsonArray::body("[", elements, "]"),
        upgrade: None,
    };
    if verdict == Verdict::NotModified {
        response.data = ResponseBody::empty();
    }
    put(&mut response, "Content-Type", "application/json");
    put(&mut response, "ETag", sent);
    put(&mut response, "Config-Revision", at.to_string());
    if let Some(next) = next {
        put(&mut response, "Link", format!("<{next}>; rel=\"next\""));
    }
    keeping.put(&mut response, "Accept, Accept-Datetime");
    // A future second shows what is there now.
    let datetime = match asked.moment {
        Moment::Datetime(end) => end.min(exchange.shared.store.now()),
        Moment::At(Point::Instant(instant)) => instant.min(exchange.shared.store.now()),
        Moment::At(_) | Moment::Now => return Ok(Reply::Ready(response)),
    };
    memento(&mut response, asked.moment, &address(asked, at, AddressOf::Original), None, at, datetime);
    Ok(Reply::Ready(response))
}

#[derive(Clone, Copy)]
enum AddressOf<'a> {
    Original,
    Next(&'a ConfigName, usize),
}

fn next_page(asked: &Asked, at: Revision, last: &ConfigName, page: usize) -> String {
    address(asked, at, AddressOf::Next(last, page))
}

fn address(asked: &Asked, at: Revision, of: AddressOf<'_>) -> String {
    let mut parameters = Vec::new();
    if let AddressOf::Next(last, page) = of {
        parameters.push(format!("at={at}"));
        parameters.push(format!("after={}", encode(last.as_str())));
        parameters.push(format!("limit={page}"));
    }
    if !asked.query.prefix.as_str().is_empty() {
        parameters.push(format!("prefix={}", encode(asked.query.prefix.as_str())));
    }
    if asked.shown == Shown::NoValue {
        parameters.push("values=false".into());
    }
    let joined = parameters.join("&");
    if joined.is_empty() { asked.path.clone() } else { format!("{}?{joined}", asked.path) }
}
