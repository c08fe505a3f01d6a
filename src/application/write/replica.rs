//! This server's copy of the log: the tree at the head, kept up with what this and other servers append.
//!
//! The log thread owns it and is the only one that moves it: after each append of its own, when it is woken, at each
//! poll, after a lost append and after a panic. Every change passes [`Replica::apply`] to the tree, the audit and
//! the feed. Changes of other servers are checked link by link before that. A log that was rewound or exchanged is
//! loaded again, never mixed (`a_log_that_was_rewound_is_said_and_taken_up_anew_and_no_read_shows_a_mix`).

use std::sync::Arc;

use crossbeam_channel::Sender;
use slog::{Logger, error, info, warn};

use crate::application::boot::load;
use crate::application::error::Error;
use crate::application::health::Vital;
use crate::application::options::Consistency;
use crate::application::read::feed::{Feed, Published};
use crate::application::secrets::Secrets;
use crate::domain::Revision;
use crate::infrastructure::access::LiveAccess;
use crate::infrastructure::projection::{LiveNames, Projection};
use crate::infrastructure::store::{EventStore, Head, PageLimit, SealedChange, StoreError, verify_link};

/// The explanation where the head is no longer in the log.
const REWOUND: &str = "the log was rewound or exchanged";
/// How much of what others wrote is read at once.
const CATCH_UP_PAGE: PageLimit = PageLimit { rows: 1_000, bytes: 16 << 20 };

/// The tree at the head of the log. Its fields outlive a panic of the log thread.
pub(in crate::application) struct Replica {
    store: Arc<dyn EventStore>,
    /// The tree at `head`: writes are decided on it.
    tree: Projection,
    /// The tree that reads see, if it is not that one.
    frozen: Option<Projection>,
    head: Head,
    access: Arc<LiveAccess>,
    feed: Arc<Feed>,
    audit: Sender<Arc<Published>>,
    vital: Arc<Vital>,
    secrets: Arc<Secrets>,
    logger: Logger,
}

/// The parts of the service that learn of each move of a replica.
pub(in crate::application) struct Observers {
    pub(in crate::application) feed: Arc<Feed>,
    pub(in crate::application) audit: Sender<Arc<Published>>,
    pub(in crate::application) vital: Arc<Vital>,
    pub(in crate::application) secrets: Arc<Secrets>,
    pub(in crate::application) access: Arc<LiveAccess>,
}

impl Replica {
    /// A replica at a head, with the tree that [`load`] read there.
    pub(in crate::application) fn new(
        store: Arc<dyn EventStore>,
        (names, head): (LiveNames, Head),
        consistency: Consistency,
        Observers { feed, audit, vital, secrets, access }: Observers,
        logger: Logger,
    ) -> Self {
        let tree = Projection::new(names, head.place());
        let frozen = (consistency == Consistency::Restart).then(|| tree.frozen());
        Self { store, tree, frozen, head, access, feed, audit, vital, secrets, logger }
    }

    /// The tree that reads of now see.
    pub(in crate::application) fn reads(&self) -> Projection {
        self.frozen.as_ref().unwrap_or(&self.tree).clone()
    }

    /// The tree that writes are decided on, at the head that this server follows.
    pub(in crate::application) fn tree(&self) -> &Projection {
        &self.tree
    }

    /// The access data at that head.
    pub(in crate::application) fn access(&self) -> &Arc<LiveAccess> {
        &self.access
    }

    /// The last change that was applied.
    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    /// The log that it is a copy of.
    pub(super) fn store(&self) -> &Arc<dyn EventStore> {
        &self.store
    }

    /// The newest changes, up to that head.
    pub(super) fn feed(&self) -> &Feed {
        &self.feed
    }

    pub(super) fn logger(&self) -> &Logger {
        &self.logger
    }

    /// Has health report that the store refuses to go on: only opening it again helps.
    pub(super) fn report_failed_store(&self, why: &str) {
        self.vital.failed_for_good(why.to_owned());
    }

    /// After a panic: rebuilds the tree if it stopped between two changes.
    pub(super) fn recover(&mut self) {
        if self.tree.checkpoint() != self.head.revision
            && let Err(error) = self.rebuild("the log thread stopped between two changes")
        {
            warn!(self.logger, "the tree is not whole yet"; "error" => %error);
        }
    }

    /// Looks at the head and applies what others appended. A failure is logged; the next poll tries again.
    pub(super) fn follow(&mut self) {
        // Asked before the head: a head that is read after it has all that the store had then.
        let level = self.store.is_level().unwrap_or(false);
        match self.store.head().map_err(Error::from).and_then(|head| self.catch_up(&head)) {
            Ok(()) if level => self.vital.is_level(),
            Ok(()) => {}
            Err(error) => warn!(self.logger, "following the log failed"; "error" => %error),
        }
    }

    /// Brings the tree to a head that the store has shown.
    pub(super) fn catch_up(&mut self, head: &Head) -> Result<(), Error> {
        if head.revision > self.head.revision {
            self.vital.saw_head(head.revision);
            self.read_up_to(head.revision)?;
        } else if !head.same_place(&self.head) {
            return self.rebuild(REWOUND);
        } else {
            self.vital.has_all(head);
        }
        self.vital.diverged(None);
        Ok(())
    }

    /// Applies the changes of a batch that this server has just appended; it then has all of the log.
    pub(super) fn apply_own(&mut self, sealed: Vec<SealedChange>) {
        if !sealed.is_empty() {
            self.vital.is_level();
        }
        self.apply(sealed);
    }

    /// The one way of a change to the tree, the audit and the subscribers.
    fn apply(&mut self, sealed: Vec<SealedChange>) {
        let Some(head) = sealed
            .iter()
            .fold(None, |head: Option<Head>, next| Some(head.as_ref().unwrap_or(&self.head).after(next)))
        else {
            return;
        };
        // Before the change is seen: a token that it ends shows no one what comes after.
        for change in &sealed {
            self.access.apply(change);
        }
        self.secrets.take_in(&sealed);
        self.tree.apply(&sealed);
        self.head = head;
        self.vital.reached(&self.head);
        let published: Vec<_> = sealed.into_iter().map(Published::new).collect();
        for change in &published {
            // Full: the audit thread reads from the log the changes that it did not get here.
            let _ = self.audit.try_send(Arc::clone(change));
        }
        self.feed.publish(published);
    }

    fn read_up_to(&mut self, wanted: Revision) -> Result<(), Error> {
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
        self.catch_up(&head)
    }

    /// The next change does not follow from what was applied: either the log is another one, and the tree
    /// is rebuilt, or it is damaged, and nothing more is applied.
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

    /// Loads the whole tree again. Until that has been done, nothing is decided on the old tree.
    fn rebuild(&mut self, why: &str) -> Result<(), Error> {
        error!(self.logger, "rebuilding the tree"; "why" => why, "applied" => %self.head.revision);
        self.vital.diverged(Some(why.into()));
        let loaded = self.secrets.reload().and_then(|()| load(self.store.as_ref(), &self.secrets));
        let (names, access, head) = loaded.map_err(|error| {
            error!(self.logger, "rebuilding failed"; "error" => %error);
            self.vital.diverged(Some(format!("{why}, and can't be read: {error}")));
            Error::Diverged
        })?;
        if let Some(frozen) = &self.frozen {
            frozen.replace(names.clone(), head.place());
        }
        self.access.replace(access);
        self.tree.replace(names, head.place());
        self.feed.reset(&head);
        self.vital.has_all(&head);
        self.head = head;
        self.vital.diverged(None);
        info!(self.logger, "tree rebuilt"; "revision" => %self.head.revision);
        Ok(())
    }
}
