//! `configapi restore`: values as they were at a point, as one change.

use clap::Args;

use crate::client::{Plan, Scope, Undone};
use crate::domain::Point;
use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::planned::{Next, PlanFlags};
use crate::presentation::cli::point::{POINTS, PointArg};
use crate::presentation::cli::show::differing::Differing;
use crate::presentation::cli::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  configapi restore --to 15m --prefix app/ --dry-run
  configapi restore --to HEAD~1 --prefix app/ --reason 'the deploy at noon broke it'
  configapi restore app/pool_size --to 2 --yes";

/// Make values equal to their state at a point
///
/// It shows the plan, asks, and makes one change that can itself be undone. Values that were set later are deleted.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Restore {
    /// One name
    #[arg(value_name = "NAME", required_unless_present = "prefix", conflicts_with = "prefix")]
    name: Option<String>,
    #[arg(long, value_name = "POINT", help = format!("The point: {POINTS}"))]
    to: PointArg,
    /// All names that begin so; an empty prefix is everything
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    plan: PlanFlags,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Restore {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let scope = match (&self.name, &self.prefix) {
            (Some(name), _) => Scope::Name(name),
            (None, prefix) => Scope::Prefix(prefix.as_deref().unwrap_or_default()),
        };
        // An age would mean a later point after the question.
        let to = session.client.revision_at(self.to.resolve(&session.client)?)?;
        let dry = Undone { dry_run: true, reason: self.reason, plan: Plan::Shown };
        let planned = session.client.restore_scope(scope, Point::Revision(to), &dry)?;
        let next = self.plan.agree(&session, planned.changes.iter().map(Differing::of), &planned)?;
        let Next::Change = next else { return Ok(()) };
        let how = Undone { dry_run: false, ..dry };
        let restored = session.client.restore_scope(scope, Point::Revision(to), &how)?;
        session.print_change(restored.revision, &restored)
    }
}
