//! The way of each command that changes several names: the plan, the question, and the result with its undo.
//!
//! The plan and the question go to standard error. `--dry-run` ends after the plan, `--yes` answers the question.

use clap::Args;
use serde::Serialize;

use super::connect::Session;
use super::error::Failure;
use super::show::differing::Differing;
use super::show::plan;
use super::show::question::{Consent, confirm};
use super::ui::Output;
use crate::domain::Revision;

/// The flags of a command with a plan.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct PlanFlags {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Show the plan and change nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: status 9 where something would change
    #[arg(long, requires = "dry_run")]
    exit_code: bool,
}

/// The next step of a command with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The change.
    Change,
    /// It ends: there is nothing to change, or it was a dry run.
    End,
}

impl PlanFlags {
    /// Whether nothing may be changed.
    pub(super) fn is_dry_run(self) -> bool {
        self.dry_run
    }

    /// Whether the command line agrees to all of it.
    pub(super) fn is_agreed(self) -> bool {
        self.yes
    }

    /// Shows the plan, and asks unless the flags say otherwise. `shape` is the plan in JSON, for a dry run and where there
    /// is nothing to do.
    pub(super) fn agree<'a>(
        self,
        session: &Session,
        planned: impl IntoIterator<Item = Differing<'a>>,
        shape: &impl Serialize,
    ) -> Result<Next, Failure> {
        let total = plan::print(session.ui, planned).total();
        if total == 0 {
            session.ui.note("nothing to change");
        }
        if self.dry_run || total == 0 {
            session.print_shape(shape)?;
            let differs = self.dry_run && self.exit_code && total > 0;
            return if differs { Err(Failure::different()) } else { Ok(Next::End) };
        }
        let consent = if self.yes { Consent::Given } else { Consent::Needed };
        confirm(session.ui, consent, "make these changes?")?;
        Ok(Next::Change)
    }
}

impl Session {
    /// The result of a change of several names: its revision, or its shape in JSON. The undo line comes last.
    pub(super) fn print_change(
        &self,
        revision: Option<Revision>,
        shape: &impl Serialize,
    ) -> Result<(), Failure> {
        self.print_shape(shape)?;
        let Some(revision) = revision else {
            self.ui.note("nothing to change");
            return Ok(());
        };
        match self.output {
            Output::Json => {}
            Output::Table => self.ui.print(&format!("revision  {revision}"))?,
            Output::Plain => self.ui.print(&revision.to_string())?,
        }
        self.say_undo(revision);
        Ok(())
    }

    /// A shape of the contract, where JSON is asked for.
    pub(super) fn print_shape(&self, shape: &impl Serialize) -> Result<(), Failure> {
        if self.output != Output::Json {
            return Ok(());
        }
        let mut results = self.ui.results();
        results.json(shape)?;
        results.flush()
    }
}
