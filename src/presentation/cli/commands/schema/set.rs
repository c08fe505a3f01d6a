//! `configapi schema set`: a schema from a file, unless current values do not match it.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::text::{print_checked, shown, text_of};
use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::ui::{Output, Ui};

const EXAMPLES: &str = "\
Examples:
  configapi schema set app/web web.schema.json --reason 'ports are numbers'
  configapi schema set app/web - < web.schema.json";

/// Set the schema of a prefix from a file
///
/// Current values are checked before: those that do not match are shown, and nothing is set. With --force the schema is set
/// all the same, and such a value can stay until it is set again.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Set {
    /// The prefix; an empty one means everything
    #[arg(value_name = "PREFIX")]
    prefix: String,
    /// A JSON file with the schema; `-` reads standard input
    #[arg(value_name = "FILE")]
    schema_file: PathBuf,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Set it though current values do not match
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Set {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let text = text_of(&self.schema_file)?;
        let session = self.client.open(ui, Missing::Make)?;
        if !self.force {
            let checked = session.client.check_schema(&self.prefix, &text)?;
            if !checked.violations.is_empty() {
                print_checked(&session, &checked)?;
                let why = "current values do not match the schema: nothing is set";
                return Err(Failure::reported(Status::Conflict, why)
                    .hint("correct the values, or set the schema all the same with --force"));
            }
        }
        session.client.set_schema(&self.prefix, &text, self.reason.as_deref())?;
        if session.output == Output::Json {
            let mut results = session.ui.results();
            results.json(&json!({ "prefix": self.prefix }))?;
            return results.flush();
        }
        session.ui.print(&format!("{} has the schema", shown(&self.prefix)))
    }
}
