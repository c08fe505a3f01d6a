//! The tree of now, in memory.
