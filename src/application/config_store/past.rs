//! Reads of the past: the facade's reads of the store, page by page.
//!
//! They block, and hold a connection of the store for no longer than a page.

use std::sync::Arc;

use super::ConfigStore;
use crate::application::error::Error;
use crate::application::read::activity::{ActivityBucket, ActivityQuery, activity};
use crate::application::read::time_travel::{self, ListQuery};
use crate::application::read::walk::{DiffWalk, TreeWalk};
use crate::application::write::queue::Write;
use crate::domain::{
    Config, ConfigName, Difference, Force, Metadata, Place, Point, Prefix, Principal, Revision, ShortHash,
    Version,
};
use crate::infrastructure::access::AccessData;
use crate::infrastructure::projection::{At, Listing, Sight};
use crate::infrastructure::store::{HistoryPage, Order, PageLimit};

/// How much of a past tree the library reads at once: large enough that the page's fixed cost vanishes.
const LIBRARY_PAGE: PageLimit = PageLimit { rows: 10_000, bytes: 32 << 20 };
/// One event.
const NEWEST: PageLimit = PageLimit { rows: 1, bytes: usize::MAX };

impl ConfigStore {
    /// The revision that a point resolves to. A revision beyond the head is [`Error::Behind`], and a place that the
    /// log does not have [`Error::NoSuchPlace`].
    pub fn resolve(&self, point: Point) -> Result<Revision, Error> {
        time_travel::resolve(self.store.as_ref(), point, self.followed(), self.now())
    }

    /// The write that undoes one change of the whole log and keeps every later one. Reads the store.
    ///
    /// # Errors
    /// [`Error::Behind`] for a revision that the log does not have. After every error nothing was written.
    pub fn plan_revert(&self, revision: Revision, metadata: Metadata) -> Result<Write, Error> {
        let principal = Arc::new(Principal::unlimited(&metadata.actor));
        self.writes.plan_revert(principal, revision, metadata)
    }

    /// The number of changes in each of some equal parts of a span of time. Reads the store.
    ///
    /// # Errors
    /// [`Error::SpanReversed`], and those of [`resolve`](Self::resolve).
    pub fn activity(&self, query: &ActivityQuery) -> Result<At<Vec<ActivityBucket>>, Error> {
        activity(self.store.as_ref(), query, self.followed(), self.now())
    }

    /// The write that destroys encrypted values of a name for ever: of these versions, or of all of them. Reads the store.
    ///
    /// # Errors
    /// [`Rejection::NotEncrypted`](crate::domain::Rejection::NotEncrypted) for a value that is stored in clear text. After
    /// every error nothing was written.
    pub fn plan_shred(
        &self,
        of: &ConfigName,
        versions: Option<Vec<Version>>,
        force: Force,
        metadata: Metadata,
    ) -> Result<Write, Error> {
        let principal = Arc::new(Principal::unlimited(&metadata.actor));
        self.writes.plan_shred(principal, of, versions, force, metadata)
    }

    /// One name's state at a revision, deleted or not.
    pub fn get_at(&self, name: &ConfigName, at: Revision) -> Result<At<Option<Arc<Config>>>, Error> {
        time_travel::config_at(self.store.as_ref(), name, at)
    }

    /// The same of a name of the service's own: access data are its value.
    pub(in crate::application) fn reserved_at(
        &self,
        name: &ConfigName,
        at: Revision,
    ) -> Result<At<Option<Arc<Config>>>, Error> {
        let newest = HistoryPage { order: Order::NewestFirst, after: None, at, limit: NEWEST };
        let event = self.store.history(name, &newest)?.pop();
        let entry = event.and_then(|recorded| AccessData::entry_of_event(&recorded));
        match (entry, self.store.config_at(name, at)?) {
            (Some(entry), Some(config)) => {
                let config = Config { value: Some(entry.into()), ..config };
                Ok(At { revision: at, found: Some(Arc::new(config)) })
            }
            (_, config) => Ok(At { revision: at, found: config.map(Arc::new) }),
        }
    }

    /// The place that a point comes to, with the errors of [`resolve`](Self::resolve).
    pub fn place(&self, point: Point) -> Result<Place, Error> {
        time_travel::place_at(self.store.as_ref(), point, self.followed(), self.now())
    }

    /// The names that had a value at a revision. The listing's `newest` is the place of the revision, past which nothing
    /// under any prefix is.
    pub fn list_at(&self, query: &ListQuery, at: Revision) -> Result<At<Listing>, Error> {
        let place = self.place(Point::Revision(at))?;
        let mut walk = TreeWalk::new(place, query.prefix.clone(), query.after.clone());
        let mut items = Vec::new();
        while items.len() < query.limit && !walk.has_ended() {
            let limit =
                PageLimit { rows: (query.limit - items.len()).min(LIBRARY_PAGE.rows), ..LIBRARY_PAGE };
            let states = walk.next(self.store.as_ref(), limit)?;
            items.extend(states.into_iter().filter(|(_, config)| config.is_present()));
        }
        Ok(At { revision: at, found: Listing { place, items, newest: place } })
    }

    /// The next names of a walk that have a value, of these only. From memory while that is at the walk's place.
    pub(in crate::application) fn names_at(
        &self,
        walk: &mut TreeWalk,
        limit: PageLimit,
        sight: &impl Sight,
    ) -> Result<Vec<(ConfigName, Arc<Config>)>, Error> {
        if self.applied() == walk.place().revision() {
            let (prefix, after) = (walk.prefix(), walk.after());
            let listed = self.reads.list_visible(prefix, after, limit.rows, sight).found;
            if listed.place == walk.place() {
                return Ok(pass(walk, listed.items, limit));
            }
        }
        let states = walk.next(self.store.as_ref(), limit)?.into_iter();
        Ok(states.filter(|(name, config)| config.is_present() && sight.sees(name)).collect())
    }

    /// The differences between two revisions.
    pub fn diff(&self, prefix: &Prefix, from: Revision, to: Revision) -> Result<Vec<Difference>, Error> {
        let place = |at| self.place(Point::Revision(at));
        let mut walk = self.begin_diff(prefix, place(from)?, place(to)?, |_| true)?;
        let mut found = Vec::new();
        while !walk.has_ended() {
            found.extend(self.differences(&mut walk, LIBRARY_PAGE, |_| true)?);
        }
        Ok(found)
    }

    /// Begins a comparison of two trees, of these names only.
    pub(in crate::application) fn begin_diff(
        &self,
        prefix: &Prefix,
        from: Place,
        to: Place,
        is_visible: impl Fn(&ConfigName) -> bool,
    ) -> Result<DiffWalk, Error> {
        Ok(DiffWalk::begin(self.store.as_ref(), prefix, from, to, is_visible)?)
    }

    /// The next differences of a comparison.
    pub(in crate::application) fn differences(
        &self,
        walk: &mut DiffWalk,
        limit: PageLimit,
        is_visible: impl Fn(&ConfigName) -> bool,
    ) -> Result<Vec<Difference>, Error> {
        Ok(walk.next(self.store.as_ref(), limit, is_visible)?)
    }

    /// A place with other digits than its hash, the same each time: under this log's key, so that no reader can tell the
    /// hash from them.
    pub(in crate::application) fn disguised(&self, place: Place) -> Place {
        let digits = self.fingerprints().of_text(&place.to_string());
        Place::new(place.revision(), ShortHash(digits))
    }
}

/// As many names of memory as have room on a page; the walk goes on behind them.
fn pass(
    walk: &mut TreeWalk,
    mut items: Vec<(ConfigName, Arc<Config>)>,
    limit: PageLimit,
) -> Vec<(ConfigName, Arc<Config>)> {
    let mut bytes = 0;
    let found = items.len();
    let fitting = items.iter().take_while(|(name, config)| {
        bytes += name.as_str().len() + config.value_bytes();
        bytes <= limit.bytes
    });
    let fitting = fitting.count().max(1);
    items.truncate(fitting);
    let is_last = found < limit.rows && items.len() == found;
    walk.go_on_after(items.last().filter(|_| !is_last).map(|(name, _)| name.clone()));
    items
}
