//! Who may reach the server: the root token, and what an open server may listen on.
//!
//! Called by `serve`. An open server is one whose log holds no token and that has no root token. The log says so only
//! once it is open, so that the addresses are bound before.

use std::fmt;
use std::fs;
use std::path::Path;

use slog::{Logger, warn};

use super::error::Failure;
use super::layers::Origin;
use super::listen::Endpoint;
use crate::presentation::http::RootToken;
use crate::runtime::files::is_open_to_others;

/// The variable of the root token itself.
pub(super) const ROOT_TOKEN_VARIABLE: &str = "CONFIGAPI_ROOT_TOKEN";

/// A setting that must not be shown: no help, error or log has it.
#[derive(Clone)]
pub(super) struct SecretText(String);

impl SecretText {
    /// Takes every text: what is wrong with it is said without it.
    #[expect(clippy::unnecessary_wraps, reason = "the form of a parser")]
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }

    /// The text itself.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText")
    }
}

/// The root token of the settings: in a file, or in the environment itself.
pub(super) fn root_token(
    file: Option<&Path>,
    text: Option<(&SecretText, Origin)>,
    logger: &Logger,
) -> Result<Option<RootToken>, Failure> {
    let text = match (file, text) {
        (_, Some((_, Origin::Flag))) => {
            let why = "a root token on the command line is in the list of processes";
            return Err(Failure::usage(why)
                .hint(format!("set {ROOT_TOKEN_VARIABLE}, or name a file with --root-token-file")));
        }
        (Some(_), Some(_)) => {
            let why = format!("--root-token-file and {ROOT_TOKEN_VARIABLE} both name a root token: use one");
            return Err(Failure::usage(why));
        }
        (None, None) => return Ok(None),
        (None, Some((text, _))) => text.reveal().to_owned(),
        (Some(path), None) => {
            let unreadable =
                |error| Failure::system(format!("the root token's file {}: {error}", path.display()));
            if fs::metadata(path).is_ok_and(|file| is_open_to_others(&file)) {
                warn!(logger, "other users can read the root token: chmod 600 takes that right away";
                    "file" => %path.display());
            }
            fs::read_to_string(path).map_err(unreadable)?
        }
    };
    RootToken::parse(&text).map(Some).map_err(|error| Failure::usage(error.to_string()))
}

/// Whether requests need a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// They do.
    Yes,
    /// Everybody may do everything.
    No,
}

/// The settings that say who may reach a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    pub(super) allow_anonymous: bool,
    pub(super) behind_proxy: bool,
    /// Whether clients speak TLS with the server.
    pub(super) encrypts: bool,
}

/// Refuses an open server that others reach, unless it is asked for; warns of what others can see.
pub(super) fn check(
    endpoints: &[Endpoint],
    closed: Closed,
    reach: Reach,
    logger: &Logger,
) -> Result<(), Failure> {
    if closed == Closed::Yes && reach.allow_anonymous {
        return Err(Failure::usage(
            "--allow-anonymous contradicts the tokens of this server: every request needs one",
        )
        .hint("start it without --allow-anonymous"));
    }
    for address in endpoints.iter().filter(|endpoint| !endpoint.is_local()) {
        match closed {
            Closed::No if !reach.allow_anonymous => {
                let why = format!("{address} can be reached by others, and the server knows no token");
                return Err(Failure::usage(why).hint(
                    "listen on 127.0.0.1 and make a token, or start it with --root-token-file; --allow-anonymous lets \
                     everybody who reaches the address read and write everything",
                ));
            }
            Closed::No => {
                warn!(logger, "EVERYBODY WHO REACHES THIS ADDRESS MAY READ AND WRITE EVERYTHING"; "address" => %address);
            }
            Closed::Yes if !reach.encrypts && !reach.behind_proxy => {
                warn!(logger, "tokens and values cross the network unencrypted: use --tls-cert, or --behind-proxy if a \
                    proxy encrypts"; "address" => %address);
            }
            Closed::Yes => {}
        }
    }
    Ok(())
}
