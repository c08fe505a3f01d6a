//! One file per command.

pub(super) mod key;
pub(super) mod migrate;
pub(super) mod serve;
pub(super) mod shred;
pub(super) mod verify;
