//! `configapi list`: the names under a prefix, with their values.

use clap::Args;

use super::reading::{PagerArg, StayMasked};
use crate::client::{Error, Item, Read};
use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::point::{POINTS, PointArg};
use crate::presentation::cli::show::items::{LIST, list_row};
use crate::presentation::cli::show::results::Results;
use crate::presentation::cli::show::shown::Shown;
use crate::presentation::cli::show::table::Rows;
use crate::presentation::cli::show::time::Times;
use crate::presentation::cli::show::tree::Tree;
use crate::presentation::cli::ui::{Output, Ui};
use crate::runtime::printable::Escaped;

const EXAMPLES: &str = "\
Examples:
  configapi list
  configapi list app/ --tree
  configapi list app/ --names
  configapi list app/ --at 15m
  configapi list app/ -o json";

/// The names under a prefix, with their values
///
/// A prefix is compared by bytes: app/a has app/ab under it, app/ is a folder. Names are sorted, and all are at one
/// revision. Off a terminal each name is a line of fields: name, value, revision, time and actor.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct List {
    /// How the names begin; all names without it
    #[arg(value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    /// Folders with the names in them
    #[arg(long)]
    tree: bool,
    /// The names alone
    #[arg(long)]
    names: bool,
    #[arg(long, value_name = "POINT", help = format!("As it was at a point: {POINTS}"))]
    at: Option<PointArg>,
    /// Show secrets; the server records it
    #[arg(long, conflicts_with = "names")]
    reveal: bool,
    #[command(flatten)]
    pager: PagerArg,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl List {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let at = self.at.map(|at| at.resolve(&session.client)).transpose()?;
        let read = Read { at, reveal: self.reveal, names_only: self.names, ..Read::default() };
        let mut items = session.client.list_with(&self.prefix, &read);
        items.begin()?;
        let mut results = self.pager.results(session.ui);
        let mut masked = StayMasked::default();
        let items = items.inspect(|item| {
            masked.0 += u64::from(self.reveal && item.as_ref().is_ok_and(Item::is_masked));
        });
        match session.output {
            Output::Json => rows(items, &mut results, Output::Json)?,
            _ if self.tree => tree(items, &mut results)?,
            _ if self.names => names(items, &mut results)?,
            output => rows(items, &mut results, output)?,
        }
        drop(results);
        masked.say(session.ui);
        Ok(())
    }
}

fn rows(
    items: impl Iterator<Item = Result<Item, Error>>,
    results: &mut Results,
    output: Output,
) -> Result<(), Failure> {
    let times = Times::of(results.look(), output);
    let mut rows = Rows::new(results, output, LIST);
    for item in items {
        let item = item?;
        rows.push(&item, || list_row(&item, &times))?;
    }
    rows.end()
}

fn tree(items: impl Iterator<Item = Result<Item, Error>>, results: &mut Results) -> Result<(), Failure> {
    let mut tree = Tree::new(results.look());
    for item in items {
        let item = item?;
        for line in tree.name(item.name(), Shown::of_item(&item)) {
            results.line(&line)?;
        }
    }
    results.flush()
}

fn names(items: impl Iterator<Item = Result<Item, Error>>, results: &mut Results) -> Result<(), Failure> {
    for item in items {
        name(item?.name(), results)?;
    }
    results.flush()
}

/// A name on a line of its own: exactly for a program, because a name has no end of line in it.
pub(super) fn name(name: &str, results: &mut Results) -> Result<(), Failure> {
    if results.look().is_terminal() { results.line(&Escaped(name).to_string()) } else { results.line(name) }
}
