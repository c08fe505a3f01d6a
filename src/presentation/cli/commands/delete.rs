//! `configapi delete`: some names, or all names under a prefix, as one change.

use clap::Args;
use serde_json::json;

use crate::client::{Read, Transaction};
use crate::domain::Revision;
use crate::presentation::cli::connect::{ClientSettings, Missing, Session};
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::ui::{Output, Ui};

const EXAMPLES: &str = "\
Examples:
  configapi delete app/old_flag --reason 'not used since March'
  configapi delete app/a app/b
  configapi delete --prefix app/old/
  configapi delete --prefix app/old/ --dry-run";

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
    pub(in crate::presentation::cli) plan: super::PlanFlags,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}
