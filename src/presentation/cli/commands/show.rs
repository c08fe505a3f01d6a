//! `configapi show`: one change.

use clap::Args;

use super::reading::{PagerArg, StayMasked};
use crate::domain::Revision;
use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::point::PointArg;
use crate::presentation::cli::show::change::{block, stat_block};
use crate::presentation::cli::show::differing::Differing;
use crate::presentation::cli::show::lines::{difference_fields, line};
use crate::presentation::cli::show::time::Times;
use crate::presentation::cli::ui::{Output, Ui};

const EXAMPLES: &str = "\
Examples:
  configapi show 4
  configapi show HEAD
  configapi show HEAD~2 --stat
  configapi show 4 -o json";

/// One change: who made it, when, why, and what it changed
///
/// Of an instant or an age it is the newest change at that point. Off a terminal each name is a line of fields: sign, name,
/// old value and new value. A revision that the log does not have is status 3.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Show {
    /// The revision; HEAD is the newest, HEAD~2 two before it
    #[arg(value_name = "REVISION")]
    revision: PointArg,
    /// Count the names by folder, and show no values
    #[arg(long)]
    stat: bool,
    /// Show secrets; the server records it
    #[arg(long, conflicts_with = "stat")]
    reveal: bool,
    #[command(flatten)]
    pager: PagerArg,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Show {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let revision = self.revision.revision(&session.client)?;
        let Some(mut change) = session.client.change(revision)? else {
            let head = session.client.head()?;
            let text = match revision {
                Revision::ZERO => "change 0 does not exist: it is the log before its first change".to_owned(),
                beyond if beyond > head => format!("change {beyond} does not exist: the newest is {head}"),
                hidden => format!("change {hidden} has no name that this token may read"),
            };
            return Err(Failure::reported(Status::NotFound, text));
        };
        let mut masked = StayMasked::default();
        if self.reveal {
            for event in &mut change.events {
                masked.0 += session.client.reveal_event(event)?;
            }
        }
        let mut results = self.pager.results(session.ui);
        let (look, times) = (results.look(), Times::of(results.look(), session.output));
        match session.output {
            Output::Json => results.json(&change)?,
            Output::Table if self.stat => results.line(&stat_block(&change, "", &times, look.colour))?,
            Output::Table => results.line(&block(&change, &times, look.colour))?,
            Output::Plain => {
                for differing in change.events.iter().filter_map(Differing::of_event) {
                    results.line(&line(&difference_fields(&differing), look.is_terminal()))?;
                }
            }
        }
        results.flush()?;
        drop(results);
        masked.say(session.ui);
        Ok(())
    }
}
