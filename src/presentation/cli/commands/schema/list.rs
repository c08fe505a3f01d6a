//! `configapi schema list`: the prefixes that have a schema.

use clap::Args;

use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::show::table::{Column, Rows, cut, number, whole};
use crate::presentation::cli::show::time::Times;
use crate::presentation::cli::ui::Ui;

const COLUMNS: &[Column] =
    &[whole("PREFIX"), number("REVISION"), whole("TIME"), whole("ACTOR"), cut("SCHEMA")];

const EXAMPLES: &str = "\
Examples:
  configapi schema list
  configapi schema list -o json";

/// List the schemas
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct List {
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl List {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let schemas = session.client.schemas()?;
        let times = Times::of(session.ui.stdout, session.output);
        let mut results = session.ui.results();
        let mut rows = Rows::new(&mut results, session.output, COLUMNS);
        for schema in schemas {
            rows.push(&schema, || {
                vec![
                    schema.prefix.clone(),
                    schema.revision.to_string(),
                    times.age(schema.updated_at),
                    schema.updated_by.clone(),
                    schema.schema.to_string(),
                ]
            })?;
        }
        rows.end()
    }
}
