//! The service from the first connection on: the contract once the store is open, and until then that it is not.
//!
//! The server is bound before its store is opened, which takes as long as the database is away. An orchestrator that
//! got no answer to its liveness probe would kill a process that only waits. Called by `presentation::cli`, which
//! starts the server with it. Invariant: `before_the_store_is_open_the_server_lives_and_is_not_ready`.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use rouille::{Request, Response, ResponseBody};

use super::api::Api;
use super::exchange::DATA;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::{NO_CACHE, SAME_ORIGIN, field, put, response};
use crate::presentation::http::request::path::split_target;
use crate::server::{self, Begun, Headers, Peer, Refusal, Reply, RequestHead, Service};

/// The service of a server whose store may not be open yet.
#[derive(Default)]
pub struct Front(OnceLock<Arc<Api>>);

impl Front {
    /// From now on requests are answered from the store; the first call counts.
    pub fn open(&self, api: Arc<Api>) {
        let _ = self.0.set(api);
    }
}

impl Service for Front {
    fn begin(&self, head: &RequestHead<'_>) -> Begun {
        if let Some(api) = self.0.get() {
            return api.begin(head);
        }
        let is_probe = matches!(head.method, "GET" | "HEAD");
        let path = split_target(head.target).0;
        let probe = match path.strip_prefix("/v1").unwrap_or(path) {
            "/livez" if is_probe => Some((200, "ok\n")),
            "/readyz" if is_probe => Some((503, "not ready\n")),
            _ => None,
        };
        let admitted = if probe.is_some() { Ok(0) } else { Err(not_open()) };
        Begun { exchange: Arc::new(Unopened(probe)), admitted }
    }

    fn unreadable(&self, peer: Peer, now: Instant) -> Arc<dyn server::Exchange> {
        match self.0.get() {
            Some(api) => api.unreadable(peer, now),
            None => Arc::new(Unopened(None)),
        }
    }
}

/// A request that came before the store was open: status and text, if it is a probe.
struct Unopened(Option<(u16, &'static str)>);

impl server::Exchange for Unopened {
    fn handle(self: Arc<Self>, _: &Request) -> Reply {
        let Some((status, text)) = self.0 else { return Reply::Ready(not_open()) };
        let mut response = response(status, ResponseBody::from_string(text));
        put(&mut response, "Content-Type", "text/plain; charset=utf-8");
        if status == 503 {
            put(&mut response, "Retry-After", "1");
        }
        Reply::Ready(response)
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        Problem::refused(refusal.status, refusal.detail, refusal.limit).into_response()
    }

    fn finish(&self, _: u16, _: Option<u64>, headers: &mut Headers) {
        headers.push(field("X-Content-Type-Options", "nosniff"));
        headers.push(field("Content-Security-Policy", DATA.content_security));
        headers.extend([SAME_ORIGIN, NO_CACHE]);
    }
}

fn not_open() -> Response {
    Problem::not_open().into_response()
}
