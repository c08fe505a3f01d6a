//! Keeps keys and tokens in memory out of core dumps.
//!
//! Called by `serve` before it reads a key. A core dump has all of the memory of its process, and is often kept where
//! many can read it. The limits on core dumps stay as they are: they are the operator's.

use std::io;

use rustix::process::{DumpableBehavior, set_dumpable_behavior};

/// From now on a crash of this process leaves no core dump, and no process of the same user may look into its memory
/// (`PR_SET_DUMPABLE`). Processes with the rights of root still may.
///
/// # Errors
/// The system refuses.
pub fn forbid() -> io::Result<()> {
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}
