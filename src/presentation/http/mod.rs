//! The HTTP contract over the application.

pub mod server;
