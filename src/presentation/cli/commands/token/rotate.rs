//! `configapi token rotate`: a new secret for a token.

use clap::Args;

use super::secret::print_secret;
use crate::client::Rotated;
use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::Ui;
use crate::runtime::printable::Escaped;

const EXAMPLES: &str = "\
Examples:
  configapi token rotate 7Kq2mZ9x
  configapi token rotate 7Kq2mZ9x --keep-old-for 1h > web.token";

/// Give a token a new secret
///
/// The new token alone goes to standard output, and is shown only this once. Id, name and scopes stay. The old secret ends
/// at once, unless --keep-old-for lets it work for a while.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Rotate {
    /// Its id, which `token list` shows
    #[arg(value_name = "ID")]
    id: String,
    /// How long the old secret still works, such as 1h
    #[arg(long, value_name = "DURATION")]
    keep_old_for: Option<String>,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Rotate {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let token = session.client.rotate_token(&self.id, &Rotated { keep_old_for: self.keep_old_for })?;
        let old = match token.old_token_until {
            Some(until) => format!("its old secret works until {until}"),
            None => "its old secret works no more".to_owned(),
        };
        print_secret(&session, &token, &format!("{} has a new secret; {old}", Escaped(&token.name)))
    }
}
