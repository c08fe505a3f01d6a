//! The history of a name with its shreds, which lie in streams of their own.
//!
//! A shred belongs to the version that was the newest when it was made: it comes with that version, and pages that end by
//! versions lose none and repeat none.

use super::View;
use crate::application::error::Error;
use crate::domain::{ConfigName, Version};
use crate::infrastructure::store::{HistoryPage, Order, PageLimit, RecordedEvent};

/// The one event of a shred's stream.
const ONE: PageLimit = PageLimit { rows: 1, bytes: usize::MAX };

impl View<'_> {
    /// A page of a name's events with the shreds that belong to its versions, each with that version.
    pub(super) fn with_shreds(
        &self,
        name: &ConfigName,
        page: &HistoryPage,
        events: Vec<RecordedEvent>,
    ) -> Result<Vec<(RecordedEvent, Version)>, Error> {
        let mut shreds = Vec::new();
        for (revision, stream) in self.store.secrets().shreds_of(name, page.at) {
            let version = self.store.get_at(name, revision)?.found.map_or(Version::ZERO, |now| now.version);
            if !events.iter().any(|found| found.event.version == version) {
                continue;
            }
            let one = HistoryPage { order: Order::NewestFirst, after: None, at: revision, limit: ONE };
            shreds.extend(self.store.history(&stream, &one)?.into_iter().map(|found| (found, version)));
        }
        let mut all = Vec::with_capacity(events.len() + shreds.len());
        for event in events {
            let version = event.event.version;
            let own = shreds.iter().filter(|(_, of)| *of == version).cloned();
            match page.order {
                Order::OldestFirst => {
                    all.push((event, version));
                    all.extend(own);
                }
                Order::NewestFirst => {
                    all.extend(own.collect::<Vec<_>>().into_iter().rev());
                    all.push((event, version));
                }
            }
        }
        Ok(all)
    }
}
