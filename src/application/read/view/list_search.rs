//! A list that is searched for a text, as a principal may see it.
//!
//! The names are looked at one after the other, of now or of the past, and one response looks at so many: its
//! [`ListEffort`]. Where it ends is decided by visible names and values alone, and not by time: so the same request on
//! the same state has the same result, and the end does not show what is hidden (`a_search_is_cut_at_the_same_name_by_any_way`).

use std::sync::Arc;

use super::{ShownName, View};
use crate::application::error::Error;
use crate::application::read::time_travel::ListQuery;
use crate::application::read::walk::TreeWalk;
use crate::domain::{Config, ConfigName, Place, SearchText, Value};
use crate::infrastructure::projection::{Range, Sight, Taken};
use crate::infrastructure::store::PageLimit;

/// Looked at between two looks at the clock: some milliseconds of memory, or a page of the store.
const STEP: PageLimit = PageLimit { rows: 1_000, bytes: 1 << 20 };

/// Which names of a list are wanted.
#[derive(Clone, Debug)]
pub struct Search {
    /// The text that they contain.
    pub text: SearchText,
    /// Where it is looked for.
    pub within: Within,
}

/// Where a text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// In names.
    Names,
    /// In names, and in the values that the principal may see.
    NamesAndValues,
}

/// How much one response looks at: to whichever end comes first, with one name at least.
#[derive(Clone, Copy, Debug)]
pub struct ListEffort {
    /// Visible names.
    pub names: usize,
    /// Bytes of these names, and of their values where values are read.
    pub bytes: usize,
}

impl ListEffort {
    /// For names in memory: some 100 ms, and a second or two of values that are not ASCII.
    pub const NOW: Self = Self { names: 1_000_000, bytes: 256 << 20 };
    /// For names that the store reads: about a second.
    pub const PAST: Self = Self { names: 100_000, bytes: 64 << 20 };
}

/// A search through the names of a list, and how far it has come.
#[derive(Clone, Debug)]
pub struct SearchWalk {
    source: Source,
    place: Place,
    look: Look,
    state: State,
}

/// Where the names come from.
#[derive(Clone, Debug)]
enum Source {
    Now(Range),
    Past(TreeWalk),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    More,
    /// The effort was spent, and there is another name.
    Cut,
    Ended,
}

/// The text that is looked for, and the effort that is left.
#[derive(Clone, Debug)]
struct Look {
    search: Search,
    left: ListEffort,
    last: Option<ConfigName>,
    /// Room for the lower case of a text.
    room: String,
}

impl View<'_> {
    /// Begins a search of the names of now. Also the tag of what it finds, which is that of the list without a search:
    /// the same list, searched in the same way, has the same result.
    pub fn search_now(&self, query: &ListQuery, search: Search, effort: ListEffort) -> (SearchWalk, Place) {
        let Taken { range, newest, place } = self.store.take(query, &self.lists(&query.prefix));
        (SearchWalk::new(Source::Now(range), place, search, effort), newest)
    }

    /// Begins a search of the names of the past.
    pub fn search_past(&self, walk: TreeWalk, search: Search, effort: ListEffort) -> SearchWalk {
        let place = walk.place();
        SearchWalk::new(Source::Past(walk), place, search, effort)
    }

    /// The next names that were found. None may be there though the search has not ended.
    pub fn found(&self, walk: &mut SearchWalk) -> Result<Vec<ShownName>, Error> {
        let mut found = Vec::new();
        let SearchWalk { source, look, state, .. } = walk;
        if *state != State::More {
            return Ok(Vec::new());
        }
        match source {
            Source::Now(range) => {
                let sight = self.lists(range.prefix());
                let left_after_step = look.left.bytes.saturating_sub(STEP.bytes);
                for _ in 0..STEP.rows {
                    let Some((name, config)) = range.advance() else {
                        *state = State::Ended;
                        break;
                    };
                    if !sight.sees(name) {
                        continue;
                    }
                    match look.at(self, name, config, Cost::OfMemory) {
                        Looked::Spent => *state = State::Cut,
                        Looked::Found => found.push((name.clone(), Arc::clone(config))),
                        Looked::Passed => {}
                    }
                    if *state != State::More || look.left.bytes < left_after_step {
                        break;
                    }
                }
            }
            Source::Past(tree) => {
                let sight = self.lists(tree.prefix());
                for (name, config) in self.store.names_at(tree, STEP, &sight)? {
                    match look.at(self, &name, &config, Cost::OfStore) {
                        Looked::Spent => {
                            *state = State::Cut;
                            break;
                        }
                        Looked::Found => found.push((name, config)),
                        Looked::Passed => {}
                    }
                }
                if *state == State::More && tree.has_ended() {
                    *state = State::Ended;
                }
            }
        }
        self.mask(found)
    }

    /// Whether a text may be looked for in a value: only in what a read of the name shows. Nothing may depend on another
    /// value, not even by its length.
    fn may_match_value(&self, name: &ConfigName, config: &Config) -> bool {
        let is_secret = self.store.secrets().covers(name, config.attributes.secrecy());
        config.is_present() && !is_secret && self.may_read(name)
    }
}

impl SearchWalk {
    fn new(source: Source, place: Place, search: Search, effort: ListEffort) -> Self {
        let left = ListEffort { names: effort.names.max(1), bytes: effort.bytes.max(1) };
        let look = Look { search, left, last: None, room: String::new() };
        Self { source, place, look, state: State::More }
    }

    /// The place whose names it looks at.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether there is nothing more, in this search.
    pub fn has_ended(&self) -> bool {
        self.state != State::More
    }

    /// Where the next search goes on, if this one was cut: after the last name that it has looked at.
    pub fn cut_after(&self) -> Option<&ConfigName> {
        self.look.last.as_ref().filter(|_| self.state == State::Cut)
    }

    /// Whether what it finds is in memory already, whatever becomes of the response.
    pub fn is_of_now(&self) -> bool {
        matches!(self.source, Source::Now(_))
    }
}

/// Which bytes a look costs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cost {
    /// Those that are compared.
    OfMemory,
    /// The value too: the store has read it.
    OfStore,
}

enum Looked {
    Found,
    Passed,
    /// It was not looked at: the effort is spent.
    Spent,
}

impl Look {
    /// Looks at a visible name.
    fn at(&mut self, view: &View<'_>, name: &ConfigName, config: &Config, cost: Cost) -> Looked {
        if self.left.names == 0 || self.left.bytes == 0 {
            return Looked::Spent;
        }
        let Search { text, within } = &self.search;
        let in_values = *within == Within::NamesAndValues;
        let value = config.value.as_ref().filter(|_| in_values || cost == Cost::OfStore);
        let value = value.filter(|_| view.may_match_value(name, config)).and_then(Value::clear);
        let bytes = name.as_str().len() + value.map_or(0, |value| value.as_str().len());
        self.left = ListEffort { names: self.left.names - 1, bytes: self.left.bytes.saturating_sub(bytes) };
        self.last = Some(name.clone());
        let searched = value.filter(|_| in_values);
        let is_found = text.is_in(name.as_str(), &mut self.room)
            || searched.is_some_and(|value| text.is_in(value.as_str(), &mut self.room));
        if is_found { Looked::Found } else { Looked::Passed }
    }
}
