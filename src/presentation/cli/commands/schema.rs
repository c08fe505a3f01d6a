//! `configapi schema …`: JSON Schemas for the values under prefixes.

mod check;
mod delete;
mod get;
mod list;
mod set;
mod text;

use check::Check;
use delete::Delete;
use get::Get;
use list::List;
use set::Set;

use super::group::command_group;
use crate::presentation::cli::connect::ClientSettings;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::Ui;

command_group! {
    /// Show, set and check the schemas of prefixes
    ///
    /// A schema is a JSON Schema (2020-12). The values under its prefix are parsed as JSON and must match it. The nearest
    /// prefix applies.
    Schema { List, Get, Set, Delete, Check }
}
