//! One word to many threads: stop.

use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

/// Says stop, once, to every [`Stop`] made from it; also when it is dropped.
#[derive(Debug)]
pub struct Stopper {
    // A channel that nothing is ever sent through: to close it is the signal, and every receiver sees it.
    open: Option<Sender<Never>>,
    stop: Stop,
}

/// Whether to stop; cheap to clone, and can stand in a `select!` by its channel.
#[derive(Clone, Debug)]
pub struct Stop {
    closed: Receiver<Never>,
}

/// A message that is never sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Never {}

impl Stopper {
    /// A new signal, not sent yet.
    pub fn new() -> Self {
        let (open, closed) = bounded(0);
        Self { open: Some(open), stop: Stop { closed } }
    }

    /// The side that threads watch.
    pub fn watch(&self) -> Stop {
        self.stop.clone()
    }

    /// Sends the signal.
    pub fn stop(&mut self) {
        self.open = None;
    }
}

impl Default for Stopper {
    fn default() -> Self {
        Self::new()
    }
}

impl Stop {
    /// Whether the signal was given.
    pub fn is_stopping(&self) -> bool {
        matches!(self.closed.try_recv(), Err(crossbeam_channel::TryRecvError::Disconnected))
    }

    /// Waits for the signal, at most this long; whether it was given.
    pub fn wait(&self, at_most: Duration) -> bool {
        matches!(self.closed.recv_timeout(at_most), Err(crossbeam_channel::RecvTimeoutError::Disconnected))
    }

    /// The channel that closes with the signal, for `select!`.
    pub fn channel(&self) -> &Receiver<Never> {
        &self.closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_watcher_sees_the_signal() {
        let mut stopper = Stopper::new();
        let (one, other) = (stopper.watch(), stopper.watch());
        assert!(!one.is_stopping() && !one.wait(Duration::ZERO));
        stopper.stop();
        assert!(one.is_stopping() && other.wait(Duration::from_mins(1)));
    }

    #[test]
    fn dropping_the_stopper_is_the_signal_too() {
        let watch = Stopper::new().watch();
        assert!(watch.is_stopping());
    }
}
