//! Threads, stopping, signals, logging and the clock; knows no other room.

pub mod clock;
#[cfg(feature = "server")]
pub mod logging;
#[cfg(feature = "server")]
pub mod signals;
pub mod stop;
pub mod supervisor;
