//! The store as one principal may see it: the only way to values.
//!
//! HTTP handlers and fronts hold a [`View`] and nothing else of the store. A read looks first and hides afterwards,
//! so that a hidden name has the same result as an absent one, in about the same time. What a view has released is
//! [`ShownConfig`], [`ShownEvent`] and the like: the contract's JSON is made from nothing else, so that a value which no view
//! released cannot be written by accident. A secret is masked ([`ShownValue`]) unless its reader may reveal it, asked for
//! it, and the audit has the record. A write carries its principal to the log thread, which decides on the head.
//!
//! Every way to a value is a row of `every_way_to_a_value_hides_what_a_principal_may_not_read` in `tests/http/ways.rs`.

mod change;
mod history;
mod list_search;
mod log;
mod policy;
mod reveal;
mod schema_check;
mod search;
mod shown;
mod tokens;
mod veil;

use std::sync::Arc;
use std::time::Duration;

pub use self::change::ShownChange;
pub use self::list_search::{ListEffort, Search, SearchWalk, Within};
pub use self::policy::{AppliedRules, EntryConditions, EntryWritten, ServerDoor, ShownSchema};
pub use self::schema_check::{CheckTurn, SchemaCheck, SchemaFindings};
pub use self::search::{Effort, Next, ShownFeed};
pub use self::shown::{
    EventValues, Happened, ShownConfig, ShownDifference, ShownEvent, ShownListing, ShownName, ShownOutcome,
    ShownRecord, ShownValue, ShownWritten,
};
pub use self::tokens::{FirstToken, MadeToken, NewToken, TokenCounts};
use self::veil::{Held, Veil, Wish};
use super::activity::{ActivityBucket, ActivityQuery};
use super::time_travel::ListQuery;
use super::walk::{DiffWalk, TreeWalk};
use crate::application::config_store::ConfigStore;
use crate::application::error::Error;
use crate::application::write::entrance::Entrance;
use crate::application::write::prepare::Prepared;
use crate::application::write::queue::{Completion, Ticket, Write};
use crate::application::write::repeat::Repeated;
use crate::application::write::written::{Outcome, Written};
use crate::domain::{
    Command, Config, ConfigName, ConfigValue, Force, Metadata, Permission, Place, Point, Prefix, Principal,
    Revision, Scope, Version,
};
use crate::infrastructure::projection::{At, Listing, Sight};
use crate::infrastructure::store::{HistoryPage, PageLimit};

/// The right to answer with secrets in clear text: the record of that answer is written.
pub struct RevealPermit(());

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

    fn masking(&self) -> Veil<'a> {
        Veil::masking(self.store.secrets(), self.principal)
    }

    /// Masks states, with the fingerprints of all secrets. May read the store.
    fn mask(&self, found: Vec<(ConfigName, Arc<Config>)>) -> Result<Vec<ShownName>, Error> {
        let held = found.iter().filter_map(|(name, config)| Held::of_config(name, config));
        let veil = Veil::over(self.store.secrets(), self.principal, Wish::Masked, held)?;
        let show = |(name, config)| {
            let shown = veil.config(&name, config);
            (name, shown)
        };
        Ok(found.into_iter().map(show).collect())
    }

    fn mask_one(
        &self,
        name: &ConfigName,
        At { revision, found }: At<Option<Arc<Config>>>,
    ) -> Result<At<Option<ShownConfig>>, Error> {
        let found = found.filter(|_| self.may_read(name)).map(|config| (name.clone(), config));
        let found = self.mask(found.into_iter().collect())?.pop();
        Ok(At { revision, found: found.map(|(_, config)| config) })
    }

    /// Whether the log may have secrets at all: then the answers to a place may change with the policy, the keys and shreds.
    pub fn may_have_secrets(&self) -> bool {
        self.store.secrets().may_have_any()
    }

    /// Whether there may be something that the principal may not read.
    pub fn is_limited(&self) -> bool {
        !self.principal.is_unlimited()
    }

    /// One name's state now, from memory alone; `None` where the store has to be asked for the fingerprint of a secret. Never
    /// blocks.
    pub fn get_at_once(&self, name: &ConfigName) -> Option<At<Option<ShownConfig>>> {
        let At { revision, found } = self.now_of(name);
        let (found, veil) = (found.filter(|_| self.may_read(name)), self.masking());
        let held = found.as_deref().and_then(|config| Held::of_config(name, config));
        let is_ready = held.is_none_or(|held| veil.is_ready(&held));
        is_ready.then(|| At { revision, found: found.map(|config| veil.config(name, config)) })
    }

    /// One name's state now; nothing where it has no value. May read the store.
    pub fn get(&self, name: &ConfigName) -> Result<At<Option<ShownConfig>>, Error> {
        self.mask_one(name, self.now_of(name))
    }

    /// A name of the service's own has its access data as its value.
    fn now_of(&self, name: &ConfigName) -> At<Option<Arc<Config>>> {
        let mut now = self.store.get(name);
        if name.is_reserved() && now.found.is_none() {
            let entry = self.store.access().data().entry(name).map(Arc::clone);
            now.found = entry.filter(|entry| entry.is_present());
        }
        now
    }

    /// One name's state at a revision, deleted or not.
    pub fn get_at(&self, name: &ConfigName, at: Revision) -> Result<At<Option<ShownConfig>>, Error> {
        let found = if name.is_reserved() {
            self.store.reserved_at(name, at)?
        } else {
            self.store.get_at(name, at)?
        };
        self.mask_one(name, found)
    }

    /// The names that have a value now. Reads the store where there are encrypted secrets.
    pub fn list(&self, query: &ListQuery) -> Result<At<ShownListing>, Error> {
        let sight = self.lists(&query.prefix);
        let At { revision, found: Listing { place, items, newest } } = self.store.list_visible(query, &sight);
        Ok(At { revision, found: ShownListing { items: self.mask(items)?, newest, place } })
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
        self.mask(self.store.names_at(walk, limit, &sight)?)
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
        let found = self.store.differences(walk, limit, |name| sight.shows(name))?;
        let states = found.iter().flat_map(|differs| {
            let states = [differs.from.as_deref(), differs.to.as_deref()].into_iter().flatten();
            states.filter_map(|config| Held::of_config(&differs.name, config))
        });
        let veil = Veil::over(self.store.secrets(), self.principal, Wish::Masked, states)?;
        Ok(found
            .into_iter()
            .filter(|differs| self.may_read(&differs.name))
            .map(|differs| veil.difference(differs))
            .collect())
    }

    /// A page of a name's events, with secrets in clear text where there is a permit for that. A hidden name's first event
    /// is read and dropped: the store is asked as for an absent one.
    pub fn history(
        &self,
        name: &ConfigName,
        page: &HistoryPage,
        permit: Option<&RevealPermit>,
    ) -> Result<Vec<ShownRecord>, Error> {
        if self.may_read(name) {
            let events = self.with_shreds(name, page, self.store.history(name, page)?)?;
            let values =
                events.iter().flat_map(|(found, _)| [Held::now(&found.event), Held::before(&found.event)]);
            let wish = permit.map_or(Wish::Masked, |_| Wish::Revealed);
            let veil = Veil::over(self.store.secrets(), self.principal, wish, values.flatten())?;
            let events = events.into_iter().filter(|(found, _)| found.event.subject().is_some());
            return Ok(events.map(|(found, version)| veil.record(found, version)).collect());
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

    /// Goes on with a preparation for about `turn`. May read the store.
    pub fn prepare_on(&self, prepared: Prepared, turn: Duration) -> Result<Prepared, Error> {
        self.store.writes().prepare_on(prepared, turn)
    }

    /// Prepares a write of this principal again that was refused with [`Error::PlanMoved`] or
    /// [`Error::SecrecyMoved`]. May read the store.
    pub fn prepare_again(&self, write: Write) -> Result<Prepared, Error> {
        self.store.writes().prepare_again(Write { principal: Arc::clone(self.principal), ..write })
    }

    /// The result of the request that a write repeats. Reads the store.
    pub fn first_answer(&self, repeated: &Repeated) -> Result<Written, Error> {
        self.store.first_answer(repeated)
    }

    /// Whether a write may be refused with [`Error::PlanMoved`] or [`Error::SecrecyMoved`], and prepared again.
    pub fn may_move(write: &Write) -> bool {
        Entrance::may_move(write)
    }

    /// The result of a write from memory alone, as its writer may see it; the same result where the store has to be asked.
    pub fn written_at_once(&self, written: Written) -> Result<ShownWritten, Written> {
        let veil = self.masking();
        let is_ready = written.outcomes.iter().flat_map(held_of).all(|held| veil.is_ready(&held));
        if is_ready { Ok(self.show_written(&veil, written)) } else { Err(written) }
    }

    /// The result of a write, as its writer may see it. May read the store; a fingerprint that can't be made is left out,
    /// because the write is stored.
    pub fn written(&self, written: Written) -> ShownWritten {
        let held = written.outcomes.iter().flat_map(held_of);
        let veil = Veil::over(self.store.secrets(), self.principal, Wish::Masked, held);
        self.show_written(&veil.unwrap_or_else(|_| self.masking()), written)
    }

    fn show_written(&self, veil: &Veil<'_>, written: Written) -> ShownWritten {
        let outcome = |outcome: Outcome| {
            let difference = outcome.difference().filter(|found| self.may_read(&found.name));
            let difference = difference.map(|found| veil.difference(found));
            let after = veil.written(&outcome.name, outcome.after, outcome.sent);
            ShownOutcome { name: outcome.name, after, difference }
        };
        let Written { revision, head, outcomes, shredded } = written;
        ShownWritten { revision, head, outcomes: outcomes.into_iter().map(outcome).collect(), shredded }
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

    /// The write of this principal that destroys encrypted values of a name. Reads the store, but nothing for a principal
    /// that may not ask for it.
    pub fn plan_shred(
        &self,
        of: &ConfigName,
        versions: Option<Vec<Version>>,
        force: Force,
        metadata: Metadata,
    ) -> Result<Write, Error> {
        self.store.writes().plan_shred(Arc::clone(self.principal), of, versions, force, metadata)
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
}

/// The values of an outcome.
fn held_of(outcome: &Outcome) -> impl Iterator<Item = Held<'_>> {
    let states = [outcome.before.as_deref(), Some(&*outcome.after)];
    states.into_iter().flatten().filter_map(|config| Held::of_config(&outcome.name, config))
}
