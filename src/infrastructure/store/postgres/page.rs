//! Pages that are put together of parts.
//!
//! A page ends by its rows and its bytes, a statement also by its time. So a page is read in parts, and a change of any
//! size by the ordinals of its events. Each part is of a moment of its own: between two the log may have been exchanged.
//! A page of several parts therefore holds only changes that follow one another; the first may still be of another log
//! than its reader has seen, which is the reader's to notice, as with any page.
//!
//! Called by `read`, which has the statements. Tests: `a_change_of_any_size_is_read_in_parts`,
//! `a_page_that_takes_too_long_is_read_in_smaller_parts`.

use super::pools::Part;
use crate::domain::{PAGE_OVERHEAD_BYTES, Revision};
use crate::infrastructure::store::codec::{ChangeRow, EventRow, revision, revision_column};
use crate::infrastructure::store::{Hash, PageLimit, SealedChange, StoreError};

/// Reads parts until the page is full. `read` gets the last row so far, and how much the page still has room for.
pub(super) fn fill<T>(
    limit: PageLimit,
    bytes_of: impl Fn(&T) -> usize,
    mut read: impl FnMut(Option<&T>, PageLimit) -> Result<Part<T>, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let (mut page, mut bytes) = (Vec::new(), 0);
    let rows = limit.rows.max(1);
    loop {
        let left = PageLimit { rows: rows - page.len(), bytes: limit.bytes.saturating_sub(bytes) };
        let part = read(page.last(), left)?;
        for row in part.rows {
            bytes += bytes_of(&row);
            if bytes > limit.bytes && !page.is_empty() {
                return Ok(page);
            }
            page.push(row);
        }
        if !part.cut || page.len() >= rows || bytes >= limit.bytes {
            return Ok(page);
        }
    }
}

/// A row of `changes_after.sql`.
pub(super) struct Row {
    /// The change, with its first event.
    pub(super) change: Option<ChangeRow>,
    pub(super) event: EventRow,
    pub(super) ordinal: i32,
    /// The revision of the event after it; none at the end of the page or of the log.
    pub(super) next: Option<i64>,
}

/// A page of changes while it is read.
pub(super) struct Changes {
    limit: PageLimit,
    whole: Vec<(ChangeRow, Vec<EventRow>)>,
    /// The change whose end has not come yet.
    open: Option<(ChangeRow, Vec<EventRow>)>,
    bytes: usize,
    open_bytes: usize,
    /// The last event that was read.
    place: (i64, i32),
    parts: usize,
    /// The first change came in more than one part.
    first_is_split: bool,
}

/// Where the next part begins, and what it may hold.
pub(super) struct Wanted {
    /// Revision and ordinal of the event before.
    pub(super) after: (i64, i32),
    /// The last revision of the page.
    pub(super) last: i64,
    /// Events and bytes at most that the page has room for.
    pub(super) room: PageLimit,
}

impl Changes {
    /// A page of the changes after a revision.
    pub(super) fn new(after: Revision, limit: PageLimit) -> Self {
        Self {
            limit: PageLimit { rows: limit.rows.max(1), ..limit },
            whole: Vec::new(),
            open: None,
            bytes: 0,
            open_bytes: 0,
            place: (revision_column(after), i32::MAX),
            parts: 0,
            first_is_split: false,
        }
    }

    /// The part that comes next.
    pub(super) fn wanted(&self) -> Wanted {
        let changes = i64::try_from(self.limit.rows - self.whole.len()).unwrap_or(i64::MAX);
        let before = if self.open.is_some() { self.place.0 - 1 } else { self.place.0 };
        // The first change is read to its end, whatever the page has room for.
        let must_go_on = self.whole.is_empty() && self.open.is_some();
        let used = self.bytes + self.open_bytes;
        let bytes = if must_go_on { usize::MAX } else { self.limit.bytes.saturating_sub(used) };
        let room = PageLimit { rows: bytes / PAGE_OVERHEAD_BYTES + 1, bytes };
        Wanted { after: self.place, last: before.saturating_add(changes), room }
    }

    /// Takes a part; whether the page goes on.
    pub(super) fn take(&mut self, rows: Vec<Row>) -> Result<bool, StoreError> {
        self.parts += 1;
        let goes_on = !rows.is_empty();
        self.first_is_split |= self.open.is_some() && self.whole.is_empty();
        for Row { change, event, ordinal, next } in rows {
            let at = event.revision;
            self.open_bytes += event.page_bytes() + change.as_ref().map_or(0, ChangeRow::page_bytes);
            if !self.whole.is_empty() && self.bytes + self.open_bytes > self.limit.bytes {
                self.open = None;
                return Ok(false);
            }
            self.push(change, event)?;
            self.place = (at, ordinal);
            if next == Some(at) {
                continue;
            }
            self.whole.extend(self.open.take());
            self.bytes += std::mem::take(&mut self.open_bytes);
            if next.is_none() || self.whole.len() >= self.limit.rows || self.bytes >= self.limit.bytes {
                return Ok(false);
            }
        }
        Ok(goes_on)
    }

    fn push(&mut self, change: Option<ChangeRow>, event: EventRow) -> Result<(), StoreError> {
        if let (Some(change), None) = (change, &self.open) {
            self.open = Some((change, Vec::new()));
        }
        let open = self.open.as_mut().filter(|(change, _)| change.revision == event.revision);
        let Some((_, events)) = open else {
            let what = "its first event or its change is missing";
            return Err(StoreError::corrupt(revision(event.revision)?, what));
        };
        events.push(event);
        Ok(())
    }

    /// The changes. `hash_before` gives the hash of the change before the page.
    pub(super) fn sealed(
        mut self,
        hash_before: impl FnOnce() -> Result<Option<Hash>, StoreError>,
    ) -> Result<Vec<SealedChange>, StoreError> {
        // The log was exchanged for a shorter one while it was read.
        self.whole.extend(self.open.take());
        let (parts, first_is_split) = (self.parts, self.first_is_split);
        let sealed = self.whole.into_iter().map(|(change, events)| change.into_sealed(events));
        let mut sealed = sealed.collect::<Result<Vec<_>, _>>()?;
        if parts > 1 {
            let follows = |pair: &[SealedChange]| matches!(pair, [one, next] if next.follows(one.hash));
            let chained = sealed.windows(2).take_while(|pair| follows(pair)).count();
            sealed.truncate(chained + 1);
        }
        if let Some(first) = sealed.first().filter(|_| first_is_split)
            && let Some(before) = hash_before()?
            && !first.follows(before)
        {
            return Err(StoreError::corrupt(first.change.revision, "its hash is not that of what it holds"));
        }
        Ok(sealed)
    }
}

#[cfg(test)]
mod tests;
