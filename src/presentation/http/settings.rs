//! Settings of the HTTP contract, each with its unit, its default and the reason for it.

use std::time::Duration;

pub use crate::presentation::http::request::authenticate::{RootToken, RootTokenError};
pub use crate::presentation::http::request::guard::Hosts;
pub use crate::presentation::http::request::origin::{CorsOrigin, CorsOriginError};
use crate::runtime::stop::Stop;

/// Whether the console is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Console {
    /// It is, at `/console/`.
    #[default]
    Served,
    /// Its paths are unknown.
    Off,
}

/// The settings of an [`Api`](super::Api).
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// For which hosts it answers. Default: loopback names, because the server listens there.
    pub hosts: Hosts,
    /// Origins whose pages may use it from a browser. Default: none.
    pub cors_origins: Vec<CorsOrigin>,
    /// Whether the console is served. Default: it is.
    pub console: Console,
    /// A token that may do everything and is not in the log. With one, every request needs a token. Default: none.
    pub root_token: Option<RootToken>,
    /// How long a write waits for its outcome before 503. Default 10 s: past that the client has given up.
    pub write_wait: Duration,
    /// How long a read waits for a revision where `Prefer: wait` says nothing. Default 5 s.
    pub revision_wait: Duration,
    /// `/readyz` answers 503 once the server has been without a change of the log for so long. Default 10 s: a burst must
    /// not take every server out of the balancer at once, and a client that waits longer is better served elsewhere.
    pub ready_lag: Duration,
    /// The longest that a client may have it wait, for a revision or in a long poll. Default 5 min: what
    /// proxies between may be set to.
    pub wait_max: Duration,
    /// The longest body of a few words, such as a restore's, in bytes. Default 64 KiB.
    pub small_body_bytes_max: u64,
    /// The longest body of a transaction, in bytes. Default 64 MiB: one change's limit.
    pub large_body_bytes_max: u64,
    /// Bodies past this many bytes are read by the pool, not on the connection's thread. Default 64 KiB: some
    /// 100 µs of parsing.
    pub inline_body_bytes_max: usize,
    /// Data of the store that all answers may hold while clients take them, in bytes; 503 past it. Default 128 MiB: some
    /// 500 clients that do not read.
    pub answers_bytes_max: u64,
    /// Says that the server is stopping: `/readyz` answers 503 from then on.
    pub stop: Option<Stop>,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            hosts: Hosts::default(),
            cors_origins: Vec::new(),
            console: Console::default(),
            root_token: None,
            write_wait: Duration::from_secs(10),
            revision_wait: Duration::from_secs(5),
            ready_lag: Duration::from_secs(10),
            wait_max: Duration::from_mins(5),
            small_body_bytes_max: 64 << 10,
            large_body_bytes_max: 64 << 20,
            inline_body_bytes_max: 64 << 10,
            answers_bytes_max: 128 << 20,
            stop: None,
        }
    }
}
