//! `configapi blame`: each name with the change that set its value.

use clap::Args;

use super::reading::PagerArg;
use crate::client::Read;
use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::point::{POINTS, PointArg};
use crate::presentation::cli::show::items::{BLAME, blame_row};
use crate::presentation::cli::show::table::Rows;
use crate::presentation::cli::show::time::Times;
use crate::presentation::cli::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  configapi blame
  configapi blame app/web/
  configapi blame app/ --at 1day
  configapi blame app/ -o json";

/// Each name with the change that set its value: who, when and why
///
/// Off a terminal each name is a line of fields: name, revision, actor, time and reason. `configapi show REVISION` shows the
/// change. With `-o json` it is the list without its values.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Blame {
    /// How the names begin; all names without it
    #[arg(value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    #[arg(long, value_name = "POINT", help = format!("As it was at a point: {POINTS}"))]
    at: Option<PointArg>,
    #[command(flatten)]
    pager: PagerArg,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Blame {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let at = self.at.map(|at| at.resolve(&session.client)).transpose()?;
        let read = Read { at, names_only: true, ..Read::default() };
        let mut items = session.client.list_with(&self.prefix, &read);
        items.begin()?;
        let mut results = self.pager.results(session.ui);
        let times = Times::of(results.look(), session.output);
        let mut rows = Rows::new(&mut results, session.output, BLAME);
        for item in items {
            let item = item?;
            rows.push(&item, || blame_row(&item, &times))?;
        }
        rows.end()
    }
}
