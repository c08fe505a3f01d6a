//! `configapi delete`: some names, or all names under a prefix, as one change.

use clap::Args;

use crate::client::{Difference, DifferenceKind, Error, Transaction};
use crate::domain::{CHANGE_EVENTS_MAX, ConfigName, Revision};
use crate::presentation::cli::connect::{ClientSettings, Missing, Session};
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::planned::{Next, PlanFlags};
use crate::presentation::cli::show::differing::Differing;
use crate::presentation::cli::ui::Ui;
use crate::wire::restore::RestoredJson;

const EXAMPLES: &str = "\
Examples:
  configapi delete app/old_flag --reason 'not used since March'
  configapi delete app/a app/b
  configapi delete --prefix app/old/ --dry-run
  configapi delete --prefix app/old/ --yes";

/// Delete names
///
/// All are deleted in one change, or none: a name without a value is status 3. With --prefix it shows the plan and asks.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Delete {
    /// The names
    #[arg(value_name = "NAME", required_unless_present = "prefix", conflicts_with = "prefix")]
    names: Vec<String>,
    /// Delete all names that begin so
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only if the value has this revision
    #[arg(long, value_name = "N", conflicts_with = "prefix")]
    if_revision: Option<u64>,
    #[command(flatten)]
    plan: PlanFlags,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Delete {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let mut transaction = Transaction::new();
        if let Some(reason) = &self.reason {
            transaction.because(reason);
        }
        if let Some(prefix) = &self.prefix {
            return self.delete_prefix(&session, prefix, transaction);
        }
        if self.if_revision.is_some() && self.names.len() > 1 {
            return Err(Failure::usage("--if-revision is for one name: give one name, or leave it out"));
        }
        for name in &self.names {
            transaction.delete(name, self.if_revision.map(Revision::new));
        }
        if self.plan.is_dry_run() {
            transaction.dry_run();
        }
        let written = if self.plan.is_agreed() {
            session.client.transact_shown(&transaction)
        } else {
            session.client.transact(&transaction)
        };
        let written = written.map_err(absent)?;
        session.print_change(written.revision, &written.shape())
    }

    fn delete_prefix(
        &self,
        session: &Session,
        prefix: &str,
        mut transaction: Transaction,
    ) -> Result<(), Failure> {
        let mut planned = RestoredJson::planned();
        for item in session.client.list(prefix) {
            let item = item?;
            transaction.delete(item.name(), Some(item.revision()));
            if transaction.len() > CHANGE_EVENTS_MAX {
                return Err(Failure::system(format!(
                    "more than {CHANGE_EVENTS_MAX} names begin with {prefix}: delete them in parts, by longer prefixes"
                )));
            }
            let name: ConfigName = item.name.clone();
            planned.changes.push(Difference {
                name,
                kind: DifferenceKind::Removed,
                from: Some(item),
                to: None,
            });
        }
        let next = self.plan.agree(session, planned.changes.iter().map(Differing::of), &planned)?;
        let Next::Change = next else { return Ok(()) };
        let written = session.client.transact_shown(&transaction)?;
        session.print_change(written.revision, &written.shape())
    }
}

/// A name without a value is not a conflict here.
fn absent(error: Error) -> Failure {
    let failed = error.problem().into_iter().flat_map(|problem| problem.0.failed.iter().flatten());
    let names = failed.filter(|failed| failed.current_revision == Revision::ZERO);
    let names: Vec<_> = names.map(|failed| failed.name.as_str()).collect();
    match names.as_slice() {
        [] => error.into(),
        [name] => Failure::reported(Status::NotFound, format!("nothing was deleted: {name} has no value")),
        names => Failure::reported(
            Status::NotFound,
            format!("nothing was deleted: these names have no value: {}", names.join(", ")),
        ),
    }
}
