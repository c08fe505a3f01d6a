//! The watch for other servers' appends: LISTEN on a connection of its own.
//!
//! It only wakes; what was appended is read from the log. It has no deadline while it waits, only
//! keep-alives: behind it the log is polled anyway. Called by the thread that wakes the log thread.
//! Failures: an error means that the connection is gone; a new watch makes a new one.
//! Test: `a_watch_wakes_for_others_and_not_for_its_own`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use r2d2::ManageConnection as _;

use super::connect::{Session, Sessions};
use crate::domain::Revision;
use crate::infrastructure::store::codec::revision_column;
use crate::infrastructure::store::{HeadWatch, StoreError, Wake};

const LISTEN: &str = include_str!("../../../../sql/postgres/listen.sql");

/// The newest revision that this store itself appended: its watch need not wake for that, and would with
/// every batch.
#[derive(Clone, Default)]
pub(super) struct OwnRevision(Arc<AtomicI64>);

impl OwnRevision {
    pub(super) fn set(&self, revision: Revision) {
        self.0.store(revision_column(revision), Ordering::Relaxed);
    }

    /// Whether a notification tells what this store knows; one that can't be read tells something.
    fn covers(&self, payload: &str) -> bool {
        payload.parse::<i64>().is_ok_and(|revision| revision <= self.0.load(Ordering::Relaxed))
    }
}

/// A watch; its connection is made by the first wait.
pub(super) struct Watch {
    sessions: Sessions,
    listen_timeout: Duration,
    own: OwnRevision,
    session: Option<Session>,
}

impl Watch {
    pub(super) fn new(sessions: Sessions, listen_timeout: Duration, own: OwnRevision) -> Self {
        Self { sessions, listen_timeout, own, session: None }
    }

    fn register(&mut self) -> Result<Wake, StoreError> {
        let mut session = self.sessions.connect()?;
        session.within(self.listen_timeout).run(LISTEN)?;
        self.session = Some(session);
        Ok(Wake::Appended)
    }
}

impl HeadWatch for Watch {
    fn wait(&mut self, at_most: Duration) -> Result<Wake, StoreError> {
        let Some(session) = &mut self.session else {
            return self.register();
        };
        let begun = Instant::now();
        loop {
            match session.notification(at_most.saturating_sub(begun.elapsed()))? {
                None => return Ok(Wake::Quiet),
                Some(payload) if self.own.covers(&payload) => {}
                Some(_) => return Ok(Wake::Appended),
            }
        }
    }
}
