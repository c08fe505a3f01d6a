//! `configapi explain`: what a token may do with a name, and why.

use clap::Args;

use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::facts::Facts;
use crate::presentation::cli::scopes;
use crate::presentation::cli::ui::{Output, Ui};
use crate::wire::token::DecidedJson;

const EXAMPLES: &str = "\
Examples:
  configapi explain app/web/db_password
  configapi explain app/pool_size -o json";

/// Show what a token may do with a name, and why
///
/// For each action: whether it is allowed, and by which scope. Then the rules of the policy, the schema and the pattern of
/// secrets that apply to the name. Another token than your own needs admin of the name.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Explain {
    /// The name
    #[arg(value_name = "NAME")]
    name: String,
    /// The id of another token
    #[arg(long, value_name = "ID")]
    token: Option<String>,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Explain {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let explained = session.client.explain(&self.name, self.token.as_deref())?;
        if session.output == Output::Json {
            let mut results = session.ui.results();
            results.json(&explained)?;
            return results.flush();
        }
        let actions = &explained.actions;
        let nothing = || "none".to_owned();
        Facts::new()
            .with("name", explained.name.as_str())
            .with("token", explained.token.clone().unwrap_or_else(|| "anonymous".to_owned()))
            .with("read", decided(&actions.read))
            .with("write", decided(&actions.write))
            .with("reveal", decided(&actions.reveal))
            .with("admin", decided(&actions.admin))
            .with("secret pattern", explained.secret_pattern.clone().unwrap_or_else(nothing))
            .with("schema of", explained.schema.clone().unwrap_or_else(nothing))
            .with("reason needed under", explained.policy.require_reason.clone().unwrap_or_else(nothing))
            .with("protected under", explained.policy.protect.clone().unwrap_or_else(nothing))
            .print(session.ui, session.output)
    }
}

fn decided(decided: &DecidedJson) -> String {
    let word = if decided.allowed { "allowed" } else { "not allowed" };
    match &decided.by {
        Some(scope) => format!("{word} by {}", scopes::text(scope)),
        None => format!("{word}: no scope is about it"),
    }
}
