//! `configapi log`: the changes, newest first, or as they come.

mod choice;
mod printer;

use clap::Args;

use self::choice::{Choice, Chosen, Text};
use self::printer::{Detail, Form, Printer};
use super::following::{follow, refuse_open_file};
use super::reading::PagerArg;
use crate::client::Enough;
use crate::domain::{Revision, SearchText};
use crate::presentation::cli::connect::{ClientSettings, Missing, Session};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::point::{POINTS, PointArg};
use crate::presentation::cli::ui::Ui;

/// Changes that `--follow` begins with, as `tail` and `journalctl` do.
const FOLLOWED: u64 = 10;

const EXAMPLES: &str = "\
Examples:
  configapi log
  configapi log app/ -n 5
  configapi log --since 15m
  configapi log --since 2 --until 5 --stat
  configapi log --actor deploy --reason 'more load'
  configapi log -S db.example.com
  configapi log app/ --follow
  configapi log -o json";

/// The changes: who made them, when, why, and what they changed
///
/// The newest change comes first. Under a prefix, only the names under it are shown. Off a terminal each change is a line of
/// fields: revision, time, actor, reason, and a field for each name with its sign; with --stat, how many names were added,
/// changed and deleted. With `-o json` it is a page of the feed, newest first; with --follow, a change on each line.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Log {
    /// How the names begin; all changes without it
    #[arg(value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    #[arg(long, value_name = "POINT", help = format!("Only changes after a point: {POINTS}"))]
    since: Option<PointArg>,
    /// Only changes up to a point
    #[arg(long, value_name = "POINT")]
    until: Option<PointArg>,
    /// Only changes by this token
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only changes whose reason has this text, whatever its letter case
    #[arg(long, value_name = "TEXT", value_parser = SearchText::parse)]
    reason: Option<SearchText>,
    /// Only changes of values in which this text appeared or disappeared: it is there more or less often than before
    #[arg(short = 'S', value_name = "TEXT")]
    text: Option<String>,
    /// Only so many of the newest changes
    #[arg(short = 'n', long = "number", value_name = "N")]
    number: Option<u64>,
    /// Count the names by folder, and show no values
    #[arg(long)]
    stat: bool,
    /// Go on with new changes as they come; begins with the newest 10, or as -n says, oldest first
    #[arg(short, long, conflicts_with = "until")]
    follow: bool,
    #[command(flatten)]
    pager: PagerArg,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Log {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        if self.follow {
            refuse_open_file(&self.client, "--follow")?;
        }
        let session = self.client.open(ui, Missing::Refuse)?;
        let revision = |point: PointArg| point.revision(&session.client);
        let since = self.since.map(revision).transpose()?;
        let until = self.until.map(revision).transpose()?;
        let head = session.client.head()?;
        let mut choice = Choice {
            prefix: self.prefix.clone(),
            actor: self.actor.clone(),
            reason: self.reason.clone(),
            text: self.text.as_deref().map(Text::parse).transpose()?,
        };
        if self.follow {
            return self.follow(&session, &mut choice, since, head);
        }
        let until = until.map_or(head, |until| until.min(head));
        let form = Form::of(session.output, self.detail(), Some(until));
        let mut printer = Printer::new(self.pager.results(session.ui), form, &self.prefix);
        let limit = self.number.unwrap_or(u64::MAX);
        let range = (since.unwrap_or_default(), until);
        self.newest(&session, &mut choice, range, limit, |chosen| printer.push(chosen))?;
        printer.end()?;
        choice.say_unsearched(session.ui);
        Ok(())
    }

    fn detail(&self) -> Detail {
        if self.stat { Detail::Counts } else { Detail::Names }
    }

    /// Hands over the newest of the chosen changes, newest first.
    fn newest(
        &self,
        session: &Session,
        choice: &mut Choice,
        (after, upto): (Revision, Revision),
        limit: u64,
        mut take: impl FnMut(Chosen) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut left = limit;
        if left == 0 {
            return Ok(());
        }
        session.client.newest_first(after, upto, &self.prefix, |change| {
            if let Some(chosen) = choice.choose(change) {
                take(chosen)?;
                left -= 1;
            }
            Ok(if left == 0 { Enough::Yes } else { Enough::No })
        })
    }

    /// Prints the chosen changes as they come, oldest first.
    fn follow(
        &self,
        session: &Session,
        choice: &mut Choice,
        since: Option<Revision>,
        head: Revision,
    ) -> Result<(), Failure> {
        let form = Form::of(session.output, self.detail(), None);
        let mut printer = Printer::new(session.ui.results(), form, &self.prefix);
        // Everything after a point comes by the event stream itself.
        let after = if let (Some(since), None) = (since, self.number) {
            since
        } else {
            let mut found = Vec::new();
            let limit = self.number.unwrap_or(FOLLOWED);
            let range = (since.unwrap_or_default(), head);
            self.newest(session, choice, range, limit, |chosen| {
                found.push(chosen);
                Ok(())
            })?;
            found.into_iter().rev().try_for_each(|chosen| printer.push(chosen))?;
            printer.flush()?;
            head
        };
        follow(session, &self.prefix, after, |change| {
            let Some(chosen) = choice.choose(change) else { return Ok(()) };
            printer.push(chosen)?;
            printer.flush()
        })
    }
}
