//! The service behind the connection layer: from the head of a request to its route, and from the request to its handler.
//!
//! Called by `server` on a connection thread, in the three steps of its seam. `begin` finds the route, once, and decides
//! what the head alone decides. Nothing here blocks: what reads the store goes to the pool, what writes to the log
//! thread, what waits to the bell, each as a [`Reply`].

use std::sync::Arc;
use std::time::Instant;

use rouille::{Request, Response};
use slog::Logger;

use super::exchange::{Asked, Exchange, Identify, RouteMatch, Shared};
use super::routes::{Body, Door, Effect, Found, Part, ROUTES, find};
use super::settings::{ApiSettings, Console};
use super::traffic::Traffic;
use crate::application::{ConfigStore, SCHEMA_BYTES_MAX};
use crate::domain::Principal;
use crate::presentation::http::answer::cors::preflight;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::request::authenticate::Identified;
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::guard::{Links, admit};
use crate::presentation::http::request::negotiation::wants_page;
use crate::presentation::http::request::origin::Page;
use crate::presentation::http::request::pace::confirmed;
use crate::presentation::http::request::path::{segments, split_target};
use crate::presentation::http::request::query::Query;
use crate::server::{
    self, Begun, BodyShare, ConnectionMemory, Headers, Peer, Refusal, Reply, RequestHead, Scheme, Service,
    Stats,
};

/// The HTTP contract over a store. A clone is the same one.
#[derive(Clone)]
pub struct Api {
    shared: Arc<Shared>,
}

impl Api {
    /// The contract over a store. The starter of the server also lets the store ring its bell
    /// ([`ConfigStore::on_advance`]): long polls, streams and waits for a revision hear it.
    pub fn new(store: Arc<ConfigStore>, settings: ApiSettings, logger: Logger) -> Self {
        Self::with(store, settings, logger, None)
    }

    /// The same for principals that `identify` finds out, in place of tokens.
    pub fn identifying(
        store: Arc<ConfigStore>,
        settings: ApiSettings,
        logger: Logger,
        identify: impl Fn(&RequestHead<'_>) -> Arc<Principal> + Send + Sync + 'static,
    ) -> Self {
        Self::with(store, settings, logger, Some(Box::new(identify)))
    }

    fn with(
        store: Arc<ConfigStore>,
        settings: ApiSettings,
        logger: Logger,
        identify: Option<Identify>,
    ) -> Self {
        let traffic = Traffic::new(ROUTES.iter().map(|route| (route.path(), route.method)).collect());
        Self { shared: Arc::new(Shared::new(store, settings, traffic, logger, identify)) }
    }

    /// Lets `/metrics` show the connection layer's counters; the first call counts.
    pub fn observe(&self, stats: impl Fn() -> Stats + Send + Sync + 'static) {
        let _ = self.shared.stats.set(Box::new(stats));
    }

    /// Calls `bell` whenever the store has advanced; it must be quick and must not block.
    pub(super) fn on_advance(&self, bell: impl Fn() + Send + Sync + 'static) {
        self.shared.on_advance(bell);
    }

    /// The route that was found, or a refusal by the head alone, and the sender. Without a valid token no path is known
    /// but the open ones.
    fn place(
        &self,
        head: &RequestHead<'_>,
        found: Result<RouteMatch, Problem>,
    ) -> (Result<RouteMatch, Problem>, Identified) {
        let identified = match (self.shared.identify(head), &found) {
            (Ok(identified), _) => identified,
            (Err(_), Ok(place)) if ROUTES[place.route].door == Door::Open => Identified::stranger(),
            (Err(problem), _) => return (Err(problem), Identified::stranger()),
        };
        (found.and_then(|place| self.admit_write(place, &identified, head)), identified)
    }

    /// Reads what only writes have, and counts a write against the limit of its token.
    fn admit_write(
        &self,
        mut place: RouteMatch,
        identified: &Identified,
        head: &RequestHead<'_>,
    ) -> Result<RouteMatch, Problem> {
        if ROUTES[place.route].effect == Effect::Writes {
            self.shared.pace(identified, head)?;
            place.confirmed = confirmed(head)?;
        }
        Ok(place)
    }

    fn route(&self, head: &RequestHead<'_>) -> Result<RouteMatch, Problem> {
        // Balancers ask so whether a server works, unless they are told another way.
        let (method, path) = match (head.method, split_target(head.target).0) {
            ("OPTIONS", "*" | "/") => ("GET", "/readyz"),
            asked => asked,
        };
        let segments = segments(path)?;
        // The root leads a browser to the console. For a program there is nothing.
        let is_known = path != "/" || head.header("Accept").is_some_and(wants_page);
        let console = if is_known { self.shared.settings.console } else { Console::Off };
        let (index, route) = match find(method, &segments, console) {
            Found::Route(index, route) => (index, route),
            Found::WrongMethod(allow, part) => {
                return Err(Problem::wrong_method(allow, part == Part::Resource));
            }
            Found::Nothing => return Err(Problem::no_such_path()),
        };
        let texts = route.texts(&segments);
        if route.is_about_a_name() && texts.first().is_some_and(String::is_empty) {
            return Err(Problem::no_name());
        }
        let base = if segments.first().is_some_and(|first| first.raw == "v1") { "/v1" } else { "" };
        Ok(RouteMatch { route: index, policy: route.policy, texts, base, confirmed: None })
    }

    fn body_bytes_max(&self, place: &RouteMatch) -> u64 {
        match ROUTES[place.route].body {
            Body::None => 0,
            Body::Small => self.shared.settings.small_body_bytes_max,
            Body::Schema => SCHEMA_BYTES_MAX as u64,
            // Six times, because JSON may write each byte as \u00XX; the rest is the reason and the frame.
            Body::Value => 6 * self.shared.value_bytes_max() as u64 + (64 << 10),
            Body::Large => self.shared.settings.large_body_bytes_max,
        }
    }
}

impl Service for Api {
    fn begin(&self, head: &RequestHead<'_>) -> Begun {
        let ApiSettings { hosts, cors_origins, .. } = &self.shared.settings;
        let found = self.route(head);
        let (route, links) = match &found {
            Ok(place) => (Some(place.route), place.policy.links),
            Err(_) => (None, Links::Own),
        };
        let ((placed, identified), origin) = match admit(head, hosts, cors_origins, links) {
            Ok(Page::Own) => (self.place(head, found), None),
            Ok(Page::Allowed(origin)) => (self.place(head, found), Some(origin)),
            Ok(Page::Preflight(origin)) => {
                let stranger = Identified::stranger();
                let exchange = Exchange::begin(head, &self.shared, None, stranger, Some(origin));
                return Begun { exchange, admitted: Err(preflight()) };
            }
            Err(problem) => ((Err(problem), Identified::stranger()), None),
        };
        match placed {
            Ok(place) => {
                let admitted = Ok(self.body_bytes_max(&place));
                let exchange = Exchange::begin(head, &self.shared, Some(place), identified, origin);
                Begun { exchange, admitted }
            }
            Err(problem) => {
                let exchange = Exchange::begin(head, &self.shared, None, identified, origin);
                let asked = Asked::of_head(head, route);
                let admitted = Err(exchange.refusal_of(problem, asked));
                Begun { exchange, admitted }
            }
        }
    }

    fn unreadable(&self, peer: Peer, now: Instant) -> Arc<dyn server::Exchange> {
        let memory = ConnectionMemory::default();
        let scheme = Scheme::Http;
        let head = RequestHead { method: "", target: "", headers: &[], peer, scheme, now, memory: &memory };
        Exchange::begin(&head, &self.shared, None, Identified::stranger(), None)
    }
}

impl server::Exchange for Exchange {
    fn hold(&self, share: Arc<BodyShare>) {
        self.keep_share(share);
    }

    fn is_over(&self) -> bool {
        self.has_ended()
    }

    fn handle(self: Arc<Self>, request: &Request) -> Reply {
        let Some(place) = &self.place else { return self.reply(Err(Problem::no_such_path())) };
        let route = &ROUTES[place.route];
        let answered = Query::parse(split_target(request.raw_url()).1, route.parameters).and_then(|query| {
            let RouteMatch { texts, base, .. } = place;
            (route.handler)(&Call { request, exchange: &self, kind: route.kind(), query, texts, base })
        });
        self.reply(answered)
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        Problem::refused(refusal.status, refusal.detail, refusal.limit).into_response()
    }

    fn finish(&self, status: u16, body_bytes: Option<u64>, headers: &mut Headers) {
        self.put_common(headers);
        self.account(status, body_bytes);
    }
}
