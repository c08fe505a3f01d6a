//! Results as people and programs read them: tables, differences, plans, times, questions.
//!
//! Called by every command; calls nothing but `wire`, `domain` types and `runtime`. Invariant: names and values never
//! reach a terminal with characters that control it.

#![allow(dead_code, reason = "the commands of a client use it")]

mod json;
pub(super) mod results;
