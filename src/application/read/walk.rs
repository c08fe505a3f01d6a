//! Walks of the past: the names of a tree, and the differences between two trees, page by page.
//!
//! Nothing is held between two pages but the place and the last name, so that neither a slow client nor a large tree
//! costs memory. A place belongs to one log. After each page the walk checks that the log still has it. If the log was
//! exchanged meanwhile, the walk fails (`an_answer_breaks_off_when_the_log_is_exchanged_under_it`).
//!
//! Where few events are between two places, their names are compared. Otherwise all names of the later tree are walked,
//! and most of them are passed over by the revision of their newest event. The states before are read only for names
//! that have changed.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::time_travel::{exchanged, is_in};
use crate::domain::{Config, ConfigName, Difference, Place, Prefix};
use crate::infrastructure::store::{EventStore, PageLimit, StoreError, TreePage};

/// Events between two places at most whose names are looked up one by one: some 100 ms of probes. Past it the tree is
/// walked instead.
const EVENTS_BETWEEN_MAX: usize = 4_096;

/// How far a walk over the names of a tree has come.
#[derive(Clone, Debug)]
pub struct TreeWalk {
    place: Place,
    prefix: Prefix,
    after: Option<ConfigName>,
    ended: bool,
}

/// How far a comparison of two trees has come.
#[derive(Clone, Debug)]
pub struct DiffWalk {
    prefix: Prefix,
    earlier: Place,
    later: Place,
    direction: Direction,
    candidates: Candidates,
}

/// Which of the two trees is the first of the comparison.
#[derive(Clone, Copy, Debug)]
enum Direction {
    Forwards,
    Backwards,
}

/// The names that may differ.
#[derive(Clone, Debug)]
enum Candidates {
    /// Those with events between, sorted.
    Changed(VecDeque<ConfigName>),
    /// All of the later tree.
    Tree(TreeWalk),
}

type States = Vec<(ConfigName, Arc<Config>)>;
/// The same of names that may never have been.
type MaybeStates = Vec<(ConfigName, Option<Arc<Config>>)>;

impl TreeWalk {
    /// Begins after a name.
    pub(in crate::application) fn new(place: Place, prefix: Prefix, after: Option<ConfigName>) -> Self {
        Self { place, prefix, after, ended: place == Place::START }
    }

    /// The place whose tree it walks.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The names that it walks.
    pub(in crate::application) fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// The last name that was passed.
    pub(in crate::application) fn after(&self) -> Option<&ConfigName> {
        self.after.as_ref()
    }

    /// Whether there is nothing more. A page without names does not say so.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Goes on behind a name, or ends.
    pub(in crate::application) fn go_on_after(&mut self, last: Option<ConfigName>) {
        match last {
            Some(last) => self.after = Some(last),
            None => self.ended = true,
        }
    }

    /// The next names with their states, deleted ones included.
    pub(in crate::application) fn next(
        &mut self,
        store: &dyn EventStore,
        limit: PageLimit,
    ) -> Result<States, StoreError> {
        if self.ended {
            return Ok(Vec::new());
        }
        let (at, after) = (self.place.revision(), self.after.as_ref());
        let rows = store.tree_page(&TreePage { at, prefix: &self.prefix, after, limit })?;
        confirm(store, self.place)?;
        self.go_on_after(rows.last().map(|(name, _)| name.clone()));
        Ok(rows.into_iter().map(|(name, config)| (name, Arc::new(config))).collect())
    }
}

impl DiffWalk {
    /// Compares two trees of one log.
    pub(in crate::application) fn begin(
        store: &dyn EventStore,
        prefix: &Prefix,
        from: Place,
        to: Place,
        is_visible: impl Fn(&ConfigName) -> bool,
    ) -> Result<Self, StoreError> {
        let forwards = from.revision() <= to.revision();
        let (earlier, later) = if forwards { (from, to) } else { (to, from) };
        let direction = if forwards { Direction::Forwards } else { Direction::Backwards };
        confirm(store, earlier)?;
        let found = store.names_between(earlier.revision(), later.revision(), EVENTS_BETWEEN_MAX + 1)?;
        // A hash covers all that is before it: with the later place the log has the events between.
        confirm(store, later)?;
        let candidates = if found.len() > EVENTS_BETWEEN_MAX {
            Candidates::Tree(TreeWalk::new(later, prefix.clone(), None))
        } else {
            let names = found.into_iter().map(|(_, name)| name);
            let names: BTreeSet<_> = names.filter(|name| prefix.covers(name) && is_visible(name)).collect();
            Candidates::Changed(names.into_iter().collect())
        };
        Ok(Self { prefix: prefix.clone(), earlier, later, direction, candidates })
    }

    /// The prefix of its names.
    pub(in crate::application) fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// Whether there is nothing more. A page without differences does not say so.
    pub fn has_ended(&self) -> bool {
        match &self.candidates {
            Candidates::Changed(names) => names.is_empty(),
            Candidates::Tree(walk) => walk.has_ended(),
        }
    }

    /// About how many bytes it holds between two pages.
    pub fn held_bytes(&self) -> usize {
        match &self.candidates {
            Candidates::Changed(names) => {
                names.iter().map(|name| name.as_str().len() + size_of::<ConfigName>()).sum()
            }
            Candidates::Tree(_) => 0,
        }
    }

    /// The next differences, in the order of the names. The limit is for each of the two trees.
    pub(in crate::application) fn next(
        &mut self,
        store: &dyn EventStore,
        limit: PageLimit,
        is_visible: impl Fn(&ConfigName) -> bool,
    ) -> Result<Vec<Difference>, StoreError> {
        let after = self.states_after(store, limit, is_visible)?;
        let names: Vec<ConfigName> = after.iter().map(|(name, _)| name.clone()).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let before = store.configs_at(&names, self.earlier.revision(), limit.bytes)?;
        confirm(store, self.later)?;
        self.pass(&names, before.len());
        let both = after.into_iter().zip(before).filter_map(|((name, after), before)| {
            let before = before.map(Arc::new);
            let (from, to) = match self.direction {
                Direction::Forwards => (before, after),
                Direction::Backwards => (after, before),
            };
            Difference::of(&name, from.as_ref(), to.as_ref())
        });
        Ok(both.collect())
    }

    /// The next names that may differ, with their states in the later tree.
    fn states_after(
        &mut self,
        store: &dyn EventStore,
        limit: PageLimit,
        is_visible: impl Fn(&ConfigName) -> bool,
    ) -> Result<MaybeStates, StoreError> {
        match &mut self.candidates {
            Candidates::Changed(names) => {
                let next: Vec<ConfigName> = names.iter().take(limit.rows).cloned().collect();
                if next.is_empty() {
                    return Ok(Vec::new());
                }
                let states = store.configs_at(&next, self.later.revision(), limit.bytes)?;
                Ok(next.into_iter().zip(states.into_iter().map(|state| state.map(Arc::new))).collect())
            }
            Candidates::Tree(walk) => {
                let (earlier, states) = (self.earlier.revision(), walk.next(store, limit)?);
                let changed =
                    states.into_iter().filter(|(name, config)| config.revision > earlier && is_visible(name));
                Ok(changed.map(|(name, config)| (name, Some(config))).collect())
            }
        }
    }

    /// So many of these names are compared; the rest comes with the next page.
    fn pass(&mut self, names: &[ConfigName], compared: usize) {
        match &mut self.candidates {
            Candidates::Changed(left) => drop(left.drain(..compared.min(left.len()))),
            Candidates::Tree(walk) => {
                if let Some(last) =
                    names[..compared.min(names.len())].last().filter(|_| compared < names.len())
                {
                    walk.after = Some(last.clone());
                    walk.ended = false;
                }
            }
        }
    }
}

/// Pages of two logs make no tree.
fn confirm(store: &dyn EventStore, place: Place) -> Result<(), StoreError> {
    if is_in(store, place)? { Ok(()) } else { Err(exchanged()) }
}
