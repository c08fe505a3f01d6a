//! One file per command.

pub(super) mod migrate;
pub(super) mod serve;
pub(super) mod verify;
