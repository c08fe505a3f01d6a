//! Settings of a client, each with its unit and its default.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How a client reaches its server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's address: `http://HOST:PORT` or `https://HOST[:PORT]`. Default `http://127.0.0.1:4000`.
    pub server: String,
    /// Sent with each request. Default: none.
    pub token: Option<Token>,
    /// A PEM file with the certificates to trust. Default: those that the system trusts.
    pub ca_cert: Option<PathBuf>,
    /// How long to wait for a connection, for a response, and for each part of it. Default 30 s: more than the server lets
    /// a write wait.
    pub timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server: "http://127.0.0.1:4000".to_owned(),
            token: None,
            ca_cert: None,
            timeout: Duration::from_secs(30),
        }
    }
}

/// A token as it is sent. `{:?}` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// From its text, without the spaces and newlines around it; none where nothing else is in it, or where a byte
    /// of it can't be sent in a header.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_sendable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_sendable.then(|| Self(text.to_owned()))
    }

    /// The text itself: for the header, and for the file of profiles.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
