//! The part of a write that its caller's thread does: before the queue, and after the log thread has settled it.
//!
//! Called by the facade. Reads of the log for one write are done here, so that no other write waits for it: restores are
//! planned and tried, plans that moved are made again, the answers of repeated requests are read.

use std::sync::Arc;

use super::planner::Planner;
use super::queue::{Completion, Intent, Queue, Settled, Ticket, Write, write_and_wait};
use super::repeat::Repeated;
use super::revert;
use super::validate::Prepared;
use super::written::Written;
use crate::application::error::Error;
use crate::application::options::Limits;
use crate::application::read::feed::Feed;
use crate::domain::{Metadata, Point, Principal, Revision, Scope};
use crate::infrastructure::access::LiveAccess;
use crate::infrastructure::projection::Projection;
use crate::infrastructure::store::{Access, EventStore};

/// The way in for writes.
pub(in crate::application) struct Entrance {
    pub(in crate::application) store: Arc<dyn EventStore>,
    pub(in crate::application) queue: Queue,
    pub(in crate::application) feed: Arc<Feed>,
    /// The tree at the head that this server follows, whatever reads see.
    pub(in crate::application) tree: Projection,
    pub(in crate::application) access: Access,
    pub(in crate::application) live_access: Arc<LiveAccess>,
    pub(in crate::application) limits: Limits,
}

impl Entrance {
    /// Does a command and waits for its outcome.
    pub(in crate::application) fn write(&self, write: Write) -> Result<Written, Error> {
        self.may(&write)?;
        if write.plan.is_some() && write.intent == Intent::DryRun {
            return self.dry_run(&self.plan_again(write)?);
        }
        let mut prepared = self.prepare(write);
        loop {
            let write = prepared.finish()?;
            let again = write.is_prepared().then(|| write.clone());
            let settled = write_and_wait(&self.queue, write, self.limits.write_wait);
            prepared = match (settled, again) {
                (Ok(Settled::Written(written)), _) => return Ok(written),
                (Ok(Settled::Repeated(repeated)), _) => return self.first_answer(&repeated),
                (Err(Error::PlanMoved), Some(write)) => self.prepare_again(write)?,
                (Err(error), _) => return Err(error),
            };
        }
    }

    /// Hands a command to the log thread. One that was not prepared is validated here.
    pub(in crate::application) fn submit(&self, write: Write, completion: Completion) -> Ticket {
        let prepared = self.may(&write).and_then(|()| match write.validation {
            Some(_) => Ok(write),
            None => self.prepare(write).finish(),
        });
        match prepared {
            Ok(write) => self.queue.submit(write, completion),
            Err(error) => completion.refuse(error),
        }
    }

    /// Looks whether a schema applies to a write; quick. The caller validates an unfinished one.
    pub(in crate::application) fn prepare(&self, write: Write) -> Prepared {
        Prepared::begin(write, &self.live_access, self.limits.write_wait)
    }

    /// Prepares a write again that was refused with [`Error::PlanMoved`]: a restore is planned again.
    pub(in crate::application) fn prepare_again(&self, write: Write) -> Result<Prepared, Error> {
        if write.plan.is_some() {
            return self.plan_again(write).map(Prepared::Ready);
        }
        Prepared::begin_again(write, &self.live_access, self.limits.write_wait)
    }

    /// A server that only reads can still say what a write would do.
    fn may(&self, write: &Write) -> Result<(), Error> {
        if self.access == Access::ReadOnly && write.intent == Intent::Commit {
            return Err(Error::ReadOnly);
        }
        Ok(())
    }

    /// The answer of the request that a write repeats.
    pub(in crate::application) fn first_answer(&self, repeated: &Repeated) -> Result<Written, Error> {
        repeated.first_answer(self.store.as_ref())
    }

    /// The restore of a principal. Nothing was written, whatever the error.
    pub(in crate::application) fn plan_restore(
        &self,
        principal: Arc<Principal>,
        scope: Scope,
        to: Point,
        metadata: Metadata,
    ) -> Result<Write, Error> {
        let planned = self.planner().plan(scope, to, &principal).map_err(Error::with_nothing_begun);
        planned.map(|(command, plan)| Write { plan: Some(plan), ..Write::by(principal, command, metadata) })
    }

    /// The write of a principal that undoes a change. After every error nothing was written.
    pub(in crate::application) fn plan_revert(
        &self,
        principal: Arc<Principal>,
        revision: Revision,
        metadata: Metadata,
    ) -> Result<Write, Error> {
        let command =
            revert::plan(self.store.as_ref(), revision, &principal).map_err(Error::with_nothing_begun)?;
        Ok(Write::by(principal, command, metadata))
    }

    /// A restore whose plan has moved, planned again.
    pub(in crate::application) fn plan_again(&self, write: Write) -> Result<Write, Error> {
        self.planner().plan_again(write).map_err(Error::with_nothing_begun)
    }

    /// The changes that a restore would make on the head that it was planned on.
    pub(in crate::application) fn dry_run(&self, planned: &Write) -> Result<Written, Error> {
        self.planner().dry_run(planned).map_err(Error::with_nothing_begun)
    }

    fn planner(&self) -> Planner<'_> {
        let (store, window) = (self.store.as_ref(), self.limits.idempotency_window);
        Planner { store, tree: &self.tree, feed: &self.feed, access: &self.live_access, window }
    }
}
