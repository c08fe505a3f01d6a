//! The command line of the real binary: where settings come from, what errors say, exit statuses, texts.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's way to fail is to panic"
)]

mod access;
mod commands;
mod completions;
mod doctor;
mod editing;
mod examples;
mod following;
mod golden;
mod help;
mod keys;
mod login;
mod output;
mod paging;
mod process;
mod reading;
mod reference;
mod render;
mod run;
mod scene;
mod server;
mod settings;
mod terminal;
mod writing;
