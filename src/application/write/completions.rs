//! Notifies writers of their results, in the order of the log thread and without delaying it.
//!
//! While more writes wait, the log thread hands a batch with its results to the thread here and appends the next batch
//! at once. So the store works on that batch while the writers of this one are notified, and write again. With nothing
//! waiting, the log thread notifies them itself, after all writers of earlier batches. Either way a change is applied
//! before any client hears of it.
//!
//! A thread that answers many writers of a batch is woken once, at the batch's end. Woken at the first writer, it would
//! take the processor from this thread, answer one writer, and sleep again. Called by the log thread. If an answer
//! panics, the others of its batch have an unknown outcome, and the thread starts again. Tests:
//! `writers_are_told_in_the_order_of_their_changes`, `who_waits_is_woken_once_a_batch`.

use std::sync::Arc;
use std::task::Waker;

use crossbeam_channel::{Receiver, SendError, Sender, bounded};

use super::queue::{Queued, Settled};
use crate::application::error::Error;

/// Completed batches that may wait for their notification; past them the log thread waits too.
const WAITING_MAX: usize = 2;

/// A batch with the result of each of its writes.
pub(in crate::application) struct CompletedBatch {
    batch: Vec<Queued>,
    results: Vec<Result<Settled, Error>>,
}

/// The log thread's way to its writers.
pub(in crate::application) struct Completions {
    sender: Sender<Handed>,
    /// Held once by each batch whose writers are not notified yet.
    untold: Arc<()>,
}

/// A batch on its way.
pub(in crate::application) struct Handed {
    completed: CompletedBatch,
    _untold: Arc<()>,
}

/// The way, and its end: the batches whose writers the thread notifies.
pub(in crate::application) fn completions() -> (Completions, Receiver<Handed>) {
    let (sender, receiver) = bounded(WAITING_MAX);
    (Completions { sender, untold: Arc::default() }, receiver)
}

/// The thread's body: notifies the writers of each batch until the log thread is gone.
pub(in crate::application) fn tell_all(handed: &Receiver<Handed>) {
    handed.iter().for_each(|handed| handed.completed.tell());
}

impl CompletedBatch {
    /// Of a batch and as many results, in its order.
    pub(in crate::application) fn new(batch: Vec<Queued>, results: Vec<Result<Settled, Error>>) -> Self {
        Self { batch, results }
    }

    fn tell(self) {
        let mut waiting = Waiting(Vec::new());
        for (queued, result) in self.batch.into_iter().zip(self.results) {
            waiting.0.extend(queued.answer(result));
        }
    }
}

/// The threads to wake when all writers of a batch are notified, also if an answer panics.
struct Waiting(Vec<Waker>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.drain(..).for_each(Waker::wake);
    }
}

impl Completions {
    /// Notifies a batch's writers here and now, unless those of an earlier batch still wait for it.
    pub(in crate::application) fn tell(&self, completed: CompletedBatch) {
        if Arc::strong_count(&self.untold) == 1 { completed.tell() } else { self.hand_over(completed) }
    }

    /// Has a batch's writers notified while the log thread goes on.
    pub(in crate::application) fn hand_over(&self, completed: CompletedBatch) {
        let handed = Handed { completed, _untold: Arc::clone(&self.untold) };
        // Gone: it was given up after too many panics.
        if let Err(SendError(handed)) = self.sender.send(handed) {
            handed.completed.tell();
        }
    }
}
