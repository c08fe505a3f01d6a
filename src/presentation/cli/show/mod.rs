//! Results as people and programs read them: tables, differences, plans, times, questions.
//!
//! Called by every command; calls nothing but `ui`, `error`, `wire`, `domain` types and `runtime`. A renderer returns a text, and
//! [`results::Results`] takes it to standard output or to a pager. Invariant: names and values never reach a terminal with
//! characters that control it (`tests::text_for_a_terminal_has_no_control_characters_but_ours`).

pub(super) mod change;
pub(super) mod counts;
pub(super) mod diff;
pub(super) mod differing;
mod field;
pub(super) mod items;
mod json;
pub(super) mod lines;
pub(super) mod look;
pub(super) mod matched;
pub(super) mod pager;
mod paint;
pub(super) mod plan;
pub(super) mod progress;
pub(super) mod question;
pub(super) mod results;
pub(super) mod shown;
pub(super) mod table;
pub(super) mod time;
pub(super) mod tree;

#[cfg(test)]
mod tests;
