//! `configapi policy show`: the policy, in a form that `policy set` reads.

use clap::Args;

use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::{Output, Ui};

const EXAMPLES: &str = "\
Examples:
  configapi policy show
  configapi policy show > policy.json";

/// Show the policy
///
/// The text is JSON, as `policy set` reads it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Show {
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Show {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let policy = session.client.policy()?;
        let mut results = session.ui.results();
        if session.output == Output::Json {
            results.json(&policy)?;
        } else {
            // Every shape of the contract has a JSON form.
            let text = serde_json::to_string_pretty(&policy).unwrap_or_default();
            results.text(&(text + "\n"))?;
        }
        results.flush()
    }
}
