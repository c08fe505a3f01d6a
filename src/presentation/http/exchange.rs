//! One request on its way to its answer: what every handler may need, and the one place that dresses answers.
//!
//! Made by the router. An [`Exchange`] outlives the request, because an answer may come from the pool, from
//! the log thread or at a deadline; wherever it comes from, [`Exchange::dress`] gives it the common fields.
//! Invariants: `every_answer_has_a_revision_and_a_request_id`, `a_trace_is_taken_over_and_echoed`.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use rouille::{Request, Response};
use slog::{Logger, error, warn};

use super::api::StatsSource;
use super::settings::ApiSettings;
use crate::application::{ConfigStore, Error};
use crate::domain::Metadata;
use crate::presentation::http::answer::problem::{Act, Backing, Problem};
use crate::presentation::http::request::fields::{Field, NO_CACHE, field, has, put};
use crate::server::{Reply, Responder};

/// What a handler gives back.
pub(super) type Answered = Result<Reply, Problem>;

/// The longest request id that is taken over, in bytes: a UUID has 36.
const REQUEST_ID_BYTES_MAX: usize = 128;

/// Who acts where nobody has to say who they are.
const ANONYMOUS: &str = "anonymous";

/// What outlives the request's own bytes.
pub(super) struct Exchange {
    pub(super) shared: Arc<Shared>,
    request_id: RequestId,
    trace: Option<Trace>,
}

/// What all requests of a service share; behind one count, because every request of every thread moves it.
pub(super) struct Shared {
    pub(super) store: Arc<ConfigStore>,
    pub(super) settings: ApiSettings,
    pub(super) stats: OnceLock<StatsSource>,
    pub(super) logger: Logger,
    pub(super) ids: RequestIds,
}

/// W3C Trace Context: the field as it came, and the trace's id in it.
struct Trace {
    parent: String,
    id: Arc<str>,
}

/// What a request is called. Most are read and answered without anybody asking but their answer's head: the
/// text is made for whoever does.
enum RequestId {
    /// The client's own.
    Given(Box<str>),
    /// One of [`RequestIds`], by its count.
    Made(u64),
}

/// Makes request ids: unique in a process by the count, among processes by the start.
pub(super) struct RequestIds {
    start: String,
    count: AtomicU64,
}

impl RequestIds {
    pub(super) fn new() -> Self {
        Self { start: format!("{}-", uuid::Uuid::now_v7().simple()), count: AtomicU64::new(0) }
    }

    fn next(&self) -> RequestId {
        RequestId::Made(self.count.fetch_add(1, Ordering::Relaxed))
    }

    fn text(&self, count: u64) -> String {
        // 16 digits at most. Writing to a String does not fail.
        let mut text = String::with_capacity(self.start.len() + 16);
        text.push_str(&self.start);
        let _ = write!(text, "{count:x}");
        text
    }
}

impl Exchange {
    pub(super) fn begin(request: &Request, shared: &Arc<Shared>) -> Arc<Self> {
        let request_id = request.header("X-Request-Id").filter(|id| is_request_id(id));
        Arc::new(Self {
            request_id: request_id.map_or_else(|| shared.ids.next(), |given| RequestId::Given(given.into())),
            trace: request.header("traceparent").and_then(parse_trace),
            shared: Arc::clone(shared),
        })
    }

    fn request_id(&self) -> String {
        match &self.request_id {
            RequestId::Given(text) => text.to_string(),
            RequestId::Made(count) => self.shared.ids.text(*count),
        }
    }

    /// Who asks, for the log; the reason is the handler's to add.
    pub(super) fn metadata(&self) -> Metadata {
        let trace_id = self.trace.as_ref().map(|trace| Arc::clone(&trace.id));
        Metadata { request_id: Some(self.request_id().into()), trace_id, ..Metadata::of(ANONYMOUS) }
    }

    /// A failed read as a problem.
    pub(super) fn failed_read(&self, error: &Error) -> Problem {
        Problem::of(error, Act::Read, self.backing())
    }

    /// A failed write as a problem.
    pub(super) fn failed_write(&self, error: &Error) -> Problem {
        // Decided on the head, which reads of now may not have reached.
        let decided_on = self.shared.store.followed().to_string();
        Problem::of(error, Act::Write, self.backing()).field("Config-Revision", decided_on)
    }

    fn backing(&self) -> Backing {
        if self.shared.store.is_embedded() { Backing::Embedded } else { Backing::Database }
    }

    /// What a handler gave back as a reply; what a problem says inside is logged here, with the request's id.
    pub(super) fn settle(&self, answered: Answered) -> Reply {
        answered.unwrap_or_else(|problem| {
            let (status, inner) = (problem.status(), problem.inner().unwrap_or_default());
            if status == 500 {
                error!(self.shared.logger, "request failed"; "request_id" => self.request_id(), "error" => inner);
            } else if !inner.is_empty() {
                warn!(self.shared.logger, "request refused"; "request_id" => self.request_id(),
                    "status" => status, "error" => inner);
            }
            Reply::Ready(problem.into_response())
        })
    }

    /// Gives every answer that comes of a reply the common fields, whenever and wherever it comes.
    pub(super) fn dress(self: &Arc<Self>, reply: Reply) -> Reply {
        let kept = || Arc::clone(self);
        match reply {
            Reply::Ready(mut response) => {
                self.put_common(&mut response);
                Reply::Ready(response)
            }
            Reply::Pooled(work) => {
                let exchange = kept();
                Reply::Pooled(Box::new(move || exchange.dress(work())))
            }
            Reply::Deferred { start, deadline, expired } => {
                let (exchange, late) = (kept(), kept());
                let dress = move |reply| exchange.dress(reply);
                Reply::Deferred {
                    start: Box::new(move |responder| start(responder.finished_by(dress))),
                    deadline,
                    expired: Box::new(move || late.dress(expired())),
                }
            }
            Reply::Waiting { mut poll, deadline, expired } => {
                let (exchange, late) = (kept(), kept());
                Reply::Waiting {
                    poll: Box::new(move || poll().map(|reply| exchange.dress(reply))),
                    deadline,
                    expired: Box::new(move || late.dress(expired())),
                }
            }
            Reply::Stream { mut head, source } => {
                self.put_common(&mut head);
                Reply::Stream { head, source }
            }
        }
    }

    fn put_common(&self, response: &mut Response) {
        if !has(response, "Config-Revision") {
            put(response, "Config-Revision", self.shared.store.applied().get().to_string());
        }
        put(response, "X-Request-Id", self.request_id());
        if let Some(trace) = &self.trace {
            put(response, "traceparent", trace.parent.clone());
        }
        defend(response);
    }
}

/// No answer is to be taken for a page: a value may hold anything.
pub(super) fn defend(response: &mut Response) {
    const DEFENCE: [Field; 2] =
        [field("X-Content-Type-Options", "nosniff"), field("Content-Security-Policy", "sandbox")];
    response.headers.extend(DEFENCE);
    if !has(response, "Cache-Control") {
        response.headers.push(NO_CACHE);
    }
}

/// Work for the pool.
pub(super) fn pooled(
    exchange: &Arc<Exchange>,
    work: impl FnOnce(&Arc<Exchange>) -> Answered + Send + 'static,
) -> Reply {
    let exchange = Arc::clone(exchange);
    Reply::Pooled(Box::new(move || exchange.settle(work(&exchange))))
}

/// A responder that two may hold: whoever is first answers.
#[derive(Clone)]
pub(super) struct FirstAnswer(Arc<Mutex<Option<Responder>>>);

impl FirstAnswer {
    pub(super) fn new(responder: Responder) -> Self {
        Self(Arc::new(Mutex::new(Some(responder))))
    }

    pub(super) fn take(&self) -> Option<Responder> {
        self.0.lock().take()
    }
}

fn is_request_id(text: &str) -> bool {
    (1..=REQUEST_ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `00-<32 hex>-<16 hex>-<2 hex>` (W3C Trace Context section 3.2); a later version may have more after it.
/// What is not one is passed over, as the recommendation says.
fn parse_trace(text: &str) -> Option<Trace> {
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let nonzero = |part: &str| part.bytes().any(|byte| byte != b'0');
    let mut parts = text.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let framed = hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    let valid = framed && hex(trace, 32) && nonzero(trace) && hex(span, 16) && nonzero(span) && hex(flags, 2);
    valid.then(|| Trace { parent: text.to_owned(), id: trace.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_that_is_none_is_passed_over() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let parent = format!("00-{id}-00f067aa0ba902b7-01");
        assert_eq!(parse_trace(&parent).map(|trace| trace.id.to_string()).as_deref(), Some(id));
        assert!(parse_trace(&format!("cc-{id}-00f067aa0ba902b7-01-more")).is_some());
        for text in [
            String::new(),
            format!("ff-{id}-00f067aa0ba902b7-01"),
            format!("00-{id}-00f067aa0ba902b7-01-more"),
            format!("00-{id}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{}-00f067aa0ba902b7-01", id.to_uppercase()),
        ] {
            assert!(parse_trace(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn request_ids_are_visible_ascii_of_some_length() {
        assert!(is_request_id("8e03978e-40d5-43dd-bc93-6894a57f9324"));
        for text in ["", "a b", "a\tb", "ключ", &"x".repeat(129)] {
            assert!(!is_request_id(text), "{text:?}");
        }
    }
}
