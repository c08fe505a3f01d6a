//! The list of names, now and at any point, whole or in pages.
//!
//! Always on the pool: a list takes a walk, of as many names as it has.
//! Pages after the first are at the place of the first, so that together they are one state of one log
//! (`the_pages_of_a_list_are_one_revision`).

use std::sync::Arc;

use rouille::ResponseBody;

use crate::application::{At, Error, ListQuery, ShownListing};
use crate::domain::{ConfigName, Place, Point};
use crate::presentation::http::answer::caching::{Keeping, memento};
use crate::presentation::http::answer::json_array::JsonArray;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::{put, response};
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::call::{Call, parse_name};
use crate::presentation::http::request::conditions::{Conditions, Evaluation, tag};
use crate::presentation::http::request::moment::{Moment, Seen};
use crate::presentation::http::request::negotiation::Form;
use crate::presentation::http::request::path::encode;
use crate::server::Reply;
use crate::wire::item::{ItemOf, Members};
use crate::wire::page::Frame;

/// The largest page, in names. Without a limit the list comes whole.
const PAGE_NAMES_MAX: usize = 1_000;

struct Asked {
    query: ListQuery,
    /// Names on a page, where it is a page.
    page: Option<usize>,
    members: Members,
    conditions: Conditions,
    moment: Moment,
    /// The address of the list itself, for links.
    path: String,
}

/// `GET /config`
pub(in crate::presentation::http) fn list(call: &Call<'_>) -> Answered {
    let query = &call.query;
    let page = query.count("limit", 1..=PAGE_NAMES_MAX)?;
    let members = query.word("values", &[("true", Members::Value), ("false", Members::NoValue)])?;
    let after = query.get("after").map(parse_name).transpose()?;
    // One more than the page tells whether there is a next.
    let limit = page.map_or(usize::MAX, |page| page + 1);
    let moment = call.moment()?;
    let asked = Asked {
        query: ListQuery { prefix: query.prefix()?, after, limit },
        page,
        members: members.unwrap_or(Members::Value),
        conditions: Conditions::read(call.request)?,
        moment,
        path: format!("{}/config", call.base),
    };
    match moment.point() {
        None => call.when_applied(move |exchange| {
            Ok(pooled(exchange, move |exchange| {
                let listed = exchange.view().list(&asked.query);
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
    let store = exchange.view();
    let keeping = Keeping::of(asked.moment);
    let failed = |error: Error| exchange.failed_read(&error);
    let at = store.resolve(point).map_err(failed)?;
    // Memory or the store may be of another log by now.
    let is_asked = |listed: &At<ShownListing>| match point {
        Point::Place(place) => listed.found.place == place,
        _ => listed.revision == at,
    };
    // The pages of a list are mostly read while the tree is still the same: then memory has them.
    if at == store.applied() {
        let listed = store.list(&asked.query);
        if is_asked(&listed) {
            return show(asked, keeping, listed, exchange);
        }
    }
    let listed = store.list_at(&asked.query, at).map_err(failed)?;
    if let Point::Place(place) = point
        && !is_asked(&listed)
    {
        return Err(failed(Error::NoSuchPlace(place.into())));
    }
    show(asked, keeping, listed, exchange)
}

fn show(asked: &Asked, keeping: Keeping, listed: At<ShownListing>, exchange: &Exchange) -> Answered {
    let At { revision: at, found: ShownListing { mut items, newest, place } } = listed;
    let verdict = asked.conditions.evaluate(newest, Form::Text);
    if verdict == Evaluation::Failed {
        return Err(Problem::precondition_failed(newest.revision()).field("Config-Revision", at.to_string()));
    }
    let next = asked.page.filter(|page| items.len() > *page).and_then(|page| {
        items.truncate(page);
        items.last().map(|(name, _)| next_page(asked, place, name, page))
    });
    let members = asked.members;
    let elements =
        items.into_iter().map(move |(name, config)| Ok::<_, Error>(ItemOf { name, config, members }));
    let mut response = match verdict {
        Evaluation::NotModified => response(304, ResponseBody::empty()),
        _ => response(200, JsonArray::body(Frame::array(), elements)),
    };
    put(&mut response, "Content-Type", "application/json");
    put(&mut response, "ETag", tag(newest, Form::Text));
    put(&mut response, "Config-Revision", at.to_string());
    if let Some(next) = next {
        put(&mut response, "Link", format!("<{next}>; rel=\"next\""));
    }
    keeping.put(&mut response, "Accept, Accept-Datetime");
    // A future second shows what is there now.
    let datetime = match asked.moment {
        Moment::Datetime(end) => end.min(exchange.view().now()),
        Moment::At(Point::Instant(instant)) => instant.min(exchange.view().now()),
        Moment::At(_) | Moment::Now => return Ok(Reply::Ready(response)),
    };
    memento(&mut response, asked.moment, &address(asked, AddressOf::Original), None, at, datetime);
    Ok(Reply::Ready(response))
}

#[derive(Clone, Copy)]
enum AddressOf<'a> {
    Original,
    Next(Place, &'a ConfigName, usize),
}

fn next_page(asked: &Asked, at: Place, last: &ConfigName, page: usize) -> String {
    address(asked, AddressOf::Next(at, last, page))
}

fn address(asked: &Asked, of: AddressOf<'_>) -> String {
    let mut parameters = Vec::new();
    if let AddressOf::Next(at, last, page) = of {
        parameters.push(format!("at={at}"));
        parameters.push(format!("after={}", encode(last.as_str())));
        parameters.push(format!("limit={page}"));
    }
    if !asked.query.prefix.as_str().is_empty() {
        parameters.push(format!("prefix={}", encode(asked.query.prefix.as_str())));
    }
    if asked.members == Members::NoValue {
        parameters.push("values=false".into());
    }
    let joined = parameters.join("&");
    if joined.is_empty() { asked.path.clone() } else { format!("{}?{joined}", asked.path) }
}
