//! `configapi token …`: who may do what on a server.

mod create;
mod list;
mod revoke;
mod rotate;
mod secret;
mod show;

use create::Create;
use list::List;
use revoke::Revoke;
use rotate::Rotate;
use show::Show;

use super::group::command_group;
use crate::presentation::cli::connect::ClientSettings;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::Ui;

command_group! {
    /// Make, list and end tokens
    ///
    /// A token says who sends a request, and what it may do. Making one needs `admin`; the first token on a server closes it:
    /// every request then needs one.
    Token { Create, List, Show, Rotate, Revoke }
}
