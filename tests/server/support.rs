//! The part of `tests/it/support` that needs no database and no binary.

#[path = "../it/support/certificates.rs"]
pub mod certificates;
#[path = "../it/support/connection.rs"]
pub mod connection;
#[path = "../it/support/eventually.rs"]
pub mod eventually;
#[path = "../it/support/socket.rs"]
pub mod socket;
