//! The `configapi` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    configapi::presentation::cli::run()
}
