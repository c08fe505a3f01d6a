//! Storage and memory: the event stores, the projection, the audit, the encryption of secrets.
//!
//! Called by the application; speaks the domain's words and keeps the drivers, their errors and the SQL
//! to itself.

pub mod access;
pub mod audit;
pub mod encryption;
pub mod fingerprint;
pub mod projection;
pub mod store;
