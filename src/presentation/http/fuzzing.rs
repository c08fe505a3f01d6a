//! The body that the fuzz target and a test share: any text as `Authorization`, and as a token.
//!
//! No part of the interface. Panics where an invariant does not hold, whatever the input.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::request::authenticate::{Authenticator, RootToken};
use crate::application::{LiveAccess, TokenText};
use crate::domain::Timestamp;
use crate::server::{ConnectionMemory, Peer, RequestHead, Scheme};

/// The only valid token.
pub const ROOT: &str = "0123456789abcdef0123456789abcdef";

/// Reads each line of a text as a field `Authorization` of one request, twice on one connection. Only the token itself
/// is let in, and the second decision is the same.
pub fn read_authorization(input: &str) {
    let lines: Vec<&str> = input.split('\n').collect();
    let authenticator = Authenticator::new(RootToken::parse(ROOT).ok());
    let (access, memory) = (LiveAccess::default(), ConnectionMemory::default());
    access.require_tokens();
    let headers: Vec<_> = lines.iter().map(|line| ("Authorization".to_owned(), (*line).to_owned())).collect();
    let identify = || {
        let (peer, scheme, now) = (Peer::Unix, Scheme::Http, Instant::now());
        let head =
            RequestHead { method: "GET", target: "/", headers: &headers, peer, scheme, now, memory: &memory };
        authenticator.identify(&head, &access, || Timestamp::from_micros(0)).is_ok()
    };
    let first = identify();
    assert_eq!(identify(), first, "a connection that remembers decides differently");
    if first {
        assert_eq!(lines.len(), 1, "of several fields one was taken");
        assert!(has_root(lines[0]), "another token was let in: {input:?}");
    }
    if TokenText::read(input).is_some() {
        let (rest, last) = input.split_at(input.len() - 1);
        let other = if last == "0" { "1" } else { "0" };
        assert!(TokenText::read(&format!("{rest}{other}")).is_none(), "a wrong checksum was taken");
        assert!(TokenText::read(rest).is_none(), "a token that was cut was taken");
    }
}

/// Whether a value has the root token, as it is or in Base64.
fn has_root(value: &str) -> bool {
    let decoded = value.split(' ').next_back().and_then(|last| STANDARD.decode(last).ok());
    value.ends_with(ROOT) || decoded.is_some_and(|bytes| bytes.ends_with(format!(":{ROOT}").as_bytes()))
}
