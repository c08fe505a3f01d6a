//! The store as one principal may see it: the only way to values.
//!
//! HTTP handlers and fronts hold a [`View`] and nothing else of the store. A read looks first and hides afterwards,
//! so that a hidden name has the same result as an absent one, in about the same time. What a view has released is
//! [`Shown`]: the contract's JSON is made from nothing else, so that a value which no view released cannot be
//! written by accident. A write carries its principal to the log thread, which decides on the head.
//!
//! Every way to a value is a row of `every_way_to_a_value_hides_what_a_principal_may_not_read` in `tests/http/ways.rs`.

mod change;
mod policy;
mod schema_check;
mod search;
mod tokens;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

pub use self::change::ShownChange;
pub use self::policy::{AppliedRules, EntryConditions, EntryWritten, ServerDoor, ShownSchema};
pub use self::schema_check::{CheckTurn, SchemaCheck, SchemaFindings};
pub use self::search::{Effort, Next, ShownFeed};
pub use self::tokens::{FirstToken, MadeToken, NewToken, TokenCounts};
use super::activity::{ActivityBucket, ActivityQuery};
use super::time_travel::ListQuery;
use super::walk::{DiffWalk, TreeWalk};
use crate::application::config_store::ConfigStore;
use crate::application::error::Error;
use crate::application::health::Health;
use crate::application::options::Options;
use crate::application::write::queue::{Completion, Ticket, Write};
use crate::application::write::repeat::Repeated;
use crate::application::write::validate::Prepared;
use crate::application::write::written::{Outcome, Written};
use crate::domain::{
    Command, Config, ConfigName, ConfigValue, Difference, DifferenceKind, GivenPlace, Metadata, Permission,
    Place, Point, Prefix, Principal, Revision, Scope, Timestamp,
};
use crate::infrastructure::projection::{At, Listing, Sight};
use crate::infrastructure::store::{HistoryPage, PageLimit, RecordedEvent};

/// Something that a view has released to its principal. Only a view makes one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown<T>(T);

#[cfg(test)]
impl<T> Shown<T> {
    /// For tests of what is made from released values.
    pub(crate) fn released(value: T) -> Self {
        Self(value)
    }
}

impl<T> Deref for Shown<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// A name with the state that a principal may see.
pub type ShownName = (ConfigName, Shown<Arc<Config>>);

/// Names with the values that a principal may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownListing {
    /// Sorted by their bytes.
    pub items: Vec<ShownName>,
    /// The tag of the list: see [`Listing::newest`].
    pub newest: Place,
    /// The place of the tree that it was read from.
    pub place: Place,
}

/// A name's result of a write.
#[derive(Clone, Debug)]
pub struct ShownOutcome {
    /// The name.
    pub name: ConfigName,
    /// Its state after the write, as the writer itself set it.
    pub after: Shown<Arc<Config>>,
    /// What differs from before, where something does and the writer may read the name.
    pub difference: Option<ShownDifference>,
}

/// A name that differs between two states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownDifference {
    /// The name.
    pub name: ConfigName,
    /// How it differs.
    pub kind: DifferenceKind,
    /// Its first state, where it was present.
    pub from: Option<Shown<Arc<Config>>>,
    /// Its second state, where it is present.
    pub to: Option<Shown<Arc<Config>>>,
}

/// The result of a write, for its writer.
#[derive(Clone, Debug)]
pub struct ShownWritten {
    /// The change that it made; none for a dry run and where there was nothing to do.
    pub revision: Option<Revision>,
    /// The revision that it was decided on, or that it made.
    pub head: Revision,
    /// Each name that it touched, in the order of its events. Of a dry run: what would be.
    pub outcomes: Vec<ShownOutcome>,
}

/// The store, for one principal.
#[derive(Clone, Copy)]
pub struct View<'a> {
    store: &'a ConfigStore,
    principal: &'a Arc<Principal>,
}

/// The names that a view shows where many are: the service's own only under a prefix of theirs.
struct Listed<'a> {
    view: View<'a>,
    own: bool,
}

impl Listed<'_> {
    fn shows(&self, name: &ConfigName) -> bool {
        (self.own || !name.is_reserved()) && self.view.may_read(name)
    }
}

impl Sight for Listed<'_> {
    fn sees(&self, name: &ConfigName) -> bool {
        self.shows(name)
    }

    fn sees_all(&self, prefix: &Prefix) -> bool {
        (self.own || !self.view.store.access().has_planted())
            && self.view.principal.may_throughout(Permission::Read, prefix)
    }

    fn place_of_tree(&self, place: Place) -> Place {
        self.view.list_tag(place)
    }
}

impl<'a> View<'a> {
    /// The store for a principal.
    pub fn new(store: &'a ConfigStore, principal: &'a Arc<Principal>) -> Self {
        Self { store, principal }
    }

    fn may_read(&self, name: &ConfigName) -> bool {
        self.principal.may(Permission::Read, name)
    }

    fn lists(&self, prefix: &Prefix) -> Listed<'a> {
        Listed { view: *self, own: prefix.is_reserved() }
    }

    fn show_config(&self, name: &ConfigName, at: At<Option<Arc<Config>>>) -> At<Option<Shown<Arc<Config>>>> {
        let At { revision, found } = at;
        At { revision, found: found.filter(|_| self.may_read(name)).map(Shown) }
    }

    fn show_difference(&self, Difference { name, kind, from, to }: Difference) -> Option<ShownDifference> {
        let may_read = self.may_read(&name);
        may_read.then(|| ShownDifference { name, kind, from: from.map(Shown), to: to.map(Shown) })
    }

    /// Whether there may be something that the principal may not read.
    pub fn is_limited(&self) -> bool {
        !self.principal.is_unlimited()
    }

    /// One name's state now; nothing where it has no value. Never blocks on the store.
    pub fn get(&self, name: &ConfigName) -> At<Option<Shown<Arc<Config>>>> {
        let mut found = self.store.get(name);
        if name.is_reserved() && found.found.is_none() {
            let entry = self.store.access().data().entry(name).map(Arc::clone);
            found.found = entry.filter(|entry| entry.value.is_some());
        }
        self.show_config(name, found)
    }

    /// One name's state at a revision, deleted or not.
    pub fn get_at(&self, name: &ConfigName, at: Revision) -> Result<At<Option<Shown<Arc<Config>>>>, Error> {
        let found = if name.is_reserved() {
            self.store.reserved_at(name, at)?
        } else {
            self.store.get_at(name, at)?
        };
        Ok(self.show_config(name, found))
    }

    /// The names that have a value now. Never blocks on the store.
    pub fn list(&self, query: &ListQuery) -> At<ShownListing> {
        show_listing(self.store.list_visible(query, &self.lists(&query.prefix)))
    }

    /// The place that a point comes to, with the errors of [`resolve`](Self::resolve).
    pub fn place(&self, point: Point) -> Result<Place, Error> {
        self.store.place(point)
    }

    /// Begins a walk over the names of a tree of the past, after a name.
    pub fn walk(&self, place: Place, prefix: Prefix, after: Option<ConfigName>) -> TreeWalk {
        TreeWalk::new(place, prefix, after)
    }

    /// The next names of a walk that had a value. None may be there though the walk has not ended.
    pub fn names(&self, walk: &mut TreeWalk, limit: PageLimit) -> Result<Vec<ShownName>, Error> {
        let sight = self.lists(walk.prefix());
        let found = self.store.names_at(walk, limit, &sight)?.into_iter();
        Ok(found.map(|(name, config)| (name, Shown(config))).collect())
    }

    /// The tag of a list at a place. The state there never changes: it is the place itself, even if nothing under the
    /// prefix changed for long. A principal that may not read everything gets other hexadecimal digits: its answers
    /// have no hash of a change that it may not see.
    pub fn list_tag(&self, place: Place) -> Place {
        if self.principal.is_unlimited() { place } else { self.store.disguised(place) }
    }

    /// The number of changes in each part of a span, hidden ones included: how many there are is not secret.
    pub fn activity(&self, query: &ActivityQuery) -> Result<At<Vec<ActivityBucket>>, Error> {
        self.store.activity(query)
    }

    /// Begins a comparison of the trees at two places.
    pub fn begin_diff(&self, prefix: &Prefix, from: Place, to: Place) -> Result<DiffWalk, Error> {
        let sight = self.lists(prefix);
        self.store.begin_diff(prefix, from, to, |name| sight.shows(name))
    }

    /// The next differences of a comparison. None may be there though it has not ended.
    pub fn differences(&self, walk: &mut DiffWalk, limit: PageLimit) -> Result<Vec<ShownDifference>, Error> {
        let sight = self.lists(walk.prefix());
        let found = self.store.differences(walk, limit, |name| sight.shows(name))?.into_iter();
        Ok(found.filter_map(|difference| self.show_difference(difference)).collect())
    }

    /// A page of a name's events. A hidden name's first event is read and dropped: the store is asked as for an
    /// absent one.
    pub fn history(&self, name: &ConfigName, page: &HistoryPage) -> Result<Vec<Shown<RecordedEvent>>, Error> {
        if self.may_read(name) {
            let events = self.store.history(name, page)?.into_iter();
            return Ok(events.filter(|found| found.event.subject().is_some()).map(Shown).collect());
        }
        let one = PageLimit { rows: 1, ..page.limit };
        self.store.history(name, &HistoryPage { limit: one, ..*page })?;
        Ok(Vec::new())
    }

    /// A command of this principal, to be done.
    pub fn write(&self, command: Command, metadata: Metadata) -> Write {
        Write::by(Arc::clone(self.principal), command, metadata)
    }

    /// Hands a command to the log thread, as this principal's, and returns at once; `completion` is called with the
    /// outcome, a refusal included.
    pub fn submit(&self, write: Write, completion: Completion) -> Ticket {
        self.store.submit(Write { principal: Arc::clone(self.principal), ..write }, completion)
    }

    /// Looks whether a schema applies to a write of this principal. Where one does, its values are validated next, in
    /// turns on a thread that may be slow; no write waits for that.
    pub fn prepare(&self, write: Write) -> Prepared {
        self.store.writes().prepare(Write { principal: Arc::clone(self.principal), ..write })
    }

    /// Prepares a write of this principal again that was refused with [`Error::PlanMoved`]. May read the store.
    pub fn prepare_again(&self, write: Write) -> Result<Prepared, Error> {
        self.store.writes().prepare_again(Write { principal: Arc::clone(self.principal), ..write })
    }

    /// The result of the request that a write repeats. Reads the store.
    pub fn first_answer(&self, repeated: &Repeated) -> Result<Written, Error> {
        self.store.first_answer(repeated)
    }

    /// The result of a write, as its writer may see it.
    pub fn written(&self, written: Written) -> ShownWritten {
        let outcome = |outcome: Outcome| {
            let difference = outcome.difference().and_then(|found| self.show_difference(found));
            ShownOutcome { name: outcome.name, after: Shown(outcome.after), difference }
        };
        ShownWritten {
            revision: written.revision,
            head: written.head,
            outcomes: written.outcomes.into_iter().map(outcome).collect(),
        }
    }

    /// The write of this principal that makes a scope equal to what it was at a point of the whole log. Reads the
    /// store, but nothing for a principal that may not ask for it.
    pub fn plan_restore(&self, scope: Scope, to: Point, metadata: Metadata) -> Result<Write, Error> {
        scope.authorize(self.principal)?;
        self.store.writes().plan_restore(Arc::clone(self.principal), scope, to, metadata)
    }

    /// The write of this principal that undoes a change. Reads the store.
    pub fn plan_revert(&self, revision: Revision, metadata: Metadata) -> Result<Write, Error> {
        self.store.writes().plan_revert(Arc::clone(self.principal), revision, metadata)
    }

    /// The changes that a planned restore of this principal would make. Reads the store; no write waits for it.
    pub fn dry_run(&self, planned: Write) -> Result<Written, Error> {
        self.store.dry_run(&Write { principal: Arc::clone(self.principal), ..planned })
    }

    /// Reads a value under the store's limit.
    pub fn parse_value(&self, text: &str) -> Result<ConfigValue, Error> {
        self.store.parse_value(text)
    }

    /// Metadata of a change that this principal makes.
    pub fn metadata(&self) -> Metadata {
        Metadata { actor_id: self.principal.id.clone(), ..Metadata::of(&self.principal.actor) }
    }

    /// The revision that a point resolves to. A revision beyond the head is [`Error::Behind`], and a place that the
    /// log does not have [`Error::NoSuchPlace`].
    pub fn resolve(&self, point: Point) -> Result<Revision, Error> {
        self.store.resolve(point)
    }

    /// Looks again whether the log has the place of a point: a read of an exchanged log is not of that place.
    pub fn confirm(&self, point: Point) -> Result<(), Error> {
        if let Point::Place(_) = point { self.resolve(point).map(drop) } else { Ok(()) }
    }

    /// The last change that this server has taken in.
    pub fn head(&self) -> Place {
        self.store.head()
    }

    /// The same place with its hash, if memory knows it.
    pub fn anchored(&self, given: GivenPlace) -> GivenPlace {
        self.store.anchored(given)
    }

    /// The last revision that reads of now see.
    pub fn applied(&self) -> Revision {
        self.store.applied()
    }

    /// The last revision that this server has taken in.
    pub fn followed(&self) -> Revision {
        self.store.followed()
    }

    /// The log's clock, or the head's instant if that is later.
    pub fn now(&self) -> Timestamp {
        self.store.now()
    }

    /// Waits until reads of now show a revision.
    ///
    /// # Errors
    /// [`Error::Behind`] at the deadline.
    pub fn wait_for(&self, revision: Revision, deadline: Instant) -> Result<(), Error> {
        self.store.wait_for(revision, deadline)
    }

    /// Whether the service works.
    pub fn health(&self) -> Health {
        self.store.health()
    }

    /// The settings that the store was opened with.
    pub fn options(&self) -> &'a Options {
        self.store.options()
    }

    /// Whether the log is in this process: then a full store is this machine's trouble.
    pub fn is_embedded(&self) -> bool {
        self.store.is_embedded()
    }
}

fn show_listing(At { revision, found: Listing { place, items, newest } }: At<Listing>) -> At<ShownListing> {
    let items = items.into_iter().map(|(name, config)| (name, Shown(config))).collect();
    At { revision, found: ShownListing { items, newest, place } }
}
