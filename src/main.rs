//! The `configapi` binary.

use std::process::ExitCode;

/// A write's memory is taken on one thread and given back on another, for which the C library's allocator has locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    configapi::presentation::cli::run()
}
