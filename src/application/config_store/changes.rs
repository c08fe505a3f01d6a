//! The changes of the log, from memory or from the store, and the waits for new ones.

use std::sync::Arc;
use std::time::Instant;

use super::ConfigStore;
use crate::application::error::Error;
use crate::application::options::Consistency;
use crate::application::read::feed::{self, Published, Recent};
use crate::domain::{ConfigName, GivenPlace, Revision};
use crate::infrastructure::store::PageLimit;

impl ConfigStore {
    /// The next changes after a place from memory, if they are there.
    pub fn recent(&self, after: impl Into<GivenPlace>, limit: usize) -> Recent {
        self.feed.after(after.into(), limit)
    }

    /// The next changes after a place, from memory or from the log. To notice an exchange of the log, give the place
    /// of the last change of the page before. [`View::feed`](crate::application::View::feed) selects by prefix.
    ///
    /// # Errors
    /// [`Error::NoSuchPlace`] if the place has its hash and the log has another change there, or none.
    pub fn changes_after(
        &self,
        after: impl Into<GivenPlace>,
        limit: PageLimit,
    ) -> Result<Vec<Arc<Published>>, Error> {
        let after = after.into();
        match self.feed.after(after, limit.rows) {
            Recent::Changes(changes) => Ok(feed::first_bytes(changes, limit.bytes)),
            Recent::UpToDate | Recent::Beyond => Ok(Vec::new()),
            Recent::Elsewhere => Err(Error::NoSuchPlace(after)),
            Recent::Older => self.read_after(after, limit),
        }
    }

    fn read_after(&self, after: GivenPlace, limit: PageLimit) -> Result<Vec<Arc<Published>>, Error> {
        let elsewhere = || Error::NoSuchPlace(after);
        let before = after.hash.map(|wanted| {
            let hash = self.store.hash_of(after.revision)?;
            hash.filter(|hash| hash.short() == wanted).ok_or_else(elsewhere)
        });
        let before = before.transpose()?;
        let page = self.store.changes_after(after.revision, limit)?;
        // The log may have been exchanged between the two reads.
        if let (Some(before), Some(first)) = (before, page.first())
            && !first.follows(before)
        {
            return Err(elsewhere());
        }
        // What this server has not applied yet, a reader who was told of it would not find here.
        let followed = self.followed();
        let known = page.into_iter().take_while(|sealed| sealed.change.revision <= followed);
        Ok(known.map(|sealed| self.feed.older(sealed)).collect())
    }

    /// The place behind changes of which none has a name of these, as far as one look at the names in the log goes. The
    /// same place where memory knows what comes next.
    pub(in crate::application) fn pass_quiet(
        &self,
        after: GivenPlace,
        to: Revision,
        concerns: impl Fn(&ConfigName) -> bool,
    ) -> Result<GivenPlace, Error> {
        match self.feed.after(after, 1) {
            Recent::Older => feed::pass_quiet(self.store.as_ref(), after, to.min(self.followed()), concerns),
            _ => Ok(after),
        }
    }

    /// Calls `bell` whenever there is something new in the feed; it must be quick and must not block.
    pub fn on_advance(&self, bell: impl Fn() + Send + Sync + 'static) {
        self.feed.on_advance(Box::new(bell));
    }

    /// Waits until reads of now show a revision.
    ///
    /// # Errors
    /// [`Error::Behind`] at the deadline, and at once in `restart` mode, where waiting can't help.
    pub fn wait_for(&self, revision: Revision, deadline: Instant) -> Result<(), Error> {
        let live = self.options.consistency == Consistency::Live;
        if self.applied() >= revision || live && self.feed.wait_for(revision, deadline) {
            return Ok(());
        }
        Err(Error::Behind { wanted: revision, seen: self.applied() })
    }
}
