//! `configapi token revoke`: the end of a token.

use clap::Args;
use serde_json::json;

use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::{Output, Ui};
use crate::runtime::printable::Escaped;

const EXAMPLES: &str = "\
Examples:
  configapi token revoke 7Kq2mZ9x";

/// End a token at once
///
/// Its requests are refused from now on, and its responses under way end within 2 s. Other servers follow when they have
/// applied the change. It can't be undone; make a new token instead.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Revoke {
    /// Its id, which `token list` shows
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Revoke {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        session.client.revoke_token(&self.id)?;
        if session.output == Output::Json {
            let mut results = session.ui.results();
            results.json(&json!({ "id": self.id, "revoked": true }))?;
            return results.flush();
        }
        session.ui.print(&format!("{} is revoked", Escaped(&self.id)))
    }
}
