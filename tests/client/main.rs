//! The client library: what it writes, read by the programs that it is written for, and what others write, read by it.
//!
//! `./tests/run` installs these programs; one that is missing is a failure that says so. Only a Java machine and Docker's
//! command line are optional: without them their tests say what is not proven, and the long form fails.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test's way to fail is to panic, and a test that is not run says so"
)]

mod compose;
mod docker;
mod java;
mod large;
mod programs;
mod python;
mod real_files;
mod shells;
mod values;
