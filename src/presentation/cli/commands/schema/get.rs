//! `configapi schema get`: the text of a schema.

use clap::Args;

use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  configapi schema get app/web
  configapi schema get app/web > web.schema.json";

/// Show the schema of a prefix
///
/// The text is printed as it was set.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Get {
    /// The prefix; an empty one means everything
    #[arg(value_name = "PREFIX")]
    prefix: String,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Get {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let text = session.client.schema(&self.prefix)?;
        let mut results = session.ui.results();
        results.text(&text)?;
        results.flush()
    }
}
