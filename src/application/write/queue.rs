//! The way of a write to the log thread, and the way of its result back.
//!
//! The queue is bounded by count and by bytes. A full queue is [`Error::Overloaded`]; it never grows. Every write that
//! was accepted has exactly one result: from the log thread, or from its withdrawal. If the log thread dies in an
//! append of the write, its outcome is unknown when it is dropped (`a_dropped_write_is_answered_as_unknown`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::task::Waker;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::repeat::Repeated;
use super::restore::Plan;
use super::validation::Validation;
use super::written::Written;
use crate::application::error::Error;
use crate::application::secrets::Sealed;
use crate::domain::{Command, IdempotencyMark, Metadata, Principal};

/// A command with its principal, its metadata and its intent.
#[derive(Clone, Debug)]
pub struct Write {
    /// The command.
    pub command: Command,
    /// The principal that asks, with its rights.
    pub principal: Arc<Principal>,
    /// The actor and the reason, as the change records them.
    pub metadata: Metadata,
    /// By what a repetition is recognised.
    pub idempotency: Option<IdempotencyMark>,
    /// Whether to do it.
    pub intent: Intent,
    /// Of a restore: how its target was found.
    pub plan: Option<Plan>,
    /// The encrypted values of its command.
    pub sealed: Sealed,
    /// The number of altered names that its request confirms, where the policy protects them.
    pub confirmed: Option<u64>,
    /// The result of its validation by the schemas; none before it.
    pub validation: Option<Validation>,
}

/// Whether to do what a command says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Do it.
    Commit,
    /// Only say what it would do.
    DryRun,
}

/// The result of a write that the log thread did not refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It was decided now.
    Written(Written),
    /// It repeats a request that made a change before. The log thread does not read that change: the caller does.
    Repeated(Repeated),
}

impl Write {
    /// A command of an actor that may do everything, to be done.
    pub fn new(command: Command, metadata: Metadata) -> Self {
        Self::by(Arc::new(Principal::unlimited(&metadata.actor)), command, metadata)
    }

    /// A command of a principal, to be done.
    pub(in crate::application) fn by(
        principal: Arc<Principal>,
        command: Command,
        metadata: Metadata,
    ) -> Self {
        Self {
            command,
            principal,
            metadata,
            idempotency: None,
            intent: Intent::Commit,
            plan: None,
            sealed: Sealed::default(),
            confirmed: None,
            validation: None,
        }
    }
}

/// The function that gets the outcome of a write, once, from any thread; a refusal too. It must not block: the
/// writers after it wait.
pub struct Completion(Box<dyn FnOnce(Result<Settled, Error>) -> Option<Waker> + Send>);

impl Completion {
    /// Calls `tell`.
    pub fn calling(tell: impl FnOnce(Result<Settled, Error>) + Send + 'static) -> Self {
        Self::waking(move |result| {
            tell(result);
            None
        })
    }

    /// Calls `tell`, and calls the waker that it returns once the whole batch is answered: a thread that answers many of
    /// a batch's writers need not be woken for each.
    pub fn waking(tell: impl FnOnce(Result<Settled, Error>) -> Option<Waker> + Send + 'static) -> Self {
        Self(Box::new(tell))
    }

    /// Refuses a write that never reached the queue.
    pub(in crate::application) fn refuse(self, error: Error) -> Ticket {
        if let Some(waker) = (self.0)(Err(error)) {
            waker.wake();
        }
        Ticket(Arc::new(AtomicU8::new(WITHDRAWN)))
    }
}

/// A write in the queue.
pub(in crate::application) struct Queued {
    pub(in crate::application) write: Write,
    bytes: usize,
    completion: Option<Completion>,
    state: Arc<AtomicU8>,
}

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const WITHDRAWN: u8 = 2;

/// The right to withdraw a write that still waits.
#[derive(Clone, Debug)]
pub struct Ticket(Arc<AtomicU8>);

/// The result of a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawal {
    /// It was still waiting: it is not and will not be written.
    NotStored,
    /// An append with it has begun: its outcome comes later.
    UnderWay,
}

impl Ticket {
    /// Takes the write back unless an append with it has begun.
    pub fn withdraw(&self) -> Withdrawal {
        match self.0.compare_exchange(WAITING, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) | Err(WITHDRAWN) => Withdrawal::NotStored,
            Err(_) => Withdrawal::UnderWay,
        }
    }
}

impl Queued {
    /// Whether it is still wanted.
    pub(in crate::application) fn is_wanted(&self) -> bool {
        self.state.load(Ordering::Acquire) != WITHDRAWN
    }

    /// Whether it is still wanted, at the moment before its append; from here on it can't be withdrawn.
    pub(in crate::application) fn take(&self) -> bool {
        self.state.compare_exchange(WAITING, TAKEN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Its append has stored nothing: it can be withdrawn again.
    pub(in crate::application) fn put_back(&self) {
        // Fails for one that was withdrawn, which stays so.
        let _ = self.state.compare_exchange(TAKEN, WAITING, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Answers it; returns the waker of its writer, if it waits.
    pub(in crate::application) fn answer(mut self, result: Result<Settled, Error>) -> Option<Waker> {
        let Completion(tell) = self.completion.take()?;
        tell(result)
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        let Some(Completion(tell)) = self.completion.take() else { return };
        let nothing_begun = self.state.load(Ordering::Acquire) != TAKEN;
        if let Some(waker) = tell(Err(if nothing_begun { Error::Stopping } else { Error::OutcomeUnknown })) {
            waker.wake();
        }
    }
}

/// The entrance: bounded by count and bytes.
#[derive(Clone)]
pub(in crate::application) struct Queue {
    sender: Sender<Queued>,
    bytes: Arc<AtomicUsize>,
    bytes_max: usize,
}

/// The log thread's end.
#[derive(Clone)]
pub(in crate::application) struct Exit {
    pub(in crate::application) receiver: Receiver<Queued>,
    bytes: Arc<AtomicUsize>,
}

/// A queue of writes.
pub(in crate::application) fn queue(commands_max: usize, bytes_max: usize) -> (Queue, Exit) {
    let (sender, receiver) = bounded(commands_max);
    let bytes = Arc::new(AtomicUsize::new(0));
    (Queue { sender, bytes: Arc::clone(&bytes), bytes_max }, Exit { receiver, bytes })
}

impl Queue {
    /// Puts a write in. `completion` gets its outcome, or the reason why it was refused.
    pub(in crate::application) fn submit(&self, write: Write, completion: Completion) -> Ticket {
        // Includes the fixed cost of a command, so that many empty ones count too.
        let bytes = write.command.heap_bytes() + write.sealed.heap_bytes() + size_of::<Queued>();
        let waiting = self.bytes.fetch_add(bytes, Ordering::AcqRel);
        if waiting > 0 && waiting + bytes > self.bytes_max {
            self.bytes.fetch_sub(bytes, Ordering::AcqRel);
            return completion.refuse(Error::Overloaded);
        }
        let state = Arc::new(AtomicU8::new(WAITING));
        let ticket = Ticket(Arc::clone(&state));
        if let Err(refused) =
            self.sender.try_send(Queued { write, bytes, completion: Some(completion), state })
        {
            self.bytes.fetch_sub(bytes, Ordering::AcqRel);
            let (mut queued, error) = match refused {
                TrySendError::Full(queued) => (queued, Error::Overloaded),
                TrySendError::Disconnected(queued) => (queued, Error::Stopping),
            };
            if let Some(completion) = queued.completion.take() {
                return completion.refuse(error);
            }
        }
        ticket
    }
}

impl Exit {
    /// Counts a write out of the queue.
    pub(in crate::application) fn count_out(&self, queued: &Queued) -> usize {
        self.bytes.fetch_sub(queued.bytes, Ordering::AcqRel);
        queued.bytes
    }
}

/// Submits and waits: for callers that may block.
pub(in crate::application) fn write_and_wait(
    queue: &Queue,
    write: Write,
    at_most: Duration,
) -> Result<Settled, Error> {
    let (sender, receiver) = bounded(1);
    let completion = Completion::calling(move |result| {
        // The waiter may have given up: then the result is dropped.
        let _ = sender.send(result);
    });
    let ticket = queue.submit(write, completion);
    match receiver.recv_timeout(at_most) {
        Ok(result) => result,
        Err(_) => match ticket.withdraw() {
            Withdrawal::NotStored => Err(Error::Expired(at_most)),
            Withdrawal::UnderWay => Err(Error::OutcomeUnknown),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ConfigName, Operation};

    fn write() -> Write {
        let operation = Operation::delete(ConfigName::parse("a").unwrap());
        Write::new(Command::Single(operation), Metadata::of("ada"))
    }

    fn answer() -> (Completion, Receiver<Result<Settled, Error>>) {
        let (sender, receiver) = bounded(1);
        let answer = move |result| {
            // A test that looks at something else has let its end go.
            let _ = sender.send(result);
        };
        (Completion::calling(answer), receiver)
    }

    #[test]
    fn a_full_queue_refuses_instead_of_growing() {
        let (queue, exit) = queue(1, 1 << 20);
        queue.submit(write(), answer().0);
        let (refused, outcome) = answer();
        let ticket = queue.submit(write(), refused);
        assert!(matches!(outcome.recv().unwrap(), Err(Error::Overloaded)));
        assert_eq!(ticket.withdraw(), Withdrawal::NotStored);
        let queued = exit.receiver.recv().unwrap();
        exit.count_out(&queued);
        queue.submit(write(), answer().0);
        assert_eq!(exit.receiver.len(), 1);
    }

    #[test]
    fn the_bytes_that_wait_are_limited_too() {
        let (queue, _exit) = queue(100, 10);
        queue.submit(write(), answer().0);
        let (refused, outcome) = answer();
        queue.submit(write(), refused);
        assert!(matches!(outcome.recv().unwrap(), Err(Error::Overloaded)));
    }

    #[test]
    fn a_waiting_write_can_be_withdrawn_and_a_taken_one_cannot() {
        let (queue, exit) = queue(10, 1 << 20);
        let withdrawn = queue.submit(write(), answer().0);
        let taken = queue.submit(write(), answer().0);
        assert_eq!(withdrawn.withdraw(), Withdrawal::NotStored);
        assert!(!exit.receiver.recv().unwrap().take());
        assert!(exit.receiver.recv().unwrap().take());
        assert_eq!(taken.withdraw(), Withdrawal::UnderWay);
    }

    #[test]
    fn a_dropped_write_is_answered_as_unknown() {
        let (queue, exit) = queue(10, 1 << 20);
        let (completion, answered) = answer();
        queue.submit(write(), completion);
        let queued = exit.receiver.recv().unwrap();
        assert!(queued.take());
        drop(queued);
        assert!(matches!(answered.recv().unwrap(), Err(Error::OutcomeUnknown)));
    }
}
