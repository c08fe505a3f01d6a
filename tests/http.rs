//! The HTTP contract, request by request, over the embedded store in memory; without sockets.

#![cfg(feature = "server")]
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test's way to fail is to panic"
)]

/// Requests go straight into the seam.
const MOUNTED: bool = false;

#[path = "http/activity.rs"]
mod activity;
#[path = "http/bad_input.rs"]
mod bad_input;
#[path = "http/bodies.rs"]
mod bodies;
#[path = "http/browsers.rs"]
mod browsers;
#[path = "http/change_sets.rs"]
mod change_sets;
#[path = "http/console.rs"]
mod console;
#[path = "http/console_files.rs"]
mod console_files;
#[path = "http/content_types.rs"]
mod content_types;
#[cfg(feature = "sqlite")]
#[path = "http/denied.rs"]
mod denied;
#[path = "http/driver.rs"]
mod driver;
#[cfg(feature = "sqlite")]
#[path = "http/exchanged.rs"]
mod exchanged;
#[path = "http/feed.rs"]
mod feed;
#[path = "http/fuzz.rs"]
mod fuzz;
#[path = "http/idempotency.rs"]
mod idempotency;
#[path = "http/lists.rs"]
mod lists;
#[allow(dead_code, reason = "of the tests that are mounted")]
#[path = "http/mounted.rs"]
mod mounted;
#[path = "http/odd_clients.rs"]
mod odd_clients;
#[path = "http/past.rs"]
mod past;
#[path = "http/policy.rs"]
mod policy;
#[path = "http/schemas.rs"]
mod schemas;
#[cfg(feature = "sqlite")]
#[path = "http/schemas_adopted.rs"]
mod schemas_adopted;
#[path = "http/seam.rs"]
mod seam;
#[path = "http/searches.rs"]
mod searches;
#[cfg(feature = "sqlite")]
#[path = "http/secret_place.rs"]
mod secret_place;
#[cfg(feature = "sqlite")]
#[path = "http/secrets.rs"]
mod secrets;
#[path = "http/service.rs"]
mod service;
#[cfg(feature = "sqlite")]
#[path = "http/shreds.rs"]
mod shreds;
#[allow(dead_code, reason = "these tests use a part of it")]
#[path = "server/support.rs"]
mod support;
#[path = "http/token_entries.rs"]
mod token_entries;
#[path = "http/tokens.rs"]
mod tokens;
#[path = "http/values.rs"]
mod values;
#[path = "http/walks.rs"]
mod walks;
#[path = "http/ways.rs"]
mod ways;
