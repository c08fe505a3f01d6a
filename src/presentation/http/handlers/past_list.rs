//! The list of names at a point of the past.
//!
//! It is read by a walk at the place of the point: a page of the list costs about a page, whatever the size of the tree,
//! and a whole list is read as the client takes it. The tag is the place of the point, because the state there never
//! changes; so a conditional request reads no name at all. A log that is exchanged meanwhile breaks the response off.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rouille::ResponseBody;

use super::list_response::{Asked, Described, next_page, whole};
use crate::application::{Error, PageLimit, RevealPermit, ShownConfig, ShownName, TreeWalk};
use crate::domain::{ConfigName, Point};
use crate::presentation::http::answer::caching::Keeping;
use crate::presentation::http::answer::json_array::{JsonArray, PAGE, Page, Pages};
use crate::presentation::http::answer::memory::Share;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::conditions::Evaluation;
use crate::wire::item::{ItemOf, Members};
use crate::wire::page::Frame;

/// Names and values on a page of a list, in bytes, with one name at least: 8 MiB, as on a page of the feed. A page that
/// ends here has fewer names than were asked for, and a next page.
const PAGE_BYTES_MAX: usize = 8 << 20;

/// Read at a time for a page of a list, in bytes; in names it is as much as the page still needs.
const READ_BYTES: usize = 1 << 20;

/// How long a page is searched before the pool's thread is given back, where names are hidden or deleted.
const TURN: Duration = Duration::from_millis(100);

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
    let share = exchange.shared.answers.share();
    if let Some(names) = asked.page {
        let search = Search { asked, walk, described, names, found: Vec::new(), found_bytes: 0, share };
        return search.turn(exchange);
    }
    let permit = asked.reveal.as_ref().map(|metadata| view.permit_list(walk.clone(), metadata)).transpose();
    let permit = permit.map_err(|error| exchange.failed_read(&error))?;
    let names = Names { exchange: Arc::clone(exchange), walk, members: asked.members, permit };
    let data = JsonArray::paged(Frame::array(), names, share, exchange)?;
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

fn held_bytes(name: &ConfigName, config: &ShownConfig) -> usize {
    size_of::<ItemOf>() + name.as_str().len() + config.held_bytes()
}

/// One page of a list. Its end has to be known before the response's head is sent, which links to the next page.
struct Search {
    asked: Asked,
    walk: TreeWalk,
    described: Described,
    /// Names on the page.
    names: usize,
    found: Vec<ShownName>,
    found_bytes: usize,
    share: Share,
}

impl Search {
    /// Reads on for a turn; then another one follows, or the response.
    fn turn(mut self, exchange: &Arc<Exchange>) -> Answered {
        let began = Instant::now();
        while !self.is_full() && !self.walk.has_ended() {
            if began.elapsed() > TURN {
                return Ok(pooled(exchange, move |exchange| self.turn(exchange)));
            }
            self.share.ask(READ_BYTES).map_err(|_| Problem::answers_full())?;
            // One more than the page tells whether there is a next.
            let limit = PageLimit { rows: self.names + 1 - self.found.len(), bytes: READ_BYTES };
            let found = exchange.view().names(&mut self.walk, limit);
            for (name, config) in found.map_err(|error| exchange.failed_read(&error))? {
                self.found_bytes += held_bytes(&name, &config);
                self.found.push((name, config));
            }
            self.share.hold(self.found_bytes);
        }
        self.respond(exchange)
    }

    /// Whether there is one name more than the page has.
    fn is_full(&self) -> bool {
        self.found.len() > self.names || self.found.len() > 1 && self.found_bytes > PAGE_BYTES_MAX
    }

    fn respond(self, exchange: &Arc<Exchange>) -> Answered {
        let (is_full, place) = (self.is_full(), self.walk.place());
        let Self { asked, mut described, names, mut found, share, .. } = self;
        if is_full {
            let mut bytes = 0;
            let fitting = found.iter().take_while(|(name, config)| {
                bytes += held_bytes(name, config);
                bytes <= PAGE_BYTES_MAX
            });
            let fitting = fitting.count().clamp(1, names.min(found.len() - 1));
            found.truncate(fitting);
            described.next = found.last().map(|(name, _)| next_page(&asked, place, name, names));
        }
        if let Some(metadata) = &asked.reveal {
            let revealed = exchange.view().reveal_list(found, &asked.query.prefix, metadata);
            found = revealed.map_err(|error| exchange.failed_read(&error))?;
        }
        let held_bytes = found.iter().map(|(name, config)| held_bytes(name, config)).sum();
        let data = whole(&asked, found, held_bytes, share, exchange)?;
        Ok(asked.respond(exchange, Evaluation::Proceed, described, data))
    }
}
