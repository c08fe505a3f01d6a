//! HTTP and the command line.

pub mod cli;
pub mod http;
