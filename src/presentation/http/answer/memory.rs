//! One budget for the store's data that responses hold while their clients take them.
//!
//! Lists of the past, differences, histories and pages of the feed each have a share. A share counts its present bytes.
//! It asks before it reads a page: past the budget a new response is refused with 503, and one that has begun waits. So
//! the sum exceeds the budget by a page per pool thread at most (`answers_past_the_budget_are_refused_with_503`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The sum over all answers.
#[derive(Debug)]
pub(in crate::presentation::http) struct AnswerMemory {
    held_bytes: AtomicU64,
    bytes_max: u64,
}

/// The bytes that one answer holds; given back when it is dropped.
#[derive(Debug)]
pub(in crate::presentation::http) struct Share {
    memory: Arc<AnswerMemory>,
    held_bytes: u64,
}

/// There is no room for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) struct NoRoom;

impl AnswerMemory {
    pub(in crate::presentation::http) fn new(bytes_max: u64) -> Arc<Self> {
        Arc::new(Self { held_bytes: AtomicU64::new(0), bytes_max })
    }

    /// A share that holds nothing yet.
    pub(in crate::presentation::http) fn share(self: &Arc<Self>) -> Share {
        Share { memory: Arc::clone(self), held_bytes: 0 }
    }

    /// The bytes that all answers hold now.
    pub(in crate::presentation::http) fn held_bytes(&self) -> u64 {
        self.held_bytes.load(Ordering::Relaxed)
    }
}

impl Share {
    /// Takes so many bytes more, for what is about to be read.
    pub(in crate::presentation::http) fn ask(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let bytes = bytes as u64;
        let held = self.memory.held_bytes.fetch_add(bytes, Ordering::Relaxed);
        if held + bytes > self.memory.bytes_max {
            self.memory.held_bytes.fetch_sub(bytes, Ordering::Relaxed);
            return Err(NoRoom);
        }
        self.held_bytes += bytes;
        Ok(())
    }

    /// Counts what the answer holds now, in place of what was counted before.
    pub(in crate::presentation::http) fn hold(&mut self, bytes: usize) {
        let bytes = bytes as u64;
        self.memory.held_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.memory.held_bytes.fetch_sub(self.held_bytes, Ordering::Relaxed);
        self.held_bytes = bytes;
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.hold(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_come_to_what_is_held_and_are_given_back() {
        let memory = AnswerMemory::new(100);
        let (mut one, mut other) = (memory.share(), memory.share());
        assert_eq!((one.ask(60), other.ask(60)), (Ok(()), Err(NoRoom)));
        one.hold(10);
        assert_eq!((other.ask(60), memory.held_bytes()), (Ok(()), 70));
        // It is counted, whatever it is.
        one.hold(1_000);
        assert_eq!((other.ask(0), memory.held_bytes()), (Err(NoRoom), 1_060));
        drop((one, other));
        assert_eq!(memory.held_bytes(), 0);
    }
}
