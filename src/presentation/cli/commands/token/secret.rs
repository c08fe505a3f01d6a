//! A token that was just made: the one moment at which it is shown.

use crate::presentation::cli::connect::Session;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::Output;
use crate::wire::token::TokenJson;

/// Prints a token that was just made: itself alone on standard output, so that a pipe can take it.
pub(super) fn print_secret(session: &Session, token: &TokenJson, rest: &str) -> Result<(), Failure> {
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
