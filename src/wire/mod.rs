//! The contract's JSON: the types that the server writes and a client reads.
//!
//! Each `…Json` type is one shape in both directions, and the schema of the same name in `openapi.json` describes it
//! (`each_shape_is_the_schema_of_its_name`). For items, events, changes and differences the server has a second
//! serializer: an `…Of` type borrows the values that a view has released and copies nothing. Its `…Json` type reads the
//! text that it writes (`a_client_reads_what_the_server_holds`).
//!
//! A new member of these is a line in `…Of`, a line in `…Json` and its place in the schema; of all others, a line in
//! `…Json` and the schema. The tests fail until all have it. A request refuses unknown members; a response ignores them.

pub(crate) mod activity;
pub(crate) mod change;
pub(crate) mod difference;
pub(crate) mod event;
pub(crate) mod health;
pub(crate) mod item;
pub(crate) mod object;
pub(crate) mod page;
pub(crate) mod pieces;
pub(crate) mod policy;
pub(crate) mod problem;
pub(crate) mod put;
pub(crate) mod restore;
mod scalar;
mod secret;
pub(crate) mod shred;
pub(crate) mod token;
pub(crate) mod transaction;

#[cfg(test)]
mod tests;
