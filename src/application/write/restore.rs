//! Restores: the point becomes a revision of the log's head, never of what this server follows.
//!
//! The facade plans on its caller's thread: it asks the store for the head, resolves the point there and reads the
//! target. The log thread confirms before it appends: while the head is the one that the plan was made on, the plan
//! holds as it is. After a move it compares the point's revision and the chain, and plans again only what moved. A
//! server that is behind so restores what the whole log holds
//! (`a_restore_on_a_server_that_lags_keeps_what_the_log_has_at_its_instant`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::application::error::Error;
use crate::application::read::time_travel::{resolve, tree_at};
use crate::domain::{Command, Config, ConfigName, Point, Restore, Revision, Scope};
use crate::infrastructure::store::{EventStore, Head, PageLimit, StoreError};

/// How the target of a restore was found: the log thread confirms it on the head that it appends to.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The point, with an age as the instant that it meant.
    point: Point,
    /// The revision that the point came to.
    to: Revision,
    /// The head of the log that it was resolved on.
    on: Head,
}

/// The command that makes a scope equal to what it was at a point of the log, and how its target was found.
pub(in crate::application) fn plan(
    store: &dyn EventStore,
    scope: Scope,
    point: Point,
) -> Result<(Command, Plan), Error> {
    let head = store.head()?;
    let plan = Plan::make(store, point, head)?;
    let target = target(store, &scope, plan.to)?;
    Ok((Command::Restore(Restore { scope, target }), plan))
}

impl Plan {
    fn make(store: &dyn EventStore, point: Point, on: Head) -> Result<Self, Error> {
        let until = match point {
            Point::Revision(_) | Point::Place(_) => {
                let to = resolve(store, point, on.revision, on.instant)?;
                return Ok(Self { point, to, on });
            }
            Point::Instant(instant) => instant,
            Point::Age(age) => {
                let clock = store.clock();
                if !clock.is_plausible() {
                    return Err(Error::Clock(clock));
                }
                clock.max(on.instant).minus(age)
            }
        };
        let point = Point::Instant(until);
        let to = resolve(store, point, on.revision, on.instant)?;
        Ok(Self { point, to, on })
    }

    /// The last revision that the plan knows of.
    pub(in crate::application) fn seen(&self) -> Revision {
        self.on.revision
    }

    /// Brings a restore to the head that it is decided on. Reads the target again if the point has moved.
    pub(in crate::application) fn confirm(
        &mut self,
        command: &mut Command,
        store: &dyn EventStore,
        head: &Head,
    ) -> Result<(), Error> {
        if self.on.same_place(head) {
            return Ok(());
        }
        let moved = Self::make(store, self.point, head.clone()).map_err(|error| match error {
            // The log has become shorter since.
            Error::Behind { .. } => Error::Diverged,
            other => other,
        })?;
        let holds = moved.to == self.to && is_in_log(store, &self.on)?;
        if let (false, Command::Restore(restore)) = (holds, command) {
            restore.target = target(store, &restore.scope, moved.to)?;
        }
        *self = moved;
        Ok(())
    }
}

/// Whether a head of before is still a part of the log, which may have been exchanged.
fn is_in_log(store: &dyn EventStore, head: &Head) -> Result<bool, StoreError> {
    if head.revision == Revision::ZERO {
        return Ok(true);
    }
    let one = PageLimit { rows: 1, bytes: 1 };
    let found = store.changes_after(head.revision.previous(), one)?;
    Ok(found
        .first()
        .is_some_and(|sealed| sealed.change.revision == head.revision && sealed.hash == head.hash))
}

/// The names of a scope that had a value at a revision.
fn target(
    store: &dyn EventStore,
    scope: &Scope,
    at: Revision,
) -> Result<BTreeMap<ConfigName, Arc<Config>>, StoreError> {
    let mut target = match scope {
        Scope::Prefix(prefix) => tree_at(store, prefix, at)?.0,
        Scope::Name(name) => {
            let found = store.config_at(name, at)?.map(|config| (name.clone(), Arc::new(config)));
            found.into_iter().collect()
        }
    };
    target.retain(|_, config| config.value.is_some());
    Ok(target)
}
