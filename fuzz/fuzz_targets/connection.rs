//! `cargo +nightly fuzz run connection fuzz/corpus/connection`: any bytes as a connection, cut anywhere.
//!
//! The first two bytes say where it is cut, the rest is what is sent.

#![no_main]

use configapi::server::fuzzing::read_requests;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let [first, second, sent @ ..] = input {
        let first = usize::from(*first);
        read_requests(sent, &[first, first + usize::from(*second)]);
    }
});
