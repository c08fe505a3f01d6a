//! How a request reaches a server: over the network, or inside of this process.
//!
//! `remote` is the transport over the network. The command line has a second one, which gives requests to an open file
//! through the server's own handler: the same code answers both.

use std::io::Read;

use thiserror::Error;

/// A request of the contract.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Such as `GET`.
    pub method: &'static str,
    /// Path and query.
    pub target: String,
    /// Names and values of the fields.
    pub headers: Vec<(&'static str, String)>,
    /// Its bytes, if it has any.
    pub body: Option<Vec<u8>>,
    /// Whether the response has no end.
    pub endless: bool,
}

/// A response, whose body is read while it comes.
pub struct Response {
    /// Such as 200.
    pub status: u16,
    /// Names and values of the fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The rest of the response.
    pub body: Box<dyn Read + Send>,
}

impl Response {
    /// The value of a field, whose name is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// A request that got no response.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{why}")]
pub struct TransportError {
    /// Whether the server may have it.
    pub sent: Sent,
    /// The cause, without a token.
    pub why: String,
}

/// Whether a server may have a request that got no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// No connection was made.
    No,
    /// The connection failed later.
    Maybe,
}

/// Sends requests.
pub trait Transport: Send + Sync {
    /// Sends a request and waits for the head of its response.
    ///
    /// # Errors
    /// The server can't be reached, or the connection failed.
    fn send(&self, request: &Request) -> Result<Response, TransportError>;

    /// The server's address, for people.
    fn place(&self) -> &str;
}
