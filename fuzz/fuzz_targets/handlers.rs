//! `cargo +nightly fuzz run handlers`: any bytes as the body of a PUT, a transaction or a restore.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../../tests/http/bodies.rs"]
mod bodies;
#[allow(dead_code)]
#[path = "../../tests/http/driver.rs"]
mod driver;

static CLIENT: OnceLock<driver::Client> = OnceLock::new();

fuzz_target!(|input: &[u8]| {
    let client = CLIENT.get_or_init(|| driver::Client::with(&configapi::application::Options::memory(), driver::impatient()));
    bodies::send_body(|method, target, field, body| client.send(method, target, &[field], body).status, input);
});
