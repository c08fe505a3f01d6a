//! `configapi revert` and `configapi undo`: one change taken back, with every later change kept.

use clap::Args;

use crate::client::{Change, Enough, Plan, Undone};
use crate::domain::{Point, Revision};
use crate::presentation::cli::connect::{ClientSettings, Missing, Session};
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::point::PointArg;
use crate::presentation::cli::show::differing::Differing;
use crate::presentation::cli::show::plan;
use crate::presentation::cli::ui::Ui;
use crate::runtime::printable::Escaped;

const REVERT_EXAMPLES: &str = "\
Examples:
  configapi revert 4 --dry-run
  configapi revert 4 --reason 'it broke the login'
  configapi revert HEAD";

const UNDO_EXAMPLES: &str = "\
Examples:
  configapi undo --dry-run
  configapi undo --reason 'wrong value'";

/// Undo one change and keep every later change
///
/// Each name that the change touched gets its value from before. A name that has changed since is shown, and nothing is
/// written: status 5.
#[derive(Debug, Args)]
#[command(after_help = REVERT_EXAMPLES)]
pub(in crate::presentation::cli) struct Revert {
    /// The change: a revision, HEAD or HEAD~3
    #[arg(value_name = "REVISION")]
    revision: PointArg,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

/// Undo your last change
///
/// The last change of the same token is undone; on a server without tokens, the last change. A second undo takes the first
/// one back.
#[derive(Debug, Args)]
#[command(after_help = UNDO_EXAMPLES)]
pub(in crate::presentation::cli) struct Undo {
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

#[derive(Debug, Args)]
struct How {
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Show the plan and change nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: status 9 where something would change
    #[arg(long, requires = "dry_run")]
    exit_code: bool,
}

impl Revert {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        match self.revision.resolve(&session.client)? {
            Point::Revision(revision) => self.how.take_back(&session, revision),
            _ => Err(Failure::usage("name the change by its number: configapi log shows the changes")),
        }
    }
}

impl Undo {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let last = last_change(&session)?;
        let reason = last.reason().map(|reason| format!(": {}", Escaped(reason))).unwrap_or_default();
        session.ui.note(&format!("revision {} by {}{reason}", last.revision(), Escaped(last.actor())));
        self.how.take_back(&session, last.revision())
    }
}

/// The last change of the same token, or the last one of all where there are no tokens.
fn last_change(session: &Session) -> Result<Change, Failure> {
    let me = session.client.whoami()?;
    let mut last = None;
    session.client.newest_first(Revision::ZERO, session.client.head()?, "", |change| {
        if me.id.is_none() || change.actor() == me.name {
            last = Some(change);
            return Ok::<_, Failure>(Enough::Yes);
        }
        Ok(Enough::No)
    })?;
    last.ok_or_else(|| Failure::reported(Status::NotFound, format!("{} has changed nothing yet", me.name)))
}

impl How {
    fn take_back(self, session: &Session, revision: Revision) -> Result<(), Failure> {
        let dry = Undone { dry_run: true, reason: self.reason.clone(), plan: Plan::Shown };
        let planned = session.client.revert_change(revision, &dry)?;
        let counts = plan::print(session.ui, planned.changes.iter().map(Differing::of));
        if self.dry_run {
            session.print_shape(&planned)?;
            let differs = self.exit_code && counts.total() > 0;
            return if differs { Err(Failure::different()) } else { Ok(()) };
        }
        let how = Undone { dry_run: false, ..dry };
        let reverted = session.client.revert_change(revision, &how)?;
        session.print_change(reverted.revision, &reverted)
    }
}
