//! A client of a server, without async: typed calls, values that follow the server, formats and templates.
//!
//! The command line is made on it, and other programs can use it too. It reads the contract's JSON with the types of
//! `wire` that the server writes.

#[doc(hidden)]
pub mod child;
pub mod formats;
