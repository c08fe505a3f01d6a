//! One request on its way to its response: what every handler may need, and the one place for common fields, metrics
//! by route and the access line.
//!
//! Made by `api` from the head. An [`Exchange`] outlives the request, because a response may come from the pool, from
//! the log thread or at a deadline. Wherever it comes from, the connection layer has it finished here.
//! Invariants: `every_answer_has_a_revision_and_a_request_id`, `a_trace_is_taken_over_and_echoed`.

mod denied;

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use parking_lot::Mutex;
use rouille::Response;
use slog::{Drain, Logger, debug, error, warn};

pub(super) use self::denied::Asked;
use super::request_id::{RequestId, RequestIds, is_request_id};
use super::settings::ApiSettings;
use super::traffic::{Traffic, Verb};
use crate::application::{ConfigStore, Error, ServerDoor, View};
use crate::domain::{Grant, Metadata, Principal};
use crate::presentation::http::answer::cors::{CROSS_ORIGIN, put_cors};
use crate::presentation::http::answer::memory::AnswerMemory;
use crate::presentation::http::answer::problem::{Act, Backing, Problem};
use crate::presentation::http::answer::response::{SAME_ORIGIN, field};
use crate::presentation::http::request::authenticate::{Authenticator, Identified};
use crate::presentation::http::request::guard::Links;
use crate::presentation::http::request::origin::CorsOrigin;
use crate::presentation::http::request::pace::WritePace;
use crate::presentation::http::request::trace::{Trace, parse_trace};
use crate::server::{BodyShare, Field, Headers, Peer, Reply, RequestHead, Stats};

/// The result of a handler.
pub(super) type Answered = Result<Reply, Problem>;

/// Where the connection layer's counters come from.
pub(super) type StatsSource = Box<dyn Fn() -> Stats + Send + Sync>;

/// What outlives the request's own bytes.
pub(super) struct Exchange {
    pub(super) shared: Arc<Shared>,
    identified: Identified,
    request_id: RequestId,
    trace: Option<Trace>,
    /// None where the head was refused.
    pub(super) place: Option<RouteMatch>,
    verb: Verb,
    began_at: Instant,
    peer: Peer,
    /// The allowed origin of the page that sends it.
    origin: Option<CorsOrigin>,
    /// Only where access lines are written.
    access: Option<Box<AccessLine>>,
    /// The memory that the request's body has. The exchange lives as long as any work on its request.
    body_share: OnceLock<Arc<BodyShare>>,
}

/// Where in the table of routes a request belongs.
pub(super) struct RouteMatch {
    /// The route's index.
    pub(super) route: usize,
    /// Its policy.
    pub(super) policy: &'static Policy,
    /// The texts of its `{…}`.
    pub(super) texts: Vec<String>,
    /// `/v1`, or nothing for the overview's paths.
    pub(super) base: &'static str,
    /// The number of altered names that a write confirms.
    pub(super) confirmed: Option<u64>,
}

/// What a browser or a cache may do with the responses of a route.
pub(super) struct Policy {
    /// `Content-Security-Policy`.
    pub(super) content_security: &'static str,
    /// `Cache-Control`, where the response has none of its own.
    pub(super) caching: &'static str,
    /// More fields of every response.
    pub(super) fields: &'static [Field],
    /// Whose pages may lead a browser there.
    pub(super) links: Links,
}

/// For data: no response is taken for a page, because a value may hold anything.
pub(super) const DATA: Policy =
    Policy { content_security: "sandbox", caching: "no-cache", fields: &[], links: Links::Own };

/// The parts of an access line that the head has.
struct AccessLine {
    method: String,
    path: String,
}

/// What all requests of a service share; behind one count, because every request of every thread moves it.
pub(super) struct Shared {
    /// Seen by [`Exchange::view`] alone: no handler can read past a principal.
    store: Arc<ConfigStore>,
    pub(super) settings: ApiSettings,
    /// For what answers hold while clients take them.
    pub(super) answers: Arc<AnswerMemory>,
    pub(super) stats: OnceLock<StatsSource>,
    pub(super) traffic: Traffic,
    pub(super) logger: Logger,
    ids: RequestIds,
    pub(super) authenticator: Authenticator,
    pace: WritePace,
    /// In place of tokens.
    identify: Option<Identify>,
    /// Held while a large body is parsed, see `transactions`.
    pub(super) large_parse: Mutex<()>,
}

/// Finds out who sends a request.
pub(super) type Identify = Box<dyn Fn(&RequestHead<'_>) -> Arc<Principal> + Send + Sync>;

impl Shared {
    pub(super) fn new(
        store: Arc<ConfigStore>,
        settings: ApiSettings,
        traffic: Traffic,
        logger: Logger,
        identify: Option<Identify>,
    ) -> Self {
        let (stats, ids) = (OnceLock::new(), RequestIds::new());
        let (answers, large_parse) = (AnswerMemory::new(settings.answers_bytes_max), Mutex::new(()));
        let authenticator = Authenticator::new(settings.root_token.clone());
        if authenticator.has_root() {
            store.access().require_tokens();
        }
        let pace = WritePace::default();
        Self {
            store,
            settings,
            answers,
            stats,
            traffic,
            logger,
            ids,
            authenticator,
            pace,
            identify,
            large_parse,
        }
    }

    /// Calls `bell` whenever the store has advanced.
    pub(super) fn on_advance(&self, bell: impl Fn() + Send + Sync + 'static) {
        self.store.on_advance(bell);
    }

    /// Who sends a request; a refusal without a valid token.
    pub(super) fn identify(&self, head: &RequestHead<'_>) -> Result<Identified, Problem> {
        match &self.identify {
            Some(identify) => Ok(Identified::lasting(identify(head))),
            None => self.authenticator.identify(head, self.store.access(), || self.store.now()),
        }
    }

    /// Counts a write against the limit of its principal; a refusal past it.
    pub(super) fn pace(&self, identified: &Identified, head: &RequestHead<'_>) -> Result<(), Problem> {
        let Some(rate) = self.store.access().writes_per_second() else { return Ok(()) };
        self.pace.admit(&identified.principal, rate, head.now).map_err(Problem::too_many_writes)
    }

    /// The longest value that the store takes, in bytes.
    pub(super) fn value_bytes_max(&self) -> usize {
        self.store.options().value_bytes_max
    }
}

impl Exchange {
    pub(super) fn begin(
        head: &RequestHead<'_>,
        shared: &Arc<Shared>,
        place: Option<RouteMatch>,
        identified: Identified,
        origin: Option<CorsOrigin>,
    ) -> Arc<Self> {
        let request_id = head.header("X-Request-Id").filter(|id| is_request_id(id));
        Arc::new(Self {
            identified,
            request_id: request_id.map_or_else(|| shared.ids.next(), |given| RequestId::Given(given.into())),
            trace: head.header("traceparent").and_then(parse_trace),
            place,
            verb: if head.method == "HEAD" { Verb::Head } else { Verb::Own },
            began_at: head.now,
            peer: head.peer,
            origin,
            access: shared.logger.is_debug_enabled().then(|| Box::new(AccessLine::of(head))),
            body_share: OnceLock::new(),
            shared: Arc::clone(shared),
        })
    }

    /// The store, as the request's principal may see it.
    pub(super) fn view(&self) -> View<'_> {
        View::new(&self.shared.store, &self.identified.principal)
    }

    /// Who sends the request.
    pub(super) fn principal(&self) -> &Arc<Principal> {
        &self.identified.principal
    }

    /// The number of altered names that the request confirms.
    pub(super) fn confirmed(&self) -> Option<u64> {
        self.place.as_ref().and_then(|place| place.confirmed)
    }

    /// Whether the server wants tokens.
    pub(super) fn door(&self) -> ServerDoor {
        let is_closed = self.shared.store.access().is_closed();
        if is_closed { ServerDoor::Closed } else { ServerDoor::Open }
    }

    /// Whether the server knows tokens, and the request has none.
    pub(super) fn is_stranger(&self) -> bool {
        self.principal().grants().is_some_and(<[Grant]>::is_empty) && self.principal().id.is_none()
    }

    /// A refusal where its token has ended since.
    pub(super) fn refuse_ended(&self) -> Result<(), Problem> {
        if self.has_ended() { Err(self.failed_read(&Error::Unauthenticated)) } else { Ok(()) }
    }

    /// Whether its token has ended since.
    pub(super) fn has_ended(&self) -> bool {
        self.identified.is_over(self.shared.store.access(), || self.shared.store.now())
    }

    fn request_id(&self) -> String {
        match &self.request_id {
            RequestId::Given(text) => text.to_string(),
            RequestId::Made(count) => self.shared.ids.text(*count),
        }
    }

    /// Takes over the share of memory that the request's body has.
    pub(super) fn keep_share(&self, share: Arc<BodyShare>) {
        // Set once: a request has one body.
        drop(self.body_share.set(share));
    }

    /// Counts what the body was made into in its place, in bytes; a refusal if there is not so much left.
    pub(super) fn hold_bytes(&self, bytes: usize) -> Result<(), Problem> {
        match self.body_share.get() {
            Some(share) if !share.resize(bytes as u64) => Err(Problem::out_of_memory()),
            Some(_) | None => Ok(()),
        }
    }

    /// Who asks, for the log; the reason is the handler's to add.
    pub(super) fn metadata(&self) -> Metadata {
        let trace_id = self.trace.as_ref().map(|trace| Arc::clone(&trace.id));
        Metadata { request_id: Some(self.request_id().into()), trace_id, ..self.view().metadata() }
    }

    /// A failed read as a problem.
    pub(super) fn failed_read(&self, error: &Error) -> Problem {
        Problem::of(error, Act::Read, self.backing())
    }

    /// A failed write as a problem.
    pub(super) fn failed_write(&self, error: &Error) -> Problem {
        // Decided on the head, which reads of now may not have reached.
        let decided_on = self.view().followed().to_string();
        Problem::of(error, Act::Write, self.backing()).field("Config-Revision", decided_on)
    }

    fn backing(&self) -> Backing {
        if self.view().is_embedded() { Backing::Embedded } else { Backing::Database }
    }

    /// The reply of a handler's result: a problem becomes a response.
    pub(super) fn reply(&self, answered: Answered) -> Reply {
        answered.unwrap_or_else(|problem| Reply::Ready(self.refusal(problem)))
    }

    /// A problem as a response; its inner text goes to the log, with the request's id.
    pub(super) fn refusal(&self, problem: Problem) -> Response {
        self.refusal_of(problem, self.asked())
    }

    /// The same for a head that was refused.
    pub(super) fn refusal_of(&self, problem: Problem, asked: Asked) -> Response {
        self.note_denied(&problem, asked);
        let (status, inner) = (problem.status(), problem.inner().unwrap_or_default());
        if status == 500 {
            error!(self.shared.logger, "request failed"; "request_id" => self.request_id(), "error" => inner);
        } else if !inner.is_empty() {
            warn!(self.shared.logger, "request refused"; "request_id" => self.request_id(),
                "status" => status, "error" => inner);
        }
        problem.into_response()
    }

    /// Adds the fields that every response has.
    pub(super) fn put_common(&self, headers: &mut Headers) {
        const NOSNIFF: Field = field("X-Content-Type-Options", "nosniff");
        let has = |name: &str| headers.iter().any(|(held, _)| held.eq_ignore_ascii_case(name));
        let (has_revision, has_caching) = (has("Config-Revision"), has("Cache-Control"));
        if !has_revision {
            headers.push(("Config-Revision".into(), self.view().applied().get().to_string().into()));
        }
        headers.push(("X-Request-Id".into(), self.request_id().into()));
        if let Some(trace) = &self.trace {
            headers.push(("traceparent".into(), trace.parent.clone().into()));
        }
        let policy = self.place.as_ref().map_or(&DATA, |place| place.policy);
        headers.push(NOSNIFF);
        headers.push(if self.origin.is_some() { CROSS_ORIGIN } else { SAME_ORIGIN });
        if !self.shared.settings.cors_origins.is_empty() {
            put_cors(headers, self.origin.as_ref());
        }
        headers.push(field("Content-Security-Policy", policy.content_security));
        headers.extend_from_slice(policy.fields);
        if !has_caching {
            headers.push(field("Cache-Control", policy.caching));
        }
    }

    /// Counts the request and writes its access line.
    pub(super) fn account(&self, status: u16, body_bytes: Option<u64>) {
        let took = self.began_at.elapsed();
        let route = self.place.as_ref().map(|place| place.route);
        self.shared.traffic.count(route, self.verb, status, took);
        if let Some(access) = &self.access {
            debug!(self.shared.logger, "request answered"; "request_id" => self.request_id(),
                "method" => &access.method, "path" => &access.path, "route" => self.shared.traffic.template(route),
                "status" => status, "body_bytes" => body_bytes, "peer" => %self.peer,
                "duration_us" => u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
    }
}

impl AccessLine {
    /// Escapes what the client sent: a log must not be written by its readers.
    fn of(head: &RequestHead<'_>) -> Self {
        let path = head.target.split('?').next().unwrap_or_default();
        Self { method: head.method.to_owned(), path: path.escape_default().to_string() }
    }
}

/// Work for the pool.
pub(super) fn pooled(
    exchange: &Arc<Exchange>,
    work: impl FnOnce(&Arc<Exchange>) -> Answered + Send + 'static,
) -> Reply {
    let exchange = Arc::clone(exchange);
    Reply::Pooled(Box::new(move || exchange.reply(work(&exchange))))
}
