//! What speaks HTTP and the command line.

pub mod http;
