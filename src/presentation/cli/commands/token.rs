//! `configapi token …`: who may do what on a server.

mod create;
mod list;
mod revoke;
mod rotate;
mod show;

use create::Create;
use list::List;
use revoke::Revoke;
use rotate::Rotate;
use show::Show;

use super::command_group;
use crate::presentation::cli::connect::{ClientSettings, Session};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::{Output, Ui};
use crate::wire::token::TokenJson;

command_group! {
    /// Make, list and end tokens
    ///
    /// A token says who sends a request, and what it may do. Making one needs `admin`; the first token on a server closes it:
    /// every request then needs one.
    Token { Create, List, Show, Rotate, Revoke }
}

/// Prints a token that was just made: itself alone on standard output, so that a pipe can take it.
fn print_secret(session: &Session, token: &TokenJson, rest: &str) -> Result<(), Failure> {
    if session.output == Output::Json {
        let mut results = session.ui.results();
        results.json(token)?;
        results.flush()?;
    } else {
        session.ui.print(token.token.as_deref().unwrap_or_default())?;
    }
    session.ui.note(rest);
    session.ui.note("keep it: the server shows it only this once");
    Ok(())
}
