//! The way of a write: to the log thread with a completion, back as a response, or a 503 at the deadline.
//!
//! Called by the handlers of PUT, DELETE, transactions and restores. The pool answers a repeated request: it reads the
//! change that the first one made. It also validates values that have a schema and encrypts secrets, before the write is
//! queued, and prepares a write again whose plan, schemas or patterns have moved. At the deadline a write that still
//! waits is withdrawn, and its 503 says that it was not stored. A write that is already being appended has an unknown
//! outcome (G10). Invariants: `a_write_that_waits_too_long_is_withdrawn`.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rouille::Request;
use sha2::{Digest, Sha256};

use crate::application::{
    Completion, Error, Prepared, Settled, ShownWritten, Ticket, View, Withdrawal, Write,
};
use crate::domain::{ContentDigest, IdempotencyKey, IdempotencyMark};
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::conditions::Conditions;
use crate::presentation::http::request::fields::joined;
use crate::server::Reply;

/// How long a write is prepared before the pool's thread is given back.
const PREPARATION_TURN: Duration = Duration::from_millis(20);

/// Hands a write to the log thread; `answer` makes the reply, on the connection's thread or on the pool: it must be
/// short, or pooled. `mend` completes a problem, with the name that it is about.
pub(in crate::presentation::http) fn submit(
    exchange: &Arc<Exchange>,
    write: Write,
    mend: impl Fn(Problem) -> Problem + Send + Sync + 'static,
    answer: impl FnOnce(&Arc<Exchange>, ShownWritten) -> Answered + Send + 'static,
) -> Reply {
    let write = Write { confirmed: exchange.confirmed(), ..write };
    submit_prepared(exchange, exchange.view().prepare(write), Arc::new(mend), answer)
}

/// Prepares on the pool, in turns, until the write may enter the queue.
fn submit_prepared<M, A>(exchange: &Arc<Exchange>, prepared: Prepared, mend: Arc<M>, answer: A) -> Reply
where
    M: Fn(Problem) -> Problem + Send + Sync + 'static,
    A: FnOnce(&Arc<Exchange>, ShownWritten) -> Answered + Send + 'static,
{
    match prepared {
        Prepared::Ready(write) => submit_write(exchange, write, mend, answer),
        unready => pooled(exchange, move |exchange| {
            let prepared = exchange.view().prepare_on(unready, PREPARATION_TURN);
            let prepared = prepared.map_err(|error| mend(exchange.failed_write(&error)))?;
            Ok(submit_prepared(exchange, prepared, mend, answer))
        }),
    }
}

/// The same with a `mend` that a second try can share.
fn submit_write<M, A>(exchange: &Arc<Exchange>, write: Write, mend: Arc<M>, answer: A) -> Reply
where
    M: Fn(Problem) -> Problem + Send + Sync + 'static,
    A: FnOnce(&Arc<Exchange>, ShownWritten) -> Answered + Send + 'static,
{
    let ticket: Arc<OnceLock<Ticket>> = Arc::new(OnceLock::new());
    let (late, late_mend, late_ticket) = (Arc::clone(exchange), Arc::clone(&mend), Arc::clone(&ticket));
    let exchange = Arc::clone(exchange);
    Reply::Deferred {
        deadline: Instant::now() + exchange.shared.settings.write_wait,
        start: Box::new(move |responder| {
            let submitting = Arc::clone(&exchange);
            let kept = View::may_move(&write).then(|| write.clone());
            let completion = Completion::waking(move |result| {
                responder.respond_with(Box::new(move || {
                    exchange.reply(match (result, kept) {
                        (Ok(Settled::Written(written)), _) => {
                            match exchange.view().written_at_once(written) {
                                Ok(shown) => answer(&exchange, shown),
                                Err(written) => Ok(pooled(&exchange, move |exchange| {
                                    answer(exchange, exchange.view().written(written))
                                })),
                            }
                        }
                        (Ok(Settled::Repeated(repeated)), _) => Ok(pooled(&exchange, move |exchange| {
                            let written = exchange.view().first_answer(&repeated);
                            let written = written.map_err(|error| mend(exchange.failed_write(&error)))?;
                            answer(exchange, exchange.view().written(written))
                        })),
                        (Err(Error::PlanMoved | Error::SecrecyMoved), Some(write)) => {
                            Ok(pooled(&exchange, move |exchange| {
                                let prepared = exchange.view().prepare_again(write);
                                let prepared =
                                    prepared.map_err(|error| mend(exchange.failed_write(&error)))?;
                                Ok(submit_prepared(exchange, prepared, mend, answer))
                            }))
                        }
                        (Err(error), _) => Err(mend(exchange.failed_write(&error))),
                    })
                }))
            });
            // Set once: this closure runs once.
            drop(ticket.set(submitting.view().submit(write, completion)));
        }),
        expired: Box::new(move || {
            let error = match late_ticket.get().map(Ticket::withdraw) {
                Some(Withdrawal::NotStored) => Error::Expired(late.shared.settings.write_wait),
                Some(Withdrawal::UnderWay) | None => Error::OutcomeUnknown,
            };
            late.reply(Err(late_mend(late.failed_write(&error))))
        }),
    }
}

/// By what a repetition of a request will be recognised, but for its body, which may be long.
pub(in crate::presentation::http) struct Marking(Option<(IdempotencyKey, Sha256)>);

impl Marking {
    /// Reads the key and the head.
    pub(in crate::presentation::http) fn begin(call: &Call<'_>) -> Result<Self, Problem> {
        let key = call.idempotency_key()?;
        Ok(Self(key.map(|key| (key, head_digest(call.request, call.kind, call.texts)))))
    }

    /// Adds the body.
    pub(in crate::presentation::http) fn finish(self, body: &[u8]) -> Option<IdempotencyMark> {
        let (key, hasher) = self.0?;
        Some(IdempotencyMark {
            key,
            content: ContentDigest::Plain(hasher.chain_update(body).finalize().into()),
        })
    }
}

/// SHA-256 over method, route, conditions, reason, and then the body; each before the body follows its length,
/// so that no two requests have the same bytes. The route counts, not the path: with `/v1` and without it
/// are the same.
fn head_digest(request: &Request, kind: &str, texts: &[String]) -> Sha256 {
    let field = |name| joined(request, name).unwrap_or_default();
    let mut hasher = Sha256::new();
    for part in [
        request.method(),
        kind,
        &texts.join("/"),
        &Conditions::digest_text(request),
        &field("Content-Type"),
        &field("Config-Content-Type"),
        &field("Config-Reason"),
    ] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    // Older releases did not know it: a request without it has the digest that they made.
    if let Some(secret) = joined(request, "Config-Secret") {
        hasher.update(u64::MAX.to_be_bytes());
        hasher.update(secret.as_bytes());
    }
    hasher
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_covers_what_makes_a_request_this_request() {
        let of = |method: &str, url: &str, fields: &[(&str, &str)], name: &str, body: &str| {
            let fields = fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            let request = Request::fake_http(method, url, fields, Vec::new());
            let key = IdempotencyKey::parse("key").unwrap();
            let marking = Marking(Some((key, head_digest(&request, "config", &[name.to_owned()]))));
            marking.finish(body.as_bytes()).unwrap().content
        };
        let first = of("PUT", "/v1/config/a", &[], "a", "x");
        assert_eq!(first, of("PUT", "/config/%61", &[], "a", "x"));
        for other in [
            of("DELETE", "/v1/config/a", &[], "a", "x"),
            of("PUT", "/v1/config/b", &[], "b", "x"),
            of("PUT", "/v1/config/a", &[("If-Match", "\"1\"")], "a", "x"),
            of("PUT", "/v1/config/a", &[("If-None-Match", "\"1\"")], "a", "x"),
            of("PUT", "/v1/config/a", &[("Config-Reason", "why")], "a", "x"),
            of("PUT", "/v1/config/a", &[("Content-Type", "text/plain")], "a", "x"),
            of("PUT", "/v1/config/a", &[("Config-Secret", "true")], "a", "x"),
            of("PUT", "/v1/config/a", &[], "a", "y"),
        ] {
            assert_ne!(first, other);
        }
    }
}
