//! What the tests stand on: a PostgreSQL of their own, the server as a process, a client, a fault
//! proxy, and a way to wait that is not sleeping.
//!
//! Most of it knows nothing of the service's inside and drives it from outside, as its users do. What tests
//! the library without a server has `places`, `writes` and `faulty_store`.

pub mod certificates;
pub mod connection;
pub mod eventually;
pub mod faulty_store;
pub mod history;
pub mod http;
pub mod places;
pub mod postgres;
pub mod proxy;
pub mod server;
pub mod shim;
pub mod socket;
pub mod stream;
pub mod writes;

#[allow(unused_imports, reason = "as with dead code: each test file uses its own part")]
pub use eventually::{eventually, long_run, seed};
