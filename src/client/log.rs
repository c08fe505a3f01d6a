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
const WINDOW: u64 = 16;
/// The widest window: as much as one response searches.
const WINDOW_MAX: u64 = 100_000;
/// After a window with less than this the next one is wider. In changes and their events.
const FEW: usize = 1_000;
/// As much as a window may hold, with one change at least. In changes and their events.
const HELD_MAX: usize = 4_096;

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
    /// The feed has the oldest first: it is read in windows from the end. A window grows where little is found. One that
    /// finds too much keeps the newest of it, and the next window begins there.
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
            let (mut found, mut held, mut reached) = (VecDeque::new(), 0, begin);
            while reached < end {
                let page = self.feed(&Feed { after: reached, prefix: prefix.to_owned(), limit: None })?;
                for change in page.changes.into_iter().filter(|change| change.revision <= end) {
                    held += size(&change);
                    found.push_back(change);
                }
                while held > HELD_MAX && found.len() > 1 {
                    let Some(change) = found.pop_front() else { break };
                    // It is the newest of the next window.
                    (begin, held) = (change.revision, held - size(&change));
                    width = end.get() - begin.get();
                }
                if page.revision <= reached {
                    break;
                }
                reached = page.revision;
            }
            if held < FEW {
                width = width.saturating_mul(2).min(WINDOW_MAX);
            }
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

fn size(change: &Change) -> usize {
    1 + change.events.len()
}

/// Whether a reader of the log wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enough {
    Yes,
    No,
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::Cursor;

    use super::super::transport::{Request, Response, Transport, TransportError};
    use super::*;

    /// A log of so many changes, a few of them with very many names. The prefix `rare` has every 997th of the first half,
    /// and a crowd in the middle.
    struct Log(u64);

    const LARGE: std::ops::Range<u64> = 15_000..15_004;
    const EVENT: &str = r#"{"event_type":"ConfigValueDeleted","data":{"config_name":"a","deleted_value":"1",
        "timestamp":"2026-01-15T10:00:00Z"},"metadata":{"actor":"a","reason":null,"request_id":null,"trace_id":null},
        "created_at":"2026-01-15T10:00:00Z","stream_version":2,"revision":1}"#;

    fn is_rare(revision: u64) -> bool {
        revision.is_multiple_of(997) && revision < 10_000 || (8_000..13_000).contains(&revision)
    }

    impl Transport for Log {
        fn send(&self, request: &Request) -> Result<Response, TransportError> {
            let query = request.target.split_once('?').unwrap().1;
            let member =
                |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
            let after: u64 = member("after").unwrap().parse().unwrap();
            let has = |revision: &u64| member("prefix").is_none() || is_rare(*revision);
            let found: Vec<u64> = (after + 1..=self.0).filter(has).take(1_000).collect();
            let reached = if found.len() == 1_000 { found[999] } else { self.0 };
            let mut changes = String::new();
            for revision in found {
                let comma = if changes.is_empty() { "" } else { "," };
                let at = "2026-01-15T10:00:00Z";
                let count = if LARGE.contains(&revision) { 1_500 } else { 0 };
                let events = vec![EVENT; count].join(",");
                write!(
                    changes,
                    r#"{comma}{{"revision":{revision},"created_at":"{at}","actor":"a","reason":null,"events":[{events}]}}"#
                )
                .unwrap();
            }
            let body = format!(r#"{{"revision":{reached},"changes":[{changes}]}}"#);
            Ok(Response { status: 200, headers: Vec::new(), body: Box::new(Cursor::new(body)) })
        }

        fn place(&self) -> &'static str {
            "a log"
        }
    }

    fn read(after: u64, upto: u64, prefix: &str, limit: usize) -> Vec<u64> {
        let client = Client::over(Box::new(Log(20_000)), None);
        let mut found = Vec::new();
        let take = |change: Change| {
            found.push(change.revision.get());
            Ok::<_, Error>(if found.len() == limit { Enough::Yes } else { Enough::No })
        };
        client.newest_first(Revision::new(after), Revision::new(upto), prefix, take).unwrap();
        found
    }

    #[test]
    fn the_newest_changes_come_first_each_once_however_many_there_are() {
        for (after, upto) in [(0, 20_000), (400, 12_345), (0, 1), (5, 5)] {
            let all: Vec<u64> = (after + 1..=upto).rev().collect();
            assert!(read(after, upto, "", usize::MAX) == all, "{after} to {upto}");
            let rare: Vec<u64> = all.into_iter().filter(|revision| is_rare(*revision)).collect();
            assert!(read(after, upto, "rare", usize::MAX) == rare, "{after} to {upto}");
        }
        assert_eq!(read(0, 20_000, "", 3), [20_000, 19_999, 19_998]);
        assert_eq!(read(0, 20_000, "rare", 2), [12_999, 12_998]);
    }
}
