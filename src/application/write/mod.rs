//! Writes: one queue, one log thread, and the way of each result back.
//!
//! A write enters by [`queue`]; a [`restore`] is planned before, and idempotency keys are remembered for a [`window`]. The [`log_thread`] takes all that waits, has [`decide`] decide it on the tree at the
//! head, appends, applies, and hands the results to [`completions`]. It follows other servers by [`follow`];
//! [`notify`] wakes it for their appends.

pub(super) mod completions;
mod decide;
mod follow;
pub(super) mod log_thread;
pub(super) mod notify;
pub(super) mod queue;
pub(super) mod restore;
pub(super) mod window;
