//! `configapi schema check`: the current values that do not match a schema.

use std::path::PathBuf;

use clap::Args;

use super::text::{print_checked, text_of};
use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  configapi schema check app/web web.schema.json
  configapi schema check app/web -o json";

/// Show which current values do not match a schema
///
/// The schema is that of a file, before it is set, or the prefix's own. Exits 1 if a value does not match. Values are not
/// shown.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Check {
    /// The prefix; an empty one means everything
    #[arg(value_name = "PREFIX")]
    prefix: String,
    /// A JSON file with a schema; `-` reads standard input [default: the schema that is set]
    #[arg(value_name = "FILE")]
    schema_file: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Check {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let given = self.schema_file.as_deref().map(text_of).transpose()?;
        let session = self.client.open(ui, Missing::Refuse)?;
        let text = match given {
            Some(text) => text,
            None => session.client.schema(&self.prefix)?,
        };
        let checked = session.client.check_schema(&self.prefix, &text)?;
        print_checked(&session, &checked)?;
        let is_right = checked.violations.is_empty();
        if is_right { Ok(()) } else { Err(Failure::Exited(Status::Error as u8)) }
    }
}
