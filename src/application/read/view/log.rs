//! The log behind a view: how far this server is, and whether it works. None of it has values.

use std::time::Instant;

use super::View;
use crate::application::audit::denied::{DenialCounts, DeniedSender};
use crate::application::error::Error;
use crate::application::health::Health;
use crate::application::options::Options;
use crate::domain::{GivenPlace, Place, Point, Revision, Timestamp};
use crate::infrastructure::audit::DeniedRecord;

impl<'a> View<'a> {
    /// Counts a denied request and hands its record to the audit. Returns at once.
    pub fn note_denied(&self, sender: DeniedSender, record: impl FnOnce() -> DeniedRecord) {
        self.store.denials().note(sender, Instant::now(), record);
    }

    /// The number of denied requests.
    pub fn denial_counts(&self) -> DenialCounts {
        self.store.denials().counts()
    }

    /// The revision that a point resolves to. A revision beyond the head is [`Error::Behind`], and a place that the
    /// log does not have [`Error::NoSuchPlace`].
    pub fn resolve(&self, point: Point) -> Result<Revision, Error> {
        self.store.resolve(point)
    }

    /// Looks again whether the log has the place of a point: a read of an exchanged log is not of that place.
    pub fn confirm(&self, point: Point) -> Result<(), Error> {
        if let Point::Place(_) = point { self.resolve(point).map(drop) } else { Ok(()) }
    }

    /// The last change that this server has taken in.
    pub fn head(&self) -> Place {
        self.store.head()
    }

    /// The same place with its hash, if memory knows it.
    pub fn anchored(&self, given: GivenPlace) -> GivenPlace {
        self.store.anchored(given)
    }

    /// The last revision that reads of now see.
    pub fn applied(&self) -> Revision {
        self.store.applied()
    }

    /// The last revision that this server has taken in.
    pub fn followed(&self) -> Revision {
        self.store.followed()
    }

    /// The log's clock, or the head's instant if that is later.
    pub fn now(&self) -> Timestamp {
        self.store.now()
    }

    /// Waits until reads of now show a revision.
    ///
    /// # Errors
    /// [`Error::Behind`] at the deadline.
    pub fn wait_for(&self, revision: Revision, deadline: Instant) -> Result<(), Error> {
        self.store.wait_for(revision, deadline)
    }

    /// Whether the service works.
    pub fn health(&self) -> Health {
        self.store.health()
    }

    /// The settings that the store was opened with.
    pub fn options(&self) -> &'a Options {
        self.store.options()
    }

    /// Whether the log is in this process: then a full store is this machine's trouble.
    pub fn is_embedded(&self) -> bool {
        self.store.is_embedded()
    }
}
