//! `cargo +nightly fuzz run access_data`: any text as a policy, as a schema, and as a value under one.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| configapi::infrastructure::access::fuzzing::read_access_data(input));
