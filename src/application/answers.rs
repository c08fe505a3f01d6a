//! Telling writers what came of their writes, beside the log thread.
//!
//! While more writes wait, the log thread hands what it has settled to the thread here and appends the next
//! batch at once: the store works on that one while the writers of this one are told, and write again. With
//! nothing waiting there is nothing to hurry for, and it tells them itself. Either way a change is applied before
//! anybody hears of it. Called by the log thread; a completion that panics leaves its batch's others with an
//! unknown outcome, and the thread starts again.

use crossbeam_channel::{Receiver, Sender, bounded};

use super::error::Error;
use super::queue::{Queued, Written};

/// Settled batches that may wait to be told; past them the log thread tells its writers itself.
const WAITING_MAX: usize = 2;

/// A batch with what each of its writers is to be told.
pub(super) struct Settled {
    batch: Vec<Queued>,
    results: Vec<Result<Written, Error>>,
}

/// The log thread's way to its writers.
pub(super) struct Answers(Sender<Settled>);

/// The way, and where it ends: what the thread tells.
pub(super) fn answers() -> (Answers, Receiver<Settled>) {
    let (sender, receiver) = bounded(WAITING_MAX);
    (Answers(sender), receiver)
}

/// The thread's body: tells what it is handed until the log thread is gone.
pub(super) fn tell_all(settled: &Receiver<Settled>) {
    settled.iter().for_each(Settled::tell);
}

impl Settled {
    /// Of a batch and as many results, in its order.
    pub(super) fn new(batch: Vec<Queued>, results: Vec<Result<Written, Error>>) -> Self {
        Self { batch, results }
    }

    /// Tells every writer.
    pub(super) fn tell(self) {
        for (queued, result) in self.batch.into_iter().zip(self.results) {
            queued.answer(result);
        }
    }
}

impl Answers {
    /// Hands a batch over; told here and now if the thread is behind, or gone.
    pub(super) fn hand_over(&self, settled: Settled) {
        if let Err(refused) = self.0.try_send(settled) {
            refused.into_inner().tell();
        }
    }
}
