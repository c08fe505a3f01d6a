//! The feed as a principal may see it: pages by prefix, and what memory has of the next change.
//!
//! A search has an end whatever it finds, so that a quiet prefix does not keep a thread. It reads a page of changes,
//! and where none of them concerns the prefix, it passes over the next quiet ones by their names alone.

use std::time::{Duration, Instant};

use super::change::ShownChange;
use super::veil::{Veil, Wish};
use super::{View, change};
use crate::application::error::Error;
use crate::application::read::feed::Recent;
use crate::domain::{ConfigName, GivenPlace, Place, Prefix, Revision};
use crate::infrastructure::store::PageLimit;

/// Changes looked through for one page of a principal that may not read everything, whatever the time.
const LIMITED_CHANGES: u64 = 1_000;
/// Changes read at a time, at least, where not all of them are shown.
const SEARCH_ROWS: usize = 256;

/// A page of the feed.
#[derive(Clone, Debug)]
pub struct ShownFeed {
    /// How far the log was searched: the next `after`.
    pub reached: GivenPlace,
    /// The changes with a visible event under the prefix.
    pub changes: Vec<ShownChange>,
}

/// How far the log is looked through for one page of the feed: to whichever end comes first.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Changes looked through.
    pub changes: u64,
    /// The time that it takes.
    pub time: Duration,
}

impl Effort {
    /// For a response, or for one turn of a long poll.
    pub const FULL: Self = Self { changes: 100_000, time: Duration::from_millis(250) };
    /// For a stream, which goes on by itself.
    pub const SHORT: Self = Self { changes: 10_000, time: Duration::from_millis(50) };
}

/// What memory knows of the changes after a place.
#[derive(Clone, Debug)]
pub enum Next {
    /// The next change that concerns the watcher.
    Change(ShownChange),
    /// Nothing up to this place concerns the watcher, and there may be more.
    Searched(Place),
    /// Nothing yet.
    UpToDate,
    /// Memory begins later: read a page of the feed.
    Older,
    /// The revision is beyond the head.
    Beyond,
    /// The watcher's place is of another log, or of a part of this one that was rewound.
    Elsewhere,
}

impl View<'_> {
    /// A page of the feed: the changes after a place with a visible event under a prefix. It looks through the log for
    /// some milliseconds at most, so that it may end early; its `reached` says where.
    ///
    /// The page ends after so many of these changes, or so many bytes of their visible events: where it ends must not
    /// tell how large the hidden ones are.
    pub fn feed(&self, after: GivenPlace, prefix: &Prefix, limit: PageLimit) -> Result<ShownFeed, Error> {
        self.search(after, prefix, limit, Effort::SHORT)
    }

    /// The same with another end of the search.
    pub fn search(
        &self,
        after: GivenPlace,
        prefix: &Prefix,
        limit: PageLimit,
        effort: Effort,
    ) -> Result<ShownFeed, Error> {
        let begun = Instant::now();
        let everything = prefix.as_str().is_empty() && !self.is_limited();
        // Where a page ends must not tell how long hidden changes took.
        let (changes, time) = if self.is_limited() {
            (effort.changes.min(LIMITED_CHANGES), Duration::MAX)
        } else {
            (effort.changes, effort.time)
        };
        let end = Revision::new(after.revision.get().saturating_add(changes));
        let concerns = |name: &ConfigName| prefix.covers(name) && self.may_read(name);
        let mut page = ShownFeed { reached: after, changes: Vec::new() };
        let (mut bytes, mut quiet) = (0, false);
        loop {
            if quiet {
                page.reached = self.store.pass_quiet(page.reached, end, concerns)?;
            }
            let left = usize::try_from(end.get() - page.reached.revision.get()).unwrap_or(usize::MAX);
            let rows = if everything { limit.rows } else { limit.rows.max(SEARCH_ROWS) }.min(left);
            if rows == 0 {
                return Ok(page);
            }
            let found = self.store.changes_after(page.reached, PageLimit { rows, ..limit })?;
            quiet = true;
            let values = found.iter().flat_map(|published| change::visible_values(published, self.principal));
            let veil = Veil::over(self.store.secrets(), self.principal, Wish::Masked, values)?;
            for published in &found {
                let shown = ShownChange::of(published, prefix, self.principal, &veil);
                let before = bytes;
                bytes += shown.as_ref().map_or(0, ShownChange::page_bytes);
                if before > 0 && bytes > limit.bytes {
                    return Ok(page);
                }
                page.reached = published.place().into();
                quiet &= shown.is_none();
                page.changes.extend(shown);
                if page.changes.len() >= limit.rows {
                    return Ok(page);
                }
            }
            if found.is_empty() || everything || begun.elapsed() >= time {
                return Ok(page);
            }
        }
    }

    /// The next change after a place that concerns a watcher of a prefix, from memory: it looks through `look_max`
    /// changes. A change with a secret whose fingerprint is not in memory counts as older: a page of the feed reads it.
    pub fn next_change(&self, after: GivenPlace, prefix: &Prefix, look_max: usize) -> Next {
        let changes = match self.store.recent(after, look_max) {
            Recent::UpToDate => return Next::UpToDate,
            Recent::Older => return Next::Older,
            Recent::Beyond => return Next::Beyond,
            Recent::Elsewhere => return Next::Elsewhere,
            Recent::Changes(changes) => changes,
        };
        let veil = self.masking();
        let shown =
            changes.iter().find_map(|published| ShownChange::of(published, prefix, self.principal, &veil));
        match (shown, changes.last()) {
            (Some(change), _) if !change.is_ready(self.principal, &veil) => Next::Older,
            (Some(change), _) => Next::Change(change),
            (None, Some(last)) => Next::Searched(last.place()),
            (None, None) => Next::UpToDate,
        }
    }
}
