//! `configapi profiles`: the servers that `login` has saved.

use clap::Args;
use serde::Serialize;

use crate::presentation::cli::connect::ClientSettings;
use crate::presentation::cli::connect::sign_in::Saved;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::show::table::{Column, Rows, whole};
use crate::presentation::cli::ui::Ui;

const COLUMNS: &[Column] = &[whole("PROFILE"), whole("SERVER"), whole("TOKEN"), whole("USED")];

const EXAMPLES: &str = "\
Examples:
  configapi profiles
  configapi profiles -o json";

/// List the servers that login has saved
///
/// A token is never shown. The profile that commands use now is marked.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Profiles {
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

/// A profile without its token.
#[derive(Serialize)]
struct ProfileJson<'a> {
    profile: &'a str,
    server: &'a str,
    has_token: bool,
    is_used: bool,
}

impl Profiles {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        self.client.refuse_file("an embedded store has no profile")?;
        let ui = self.client.ui(ui);
        let saved = Saved::read()?;
        let mut results = ui.results();
        let mut rows = Rows::new(&mut results, self.client.output(ui), COLUMNS);
        for (profile, it) in saved.profiles.iter() {
            let is_used = profile == self.client.profile_name();
            let has_token = it.token.is_some();
            let shape = ProfileJson { profile, server: &it.server, has_token, is_used };
            rows.push(&shape, || {
                let word = |is, yes: &str| if is { yes.to_owned() } else { String::new() };
                vec![profile.to_owned(), it.server.clone(), word(has_token, "saved"), word(is_used, "now")]
            })?;
        }
        rows.end()
    }
}
