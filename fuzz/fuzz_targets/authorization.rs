//! `cargo +nightly fuzz run authorization`: any text as the header `Authorization`, and as a token.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| configapi::presentation::http::fuzzing::read_authorization(input));
