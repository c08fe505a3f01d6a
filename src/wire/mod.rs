//! The contract's JSON: the types that the server writes and a client reads.
//!
//! Each `…Json` type is one shape in both directions, and the schema of the same name in `openapi.json` describes it
//! (`each_shape_is_the_schema_of_its_name`). A shape borrows what the server holds and owns what a client reads.
//! Each `…Of` type is something that the server holds, and writes itself as its shape.
//!
//! A new member is a line in its shape, a line where the server fills the shape, and its place in the schema. The
//! compiler asks for the second, the test for the third. A request refuses unknown members; a response ignores them.

pub(crate) mod change;
pub(crate) mod difference;
pub(crate) mod event;
pub(crate) mod health;
pub(crate) mod item;
pub(crate) mod object;
pub(crate) mod page;
pub(crate) mod problem;
pub(crate) mod put;
pub(crate) mod restore;
mod scalar;
pub(crate) mod transaction;

#[cfg(test)]
mod tests;
