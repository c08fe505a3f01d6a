//! Following the log: what other servers wrote, and what to do where it is not the log that was.
//!
//! The log thread's other half: it does this when it is woken, at each poll, after a lost append and after a
//! panic. What is read is checked link by link before it is applied.

use std::time::Instant;

use slog::{error, info, warn};

use super::log_thread::LogThread;
use crate::application::boot::load;
use crate::application::error::Error;
use crate::domain::Revision;
use crate::infrastructure::store::{Head, PageLimit, StoreError, verify_link};

/// What happened if the head is no longer in the log.
const REWOUND: &str = "the log was rewound or exchanged";
/// How much of what others wrote is read at once.
const CATCH_UP_PAGE: PageLimit = PageLimit { rows: 1_000, bytes: 16 << 20 };

impl LogThread {
    /// Looks at the head and takes in what others wrote. Trouble is noted, and looked at again at the next poll.
    pub(in crate::application) fn follow(&mut self) {
        // Asked before the head: a head that is read after it has all that the store had then.
        let level = self.store.is_level().unwrap_or(false);
        match self.store.head().map_err(Error::from).and_then(|head| self.catch_up_to(&head)) {
            Ok(()) if level => self.vital.is_level(),
            Ok(()) => {}
            Err(error) => warn!(self.logger, "following the log failed"; "error" => %error),
        }
        self.window.note(&self.head, Instant::now());
    }

    /// Brings the tree to a head that the store has shown.
    pub(in crate::application) fn catch_up_to(&mut self, head: &Head) -> Result<(), Error> {
        self.vital.saw_head(head.revision);
        if head.revision > self.head.revision {
            self.catch_up(head.revision)?;
        } else if !head.same_place(&self.head) {
            return self.rebuild(REWOUND);
        }
        self.vital.diverged(None);
        Ok(())
    }

    fn catch_up(&mut self, wanted: Revision) -> Result<(), Error> {
        while self.head.revision < wanted {
            let page = self.store.changes_after(self.head.revision, CATCH_UP_PAGE);
            let page = page.map_err(|error| self.notice(error))?;
            if page.is_empty() {
                return self.miss_what_follows();
            }
            let mut before = self.head.clone();
            for sealed in &page {
                if let Err(error) = verify_link(&before, sealed) {
                    return self.lost_the_log(error);
                }
                before = before.after(sealed);
            }
            self.apply(page);
        }
        Ok(())
    }

    /// The head was further on, and the log ends here.
    fn miss_what_follows(&mut self) -> Result<(), Error> {
        let head = self.store.head()?;
        if head.revision > self.head.revision {
            let next = self.head.revision.next();
            return Err(self.notice(StoreError::corrupt(next, "the change is missing")).into());
        }
        self.catch_up_to(&head)
    }

    /// The next change does not follow from what was applied: either the log is another one, and is taken up
    /// anew, or it is damaged, and nothing more is applied.
    fn lost_the_log(&mut self, error: StoreError) -> Result<(), Error> {
        let one = PageLimit { rows: 1, bytes: usize::MAX };
        let here = self.store.changes_after(self.head.revision.previous(), one);
        let here = here.map_err(|error| self.notice(error))?;
        if here.first().is_some_and(|sealed| sealed.hash == self.head.hash) {
            return Err(self.notice(error).into());
        }
        self.rebuild(REWOUND)
    }

    /// Damage shows in health until the log has been caught up with.
    fn notice(&self, error: StoreError) -> StoreError {
        if let StoreError::Corrupt { .. } = error {
            error!(self.logger, "the log is damaged, nothing more is applied"; "error" => %error);
            self.vital.diverged(Some(error.to_string()));
        }
        error
    }

    /// Takes the log up anew. Until that has been done, nothing is decided on the tree that was.
    pub(in crate::application) fn rebuild(&mut self, why: &str) -> Result<(), Error> {
        error!(self.logger, "rebuilding the tree"; "why" => why, "applied" => %self.head.revision);
        self.vital.diverged(Some(why.into()));
        let (configs, head) = load(self.store.as_ref()).map_err(|error| {
            error!(self.logger, "rebuilding failed"; "error" => %error);
            self.vital.diverged(Some(format!("{why}, and can't be read: {error}")));
            Error::Diverged
        })?;
        if let Some(frozen) = &self.frozen {
            frozen.replace(configs.clone(), head.place());
        }
        self.tree.replace(configs, head.place());
        self.feed.reset(&head);
        self.vital.saw_head(head.revision);
        self.head = head;
        self.vital.diverged(None);
        info!(self.logger, "tree rebuilt"; "revision" => %self.head.revision);
        Ok(())
    }
}
