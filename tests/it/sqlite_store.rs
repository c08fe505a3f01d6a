//! What is the embedded store's own.
