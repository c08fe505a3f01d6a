//! `configapi grep`: the names, or the values, that have a text.

use clap::Args;

use super::list::name;
use super::reading::PagerArg;
use crate::client::Read;
use crate::domain::SearchText;
use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::point::{POINTS, PointArg};
use crate::presentation::cli::show::matched;
use crate::presentation::cli::show::shown::Shown;
use crate::presentation::cli::show::table::{Column, Rows, whole};
use crate::presentation::cli::ui::{Output, Ui};

const COLUMNS: &[Column] = &[whole("NAME"), whole("VALUE")];

const EXAMPLES: &str = "\
Examples:
  configapi grep pool
  configapi grep db.example.com --values
  configapi grep db.example.com app/ --values -l
  configapi grep pool --at HEAD~2
  configapi grep pool -o json
  configapi list --names | grep -E '^app/[a-z]+/port$'";

/// The names that have a text, with their values
///
/// The text is taken as it is, whatever its letter case; `configapi list --names` and grep search by a regular expression.
/// Secrets are masked, and their values are not searched. `configapi log -S TEXT` finds when a text came and went. Off a terminal
/// each name is a line of fields: name and value. Where nothing is found the status is 3, because 1 is an error.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Grep {
    /// The text
    #[arg(value_name = "PATTERN", value_parser = SearchText::parse)]
    text: SearchText,
    /// How the names begin; all names without it
    #[arg(value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    /// Search the values too
    #[arg(long)]
    values: bool,
    /// The names alone
    #[arg(short = 'l', long)]
    names: bool,
    #[arg(long, value_name = "POINT", help = format!("As it was at a point: {POINTS}"))]
    at: Option<PointArg>,
    #[command(flatten)]
    pager: PagerArg,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Grep {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let at = self.at.map(|at| at.resolve(&session.client)).transpose()?;
        let read = Read {
            at,
            names_only: self.names,
            search: Some(self.text.as_str().to_owned()),
            search_values: self.values,
            ..Read::default()
        };
        let mut items = session.client.list_with(&self.prefix, &read);
        items.begin()?;
        let mut results = self.pager.results(session.ui);
        let look = results.look();
        let mut found = false;
        if session.output == Output::Json || session.output == Output::Plain && !self.names {
            let mut rows = Rows::new(&mut results, session.output, COLUMNS);
            for item in items {
                let item = item?;
                found = true;
                let cells = || vec![item.name().to_owned(), Shown::of_item(&item).as_str().to_owned()];
                rows.push(&item, cells)?;
            }
            rows.end()?;
        } else {
            for item in items {
                let item = item?;
                found = true;
                match session.output {
                    Output::Table if self.names => {
                        results.line(&matched::name(item.name(), &self.text, look))?;
                    }
                    Output::Table => {
                        for line in matched::lines(item.name(), Shown::of_item(&item), &self.text, look) {
                            results.line(&line)?;
                        }
                    }
                    Output::Json | Output::Plain => name(item.name(), &mut results)?,
                }
            }
            results.flush()?;
        }
        if found { Ok(()) } else { Err(Failure::Exited(Status::NotFound as u8)) }
    }
}
