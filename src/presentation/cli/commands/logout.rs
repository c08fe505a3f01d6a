//! `configapi logout`: removes a profile.

use clap::Args;
use serde_json::json;

use crate::presentation::cli::connect::ClientSettings;
use crate::presentation::cli::connect::sign_in::Saved;
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::ui::{Output, Ui};

const EXAMPLES: &str = "\
Examples:
  configapi logout
  configapi logout --profile staging";

/// Remove a saved server and its token
///
/// The token itself works until it expires or somebody revokes it: `configapi token revoke ID`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Logout {
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Logout {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        self.client.refuse_file("an embedded store has no profile")?;
        let ui = self.client.ui(ui);
        let mut saved = Saved::read()?;
        let name = self.client.profile_name();
        let Some(removed) = saved.profiles.get(name).cloned() else {
            let text = format!("{} has no profile {name}", saved.path.display());
            return Err(Failure::reported(Status::NotFound, text).hint("configapi profiles shows all"));
        };
        saved.profiles.remove(name);
        saved.write()?;
        match self.client.output(ui) {
            Output::Json => {
                let mut results = ui.results();
                results.json(&json!({ "profile": name, "server": removed.server }))?;
                results.flush()?;
            }
            Output::Table => ui.print(&format!("{name}  {}", removed.server))?,
            Output::Plain => ui.print(&format!("{name}\t{}", removed.server))?,
        }
        if removed.token.is_some() {
            ui.note("the token itself works until it expires or is revoked: configapi token revoke ID");
        }
        Ok(())
    }
}
