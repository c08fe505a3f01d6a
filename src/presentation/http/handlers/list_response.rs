//! A list in a response: its request, its fields, its addresses. For lists of now and of the past.

use rouille::ResponseBody;

use crate::application::{Error, ListQuery, Search, ShownName, Within};
use crate::domain::{ConfigName, Metadata, Place, Point, Revision};
use crate::presentation::http::answer::caching::{Keeping, VARY_VALUES, memento};
use crate::presentation::http::answer::json_array::{JsonArray, Page, Pages};
use crate::presentation::http::answer::memory::Share;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::{put, response};
use crate::presentation::http::exchange::Exchange;
use crate::presentation::http::request::conditions::{Conditions, Evaluation, tag};
use crate::presentation::http::request::moment::Moment;
use crate::presentation::http::request::negotiation::Form;
use crate::presentation::http::request::path::encode;
use crate::server::Reply;
use crate::wire::item::{ItemOf, Members};
use crate::wire::page::Frame;

/// A request for a list.
pub(super) struct Asked {
    pub(super) query: ListQuery,
    /// Which of these names are wanted, where not all are.
    pub(super) search: Option<Search>,
    /// Names on a page, where it is a page.
    pub(super) page: Option<usize>,
    pub(super) members: Members,
    pub(super) conditions: Conditions,
    pub(super) moment: Moment,
    /// Of a request for secrets in clear text.
    pub(super) reveal: Option<Metadata>,
    /// The address of the list itself, for links.
    pub(super) path: String,
}

/// A body of names that are in memory already, and hold about so many bytes.
pub(super) fn whole(
    asked: &Asked,
    found: Vec<ShownName>,
    held_bytes: usize,
    share: Share,
    exchange: &Exchange,
) -> Result<ResponseBody, Problem> {
    let members = asked.members;
    let item = |(name, config)| ItemOf { name, config, members };
    let page = Page { elements: found.into_iter().map(item).collect(), bytes: held_bytes };
    JsonArray::paged(Frame::array(), InMemory(Some(page)), share, exchange)
}

/// Names that are in memory already.
struct InMemory(Option<Page<ItemOf>>);

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
    /// Compares the conditions with the tag of the list; a failed one is the problem.
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
    ) -> Reply {
        let status = if verdict == Evaluation::NotModified { 304 } else { 200 };
        let mut response = response(status, data);
        put(&mut response, "Content-Type", "application/json");
        put(&mut response, "ETag", tag(newest, Form::Text));
        put(&mut response, "Config-Revision", at.to_string());
        if let Some(next) = next {
            put(&mut response, "Link", format!("<{next}>; rel=\"next\""));
        }
        let keeping = match &self.reveal {
            Some(_) => Keeping::Never,
            None if exchange.view().may_have_secrets() => keeping.of_masked(),
            None => keeping,
        };
        keeping.put(&mut response, VARY_VALUES);
        // A future second shows what is there now.
        let datetime = match self.moment {
            Moment::Datetime(end) => end.min(exchange.view().now()),
            Moment::At(Point::Instant(instant)) => instant.min(exchange.view().now()),
            Moment::At(_) | Moment::Now => return Reply::Ready(response),
        };
        memento(&mut response, self.moment, &address(self, AddressOf::Original), None, at, datetime);
        Reply::Ready(response)
    }
}

#[derive(Clone, Copy)]
enum AddressOf<'a> {
    Original,
    Next(Place, &'a ConfigName, Option<usize>),
}

pub(super) fn next_page(asked: &Asked, at: Place, last: &ConfigName, page: Option<usize>) -> String {
    address(asked, AddressOf::Next(at, last, page))
}

fn address(asked: &Asked, of: AddressOf<'_>) -> String {
    let mut parameters = Vec::new();
    if let AddressOf::Next(at, last, page) = of {
        parameters.push(format!("at={at}"));
        parameters.push(format!("after={}", encode(last.as_str())));
        parameters.extend(page.map(|page| format!("limit={page}")));
        if asked.reveal.is_some() {
            parameters.push("reveal=true".into());
        }
    }
    if !asked.query.prefix.as_str().is_empty() {
        parameters.push(format!("prefix={}", encode(asked.query.prefix.as_str())));
    }
    if asked.members == Members::NoValue {
        parameters.push("values=false".into());
    }
    if let Some(Search { text, within }) = &asked.search {
        parameters.push(format!("q={}", encode(text.as_str())));
        if *within == Within::NamesAndValues {
            parameters.push("in=values".into());
        }
    }
    let joined = parameters.join("&");
    if joined.is_empty() { asked.path.clone() } else { format!("{}?{joined}", asked.path) }
}
