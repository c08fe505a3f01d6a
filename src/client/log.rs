//! The changes of the log, in pages and newest first.

pub use crate::wire::change::ChangeJson as Change;
pub use crate::wire::event::EventJson as Event;

use super::call::{Call, Client};
use super::error::Error;
use super::target::Target;
use crate::domain::{Reason, Revision, Timestamp};
use crate::wire::event::DataJson;
use crate::wire::page::FeedJson;

/// Changes that are looked through at a time when the newest are wanted.
const WINDOW: u64 = 256;

impl Change {
    /// Its number in the whole log.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// When.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// The token that made it.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Why, where that was said.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_ref().map(Reason::as_str)
    }

    /// One event for each name.
    pub fn events(&self) -> &[Event] {
        &self.events
    }
}

impl Event {
    /// The name.
    pub fn name(&self) -> &str {
        match &self.data {
            DataJson::Set(data) => data.config_name.as_str(),
            DataJson::Deleted(data) => data.config_name.as_str(),
            DataJson::Shredded(data) => data.config_name.as_str(),
        }
    }

    /// The value that was set; none of a masked one, of a delete and of a shred.
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            DataJson::Set(data) => data.value.as_ref().map(crate::domain::ConfigValue::as_str),
            DataJson::Deleted(_) | DataJson::Shredded(_) => None,
        }
    }
}

/// Which changes to read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feed {
    /// Changes after this one.
    pub(crate) after: Revision,
    /// Only changes with a name that begins so.
    pub(crate) prefix: String,
    /// How many at most; the server's own limit if there is none.
    pub(crate) limit: Option<u64>,
}

impl Client {
    /// The changes after a revision, oldest first: one page. The returned revision is the next `after`.
    ///
    /// # Errors
    /// The server refuses, or can't be reached.
    pub fn changes(&self, after: Revision, prefix: &str) -> Result<(Revision, Vec<Change>), Error> {
        let page = self.feed(&Feed { after, prefix: prefix.to_owned(), limit: None })?;
        Ok((page.revision, page.changes))
    }

    pub(crate) fn feed(&self, feed: &Feed) -> Result<FeedJson, Error> {
        let target = Target::new("/v1/events").with("after", &feed.after.to_string());
        let target =
            target.with_some("prefix", Some(feed.prefix.as_str()).filter(|prefix| !prefix.is_empty()));
        let limit = feed.limit.map(|limit| limit.to_string());
        self.call_json(Call::get(target.with_some("limit", limit.as_deref())))
    }

    /// Hands over the changes up to a revision, newest first, until `take` says that it is enough.
    pub(crate) fn newest_first(
        &self,
        upto: Revision,
        prefix: &str,
        mut take: impl FnMut(Change) -> Result<Enough, Error>,
    ) -> Result<(), Error> {
        let (mut end, mut width) = (upto.get(), WINDOW);
        while end > 0 {
            let begin = end.saturating_sub(width);
            let mut found = Vec::new();
            let mut after = begin;
            while after < end {
                let feed = Feed { after: Revision::new(after), prefix: prefix.to_owned(), limit: None };
                let page = self.feed(&feed)?;
                found.extend(page.changes.into_iter().filter(|change| change.revision.get() <= end));
                if page.revision.get() <= after {
                    break;
                }
                after = page.revision.get();
            }
            for change in found.into_iter().rev() {
                if take(change)? == Enough::Yes {
                    return Ok(());
                }
            }
            (end, width) = (begin, width.saturating_mul(2).min(WINDOW << 8));
        }
        Ok(())
    }
}

/// Whether a reader of the log wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enough {
    Yes,
    No,
}
