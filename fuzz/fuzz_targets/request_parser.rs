//! `cargo +nightly fuzz run request_parser`: any bytes as one request head.

#![no_main]

use configapi::server::fuzzing::read_head;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| read_head(input));
