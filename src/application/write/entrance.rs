//! The part of a write that its caller's thread does: before the queue, and after the log thread has settled it.
//!
//! Called by the facade. Reads of the log for one write are done here, so that no other write waits for it: restores are
//! planned and tried, plans that moved are made again, the answers of repeated requests are read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::planner::Planner;
use super::prepare::{Prepared, Validating};
use super::queue::{Completion, Intent, Queue, Settled, Ticket, Write, write_and_wait};
use super::repeat::Repeated;
use super::revert;
use super::shred;
use super::written::Written;
use crate::application::error::Error;
use crate::application::options::Limits;
use crate::application::read::feed::Feed;
use crate::application::secrets::{Preparation, Secrets};
use crate::domain::{
    Command, ConfigName, Force, Metadata, Point, Principal, Revision, Scope, Shred, Version,
};
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
    pub(in crate::application) secrets: Arc<Secrets>,
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
            let write = self.finish(prepared)?;
            let kept = Self::may_move(&write).then(|| write.clone());
            let settled = write_and_wait(&self.queue, write, self.limits.write_wait);
            prepared = match (settled, kept) {
                (Ok(Settled::Written(written)), _) => return Ok(written),
                (Ok(Settled::Repeated(repeated)), _) => return self.first_answer(&repeated),
                (Err(Error::PlanMoved | Error::SecrecyMoved), Some(kept)) => self.prepare_again(kept)?,
                (Err(error), _) => return Err(error),
            };
        }
    }

    /// The needs of a write before it is queued. Quick: what takes time is done in turns.
    pub(in crate::application) fn prepare(&self, write: Write) -> Prepared {
        let until = Instant::now() + self.limits.write_wait;
        self.sealed_next(Validating::begin(write, &self.live_access, until))
    }

    /// One turn of a preparation, of about so long. May read the store; nothing was written, whatever the error.
    ///
    /// # Errors
    /// [`Error::Expired`] where it took longer than a write may.
    pub(in crate::application) fn prepare_on(
        &self,
        prepared: Prepared,
        turn: Duration,
    ) -> Result<Prepared, Error> {
        match prepared {
            Prepared::Validating(validating) => {
                let validated = validating.turn(turn)?;
                Ok(self.sealed_next(validated))
            }
            Prepared::Sealing(mut write) => {
                let state = |name: &ConfigName| self.tree.config(name).found;
                let sealed = self.secrets.seal(&mut write.command, &mut write.sealed, state);
                sealed.map(|()| Prepared::Ready(write)).map_err(Error::with_nothing_begun)
            }
            Prepared::Ready(write) => Ok(Prepared::Ready(write)),
        }
    }

    /// Values are validated first: an encrypted one can't be. A write that went back is sealed wherever keys are: the store
    /// knows the secrecy of deleted names too.
    fn sealed_next(&self, prepared: Prepared) -> Prepared {
        let Prepared::Ready(write) = prepared else { return prepared };
        let went_back = write.validation.as_ref().is_some_and(|found| found.tries > 1);
        let state = |name: &ConfigName| self.tree.config(name).found;
        let seals = went_back && self.secrets.encrypts()
            || self.secrets.preparation(&write.command, state) == Preparation::Sealing;
        if seals { Prepared::Sealing(write) } else { Prepared::Ready(write) }
    }

    /// Prepares a write to the end.
    fn finish(&self, mut prepared: Prepared) -> Result<Write, Error> {
        loop {
            prepared = match prepared {
                Prepared::Ready(write) => return Ok(write),
                unfinished => self.prepare_on(unfinished, self.limits.write_wait)?,
            };
        }
    }

    /// Prepares a write again that the log thread has refused with [`Error::PlanMoved`] or [`Error::SecrecyMoved`]. May
    /// read the store.
    pub(in crate::application) fn prepare_again(&self, write: Write) -> Result<Prepared, Error> {
        if Self::is_planned(&write) {
            return self.plan_again(write).map(Prepared::Ready);
        }
        let until = Instant::now() + self.limits.write_wait;
        let prepared = Validating::begin_again(write, &self.live_access, until)?;
        Ok(self.sealed_next(prepared))
    }

    /// Whether the log thread may refuse a write, so that its caller has to prepare it again.
    pub(in crate::application) fn may_move(write: &Write) -> bool {
        Self::is_planned(write) || !write.command.operations().is_empty()
    }

    /// Whether it was made from the log, and is planned again where that has changed.
    fn is_planned(write: &Write) -> bool {
        write.plan.is_some() || matches!(write.command, Command::Shred(_))
    }

    /// Hands a command to the log thread. One that was not prepared is prepared here.
    pub(in crate::application) fn submit(&self, write: Write, completion: Completion) -> Ticket {
        let prepared = self.may(&write).and_then(|()| match write.validation {
            Some(_) => Ok(write),
            None => self.finish(self.prepare(write)),
        });
        match prepared {
            Ok(write) => self.queue.submit(write, completion),
            Err(error) => completion.refuse(error),
        }
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

    /// The write of a principal that destroys values of a name. Nothing was written, whatever the error.
    pub(in crate::application) fn plan_shred(
        &self,
        principal: Arc<Principal>,
        of: &ConfigName,
        versions: Option<Vec<Version>>,
        force: Force,
        metadata: Metadata,
    ) -> Result<Write, Error> {
        let planned = shred::plan(self.store.as_ref(), of, versions, force, &principal);
        planned.map_err(Error::with_nothing_begun).map(|command| Write::by(principal, command, metadata))
    }

    /// A restore or a shred whose plan has moved, planned again.
    pub(in crate::application) fn plan_again(&self, write: Write) -> Result<Write, Error> {
        if let Command::Shred(Shred { of, wanted, force, .. }) = &write.command {
            let command = shred::plan(self.store.as_ref(), of, wanted.clone(), *force, &write.principal);
            return Ok(Write { command: command.map_err(Error::with_nothing_begun)?, ..write });
        }
        self.planner().plan_again(write).map_err(Error::with_nothing_begun)
    }

    /// The changes that a restore would make on the head that it was planned on.
    pub(in crate::application) fn dry_run(&self, planned: &Write) -> Result<Written, Error> {
        self.planner().dry_run(planned).map_err(Error::with_nothing_begun)
    }

    fn planner(&self) -> Planner<'_> {
        let (store, window) = (self.store.as_ref(), self.limits.idempotency_window);
        let (feed, access, secrets) = (&self.feed, &self.live_access, &self.secrets);
        Planner { store, tree: &self.tree, feed, access, window, secrets }
    }
}
