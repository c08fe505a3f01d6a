//! The list of names, now and at any point, whole or in pages.
//!
//! Always on the pool: the tag of a list of now is the newest place under the prefix, and to find it takes a walk.
//! Pages after the first are at the place of the first, so that together they are one state of one log
//! (`the_pages_of_a_list_are_one_revision`). Lists of the past are in `past_list`.

use rouille::ResponseBody;

use super::past_list;
use crate::application::{At, Error, ListQuery, ShownListing, ShownName};
use crate::domain::{ConfigName, Place, Point, Revision};
use crate::presentation::http::answer::caching::{Keeping, memento};
use crate::presentation::http::answer::json_array::{JsonArray, Page, Pages};
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

pub(super) struct Asked {
    pub(super) query: ListQuery,
    /// Names on a page, where it is a page.
    pub(super) page: Option<usize>,
    pub(super) members: Members,
    conditions: Conditions,
    pub(super) moment: Moment,
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
                Ok(pooled(exchange, move |exchange| past_list::answer(exchange, asked, point)))
            })
        }
    }
}

fn show(asked: &Asked, keeping: Keeping, listed: At<ShownListing>, exchange: &Exchange) -> Answered {
    let At { revision: at, found: ShownListing { mut items, newest, place } } = listed;
    let verdict = asked.evaluate(newest, at)?;
    let next = asked.page.filter(|page| items.len() > *page).and_then(|page| {
        items.truncate(page);
        items.last().map(|(name, _)| next_page(asked, place, name, page))
    });
    let data = match verdict {
        Evaluation::NotModified => ResponseBody::empty(),
        _ => whole(asked, items, exchange)?,
    };
    asked.respond(exchange, verdict, Described { tag: newest, at, keeping, next }, data)
}

/// A body of names that are in memory already.
fn whole(asked: &Asked, items: Vec<ShownName>, exchange: &Exchange) -> Result<ResponseBody, Problem> {
    let members = asked.members;
    let elements: Vec<ItemOf> =
        items.into_iter().map(|(name, config)| ItemOf { name, config, members }).collect();
    let pages = InMemory(Some(Page { bytes: elements.capacity() * size_of::<ItemOf>(), elements }));
    JsonArray::paged(Frame::array(), pages, exchange.shared.answers.share(), exchange)
}

/// Names that are in memory already.
pub(super) struct InMemory(pub(super) Option<Page<ItemOf>>);

impl Pages for InMemory {
    type Element = ItemOf;

    fn read(&mut self) -> Result<Option<Page<ItemOf>>, Error> {
        Ok(self.0.take())
    }
}

/// The fields of a list.
pub(super) struct Described {
    pub(super) tag: Place,
    pub(super) at: Revision,
    pub(super) keeping: Keeping,
    /// The address of the next page.
    pub(super) next: Option<String>,
}

impl Asked {
    /// What the conditions say of a list with this tag; a failed one is the problem.
    pub(super) fn evaluate(&self, tag: Place, at: Revision) -> Result<Evaluation, Problem> {
        match self.conditions.evaluate(tag, Form::Text) {
            Evaluation::Failed => {
                Err(Problem::precondition_failed(tag.revision()).field("Config-Revision", at.to_string()))
            }
            verdict => Ok(verdict),
        }
    }

    /// The response with all its fields.
    pub(super) fn respond(
        &self,
        exchange: &Exchange,
        verdict: Evaluation,
        Described { tag: newest, at, keeping, next }: Described,
        data: ResponseBody,
    ) -> Answered {
        let status = if verdict == Evaluation::NotModified { 304 } else { 200 };
        let mut response = response(status, data);
        put(&mut response, "Content-Type", "application/json");
        put(&mut response, "ETag", tag(newest, Form::Text));
        put(&mut response, "Config-Revision", at.to_string());
        if let Some(next) = next {
            put(&mut response, "Link", format!("<{next}>; rel=\"next\""));
        }
        keeping.put(&mut response, "Accept, Accept-Datetime");
        // A future second shows what is there now.
        let datetime = match self.moment {
            Moment::Datetime(end) => end.min(exchange.view().now()),
            Moment::At(Point::Instant(instant)) => instant.min(exchange.view().now()),
            Moment::At(_) | Moment::Now => return Ok(Reply::Ready(response)),
        };
        memento(&mut response, self.moment, &address(self, AddressOf::Original), None, at, datetime);
        Ok(Reply::Ready(response))
    }
}

#[derive(Clone, Copy)]
enum AddressOf<'a> {
    Original,
    Next(Place, &'a ConfigName, usize),
}

pub(super) fn next_page(asked: &Asked, at: Place, last: &ConfigName, page: usize) -> String {
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
