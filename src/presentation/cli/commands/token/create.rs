//! `configapi token create`: a new token.

use std::borrow::Cow;

use clap::Args;

use super::secret::print_secret;
use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::scopes::ScopeArg;
use crate::presentation::cli::ui::Ui;
use crate::runtime::printable::Escaped;
use crate::wire::token::NewTokenJson;

const EXAMPLES: &str = "\
Examples:
  configapi token create admin --scope :read,write,reveal,admin
  configapi token create web --scope app/web:read,reveal --expires-in 90days --note 'web'
  configapi token create ci --scope app:read,write --deny app/prod:write
  configapi token create backup --scope :read > backup.token";

/// Make a token
///
/// The token alone goes to standard output, and is shown only this once. A scope allows actions at and below a prefix, by
/// whole path segments; an empty prefix means everything. The actions are read, write, reveal (secrets in clear text) and
/// admin (tokens and schemas). A deny always wins.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Create {
    /// Its name, which is the actor of its changes
    #[arg(value_name = "NAME")]
    token_name: String,
    /// A prefix with the actions that are allowed under it, such as app/web:read,write; may be given several times
    #[arg(long, value_name = "PREFIX:ACTIONS", required = true)]
    scope: Vec<ScopeArg>,
    /// A prefix with actions that are denied under it, such as app/web/db:write; may be given several times
    #[arg(long, value_name = "PREFIX:ACTIONS")]
    deny: Vec<ScopeArg>,
    /// How long it works, such as 30days [default: for ever]
    #[arg(long, value_name = "DURATION")]
    expires_in: Option<String>,
    /// The purpose, for people
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Create {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Make)?;
        let allows = self.scope.into_iter().map(ScopeArg::allow);
        let new = NewTokenJson {
            name: Cow::Borrowed(&self.token_name),
            scopes: allows.chain(self.deny.into_iter().map(ScopeArg::deny)).collect(),
            expires_in: self.expires_in.as_deref().map(Cow::Borrowed),
            note: self.note.as_deref().map(Cow::Borrowed),
        };
        let token = session.client.create_token(&new)?;
        let until = token.expires_at.map_or_else(|| "for ever".to_owned(), |at| format!("until {at}"));
        let made = format!("made {} with the id {}; it works {until}", Escaped(&token.name), token.id);
        print_secret(&session, &token, &made)?;
        if token.server_closed == Some(true) {
            session.ui.note(
                "this is the first token: from now on every request needs one; configapi login saves it for you",
            );
        }
        Ok(())
    }
}
