//! A configuration service that never forgets.
//!
//! Every change is an immutable event in PostgreSQL or in an embedded SQLite file; current values are
//! read from memory; history, any past state and restores come from the events.

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("choose a store: feature `sqlite`, `postgres`, or both");

pub mod application;
pub mod domain;
pub mod infrastructure;
#[cfg(feature = "server")]
pub mod presentation;
pub mod runtime;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
mod wire;
