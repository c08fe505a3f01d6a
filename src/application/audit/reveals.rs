//! Reveals on their way into the audit: nothing is shown before its record is written.
//!
//! A reveal waits for the audit thread. A sink that fails, a queue that is full and a thread that does not get to it
//! in time are refusals: nothing is shown (`a_reveal_that_cannot_be_recorded_shows_nothing`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::application::error::Error;
use crate::infrastructure::audit::RevealRecord;

/// Reveals that may wait for the audit thread: more than the pool has threads.
const WAITING_MAX: usize = 256;
/// How long a reveal waits for its record. A file takes it in some microseconds.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// The way of reveals to the audit thread.
#[derive(Clone)]
pub(in crate::application) struct Reveals(Sender<Request>);

/// A reveal that waits for its record.
pub(in crate::application) struct Request {
    record: RevealRecord,
    done: Sender<Result<(), String>>,
    given_up: Arc<AtomicBool>,
}

/// A way for reveals, and its end.
pub(in crate::application) fn reveals() -> (Reveals, Receiver<Request>) {
    let (sender, receiver) = bounded(WAITING_MAX);
    (Reveals(sender), receiver)
}

impl Reveals {
    /// Returns when the record of a reveal is written.
    ///
    /// # Errors
    /// [`Error::AuditFailed`]: nothing must be shown.
    pub(in crate::application) fn record(&self, record: RevealRecord) -> Result<(), Error> {
        let (done, result) = bounded(1);
        let given_up = Arc::new(AtomicBool::new(false));
        let request = Request { record, done, given_up: Arc::clone(&given_up) };
        let full = || Error::AuditFailed("too many reveals wait for the audit".to_owned());
        self.0.try_send(request).map_err(|_| full())?;
        if let Ok(result) = result.recv_timeout(WAIT_MAX) {
            return result.map_err(Error::AuditFailed);
        }
        given_up.store(true, Ordering::Release);
        Err(Error::AuditFailed("the audit does not take the record in time".to_owned()))
    }
}

impl Request {
    /// Writes the record, unless its waiter has given up.
    pub(super) fn take(self, write: impl FnOnce(&RevealRecord) -> Result<(), String>) {
        if !self.given_up.load(Ordering::Acquire) {
            let written = write(&self.record);
            // The waiter may have just given up: then the record says more than was shown, never less.
            let _ = self.done.send(written);
        }
    }
}
