//! Threads, stopping, signals, logging and the clock; knows no other room.

pub mod clock;
#[cfg(feature = "server")]
pub mod core_dumps;
pub mod files;
pub mod flush;
#[cfg(feature = "server")]
mod log_fields;
#[cfg(feature = "server")]
pub mod logging;
pub mod printable;
#[cfg(feature = "client")]
pub mod relay;
#[cfg(feature = "server")]
pub mod signals;
pub mod stop;
pub mod supervisor;
