//! Reads of the past: from points to revisions, from revisions to states.
//!
//! Everything here reads the store and may block: never on a connection thread.

use std::sync::Arc;

use crate::application::error::Error;
use crate::domain::{Config, ConfigName, Place, Point, Prefix, Revision, Timestamp};
use crate::infrastructure::projection::{At, Configs};
use crate::infrastructure::store::{EventStore, PageLimit, StoreError, TreePage};

/// How much of a tree is read at once: large enough that the page's fixed cost vanishes.
const TREE_PAGE: PageLimit = PageLimit { rows: 10_000, bytes: 32 << 20 };

/// Which names to list.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// Names under this prefix.
    pub prefix: Prefix,
    /// Names that sort after this one.
    pub after: Option<ConfigName>,
    /// Names at most.
    pub limit: usize,
}

impl Default for ListQuery {
    /// Every name.
    fn default() -> Self {
        Self { prefix: Prefix::default(), after: None, limit: usize::MAX }
    }
}

/// The revision that a point comes to. `now` is the later of the store's clock and the head's instant.
pub(in crate::application) fn resolve(
    store: &dyn EventStore,
    point: Point,
    head: Revision,
    now: Timestamp,
) -> Result<Revision, Error> {
    let instant = match point {
        Point::Revision(revision) if revision <= head => return Ok(revision),
        Point::Place(place) if place.revision() <= head => {
            return if is_in(store, place)? {
                Ok(place.revision())
            } else {
                Err(Error::NoSuchPlace(place.into()))
            };
        }
        Point::Revision(wanted) => return Err(Error::Behind { wanted, seen: head }),
        Point::Place(place) => return Err(Error::Behind { wanted: place.revision(), seen: head }),
        Point::Instant(instant) => instant,
        Point::Age(age) => now.minus(age),
    };
    // Later changes of other servers count as if they came a moment later.
    Ok(store.revision_at(instant)?.min(head))
}

/// The place of a revision of the store's log; `None` if that has no such change.
pub(in crate::application) fn place_of(
    store: &dyn EventStore,
    revision: Revision,
) -> Result<Option<Place>, StoreError> {
    if revision == Revision::ZERO {
        return Ok(Some(Place::START));
    }
    Ok(store.hash_of(revision)?.map(|hash| Place::new(revision, hash.short())))
}

/// The place that a point comes to. `now` is as for [`resolve`].
pub(in crate::application) fn place_at(
    store: &dyn EventStore,
    point: Point,
    head: Revision,
    now: Timestamp,
) -> Result<Place, Error> {
    let revision = resolve(store, point, head, now)?;
    let place = place_of(store, revision)?.ok_or_else(exchanged)?;
    match point {
        // The log was exchanged after the point was found in it.
        Point::Place(asked) if asked != place => Err(Error::NoSuchPlace(asked.into())),
        _ => Ok(place),
    }
}

/// Whether the store's log has a place.
pub(in crate::application) fn is_in(store: &dyn EventStore, place: Place) -> Result<bool, StoreError> {
    Ok(place_of(store, place.revision())? == Some(place))
}

/// The store's log was exchanged between two reads that belong together.
pub(in crate::application) fn exchanged() -> StoreError {
    StoreError::Unavailable("the log was exchanged while it was read".into())
}

/// One name's state at a revision.
pub(in crate::application) fn config_at(
    store: &dyn EventStore,
    name: &ConfigName,
    at: Revision,
) -> Result<At<Option<Arc<Config>>>, Error> {
    Ok(At { revision: at, found: store.config_at(name, at)?.map(Arc::new) })
}

/// The states of all names under a prefix at a revision, deleted ones included, and the revision's place.
pub(in crate::application) fn tree_at(
    store: &dyn EventStore,
    prefix: &Prefix,
    at: Revision,
) -> Result<(Configs, Place), StoreError> {
    let mut configs = Configs::new();
    let place = walk_tree(store, prefix, at, |name, config| {
        configs.insert(name, Arc::new(config));
    })?;
    Ok((configs, place))
}

/// Meets the states of all names under a prefix at a revision in the order of the names, deleted ones included; the
/// revision's place.
pub(in crate::application) fn walk_tree(
    store: &dyn EventStore,
    prefix: &Prefix,
    at: Revision,
    mut meet: impl FnMut(ConfigName, Config),
) -> Result<Place, StoreError> {
    let place = place_of(store, at)?.ok_or_else(|| StoreError::corrupt(at, "the change is missing"))?;
    let mut after = None;
    loop {
        let page = TreePage { at, prefix, after: after.as_ref(), limit: TREE_PAGE };
        let rows = store.tree_page(&page)?;
        let Some((last, _)) = rows.last() else {
            // Pages of two logs make no tree.
            return if is_in(store, place)? { Ok(place) } else { Err(exchanged()) };
        };
        after = Some(last.clone());
        for (name, config) in rows {
            meet(name, config);
        }
    }
}
