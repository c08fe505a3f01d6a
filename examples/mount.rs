//! The HTTP contract inside a program that runs a rouille server of its own, beside a page of that program.
//!
//! Run it with `cargo run --example mount`, then `curl localhost:4001/v1/config`. It leaves `mounted.db` in the folder
//! for temporary files.

use std::error::Error;
use std::sync::Arc;

use configapi::http::{Api, ApiSettings, handler};
use configapi::{ConfigStore, Options};
use rouille::{Response, Server};
use slog::{Discard, Logger, o};

/// More than there are long polls: each holds its thread.
const THREADS: usize = 32;

#[expect(clippy::print_stdout, reason = "an example says where it listens")]
fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let path = std::env::temp_dir().join("mounted.db");
    let store = Arc::new(ConfigStore::open(&Options::file(&path))?);
    let contract = handler(&Api::new(store, ApiSettings::default(), Logger::root(Discard, o!())));
    let server = Server::new("127.0.0.1:4001", move |request| match request.raw_url() {
        "/" => Response::text("a page of this program; the configuration is under /v1\n"),
        _ => contract(request),
    })?;
    println!("listening on http://{}", server.server_addr());
    server.pool_size(THREADS).run();
    Ok(())
}
