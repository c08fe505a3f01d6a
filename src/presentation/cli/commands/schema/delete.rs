//! `configapi schema delete`: a prefix without a schema of its own.

use clap::Args;
use serde_json::json;

use super::text::shown;
use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::{Output, Ui};

const EXAMPLES: &str = "\
Examples:
  configapi schema delete app/web --reason 'free text again'";

/// Remove the schema of a prefix
///
/// Values stay. The schema of a shorter prefix applies then, if there is one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Delete {
    /// The prefix; an empty one means everything
    #[arg(value_name = "PREFIX")]
    prefix: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Delete {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        session.client.delete_schema(&self.prefix, self.reason.as_deref())?;
        if session.output == Output::Json {
            let mut results = session.ui.results();
            results.json(&json!({ "prefix": self.prefix }))?;
            return results.flush();
        }
        session.ui.print(&format!("{} has no schema of its own now", shown(&self.prefix)))
    }
}
