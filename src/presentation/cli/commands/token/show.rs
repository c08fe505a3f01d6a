//! `configapi token show`: one token, without its secret.

use clap::Args;

use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::facts::Facts;
use crate::presentation::cli::scopes;
use crate::presentation::cli::show::time::Times;
use crate::presentation::cli::ui::{Output, Ui};

const EXAMPLES: &str = "\
Examples:
  configapi token show 7Kq2mZ9x
  configapi token show 7Kq2mZ9x -o json";

/// Show a token, without its secret
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Show {
    /// Its id, which `token list` shows
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Show {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let token = session.client.token(&self.id)?;
        if session.output == Output::Json {
            let mut results = session.ui.results();
            results.json(&token)?;
            return results.flush();
        }
        let times = Times::of(session.ui.stdout, session.output);
        let facts = Facts::new()
            .with("id", token.id)
            .with("name", token.name)
            .with_some("note", token.note)
            .with("made", format!("{} by {}", times.full(token.created_at), token.created_by))
            .with("expires", token.expires_at.map_or_else(|| "never".to_owned(), |at| times.full(at)))
            .with_some("last used", token.last_used_at.map(|at| times.full(at)))
            .with_some("old secret until", token.old_token_until.map(|at| times.full(at)));
        let facts = token.scopes.iter().fold(facts, |facts, scope| facts.with("scope", scopes::text(scope)));
        facts.print(session.ui, session.output)
    }
}
