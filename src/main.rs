//! The `configapi` binary.

fn main() {}
