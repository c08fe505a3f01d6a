//! The list of names at a point of the past.
//!
//! It is read by a walk at the place of the point. A page of the list costs about a page, whatever the size of the tree
//! (`list_page`); a whole list is read as the client takes it. The tag is the place of the point, because the state
//! there never changes; so a conditional request reads no name at all. If the log is exchanged meanwhile, the response
//! breaks off.

use std::sync::Arc;

use rouille::ResponseBody;

use super::list_page::{held_bytes, read_past};
use super::list_response::{Asked, Described};
use crate::application::{Error, RevealPermit, TreeWalk};
use crate::domain::Point;
use crate::presentation::http::answer::caching::Keeping;
use crate::presentation::http::answer::json_array::{JsonArray, PAGE, Page, Pages};
use crate::presentation::http::exchange::{Answered, Exchange};
use crate::presentation::http::request::conditions::Evaluation;
use crate::wire::item::{ItemOf, Members};
use crate::wire::page::Frame;

/// Answers at a point.
pub(super) fn answer(exchange: &Arc<Exchange>, asked: Asked, point: Point) -> Answered {
    let view = exchange.view();
    let place = view.place(point).map_err(|error| exchange.failed_read(&error))?;
    let (at, tag, keeping) = (place.revision(), view.list_tag(place), Keeping::of(asked.moment));
    let verdict = asked.evaluate(tag, at)?;
    let described = Described { tag, at, keeping, next: None };
    if verdict == Evaluation::NotModified {
        return Ok(asked.respond(exchange, verdict, described, ResponseBody::empty()));
    }
    let walk = view.walk(place, asked.query.prefix.clone(), asked.query.after.clone());
    if asked.page.is_some() || asked.search.is_some() {
        return read_past(exchange, asked, walk, described);
    }
    let permit = asked.reveal.as_ref().map(|metadata| view.permit_list(walk.clone(), metadata)).transpose();
    let permit = permit.map_err(|error| exchange.failed_read(&error))?;
    let names = Names { exchange: Arc::clone(exchange), walk, members: asked.members, permit };
    let data = JsonArray::paged(Frame::array(), names, exchange.shared.answers.share(), exchange)?;
    Ok(asked.respond(exchange, verdict, described, data))
}

/// The names of a whole list, read page by page.
struct Names {
    exchange: Arc<Exchange>,
    walk: TreeWalk,
    members: Members,
    /// For secrets in clear text.
    permit: Option<RevealPermit>,
}

impl Pages for Names {
    type Element = ItemOf;

    fn read(&mut self) -> Result<Option<Page<ItemOf>>, Error> {
        if self.walk.has_ended() {
            return Ok(None);
        }
        let (view, members) = (self.exchange.view(), self.members);
        let mut found = view.names(&mut self.walk, PAGE)?;
        if let Some(permit) = &self.permit {
            found = view.reveal_page(found, permit)?;
        }
        let bytes = found.iter().map(|(name, config)| held_bytes(name, config)).sum();
        let item = |(name, config)| ItemOf { name, config, members };
        Ok(Some(Page { elements: found.into_iter().map(item).collect(), bytes }))
    }
}
