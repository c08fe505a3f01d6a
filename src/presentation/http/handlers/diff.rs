//! The differences between two points, and going back to one: diff and restore.
//!
//! Both read the log on the pool. A restore becomes one write: planned on the head of the log, confirmed and decided
//! by the log thread, so that its dry run and its deed differ by their intent alone
//! (`a_dry_run_of_a_restore_says_what_it_then_does`).

use std::sync::Arc;

use super::submit::{Marking, submit};
use crate::application::{Error, Intent, ShownWritten, Write};
use crate::domain::{IdempotencyMark, Metadata, Point, Prefix, Reason, Revision, Scope};
use crate::presentation::http::answer::caching::{Keeping, keeping};
use crate::presentation::http::answer::json_array::JsonArray;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::json_at;
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::body;
use crate::presentation::http::request::call::{Call, parse_name, reason};
use crate::presentation::http::request::moment::{Seen, point};
use crate::presentation::http::request::negotiation::require_json;
use crate::server::Reply;
use crate::wire::difference::{DiffJson, DifferenceOf};
use crate::wire::page::Frame;
use crate::wire::restore::{GivenPointJson, RestoreJson, RestoredJson};

/// `GET /v1/diff`
pub(in crate::presentation::http) fn diff(call: &Call<'_>) -> Answered {
    let from =
        call.query.get("from").ok_or_else(|| Problem::malformed("give the parameter `from`, a point"))?;
    let from = point(from)?;
    let to = call.query.get("to").map(point).transpose()?;
    let prefix = call.query.prefix()?;
    let points: Vec<Point> = [from].into_iter().chain(to).collect();
    Seen::followed(call.request, points)?.then(call.request, call.exchange, move |exchange| {
        Ok(pooled(exchange, move |exchange| compare(exchange, &prefix, from, to)))
    })
}

fn compare(exchange: &Arc<Exchange>, prefix: &Prefix, from: Point, to: Option<Point>) -> Answered {
    let store = exchange.view();
    let keeping = to.map_or(Keeping::Revalidate, |to| keeping(&[from, to]));
    let failed = |error: Error| exchange.failed_read(&error);
    let resolve = |point| store.resolve(point).map_err(failed);
    let points = [Some(from), to];
    let to = to.map_or_else(|| Ok(store.followed()), resolve)?;
    let from = resolve(from)?;
    let differences = store.diff(prefix, from, to).map_err(failed)?;
    points.into_iter().flatten().try_for_each(|point| store.confirm(point)).map_err(failed)?;
    let frame = Frame::around(&DiffJson { from, to, changes: Vec::new() });
    let elements = differences.into_iter().map(|difference| Ok::<_, Error>(DifferenceOf(difference)));
    let mut response = json_at(to, JsonArray::body(frame, elements));
    keeping.put(&mut response, "Accept");
    Ok(Reply::Ready(response))
}

fn parse_point(given: GivenPointJson<'_>) -> Result<Point, Problem> {
    match given {
        GivenPointJson::Text(text) => point(&text),
        GivenPointJson::Number(number) => {
            let revision = number.as_u64().map(|number| Point::Revision(Revision::new(number)));
            revision.ok_or_else(|| Problem::malformed("write the revision as a whole number from 0"))
        }
    }
}

/// The parts of a request for a restore.
struct Intended {
    scope: Scope,
    to: Point,
    intent: Intent,
    body_reason: Option<Reason>,
    head_reason: Option<Reason>,
    mark: Option<IdempotencyMark>,
}

/// `POST /v1/restore`
pub(in crate::presentation::http) fn restore(call: &Call<'_>) -> Answered {
    require_json(call.request)?;
    let bytes = body::take(call.request)?;
    let RestoreJson { to, prefix, name, dry_run, reason: said } = body::json(&bytes, RestoreJson::SHAPE)?;
    let scope = match (prefix, name) {
        (Some(_), Some(_)) => return Err(Problem::invalid("give `prefix` or `name`, not both")),
        (None, Some(name)) => Scope::Name(parse_name(&name)?),
        (prefix, None) => {
            let prefix = Prefix::parse(prefix.as_deref().unwrap_or_default());
            Scope::Prefix(prefix.map_err(|error| Problem::invalid(format!("correct the prefix: {error}")))?)
        }
    };
    let intended = Intended {
        scope,
        to: parse_point(to)?,
        intent: if dry_run == Some(true) { Intent::DryRun } else { Intent::Commit },
        body_reason: reason(said.as_deref())?,
        head_reason: call.head_reason()?,
        mark: Marking::begin(call)?.finish(&bytes),
    };
    Seen::followed(call.request, [intended.to])?.then(call.request, call.exchange, move |exchange| {
        Ok(pooled(exchange, move |exchange| go_back(exchange, intended)))
    })
}

fn go_back(exchange: &Arc<Exchange>, intended: Intended) -> Answered {
    let Intended { scope, to, intent, body_reason, head_reason, mark } = intended;
    let store = exchange.view();
    let metadata = Metadata { reason: body_reason.or(head_reason), ..exchange.metadata() };
    let planned = store.plan_restore(scope, to, metadata).map_err(|error| exchange.failed_write(&error))?;
    let write = Write { idempotency: mark, intent, ..planned };
    Ok(submit(exchange, write, |problem| problem, |_, written| Ok(restored(written))))
}

fn restored(written: ShownWritten) -> Reply {
    let frame = Frame::around(&RestoredJson { revision: written.revision, changes: Vec::new() });
    let differences = written.outcomes.into_iter().filter_map(|outcome| outcome.difference);
    let elements = differences.map(|difference| Ok::<_, Error>(DifferenceOf(difference)));
    Reply::Ready(json_at(written.revision.unwrap_or(written.head), JsonArray::body(frame, elements)))
}
