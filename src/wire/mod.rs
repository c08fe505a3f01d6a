//! The contract's JSON: the types that a server writes and a client reads.

pub(crate) mod shapes;
