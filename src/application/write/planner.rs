//! Planning restores, on a thread that may block: which names of a scope differ from what they were at a point.
//!
//! The point becomes a revision of the log's head, never of what this server follows. Where little has changed since, the
//! names that have are compared. Otherwise the past is read page by page and compared with the tree in memory, slice by
//! slice, while writes go on: each name is seen at the plan's place or later, and what has changed after that place is
//! compared again. Called by the facade; the log thread confirms the [`Plan`]. A dry run is decided here, on the head that
//! the plan was made on (`a_dry_run_of_a_restore_does_not_enter_the_queue`).

use std::collections::{BTreeMap, HashMap};
use std::iter::once;
use std::sync::Arc;
use std::time::Duration;

use super::decide::{Basis, decide};
use super::queue::{Settled, Write};
use super::recall::Recalled;
use super::repeat::states_at;
use super::restore::Plan;
use super::written::Written;
use crate::application::error::Error;
use crate::application::read::feed::Feed;
use crate::application::read::time_travel::{exchanged, place_of, resolve};
use crate::application::secrets::Secrets;
use crate::domain::{
    CHANGE_BYTES_MAX, CHANGE_EVENTS_MAX, Command, Config, ConfigName, Difference, Permission, Place, Point,
    Prefix, Principal, Rejection, Restore, Revision, Scope, Tree,
};
use crate::infrastructure::access::LiveAccess;
use crate::infrastructure::projection::Projection;
use crate::infrastructure::store::{EventStore, Head, PageLimit, StoreError, TreePage};

/// Events since the point up to which the names that have changed are compared, and not the whole scope.
const CHANGED_EVENTS_MAX: usize = 4_096;
/// Events that are looked through at a time: more than one change has, so that a page ends with a whole one.
const EVENTS_PAGE: usize = 2 * CHANGE_EVENTS_MAX;
/// A page of the past: so large that its fixed cost vanishes, so small that many plans fit into memory.
const PAST_PAGE: PageLimit = PageLimit { rows: 10_000, bytes: 16 << 20 };
/// Names of now that are taken under one lock of the tree: some 100 µs.
const SLICE_NAMES: usize = 1_024;
/// How often a restore is planned before it is given up. Each plan begins later, and has less to follow.
const TRIES_MAX: u32 = 5;

/// Plans restores over a store and the tree of this server.
pub(in crate::application) struct Planner<'a> {
    pub(in crate::application) store: &'a dyn EventStore,
    /// The tree at the head that this server follows.
    pub(in crate::application) tree: &'a Projection,
    pub(in crate::application) feed: &'a Feed,
    pub(in crate::application) access: &'a LiveAccess,
    /// How long an idempotency key is remembered.
    pub(in crate::application) window: Duration,
    pub(in crate::application) secrets: &'a Secrets,
}

impl Planner<'_> {
    /// The command that makes a scope equal to what it was at a point of the log, and how its target was found.
    pub(in crate::application) fn plan(
        &self,
        scope: Scope,
        point: Point,
        principal: &Principal,
    ) -> Result<(Command, Plan), Error> {
        let head = self.store.head()?;
        let (point, to) = self.resolve(point, &head)?;
        let then = self.place_of(to)?;
        let mut listed =
            Listed { restore: Restore { scope, target: BTreeMap::new() }, principal, size: Size::default() };
        let on = match &listed.restore.scope {
            Scope::Name(name) => {
                let name = name.clone();
                let state = states_at(self.store, std::slice::from_ref(&name), to)?.pop().flatten();
                listed.add(name, state);
                head
            }
            Scope::Prefix(prefix) => {
                let prefix = prefix.clone();
                let changed = self.store.names_between(to, head.revision, CHANGED_EVENTS_MAX + 1)?;
                if changed.len() <= CHANGED_EVENTS_MAX {
                    self.add_changed(&mut listed, then, to, &head)?;
                    head
                } else {
                    let began = self.feed.head_place();
                    self.compare_all(&mut listed, &prefix, to)?;
                    let head = self.store.head()?;
                    self.add_changed(&mut listed, began, to, &head)?;
                    head
                }
            }
        };
        if self.place_of(to)? != then {
            return Err(exchanged().into());
        }
        listed.refuse_too_large()?;
        let plan = Plan { point, to, on, tries: 1, holds: true };
        Ok((Command::Restore(listed.restore), plan))
    }

    /// A restore whose plan has moved, planned again.
    pub(in crate::application) fn plan_again(&self, write: Write) -> Result<Write, Error> {
        let (Command::Restore(restore), Some(before)) = (&write.command, &write.plan) else {
            return Ok(write);
        };
        if before.tries >= TRIES_MAX {
            return Err(Error::Overloaded);
        }
        let (command, plan) = self.plan(restore.scope.clone(), before.point, &write.principal)?;
        let plan = Plan { tries: before.tries + 1, ..plan };
        Ok(Write { command, plan: Some(plan), ..write })
    }

    /// The changes that a planned restore would make on the head that it was planned on.
    pub(in crate::application) fn dry_run(&self, write: &Write) -> Result<Written, Error> {
        let (Command::Restore(restore), Some(Plan { on, .. })) = (&write.command, &write.plan) else {
            return Err(Error::Misconfigured(
                "only a planned restore is tried without the log thread".into(),
            ));
        };
        let names: Vec<ConfigName> = restore.target.keys().cloned().collect();
        let states = states_at(self.store, &names, on.revision)?;
        let states = names.into_iter().zip(states).filter_map(|(name, state)| Some((name, state?)));
        let states = States(states.collect());
        let key = |mark: &crate::domain::IdempotencyMark| (write.metadata.actor_id.clone(), mark.key.clone());
        let marked = match &write.idempotency {
            Some(mark) => self.store.find_marked(&[key(mark)], on.instant.minus(self.window))?,
            None => Vec::new(),
        };
        if self.place_of(on.revision)? != on.place() {
            return Err(exchanged().into());
        }
        let basis = Basis { head: on, access: self.access.data(), clock: self.store.clock() };
        let decided = decide(once(write), &states, Recalled::new(), basis, marked, self.secrets);
        match decided.results.into_iter().next() {
            Some(Ok(Settled::Written(written))) => Ok(written),
            Some(Ok(Settled::Repeated(repeated))) => repeated.first_answer(self.store),
            Some(Err(error)) => Err(error),
            None => Err(Error::OutcomeUnknown),
        }
    }

    /// The point with an age as the instant that it means, and the revision that it comes to.
    fn resolve(&self, point: Point, head: &Head) -> Result<(Point, Revision), Error> {
        let point = match point {
            Point::Age(age) => {
                let clock = self.store.clock();
                if !clock.is_plausible() {
                    return Err(Error::Clock(clock));
                }
                Point::Instant(clock.max(head.instant).minus(age))
            }
            other => other,
        };
        Ok((point, resolve(self.store, point, head.revision, head.instant)?))
    }

    fn place_of(&self, revision: Revision) -> Result<Place, StoreError> {
        place_of(self.store, revision)?.ok_or_else(exchanged)
    }

    /// Lists the names of the scope that have changed since a place and differ at the head.
    fn add_changed(
        &self,
        listed: &mut Listed<'_>,
        since: Place,
        to: Revision,
        head: &Head,
    ) -> Result<(), StoreError> {
        let mut after = since.revision();
        while after < head.revision {
            let page = self.store.names_between(after, head.revision, EVENTS_PAGE)?;
            let Some(last) = page.last().map(|(revision, _)| *revision) else { return Err(exchanged()) };
            // Only the last change of a full page may be cut.
            let whole = if page.len() < EVENTS_PAGE { head.revision } else { last.previous() };
            if whole <= after {
                return Err(StoreError::corrupt(last, "it has more events than a change may have"));
            }
            let names = page.into_iter().take_while(|(revision, _)| *revision <= whole).map(|(_, name)| name);
            let restore = &listed.restore;
            let is_new = |name: &ConfigName| restore.concerns(name) && !restore.target.contains_key(name);
            let mut names: Vec<ConfigName> = names.filter(is_new).collect();
            names.sort_unstable();
            names.dedup();
            for names in names.chunks(SLICE_NAMES) {
                let (then, now) =
                    (states_at(self.store, names, to)?, states_at(self.store, names, head.revision)?);
                for (name, (then, now)) in names.iter().zip(then.into_iter().zip(now)) {
                    listed.compare(name, then.as_ref(), now.as_ref());
                }
            }
            after = whole;
        }
        // A place of another log has other changes after it.
        for place in [since, head.place()] {
            if self.place_of(place.revision())? != place {
                return Err(exchanged());
            }
        }
        Ok(())
    }

    /// Lists the names under a prefix that differ: the past by pages, now by slices.
    fn compare_all(&self, listed: &mut Listed<'_>, prefix: &Prefix, to: Revision) -> Result<(), StoreError> {
        let mut after: Option<ConfigName> = None;
        loop {
            let page = TreePage { at: to, prefix, after: after.as_ref(), limit: PAST_PAGE };
            let page = self.store.tree_page(&page)?;
            let last = page.last().map(|(name, _)| name.clone());
            self.compare_page(listed, prefix, after.as_ref(), last.as_ref(), page);
            if last.is_none() {
                return Ok(());
            }
            after = last;
        }
    }

    /// Compares a page of the past with the names of now up to its last one; no last one is the end of the past.
    fn compare_page(
        &self,
        listed: &mut Listed<'_>,
        prefix: &Prefix,
        after: Option<&ConfigName>,
        last: Option<&ConfigName>,
        page: Vec<(ConfigName, Config)>,
    ) {
        let mut past = page.into_iter().peekable();
        let mut after = after.cloned();
        loop {
            let slice = self.tree.present_after(prefix, after.as_ref(), SLICE_NAMES);
            let mut is_last = slice.len() < SLICE_NAMES;
            for (name, now) in slice {
                if last.is_some_and(|last| name > *last) {
                    is_last = true;
                    break;
                }
                while let Some((name, then)) = past.next_if(|(past, _)| *past < name) {
                    listed.compare(&name, Some(&Arc::new(then)), None);
                }
                let then = past.next_if(|(past, _)| *past == name).map(|(_, then)| Arc::new(then));
                listed.compare(&name, then.as_ref(), Some(&now));
                after = Some(name);
            }
            if is_last {
                break;
            }
        }
        for (name, then) in past {
            listed.compare(&name, Some(&Arc::new(then)), None);
        }
    }
}

/// A restore that is being planned.
struct Listed<'a> {
    restore: Restore,
    principal: &'a Principal,
    size: Size,
}

/// The names that differ, whether they are kept or not.
#[derive(Default)]
struct Size {
    names: usize,
    /// Of their names and of the values that they had.
    bytes: usize,
    /// Names that the principal may not write.
    out_of_reach: usize,
}

impl Listed<'_> {
    /// Lists a name if it differs.
    fn compare(&mut self, name: &ConfigName, then: Option<&Arc<Config>>, now: Option<&Arc<Config>>) {
        if let Some(difference) = Difference::of(name, then, now)
            && self.restore.concerns(name)
        {
            self.add(difference.name, difference.from);
        }
    }

    /// Lists a name. More than a change can have are only counted: such a restore is refused.
    fn add(&mut self, name: ConfigName, then: Option<Arc<Config>>) {
        let then = then.filter(|then| then.is_present());
        self.size.names += 1;
        self.size.bytes += name.as_str().len() + then.as_ref().map_or(0, |then| then.value_bytes());
        self.size.out_of_reach += usize::from(!self.principal.may(Permission::Write, &name));
        if !self.is_too_large() {
            self.restore.target.insert(name, then);
        }
    }

    fn is_too_large(&self) -> bool {
        self.size.names > CHANGE_EVENTS_MAX || self.size.bytes > CHANGE_BYTES_MAX
    }

    /// Refuses what the log thread would refuse, without the names that were not kept.
    fn refuse_too_large(&self) -> Result<(), Rejection> {
        match self.size {
            _ if !self.is_too_large() => Ok(()),
            Size { out_of_reach: 0, .. } => Err(Rejection::change_too_large()),
            Size { out_of_reach: names, .. } => Err(Rejection::ForbiddenNames { names }),
        }
    }
}

/// The states of the names that a restore lists, at the head that it was planned on.
struct States(HashMap<ConfigName, Arc<Config>>);

impl Tree for States {
    fn config(&self, name: &ConfigName) -> Option<Arc<Config>> {
        self.0.get(name).cloned()
    }
}
