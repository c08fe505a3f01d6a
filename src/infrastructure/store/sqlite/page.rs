//! Pages of rows that end by rows and bytes, with one row at least. Called by the reads.

use super::super::PageLimit;

/// Rows up to a limit.
pub(super) struct Page<T> {
    pub(super) rows: Vec<T>,
    limit: PageLimit,
    pub(super) bytes: usize,
}

impl<T> Page<T> {
    pub(super) fn new(limit: PageLimit) -> Self {
        Self { rows: Vec::new(), limit, bytes: 0 }
    }

    /// The first row always has room (contract S10: a page never ends before its first row).
    pub(super) fn has_room_for(&self, bytes: usize) -> bool {
        self.rows.is_empty() || self.bytes + bytes <= self.limit.bytes
    }

    pub(super) fn push(&mut self, row: T, bytes: usize) {
        self.rows.push(row);
        self.bytes += bytes;
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= self.limit.rows || self.bytes >= self.limit.bytes
    }
}
