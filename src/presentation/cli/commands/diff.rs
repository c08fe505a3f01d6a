//! `configapi diff`: the names that differ between two points, or between two prefixes.

mod printer;
mod sides;

use clap::Args;

use self::printer::Printer;
use self::sides::Sides;
use super::reading::{PagerArg, StayMasked};
use crate::client::{Ends, Read};
use crate::domain::{Point, Revision};
use crate::presentation::cli::connect::{ClientSettings, Missing, Session};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::point::{POINTS, PointArg};
use crate::presentation::cli::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  configapi diff 15m
  configapi diff 2 5
  configapi diff HEAD~1 --prefix app/web/
  configapi diff 1day --stat
  configapi diff --prefix app/web/ --against prod/web/
  configapi diff 15m --exit-code -o json";

/// The names that differ between two points, or between two prefixes
///
/// Each name has a sign: + where it was added, ~ where it changed, - where it was deleted. Off a terminal each name is a line of
/// fields: sign, name, old value and new value. With --against the first side is --prefix and the second side is the other
/// prefix, at one point unless two are given; names are shown without their prefix.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Diff {
    #[arg(value_name = "FROM", required_unless_present = "against", help = format!("The point before: {POINTS}"))]
    from: Option<PointArg>,
    /// The point after [default: now; with --against FROM]
    #[arg(value_name = "TO")]
    to: Option<PointArg>,
    /// How the names begin; all names without it
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    /// Compare the names under --prefix with the names under this one
    #[arg(long, value_name = "PREFIX", requires = "prefix")]
    against: Option<String>,
    /// Exit with 9 where there is a difference
    #[arg(long)]
    exit_code: bool,
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

impl Diff {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let mut printer = Printer::new(&self.pager, &session, self.stat.then_some(&self.prefix));
        match &self.against {
            Some(other) => self.prefixes(other, &session, &mut printer)?,
            None => self.points(&session, &mut printer)?,
        }
        if self.exit_code && printer.has_differences() { Err(Failure::different()) } else { Ok(()) }
    }

    /// Compares one prefix at two points.
    fn points(&self, session: &Session, printer: &mut Printer<'_>) -> Result<(), Failure> {
        let client = &session.client;
        let resolve = |point: PointArg| point.resolve(client);
        let from = self.from.map(resolve).transpose()?.unwrap_or(Point::Revision(Revision::ZERO));
        let to = self.to.map(resolve).transpose()?;
        let mut masked = StayMasked::default();
        let ends = client.each_difference(from, to, &self.prefix, |ends, mut difference| {
            if self.reveal {
                masked.0 += client.reveal_difference(&mut difference, ends)?;
            }
            printer.push(ends, &difference)
        })?;
        printer.end(ends)?;
        masked.say(session.ui);
        Ok(())
    }

    /// Compares two prefixes.
    fn prefixes(&self, other: &str, session: &Session, printer: &mut Printer<'_>) -> Result<(), Failure> {
        let client = &session.client;
        let from = match self.from {
            Some(from) => from.revision(client)?,
            None => client.head()?,
        };
        let to = self.to.map(|to| to.revision(client)).transpose()?.unwrap_or(from);
        let ends = Ends { from, to };
        let list = |prefix: &str, at| {
            let read = Read { reveal: self.reveal, ..Read::at(Point::Revision(at)) };
            client.list_with(prefix, &read)
        };
        let mut sides = Sides::new((&self.prefix, list(&self.prefix, from)), (other, list(other, to)));
        while let Some(difference) = sides.next_difference()? {
            printer.push(ends, &difference)?;
        }
        printer.end(ends)?;
        sides.say_incomparable(session.ui);
        Ok(())
    }
}
