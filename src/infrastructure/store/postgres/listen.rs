//! The watch for other servers' appends: LISTEN on a connection of its own.
//!
//! It only wakes; what was appended is read from the log. It has no deadline while it waits, only
//! keep-alives: behind it the log is polled anyway. Called by the thread that wakes the log thread.
//! Failures: an error means that the connection is gone; a new watch makes a new one.
//! Tests: `a_watch_wakes_for_others_and_not_for_its_own`,
//! `a_watch_dozes_while_its_own_server_appends_and_wakes_for_what_it_slept_through`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use r2d2::ManageConnection as _;

use super::connect::Session;
use super::sessions::Sessions;
use crate::domain::Revision;
use crate::infrastructure::store::codec::revision_column;
use crate::infrastructure::store::{HeadWatch, StoreError, Wake};

const LISTEN: &str = include_str!("../../../../sql/postgres/listen.sql");
const UNLISTEN: &str = include_str!("../../../../sql/postgres/unlisten.sql");

/// The newest revision that this store itself appended: its watch need not wake for that, and would with
/// every batch.
#[derive(Clone, Default)]
pub(super) struct OwnRevision(Arc<AtomicI64>);

impl OwnRevision {
    /// Before the append, whose notification may be here before its answer. Gives what stood there.
    pub(super) fn claim(&self, revision: Revision) -> i64 {
        self.0.swap(revision_column(revision), Ordering::Relaxed)
    }

    /// The append was not stored. What was passed over meanwhile is seen by the next poll.
    pub(super) fn take_back(&self, before: i64) {
        self.0.store(before, Ordering::Relaxed);
    }

    fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether a notification tells what this store knows; one that can't be read tells something.
    fn covers(&self, payload: &str) -> bool {
        payload.parse::<i64>().is_ok_and(|revision| revision <= self.get())
    }
}

/// How long a watch that dozes waits before it looks whether its own server still appends: so much later at most
/// does a server that has just stopped appending see what another one has appended.
const DOZE: Duration = Duration::from_millis(20);
/// Own notifications, each within [`DOZE`] of the one before, that send a watch to doze.
const OWN_IN_A_ROW: u32 = 4;

/// A watch; its connection is made by the first wait.
///
/// It dozes, that is, does not listen, while its own server appends all the time: the next append finds out what
/// others have appended anyway, and each notification costs the database the turn of one more process.
pub(super) struct Watch {
    sessions: Sessions,
    listen_timeout: Duration,
    own: OwnRevision,
    session: Option<Session>,
    own_in_a_row: u32,
    last_own: Option<Instant>,
    dozing: Option<Doze>,
}

/// What a watch that dozes last saw of its own server, and when.
#[derive(Clone, Copy)]
struct Doze {
    own: i64,
    looked: Instant,
}

impl Watch {
    pub(super) fn new(sessions: Sessions, listen_timeout: Duration, own: OwnRevision) -> Self {
        let (session, last_own, dozing) = (None, None, None);
        Self { sessions, listen_timeout, own, session, own_in_a_row: 0, last_own, dozing }
    }

    fn register(&mut self) -> Result<Wake, StoreError> {
        let session = match &mut self.session {
            Some(session) => session,
            None => self.session.insert(self.sessions.connect()?),
        };
        session.within(self.listen_timeout).run(LISTEN)?;
        (self.own_in_a_row, self.dozing) = (0, None);
        Ok(Wake::Appended)
    }

    /// The next notification; `None` if it told nothing new.
    fn listen(&mut self, at_most: Duration) -> Result<Option<Wake>, StoreError> {
        let Some(session) = &mut self.session else {
            return self.register().map(Some);
        };
        match session.notification(at_most)? {
            None => return Ok(Some(Wake::Quiet)),
            Some(payload) if !self.own.covers(&payload) => return Ok(Some(Wake::Appended)),
            Some(_) => {}
        }
        let now = Instant::now();
        let before = self.last_own.replace(now).filter(|before| now - *before < DOZE);
        self.own_in_a_row = before.map_or(1, |_| self.own_in_a_row + 1);
        if self.own_in_a_row >= OWN_IN_A_ROW {
            session.within(self.listen_timeout).run(UNLISTEN)?;
            self.dozing = Some(Doze { own: self.own.get(), looked: now });
        }
        Ok(None)
    }

    /// Dozes on while the own revision moves, then listens again.
    fn doze(&mut self, doze: Doze, at_most: Duration) -> Result<Option<Wake>, StoreError> {
        let Some(session) = &mut self.session else {
            return self.register().map(Some);
        };
        // Nothing comes where nobody listens; but the connection's end does.
        let rest = DOZE.saturating_sub(doze.looked.elapsed());
        session.notification(at_most.min(rest))?;
        if at_most < rest {
            return Ok(Some(Wake::Quiet));
        }
        let own = self.own.get();
        if own == doze.own {
            return self.register().map(Some);
        }
        self.dozing = Some(Doze { own, looked: Instant::now() });
        Ok(None)
    }
}

impl HeadWatch for Watch {
    fn wait(&mut self, at_most: Duration) -> Result<Wake, StoreError> {
        let begun = Instant::now();
        loop {
            let left = at_most.saturating_sub(begun.elapsed());
            let wake = match self.dozing {
                None => self.listen(left)?,
                Some(doze) => self.doze(doze, left)?,
            };
            if let Some(wake) = wake {
                return Ok(wake);
            }
        }
    }
}
