//! `cargo +nightly fuzz run texts`: any text as a name, a prefix, a point.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../../tests/http/bodies.rs"]
mod bodies;

fuzz_target!(|input: &str| bodies::read_text(input));
