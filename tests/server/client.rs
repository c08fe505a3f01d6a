//! What the tests of the whole share with these, under short names.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ClientConfig;

pub(crate) use super::support::connection::{Connection as Client, Listening, PATIENCE};
use super::support::eventually::within;
use super::toy::Running;

impl Listening for Running {
    fn listening_on(&self) -> SocketAddr {
        self.server.local_addr()
    }

    fn trust(&self) -> Option<Arc<ClientConfig>> {
        self.trust.clone()
    }
}

/// Waits for a fact that nothing announces.
#[track_caller]
pub(crate) fn eventually(what: &str, fact: impl FnMut() -> bool) {
    assert!(within(PATIENCE, fact).is_ok(), "not in time: {what}");
}
