//! `configapi policy …`: the rules of a server.

mod set;
mod show;

use set::Set;
use show::Show;

use super::group::command_group;
use crate::presentation::cli::connect::ClientSettings;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::Ui;

command_group! {
    /// Show and set the rules of the server
    ///
    /// Which names are secrets, where a change needs a reason, how many names a change may alter without a confirmation, and how
    /// many writes a token may send in a second.
    Policy { Show, Set }
}
