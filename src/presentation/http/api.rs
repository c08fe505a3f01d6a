//! The service behind the connection layer: from a request to its route and back.
//!
//! Called by `server` on a connection thread for each complete request. Nothing here blocks: what reads the
//! store goes to the pool, what writes to the log thread, what waits to the bell, each as a [`Reply`].

use std::sync::{Arc, OnceLock};

use rouille::{Request, Response};
use slog::Logger;

use super::exchange::{Answered, Exchange, RequestIds, Shared, defend};
use super::routes::{Body, Found, find};
use super::settings::ApiSettings;
use crate::application::ConfigStore;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::fields::put;
use crate::presentation::http::request::guard::admit;
use crate::presentation::http::request::path::{segments, split_target};
use crate::presentation::http::request::query::Query;
use crate::server::{Refusal, Reply, Service, Stats};

/// The HTTP contract over a store.
pub struct Api {
    shared: Arc<Shared>,
}

/// Where the connection layer's counters come from.
pub(super) type StatsSource = Box<dyn Fn() -> Stats + Send + Sync>;

impl Api {
    /// The contract over a store. Whoever starts the server also lets the store ring its bell
    /// ([`ConfigStore::on_advance`]): long polls, streams and waits for a revision hear it.
    pub fn new(store: Arc<ConfigStore>, settings: ApiSettings, logger: Logger) -> Self {
        let (stats, ids) = (OnceLock::new(), RequestIds::new());
        Self { shared: Arc::new(Shared { store, settings, stats, logger, ids }) }
    }

    /// Lets `/metrics` show the connection layer's counters; the first call counts.
    pub fn observe(&self, stats: impl Fn() -> Stats + Send + Sync + 'static) {
        let _ = self.shared.stats.set(Box::new(stats));
    }

    fn answer(&self, request: &Request, exchange: &Arc<Exchange>) -> Answered {
        admit(request, &self.shared.settings.hosts)?;
        let (path, raw_query) = split_target(request.raw_url());
        let segments = segments(path)?;
        let route = match find(request.method(), &segments) {
            Found::Route(route) => route,
            Found::WrongMethod(allow) => return Err(Problem::wrong_method(allow)),
            Found::Nothing => return Err(Problem::no_such_path()),
        };
        let base = if segments.first().is_some_and(|first| first == "v1") { "/v1" } else { "" };
        let texts = route.texts(segments);
        let query = Query::parse(raw_query, route.parameters)?;
        (route.handler)(&Call { request, exchange, query, texts, base })
    }
}

impl Service for Api {
    fn handle(&self, request: &Request) -> Reply {
        let exchange = Exchange::begin(request, &self.shared);
        let answered = self.answer(request, &exchange);
        exchange.dress(exchange.settle(answered))
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        let mut response = Problem::refused(refusal.status, refusal.detail, refusal.limit).into_response();
        put(&mut response, "Config-Revision", self.shared.store.applied().to_string());
        defend(&mut response);
        response
    }

    fn body_bytes_max(&self, method: &str, target: &str) -> Option<u64> {
        let segments = segments(split_target(target).0).ok()?;
        let Found::Route(route) = find(method, &segments) else { return None };
        match route.body {
            Body::Small => None,
            // Six times, because JSON may write each byte as \u00XX; the rest is the reason and the frame.
            Body::Value => Some(6 * self.shared.store.options().value_bytes_max as u64 + (64 << 10)),
            Body::Large => Some(self.shared.settings.large_body_bytes_max),
        }
    }
}
