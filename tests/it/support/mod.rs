//! What the tests stand on: a PostgreSQL of their own, the server as a process, a client, a fault
//! proxy, and a way to wait that is not sleeping.
//!
//! Nothing here knows the service's inside; it is driven from outside, as its users do.

pub mod eventually;
pub mod http;
pub mod postgres;
pub mod proxy;
pub mod server;

#[allow(unused_imports, reason = "as with dead code: each test file uses its own part")]
pub use eventually::{eventually, long_run, seed};
