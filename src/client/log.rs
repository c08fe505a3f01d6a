//! The changes of the log, in pages and newest first.

pub use crate::wire::change::ChangeJson as Change;
pub use crate::wire::event::EventJson as Event;

use std::collections::VecDeque;

use super::call::{Call, Client};
use super::error::Error;
use super::target::Target;
use crate::domain::{Reason, Revision, Timestamp};
use crate::wire::event::DataJson;
use crate::wire::page::FeedJson;

/// Changes that are looked through first when the newest are wanted.
const WINDOW: u64 = 256;
/// The widest window: as much as one response searches.
const WINDOW_MAX: u64 = 100_000;
/// A window with fewer changes than this may be wider.
const FEW: usize = 200;
/// Changes that a window may hold.
const HELD_MAX: usize = 2_048;

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

    /// One change; none where the log has no such change, or where the token may read nothing of it.
    pub(crate) fn change(&self, revision: Revision) -> Result<Option<Change>, Error> {
        let feed = Feed { after: revision.previous(), prefix: String::new(), limit: Some(1) };
        let found = self.feed(&feed)?.changes.into_iter().next();
        Ok(found.filter(|change| change.revision == revision && revision > Revision::ZERO))
    }

    /// Hands over the changes after one revision and up to another, newest first, until `take` says that it is enough.
    ///
    /// The feed has the oldest first: it is read in windows from the end. A window grows where few changes are found, and
    /// never holds more than `HELD_MAX` of them.
    pub(crate) fn newest_first<E: From<Error>>(
        &self,
        after: Revision,
        upto: Revision,
        prefix: &str,
        mut take: impl FnMut(Change) -> Result<Enough, E>,
    ) -> Result<(), E> {
        let (mut end, mut width) = (upto, WINDOW);
        while end > after {
            let mut begin = Revision::new(end.get().saturating_sub(width)).max(after);
            let mut found = VecDeque::new();
            let mut reached = begin;
            while reached < end {
                let page = self.feed(&Feed { after: reached, prefix: prefix.to_owned(), limit: None })?;
                found.extend(page.changes.into_iter().filter(|change| change.revision <= end));
                while found.len() > HELD_MAX {
                    // They are the newest of the next window.
                    begin = found.pop_front().map_or(begin, |change: Change| change.revision);
                }
                if page.revision <= reached {
                    break;
                }
                reached = page.revision;
            }
            width = if found.len() < FEW { width.saturating_mul(2).min(WINDOW_MAX) } else { WINDOW };
            while let Some(change) = found.pop_back() {
                if take(change)? == Enough::Yes {
                    return Ok(());
                }
            }
            end = begin;
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
