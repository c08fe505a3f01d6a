//! Reads of the past: points come to revisions, revisions to states.
//!
//! Everything here reads the store and may block: never on a connection thread.

use std::sync::Arc;

use crate::application::error::Error;
use crate::domain::{Config, ConfigName, Point, Prefix, Revision, Timestamp};
use crate::infrastructure::projection::{At, Configs, Listing};
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
        Point::Revision(wanted) => return Err(Error::Behind { wanted, seen: head }),
        Point::Instant(instant) => instant,
        Point::Age(age) => now.minus(age),
    };
    // What others have written since is as if it came a moment later.
    Ok(store.revision_at(instant)?.min(head))
}

/// One name's state at a revision.
pub(in crate::application) fn config_at(
    store: &dyn EventStore,
    name: &ConfigName,
    at: Revision,
) -> Result<At<Option<Arc<Config>>>, Error> {
    Ok(At { revision: at, found: store.config_at(name, at)?.map(Arc::new) })
}

/// The states of all names under a prefix at a revision, deleted ones included.
pub(in crate::application) fn tree_at(
    store: &dyn EventStore,
    prefix: &Prefix,
    at: Revision,
) -> Result<Configs, StoreError> {
    let mut configs = Configs::new();
    let mut after = None;
    loop {
        let page = TreePage { at, prefix, after: after.as_ref(), limit: TREE_PAGE };
        let rows = store.tree_page(&page)?;
        let Some((last, _)) = rows.last() else { return Ok(configs) };
        after = Some(last.clone());
        configs.extend(rows.into_iter().map(|(name, config)| (name, Arc::new(config))));
    }
}

/// A list of the past.
pub(in crate::application) fn list_at(
    store: &dyn EventStore,
    query: &ListQuery,
    at: Revision,
) -> Result<At<Listing>, Error> {
    let configs = tree_at(store, &query.prefix, at)?;
    let newest = configs.values().map(|config| config.revision).max().unwrap_or_default();
    let past = |name: &ConfigName| query.after.as_ref().is_none_or(|after| name > after);
    let present = configs.into_iter().filter(|(name, config)| config.value.is_some() && past(name));
    Ok(At { revision: at, found: Listing { items: present.take(query.limit).collect(), newest } })
}
