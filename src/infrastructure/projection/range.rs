//! A range of live names at one state of the tree, which is looked through without the tree's lock.
//!
//! It holds the chunks of the range: a write copies a chunk before it changes it, so that the range stays as it was.

use std::sync::Arc;

use super::chunks::Chunk;
use crate::domain::{Config, ConfigName, Prefix};

/// Names under a prefix with their states, and how far they have been passed.
#[derive(Clone, Debug)]
pub struct Range {
    chunks: Vec<Arc<Chunk>>,
    prefix: Prefix,
    /// The next name: its chunk, and its place there.
    next: (usize, usize),
}

impl Range {
    /// The names of these chunks that are under the prefix and sort after `after`. The first chunk may hold earlier
    /// ones, the last chunk later ones.
    pub(super) fn new(chunks: Vec<Arc<Chunk>>, prefix: &Prefix, after: Option<&ConfigName>) -> Self {
        let is_before =
            |name: &ConfigName| name.as_str() < prefix.as_str() || after.is_some_and(|after| name <= after);
        let first = chunks.first().map_or(0, |chunk| chunk.partition_point(|(name, _)| is_before(name)));
        Self { chunks, prefix: prefix.clone(), next: (0, first) }
    }

    /// The prefix of its names.
    pub fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// Passes the next name; `None` at the end.
    pub fn advance(&mut self) -> Option<&(ConfigName, Arc<Config>)> {
        let (chunk, place) = &mut self.next;
        while self.chunks.get(*chunk)?.len() <= *place {
            (*chunk, *place) = (*chunk + 1, 0);
        }
        let found = &self.chunks[*chunk][*place];
        if !self.prefix.covers(&found.0) {
            *chunk = self.chunks.len();
            return None;
        }
        *place += 1;
        Some(found)
    }
}
