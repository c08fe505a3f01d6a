//! `configapi whoami`: the token that commands send, and what it may do.

use clap::Args;

use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::facts::Facts;
use crate::presentation::cli::scopes;
use crate::presentation::cli::show::time::Times;
use crate::presentation::cli::ui::{Output, Ui};

const EXAMPLES: &str = "\
Examples:
  configapi whoami
  configapi whoami --profile staging
  configapi whoami -o json";

/// Show the token in use and its scopes
///
/// The token itself is not shown. A server without tokens answers `anonymous`, who may do everything.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Whoami {
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Whoami {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let who = session.client.whoami()?;
        if session.output == Output::Json {
            let mut results = session.ui.results();
            results.json(&who)?;
            return results.flush();
        }
        let times = Times::of(session.ui.stdout, session.output);
        let facts = Facts::new()
            .with("server", session.client.place())
            .with("name", who.name)
            .with_some("id", who.id)
            .with_some("expires", who.expires_at.map(|at| times.full(at)));
        let facts = who.scopes.iter().fold(facts, |facts, scope| facts.with("scope", scopes::text(scope)));
        facts.print(session.ui, session.output)
    }
}
