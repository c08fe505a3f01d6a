//! Writes: one queue, one log thread, and the way of each result back.
//!
//! A write enters by [`entrance`] and [`queue`]; a [`restore`] is planned before by its caller's
//! [`planner`], and idempotency keys are remembered for a [`window`]. Before, [`prepare`]
//! has values validated by the schemas and secrets encrypted; the log thread compares the [`validation`] with the head.
//! The [`log_thread`] takes all that waits, has [`recall`] look up deleted names and [`decide`] decide on the tree at the
//! head, appends, has its [`replica`] apply the changes, and hands the results to [`completions`]. The replica also
//! applies the appends of other servers; [`notify`] wakes the log thread for them. The answer of a [`repeat`] is read where
//! the caller waits.

pub(super) mod completions;
mod decide;
pub(super) mod entrance;
pub(super) mod log_thread;
pub(super) mod notify;
mod planner;
pub(super) mod prepare;
pub(super) mod queue;
mod recall;
pub(super) mod repeat;
pub(super) mod replica;
pub(super) mod restore;
mod revert;
mod shred;
pub(super) mod validation;
pub(super) mod window;
pub(super) mod written;
