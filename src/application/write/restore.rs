//! Plans of restores: the names that may differ from an earlier state, and the head on which they were found.
//!
//! A caller's thread makes the plan ([`planner`](super::planner)). The log thread confirms it on the head that it
//! appends to. For this it compares the names that have changed since, from memory and by one statement at most, and
//! walks nothing. If more has changed, the plan has moved: nothing is written, and the caller plans again
//! (`a_plan_that_moved_too_far_is_made_again_by_its_caller`).

use std::sync::Arc;

use crate::application::read::feed::{Feed, Recent};
use crate::domain::{Command, Config, ConfigName, Point, Restore, Revision};
use crate::infrastructure::store::{EventStore, Head, StoreError};

/// Names that the log thread compares again, at most: one statement of a few milliseconds.
const COMPARED_NAMES_MAX: usize = 1_024;
/// Bytes of their names and values, for the same reason.
const COMPARED_BYTES_MAX: usize = 8 << 20;

/// How the target of a restore was found: the log thread confirms it on the head that it appends to.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The point, with an age as the instant that it meant.
    pub(super) point: Point,
    /// The revision that the point came to.
    pub(super) to: Revision,
    /// At this head all names of the scope have what they had, but for those of the target.
    pub(super) on: Head,
    /// How often it was made.
    pub(super) tries: u32,
    /// False once the log has moved further than can be confirmed.
    pub(super) holds: bool,
}

impl Plan {
    /// The last revision that the plan knows of.
    pub(in crate::application) fn seen(&self) -> Revision {
        self.on.revision
    }

    /// Whether it was confirmed, or is on the head still.
    pub(super) fn holds(&self) -> bool {
        self.holds
    }

    /// Brings a restore to the head that it is decided on, where that is not too far. The feed is at that head.
    pub(super) fn confirm(
        &mut self,
        command: &mut Command,
        store: &dyn EventStore,
        feed: &Feed,
        head: &Head,
    ) -> Result<(), StoreError> {
        if let Command::Restore(restore) = command
            && !self.on.same_place(head)
        {
            self.holds = self.follow(restore, store, feed, head)?;
        }
        Ok(())
    }

    /// Lists the names that have changed since. False where there are too many, or the log is another one.
    fn follow(
        &mut self,
        restore: &mut Restore,
        store: &dyn EventStore,
        feed: &Feed,
        head: &Head,
    ) -> Result<bool, StoreError> {
        let Recent::Changes(changes) = feed.after(self.on.place().into(), usize::MAX) else {
            return Ok(false);
        };
        if let Point::Instant(until) = self.point
            && self.on.instant <= until
        {
            if head.instant <= until {
                // The point is the head: nothing differs.
                restore.target.clear();
                (self.to, self.on) = (head.revision, head.clone());
                return Ok(true);
            }
            if changes.first().is_some_and(|published| published.change.instant <= until) {
                return Ok(false);
            }
        }
        let names = changes.iter().flat_map(|published| &published.change.events).map(|event| &event.name);
        let is_new = |name: &&ConfigName| restore.concerns(name) && !restore.target.contains_key(*name);
        let mut names: Vec<ConfigName> = names.filter(is_new).cloned().collect();
        names.sort_unstable();
        names.dedup();
        if names.len() > COMPARED_NAMES_MAX {
            return Ok(false);
        }
        if !names.is_empty() {
            let states = store.configs_at(&names, self.to, COMPARED_BYTES_MAX)?;
            if states.len() < names.len() {
                return Ok(false);
            }
            let then = states.into_iter().map(|state| state.filter(Config::is_present).map(Arc::new));
            restore.target.extend(names.into_iter().zip(then));
        }
        self.on = head.clone();
        Ok(true)
    }
}
