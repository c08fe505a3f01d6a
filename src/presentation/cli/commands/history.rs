//! `configapi history`: every value that a name had.

use clap::Args;

use super::reading::{PagerArg, StayMasked};
use crate::client::{Event, HistoryRead};
use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::show::change::event_block;
use crate::presentation::cli::show::lines::{Framed, event_fields, line};
use crate::presentation::cli::show::results::Results;
use crate::presentation::cli::show::shown::Shown;
use crate::presentation::cli::show::time::Times;
use crate::presentation::cli::ui::{Output, Ui};

const EXAMPLES: &str = "\
Examples:
  configapi history app/pool_size
  configapi history app/pool_size -n 3
  configapi history app/pool_size --reverse
  configapi history app/db_password --reveal
  configapi history app/pool_size -o json";

/// Every value that a name had: who set it, when and why
///
/// The newest event comes first, as in a log. Off a terminal each event is a line of fields: revision, version, time, actor,
/// sign, value and reason; the sign is + for a set, ~ for a set over a value, - for a delete and ! where values were
/// destroyed. A name that never existed is status 3.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct History {
    /// The name
    #[arg(value_name = "NAME")]
    name: String,
    /// Only so many of the newest events
    #[arg(short = 'n', long = "number", value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    number: Option<u64>,
    /// The oldest event first
    #[arg(long, conflicts_with = "number")]
    reverse: bool,
    /// Show secrets; the server records it
    #[arg(long)]
    reveal: bool,
    #[command(flatten)]
    pager: PagerArg,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl History {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let read = HistoryRead { newest_first: !self.reverse, limit: self.number, reveal: self.reveal };
        let mut masked = StayMasked::default();
        let mut printer: Option<Printer> = None;
        session.client.each_event(&self.name, read, |event: Event| {
            masked.0 += u64::from(self.reveal && matches!(Shown::after(&event), Some(Shown::Masked(_))));
            let printer =
                printer.get_or_insert_with(|| Printer::new(self.pager.results(session.ui), session.output));
            printer.push(&event)
        })?;
        let Some(printer) = printer else {
            let text = format!("{} never had a value", self.name);
            let hint = format!("configapi list {} shows the names that begin so", self.name);
            return Err(Failure::reported(Status::NotFound, text).hint(hint));
        };
        printer.end()?;
        masked.say(session.ui);
        Ok(())
    }
}

/// Events on their way to a reader.
struct Printer {
    results: Results,
    output: Output,
    times: Times,
    array: Framed,
    is_first: bool,
}

impl Printer {
    fn new(results: Results, output: Output) -> Self {
        let times = Times::of(results.look(), output);
        Self { results, output, times, array: Framed::around(&[(); 0]), is_first: true }
    }

    fn push(&mut self, event: &Event) -> Result<(), Failure> {
        let look = self.results.look();
        match self.output {
            Output::Json => self.array.push(&mut self.results, event),
            Output::Plain => self.results.line(&line(&event_fields(event, &self.times), look.is_terminal())),
            Output::Table => {
                let between = if std::mem::take(&mut self.is_first) { "" } else { "\n" };
                let block = event_block(event, &self.times, look.colour);
                self.results.line(&format!("{between}{block}"))
            }
        }
    }

    fn end(mut self) -> Result<(), Failure> {
        match self.output {
            Output::Json => self.array.end(&mut self.results),
            Output::Plain | Output::Table => self.results.flush(),
        }
    }
}
