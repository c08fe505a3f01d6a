//! Work that may wait for a reader that never comes: a full pipe without a reader takes no byte and returns no error.
//!
//! Called where a process ends: its log, its last words, its audit. Invariant:
//! `a_server_whose_log_has_no_reader_obeys_sigterm`.

use std::time::Duration;

use crossbeam_channel::bounded;

/// How long a last flush may take. A reader that is slow gets that time; one that is gone can't hold the process.
pub const LAST_FLUSH: Duration = Duration::from_secs(2);

/// Does the work on a thread of its own and returns its result, or `None` after `limit`. The thread then goes on until
/// its work or the process ends.
pub fn at_most<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, result) = bounded(1);
    let working = std::thread::Builder::new().name("last flush".into()).spawn(move || {
        // A result that comes too late has no receiver.
        let _ = done.send(work());
    });
    working.ok().and_then(|_| result.recv_timeout(limit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_waited_for_until_the_limit() {
        assert_eq!(at_most(Duration::from_mins(1), || 1), Some(1));
        let (never, blocked) = bounded::<()>(0);
        assert_eq!(at_most(Duration::from_millis(1), move || blocked.recv().is_ok()), None);
        drop(never);
    }
}
