//! A list in parts: a page of the past, and what a search finds, now and in the past.
//!
//! The end of a part has to be known before the response's head is sent, which links to the next part. So the names are
//! read into memory first, in turns: after some milliseconds the pool's thread is given back. A part ends where the page
//! is full, where its names and values have 8 MiB, or where the search has looked at as much as one response may
//! (`a_search_that_is_cut_links_to_the_rest`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use rouille::ResponseBody;

use super::list_response::{Asked, Described, next_page, whole};
use crate::application::{
    Error, ListEffort, PageLimit, Search, SearchWalk, ShownConfig, ShownName, TreeWalk, Within,
};
use crate::domain::{ConfigName, Place, SearchText, SearchTextError};
use crate::presentation::http::answer::caching::Keeping;
use crate::presentation::http::answer::memory::Share;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::conditions::Evaluation;
use crate::presentation::http::request::query::Query;
use crate::wire::item::ItemOf;

/// Names and values in a part of a list, in bytes, with one name at least: 8 MiB, as on a page of the feed. A part that
/// ends here may have fewer names than were asked for, and a next part.
const PART_BYTES_MAX: usize = 8 << 20;

/// Read at a time, in bytes; in names it is as much as the page still needs.
const READ_BYTES: usize = 1 << 20;

/// How long names are read before the pool's thread is given back.
const TURN: Duration = Duration::from_millis(100);

/// Reads the parameters `q` and `in`.
pub(super) fn search(query: &Query<'_>) -> Result<Option<Search>, Problem> {
    let within = query.word("in", &[("values", Within::NamesAndValues)])?;
    let text = match (query.get("q"), within) {
        (Some(text), _) => text,
        (None, None) => return Ok(None),
        (None, Some(_)) => {
            return Err(Problem::malformed("give the parameter `q` a text: `in` says where to look for it"));
        }
    };
    let text = SearchText::parse(text).map_err(|error| match error {
        SearchTextError::Empty => {
            Problem::malformed("give the parameter `q` a text, or leave it out to list every name")
        }
        SearchTextError::TooLong { .. } => Problem::invalid(format!("shorten the parameter `q`: {error}")),
    })?;
    Ok(Some(Search { text, within: within.unwrap_or(Within::Names) }))
}

/// Answers with what a search finds now.
pub(super) fn search_now(exchange: &Arc<Exchange>, asked: Asked, search: Search) -> Answered {
    let (walk, tag) = exchange.view().search_now(&asked.query, search, ListEffort::NOW);
    let at = walk.place().revision();
    let verdict = asked.evaluate(tag, at)?;
    let described = Described { tag, at, keeping: Keeping::Revalidate, next: None };
    if verdict == Evaluation::NotModified {
        return Ok(asked.respond(exchange, verdict, described, ResponseBody::empty()));
    }
    Part::new(exchange, asked, Names::Searched(walk), described).turn(exchange)
}

/// Answers with what a search finds in the past, or with a page of it.
pub(super) fn read_past(
    exchange: &Arc<Exchange>,
    asked: Asked,
    walk: TreeWalk,
    described: Described,
) -> Answered {
    let names = match asked.search.clone() {
        Some(search) => Names::Searched(exchange.view().search_past(walk, search, ListEffort::PAST)),
        None => Names::Past(walk),
    };
    Part::new(exchange, asked, names, described).turn(exchange)
}

/// The names of a part, as they are read.
enum Names {
    /// All of the past.
    Past(TreeWalk),
    /// Those that a search finds.
    Searched(SearchWalk),
}

/// One part of a list.
struct Part {
    asked: Asked,
    names: Names,
    described: Described,
    /// Names at most.
    names_max: usize,
    found: Vec<ShownName>,
    found_bytes: usize,
    share: Share,
}

impl Names {
    fn read(&mut self, exchange: &Exchange, rows: usize) -> Result<Vec<ShownName>, Error> {
        match self {
            Self::Past(walk) => exchange.view().names(walk, PageLimit { rows, bytes: READ_BYTES }),
            Self::Searched(walk) => exchange.view().found(walk),
        }
    }

    fn has_ended(&self) -> bool {
        match self {
            Self::Past(walk) => walk.has_ended(),
            Self::Searched(walk) => walk.has_ended(),
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Past(walk) => walk.place(),
            Self::Searched(walk) => walk.place(),
        }
    }

    /// The last name that was looked at, if a search was cut.
    fn cut_after(&self) -> Option<&ConfigName> {
        match self {
            Self::Past(_) => None,
            Self::Searched(walk) => walk.cut_after(),
        }
    }

    /// About how many bytes a name holds that was found. Names and values of now are in memory whatever is found.
    fn held_bytes(&self, name: &ConfigName, config: &ShownConfig) -> usize {
        match self {
            Self::Searched(walk) if walk.is_of_now() => size_of::<ShownName>(),
            Self::Past(_) | Self::Searched(_) => held_bytes(name, config),
        }
    }
}

/// About how many bytes a name and its value hold.
pub(super) fn held_bytes(name: &ConfigName, config: &ShownConfig) -> usize {
    size_of::<ItemOf>() + name.as_str().len() + config.held_bytes()
}

impl Part {
    fn new(exchange: &Exchange, asked: Asked, names: Names, described: Described) -> Self {
        let names_max = asked.page.unwrap_or(usize::MAX);
        let share = exchange.shared.answers.share();
        Self { asked, names, described, names_max, found: Vec::new(), found_bytes: 0, share }
    }

    /// Reads on for a turn; then another one follows, or the response.
    fn turn(mut self, exchange: &Arc<Exchange>) -> Answered {
        let began = Instant::now();
        while !self.is_full() && !self.names.has_ended() {
            if began.elapsed() > TURN {
                return Ok(pooled(exchange, move |exchange| self.turn(exchange)));
            }
            self.share.ask(READ_BYTES).map_err(|_| Problem::answers_full())?;
            // One more than the page has shows whether there is a next part.
            let rows = (self.names_max - self.found.len()).saturating_add(1);
            let found = self.names.read(exchange, rows).map_err(|error| exchange.failed_read(&error))?;
            for (name, config) in found {
                self.found_bytes += self.names.held_bytes(&name, &config);
                self.found.push((name, config));
            }
            self.share.hold(self.found_bytes);
        }
        self.respond(exchange)
    }

    /// Whether there is one name more than the part has.
    fn is_full(&self) -> bool {
        self.found.len() > self.names_max || self.found.len() > 1 && self.found_bytes > PART_BYTES_MAX
    }

    /// Takes out the names that have no room. The name after which the next part begins, if there is one.
    fn end(&mut self) -> Option<ConfigName> {
        if !self.is_full() {
            return self.names.cut_after().cloned();
        }
        let mut bytes = 0;
        let fitting = self.found.iter().take_while(|(name, config)| {
            bytes += self.names.held_bytes(name, config);
            bytes <= PART_BYTES_MAX
        });
        let fitting = fitting.count().clamp(1, self.names_max.min(self.found.len() - 1));
        self.found.truncate(fitting);
        self.found.last().map(|(name, _)| name.clone())
    }

    fn respond(mut self, exchange: &Arc<Exchange>) -> Answered {
        let last = self.end();
        let place = self.names.place();
        self.described.next = last.map(|last| next_page(&self.asked, place, &last, self.asked.page));
        let held_bytes = self.found.iter().map(|(name, config)| self.names.held_bytes(name, config)).sum();
        let Self { asked, described, mut found, share, .. } = self;
        if let Some(metadata) = &asked.reveal {
            let revealed = exchange.view().reveal_list(found, &asked.query.prefix, metadata);
            found = revealed.map_err(|error| exchange.failed_read(&error))?;
        }
        let data = whole(&asked, found, held_bytes, share, exchange)?;
        Ok(asked.respond(exchange, Evaluation::Proceed, described, data))
    }
}
