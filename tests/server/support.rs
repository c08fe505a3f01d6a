//! The part of `tests/it/support` that needs no database and no binary.

#[path = "../it/support/connection.rs"]
pub mod connection;
#[path = "../it/support/eventually.rs"]
pub mod eventually;
