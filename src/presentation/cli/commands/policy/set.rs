//! `configapi policy set`: a new policy from a file, after its difference was shown.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use crate::domain::Policy;
use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::document;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::show::differing::Differing;
use crate::presentation::cli::show::plan;
use crate::presentation::cli::show::question::{Consent, confirm};
use crate::presentation::cli::show::shown::Shown;
use crate::presentation::cli::ui::{Output, Ui};
use crate::wire::policy::{NewPolicyJson, PolicyJson};

const EXAMPLES: &str = "\
Examples:
  configapi policy set policy.toml --dry-run
  configapi policy set policy.toml --reason 'production needs reasons' --yes
  configapi policy show | configapi policy set - --yes";

/// Set the policy from a file
///
/// It shows what differs from the policy of now, and asks. A rule that the file does not have gets its default. The file is
/// JSON, TOML or YAML by its extension. It needs admin of everything.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Set {
    /// The file; `-` reads JSON from standard input
    #[arg(value_name = "FILE")]
    policy_file: PathBuf,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: exit with 9 where something would change
    #[arg(long, requires = "dry_run")]
    exit_code: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Set {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let new: NewPolicyJson = document::read(&self.policy_file)?;
        let session = self.client.open(ui, Missing::Make)?;
        let (before, after) = (session.client.policy()?, with_defaults(&new));
        if before == after {
            session.ui.note("the policy is like this already");
            return print(session.ui, session.output, &before);
        }
        show_difference(session.ui, &before, &after);
        if self.dry_run {
            print(session.ui, session.output, &after)?;
            return if self.exit_code { Err(Failure::different()) } else { Ok(()) };
        }
        let consent = if self.yes { Consent::Given } else { Consent::Needed };
        confirm(session.ui, consent, "set this policy?")?;
        let policy = session.client.set_policy(&new, self.reason.as_deref())?;
        print(session.ui, session.output, &policy)
    }
}

/// The policy as the shape of JSON; for people the plan has said all.
fn print(ui: Ui, output: Output, policy: &PolicyJson) -> Result<(), Failure> {
    if output != Output::Json {
        return Ok(());
    }
    let mut results = ui.results();
    results.json(policy)?;
    results.flush()
}

/// The policy that the server makes of it.
fn with_defaults(new: &NewPolicyJson) -> PolicyJson {
    let default = PolicyJson::of(&Policy::default());
    PolicyJson {
        secret_patterns: new.secret_patterns.clone().unwrap_or(default.secret_patterns),
        require_reason: new.require_reason.clone().unwrap_or(default.require_reason),
        protect: new.protect.clone().unwrap_or(default.protect),
        writes_per_second: new.writes_per_second.or(default.writes_per_second),
    }
}

/// A line for each rule that changes.
fn show_difference(ui: Ui, before: &PolicyJson, after: &PolicyJson) {
    let (before, after) = (rules(before), rules(after));
    let differing = before.iter().zip(&after).filter(|(before, after)| before != after);
    let differing = differing.map(|((rule, before), (_, after))| {
        Differing::new(rule, Some(Shown::Text(before)), Some(Shown::Text(after)))
    });
    plan::print(ui, differing);
}

fn rules(policy: &PolicyJson) -> Vec<(String, String)> {
    let members = match serde_json::to_value(policy) {
        Ok(Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    members.into_iter().map(|(rule, value)| (rule, value.to_string())).collect()
}
