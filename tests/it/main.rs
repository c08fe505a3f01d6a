//! Every test that needs the real thing: PostgreSQL, a socket, the server as a process.
//!
//! One binary, so that it links once; a file a subject. `support` holds what they share, and its own
//! tests. How to run them: `CONTRIBUTING.md`.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test's way to fail is to panic, and its report goes to standard error"
)]

// One list, by the alphabet.
mod access;
mod audit;
mod authorization;
mod browsers;
mod client;
mod clients;
mod console;
mod console_browser;
mod docs;
mod fault_crash;
mod fault_database;
mod fault_disk;
mod fault_durability;
mod fault_file;
mod fault_file_gone;
mod fault_file_paths;
mod fault_memory;
mod fault_network;
mod fault_readers;
mod fault_refusals;
mod fault_restore;
mod fault_search_path;
mod fault_stop;
mod files;
mod follow_behind;
mod follow_exchanged;
mod follow_failover;
mod follow_pooler;
mod follow_read_only;
mod follow_replicas;
mod follow_rewound;
mod health;
mod library;
mod log_thread;
mod logging;
mod model;
mod postgres_passwords;
mod postgres_roles;
mod postgres_store;
mod postgres_tls;
mod process_secrets;
mod proxies;
mod queue;
mod scale;
mod secrets;
mod snapshot_held;
mod soak;
mod sqlite_shell;
mod sqlite_store;
mod sqlite_wal;
mod store_contract;
#[allow(dead_code, reason = "each test file uses its own part of the support")]
mod support;
mod tls;
mod upgrade_postgres;
mod verify;
