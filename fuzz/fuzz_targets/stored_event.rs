//! `cargo +nightly fuzz run stored_event`: any bytes as the columns of an event.

#![no_main]

use configapi::infrastructure::store::fuzzing::read_stored_event;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| read_stored_event(input));
