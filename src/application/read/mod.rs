//! Reads beyond the tree of now: the past, and the feed.
//!
//! - [`time_travel`]: points resolve to revisions, revisions to states. It reads the store and may block.
//! - [`walk`]: trees of the past and their differences, page by page.
//! - [`activity`]: how many changes each part of a span of time has.
//! - [`view`]: the store as one principal may see it, the only way to values for handlers.
//! - [`feed`]: the newest changes in memory, and the bell that rings when there are more.
//! - [`published`]: a change as watchers share it, with its encoding in pieces.

pub(super) mod activity;
pub(super) mod feed;
pub(super) mod published;
pub(super) mod time_travel;
pub(super) mod view;
pub(super) mod walk;
