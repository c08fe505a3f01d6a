//! `configapi login`: saves a server and its token as a profile.
//!
//! The token is typed without echo, or comes from a file or from standard input. It is saved only when the server has
//! accepted it.

use std::io::{self, Read as _};

use clap::Args;

use crate::client::{Client, Error, Token};
use crate::presentation::cli::connect::ClientSettings;
use crate::presentation::cli::connect::sign_in::Saved;
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::facts::Facts;
use crate::presentation::cli::typed;
use crate::presentation::cli::ui::{Output, Ui};
use crate::wire::token::WhoAmIJson;

/// A longer token is a mistake, such as another file.
const TOKEN_BYTES_MAX: u64 = 16 << 10;

const EXAMPLES: &str = "\
Examples:
  configapi login --server https://config.example.com
  configapi login --profile staging --server https://staging.example.com --token-file staging.token
  printf '%s' \"$TOKEN\" | configapi login --server https://config.example.com";

/// Save a server and its token
///
/// The token is asked for without echo; where standard input is not a terminal, it is read from there. It is saved only
/// if the server accepts it, in `$XDG_CONFIG_HOME/configapi/client.toml` (default `~/.config`), for its owner alone. Later
/// commands use the profile `default`, or the one that --profile names. A server without tokens is saved without one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Login {
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Login {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        self.client.refuse_file("an embedded store needs no token, so there is nothing to save")?;
        let ui = self.client.ui(ui);
        let mut saved = Saved::read()?;
        let mut profile = self.client.profile_to_sign_in(&saved)?;
        let open = self.client.client_of(&profile, None, ui)?;
        let who = match open.whoami() {
            Ok(who) => who,
            Err(error) if is_refused(&error) => {
                let token = self.token(open.place(), ui)?;
                let client = self.client.client_of(&profile, Some(&token), ui)?;
                let who = check(&client)?;
                profile.token = Some(token.as_str().to_owned());
                who
            }
            Err(error) => return Err(error.into()),
        };
        let (name, server) = (self.client.profile_name(), profile.server.clone());
        saved.profiles.set(name, profile);
        saved.write()?;
        match self.client.output(ui) {
            Output::Json => {
                let mut results = ui.results();
                results.json(&who)?;
                results.flush()?;
            }
            output => said(name, &server, &who).print(ui, output)?,
        }
        if who.id.is_none() {
            ui.note("the server knows no token: everybody who reaches it may do everything");
        }
        if self.client.has_token_variable() {
            ui.note("CONFIGAPI_TOKEN is set, and wins over the profile: unset it to use the profile");
        }
        Ok(())
    }

    fn token(&self, server: &str, ui: Ui) -> Result<Token, Failure> {
        if let Some(token) = self.client.token_of_file(ui)? {
            return Ok(token);
        }
        let text =
            if ui.stdin_is_terminal { typed::secret(&format!("Token for {server}: "))? } else { piped()? };
        let unusable =
            || Failure::usage("this is not a token: it is one word of printable ASCII, such as cfgapi_…");
        Token::parse(&text).ok_or_else(unusable)
    }
}

fn said(profile: &str, server: &str, who: &WhoAmIJson) -> Facts {
    let expires = who.expires_at.map(|instant| instant.to_string());
    Facts::new()
        .with("profile", profile)
        .with("server", server)
        .with("name", who.name.as_str())
        .with_some("id", who.id.as_deref())
        .with_some("expires", expires)
}

fn is_refused(error: &Error) -> bool {
    error.problem().is_some_and(|problem| problem.status() == 401)
}

/// The server's word on a token.
fn check(client: &Client) -> Result<WhoAmIJson, Failure> {
    client.whoami().map_err(|error| {
        if is_refused(&error) {
            let text = format!("{} does not accept the token: nothing is saved", client.place());
            return Failure::reported(Status::NotAllowed, text)
                .hint("it may be cut off, expired or revoked: copy it again, or ask for a new one");
        }
        error.into()
    })
}

fn piped() -> Result<String, Failure> {
    let mut text = String::new();
    let read = io::stdin().lock().take(TOKEN_BYTES_MAX).read_to_string(&mut text);
    read.map_err(|error| Failure::system(format!("standard input: {error}")))?;
    if text.trim().is_empty() {
        return Err(Failure::usage(
            "standard input has no token: pipe it in, or name a file with --token-file",
        ));
    }
    Ok(text)
}
