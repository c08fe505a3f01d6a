//! Who may reach the server: the addresses that an open server may listen on.
//!
//! Called by `serve`. An open server is one whose log holds no token and that has no root token. The log says so only
//! once it is open, so that the addresses are bound before.

use slog::{Logger, warn};

use super::error::Failure;
use super::listen::Endpoint;

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
