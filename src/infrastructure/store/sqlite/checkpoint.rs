//! The `-wal` of the file is emptied, also while clients always read the past.
//!
//! SQLite copies the `-wal` into the file by itself ([`connection`](super::connection)), and starts it again where no
//! reader is in it at that moment. Readers that overlap leave no such moment, and it would grow for as long as they read.
//! Readers therefore take turns: past a size, new reads wait until those at work have ended, and the `-wal` is emptied.
//! Called after each append and by the probe; an append never waits for a reader.
//!
//! Invariant: `the_log_beside_the_file_stays_small_while_readers_never_pause`.
//!
//! Failures: a foreign reader, such as a shell that copies the file, is not waited for; the next try comes a second
//! later. An I/O error poisons the store as one in a commit does: how much of the copy is on the disk is not known.

use std::time::Duration;

use rusqlite::Connection;

use super::append::Writing;
use super::{BUSY_TIMEOUT, SqliteStore};

/// How long emptying waits for readers outside this store. Writers wait for it too.
const FOREIGN_WAIT: Duration = Duration::from_millis(20);

/// How long the probe waits for the readers at work. Health wants an answer of it every 1.8 s.
const PROBE_PATIENCE: Duration = Duration::from_millis(500);

impl SqliteStore {
    /// After an append: empties the `-wal` if it is large and no reader is at work. If one is, asks for a turn.
    pub(super) fn empty_large_wal(&self, writing: &mut Writing, writer: &Connection) {
        if self.has_large_wal()
            && let Some(pause) = self.readers.pause(Duration::ZERO)
            && empty_wal(self, writing, writer)
        {
            pause.serve();
        }
    }

    /// The same while no append comes.
    pub(super) fn empty_large_wal_at_rest(&self) {
        if self.has_large_wal()
            && let Some(pause) = self.readers.pause(PROBE_PATIENCE)
            && let Some(mut writing) = self.writing.try_lock()
            && let Ok(writer) = self.writer.lease()
            && !writing.is_poisoned()
            && empty_wal(self, &mut writing, &writer)
        {
            pause.serve();
        }
    }

    fn has_large_wal(&self) -> bool {
        self.presence.as_ref().is_some_and(|file| file.wal_bytes() > self.wal.emptied_at)
    }
}

/// Whether the `-wal` is empty now.
fn empty_wal(store: &SqliteStore, writing: &mut Writing, writer: &Connection) -> bool {
    let emptied = writer.busy_timeout(FOREIGN_WAIT).and_then(|()| {
        let busy = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        writer.busy_timeout(BUSY_TIMEOUT).and(busy)
    });
    match emptied {
        Ok(busy) => busy == 0,
        Err(error) => {
            // The append itself is stored. Poison shows at the next one.
            let _ = writing.failed_before_commit(store, &error);
            false
        }
    }
}
