//! The one thread that decides, appends, catches up and applies.
//!
//! Everything that moves the tree goes through here, so that nothing races on it and every subscriber sees
//! one order. Nothing calls it: it takes writes from the [queue](super::queue), is woken by the watch, and passes
//! results to [completions](super::completions). Its [replica](super::replica) is the tree and follows the log.
//! Its own state outlives a panic of its body, and an append whose outcome is not known is kept there until it
//! is (contract S8). A batch that is all rejections looks at the head before it answers: a replica that lags
//! must not refuse what it has not seen.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, select_biased};
use slog::{info, warn};

use super::completions::{CompletedBatch, Completions};
use super::decide::{Basis, Decision, decide};
use super::queue::{Exit, Queued, Settled, Write};
use super::recall::recall;
use super::replica::Replica;
use super::window::Window;
use crate::application::error::Error;
use crate::application::options::Limits;
use crate::application::secrets::Secrets;
use crate::domain::Command;
use crate::infrastructure::store::{Append, Head, LockedHead, MarkedChange, SealedChange, StoreError};
use crate::runtime::stop::Stop;

/// Appends lost to another server before the head is locked first: contention is rare, a lock never needed
/// until it is.
const LOSSES_BEFORE_LOCK: u32 = 2;
/// The pause between two tries to learn an outcome.
const RESOLVE_PAUSE: Duration = Duration::from_millis(100);

/// The state of the thread. Its fields outlive a panic of [`LogThread::run`].
pub(in crate::application) struct LogThread {
    replica: Replica,
    exit: Exit,
    woken: Receiver<()>,
    completions: Completions,
    secrets: Arc<Secrets>,
    limits: Limits,
    /// How long idempotency keys are remembered.
    window: Window,
    stop: Stop,
    /// An append whose outcome is not known, with the head that it expects.
    unresolved: Option<(Head, Vec<SealedChange>)>,
    /// The first write of the next batch, where it had to begin one.
    held: Option<Queued>,
}

impl LogThread {
    /// The thread of a replica: it takes writes from `exit`, and follows the log when `woken` says so.
    pub(in crate::application) fn new(
        replica: Replica,
        exit: Exit,
        woken: Receiver<()>,
        completions: Completions,
        secrets: Arc<Secrets>,
        limits: Limits,
        stop: Stop,
    ) -> Self {
        let window = Window::new(&limits, replica.head());
        Self {
            replica,
            exit,
            woken,
            completions,
            secrets,
            limits,
            window,
            stop,
            unresolved: None,
            held: None,
        }
    }

    /// Turns until the stop signal; then answers the writes that have piled up.
    pub(in crate::application) fn run(&mut self) {
        self.recover();
        self.write_held();
        let (queue, woken, stop) = (self.exit.receiver.clone(), self.woken.clone(), self.stop.clone());
        loop {
            select_biased! {
                recv(queue) -> queued => match queued {
                    Ok(first) => self.write(first),
                    Err(_) => return,
                },
                recv(woken) -> _ => self.follow(),
                recv(stop.channel()) -> _ => return,
                default(self.limits.poll_interval) => self.follow(),
            }
        }
    }

    /// After a panic: the outcome of what was being appended is resolved, and the tree is brought to the head.
    fn recover(&mut self) {
        if let Some((expected, batch)) = self.unresolved.take()
            && let Err(error) = self.resolve(&expected, &batch)
        {
            warn!(self.replica.logger(), "append left unresolved"; "error" => %error);
        }
        self.replica.recover();
        self.follow();
    }

    /// Has the replica follow the log, and notes where that brought it.
    fn follow(&mut self) {
        self.replica.follow();
        self.window.note(self.replica.head(), Instant::now());
    }

    /// Takes all that has piled up and carries it through.
    fn write(&mut self, first: Queued) {
        self.write_batch(first);
        self.write_held();
    }

    fn write_held(&mut self) {
        while let Some(first) = self.held.take() {
            self.write_batch(first);
        }
    }

    fn write_batch(&mut self, first: Queued) {
        let mut batch = self.take_batch(first);
        let results = match self.commit(&mut batch) {
            Ok(results) => results,
            Err(error) => {
                warn!(self.replica.logger(), "writes failed"; "writes" => batch.len(), "error" => %error);
                if let Error::Store(StoreError::Poisoned(why))
                | Error::NothingBegun(StoreError::Poisoned(why)) = &error
                {
                    self.replica.report_failed_store(why);
                }
                vec![Err(error); batch.len()]
            }
        };
        let completed = CompletedBatch::new(batch, results);
        if self.exit.receiver.is_empty() && self.held.is_none() {
            self.completions.tell(completed);
        } else {
            self.completions.hand_over(completed);
        }
    }

    /// A restore begins a batch: its plan knows the log, and not the writes before it in a batch. A change of access data
    /// is a batch of its own, so that each other batch is decided on the same access data throughout.
    fn take_batch(&mut self, first: Queued) -> Vec<Queued> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(queued) = next {
            let changes_access = matches!(queued.write.command, Command::Access(_));
            if !batch.is_empty() && (queued.write.plan.is_some() || changes_access) {
                self.held = Some(queued);
                break;
            }
            bytes += self.exit.count_out(&queued);
            if queued.is_wanted() {
                batch.push(queued);
            }
            let full = changes_access
                || batch.len() >= self.limits.batch_commands_max
                || bytes >= self.limits.batch_bytes_max;
            next = if full { None } else { self.exit.receiver.try_recv().ok() };
        }
        batch
    }

    /// Decides, appends and applies a batch; the result of each of its writes.
    fn commit(&mut self, batch: &mut Vec<Queued>) -> Result<Vec<Result<Settled, Error>>, Error> {
        let store = Arc::clone(self.replica.store());
        let mut losses = 0;
        loop {
            let lock = losses >= LOSSES_BEFORE_LOCK;
            let lock = lock.then(|| store.lock_head()).transpose().map_err(nothing_begun)?;
            if let Some(lock) = &lock {
                self.replica.catch_up(lock.head()).map_err(Error::with_nothing_begun)?;
            }
            batch.retain(Queued::is_wanted);
            if batch.is_empty() {
                return Ok(Vec::new());
            }
            let decision = self.decide(batch).map_err(Error::with_nothing_begun)?;
            if decision.changes.is_empty() {
                // Nothing is appended: a writer that gives up meanwhile still may.
            } else if !batch.iter().all(Queued::take) {
                batch.iter().for_each(Queued::put_back);
                continue;
            }
            let expected = self.replica.head().clone();
            let appended = match lock.filter(|lock| lock.head().same_place(&expected)) {
                Some(lock) => self.append_locked(lock, &expected, &decision.changes)?,
                None => self.append(&expected, &decision.changes)?,
            };
            match appended {
                Append::Stored => {
                    self.replica.apply_own(decision.changes);
                    return Ok(decision.results);
                }
                Append::Stale(head) => {
                    batch.iter().for_each(Queued::put_back);
                    losses += 1;
                    self.replica.catch_up(&head).map_err(Error::with_nothing_begun)?;
                }
            }
        }
    }

    fn decide(&mut self, batch: &mut [Queued]) -> Result<Decision, Error> {
        self.confirm_plans(batch)?;
        let marked = self.find_marked(batch)?;
        let (tree, store, head) = (self.replica.tree(), self.replica.store().as_ref(), self.replica.head());
        let writes = batch.iter().map(|queued| &queued.write);
        // A repeated request decides nothing.
        let is_repeated = |write: &&Write| {
            let key = write.idempotency.as_ref().map(|mark| (&write.metadata.actor_id, &mark.key));
            marked.iter().any(|found| key == Some((&found.actor_id, &found.mark.key)))
        };
        let commands = writes.clone().filter(|write| !is_repeated(write)).map(|write| &write.command);
        let recalled = recall(commands, tree, store, head)?;
        let basis = Basis { head, access: self.replica.access().data(), clock: store.clock() };
        Ok(decide(writes, tree, recalled, basis, marked, &self.secrets))
    }

    /// Brings restores to the head. One that was planned further on has this server catch up first.
    fn confirm_plans(&mut self, batch: &mut [Queued]) -> Result<(), Error> {
        let seen = batch.iter().filter_map(|queued| Some(queued.write.plan.as_ref()?.seen())).max();
        if seen.is_some_and(|seen| seen > self.replica.head().revision) {
            let head = self.replica.store().head()?;
            self.replica.catch_up(&head)?;
        }
        let (store, feed, head) = (self.replica.store().as_ref(), self.replica.feed(), self.replica.head());
        batch.iter_mut().try_for_each(|Queued { write, .. }| match &mut write.plan {
            Some(plan) => Ok(plan.confirm(&mut write.command, store, feed, head)?),
            None => Ok(()),
        })
    }

    fn find_marked(&mut self, batch: &[Queued]) -> Result<Vec<MarkedChange>, StoreError> {
        let key = |queued: &Queued| {
            let mark = queued.write.idempotency.as_ref()?;
            Some((queued.write.metadata.actor_id.clone(), mark.key.clone()))
        };
        let keys: Vec<_> = batch.iter().filter_map(key).collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.window.note(self.replica.head(), Instant::now());
        self.replica.store().find_marked(&keys, self.window.since(self.replica.head()))
    }

    /// Appends until the outcome is known. Nothing to append: looks whether the head is still the one that
    /// was decided on.
    fn append(&mut self, expected: &Head, changes: &[SealedChange]) -> Result<Append, Error> {
        if changes.is_empty() {
            let head = self.replica.store().head().map_err(nothing_begun)?;
            return Ok(if head.same_place(expected) { Append::Stored } else { Append::Stale(head) });
        }
        match self.replica.store().append(expected, changes) {
            Err(StoreError::OutcomeUnknown(_)) => Ok(self.resolve(expected, changes)?),
            known => Ok(known?),
        }
    }

    /// Appends the same again until it is known whether it was stored, or no write waits for that any more. To
    /// give up is safe: whatever is decided next is decided on the same head, so that one of the two is stale.
    fn resolve(&mut self, expected: &Head, changes: &[SealedChange]) -> Result<Append, StoreError> {
        warn!(self.replica.logger(), "outcome of an append unknown, appending the same again";
            "expected" => %expected.revision);
        self.unresolved = Some((expected.clone(), changes.to_vec()));
        let given_up_at = Instant::now() + self.limits.write_wait;
        loop {
            // After an unknown outcome every error leaves it unknown; only the head's move decides it.
            match self.replica.store().append(expected, changes) {
                Ok(appended) => {
                    self.unresolved = None;
                    info!(self.replica.logger(), "outcome of an append resolved";
                        "expected" => %expected.revision);
                    return Ok(appended);
                }
                // This store won't tell any more: only opening it again does.
                Err(StoreError::Poisoned(why)) => {
                    self.replica.report_failed_store(&why);
                    return Err(StoreError::OutcomeUnknown(why));
                }
                // It answers and takes no writes, for hours perhaps: what is in the log is seen by following it.
                Err(error @ StoreError::ReadOnly(_)) => return self.give_up(&error),
                Err(error) if Instant::now() >= given_up_at => return self.give_up(&error),
                Err(_) => {}
            }
            if self.stop.wait(RESOLVE_PAUSE) {
                return Err(StoreError::OutcomeUnknown("the server stopped before it was known".into()));
            }
        }
    }

    fn give_up(&mut self, why: &StoreError) -> Result<Append, StoreError> {
        self.unresolved = None;
        Err(StoreError::OutcomeUnknown(format!("an append was given up without knowing its outcome: {why}")))
    }

    /// Appends while no other server can: for a writer that has lost before.
    fn append_locked(
        &mut self,
        lock: Box<dyn LockedHead + '_>,
        expected: &Head,
        changes: &[SealedChange],
    ) -> Result<Append, StoreError> {
        if changes.is_empty() {
            return Ok(Append::Stored);
        }
        match lock.append(changes) {
            Ok(()) => Ok(Append::Stored),
            Err(StoreError::OutcomeUnknown(_)) => self.resolve(expected, changes),
            Err(error) => Err(error),
        }
    }
}

fn nothing_begun(error: StoreError) -> Error {
    Error::from(error).with_nothing_begun()
}

impl Drop for LogThread {
    /// Stopping: what was accepted is carried through before the queue closes.
    fn drop(&mut self) {
        self.write_held();
        while let Ok(first) = self.exit.receiver.try_recv() {
            self.write(first);
        }
    }
}
