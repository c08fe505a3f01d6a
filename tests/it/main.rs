//! The integration tests, one binary.

#![cfg(any(feature = "sqlite", feature = "postgres"))]

mod store_contract;

#[cfg(feature = "sqlite")]
mod sqlite_store;
