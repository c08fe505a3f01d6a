//! A return to a point: the names of a scope get the values that they had there.
//!
//! A restore becomes one write. It is planned on the pool, on the head of the log, and confirmed and decided by the log
//! thread. Its dry run is decided on the pool, by the same code and on the plan's head
//! (`a_dry_run_of_a_restore_says_what_it_then_does`).

use std::sync::Arc;

use super::submit::{Marking, submit};
use crate::application::{Error, Intent, SchemaFindings, ShownWritten, Write};
use crate::domain::{IdempotencyMark, Metadata, Point, Prefix, Reason, Revision, Scope};
use crate::presentation::http::answer::json_array::JsonArray;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::json_at;
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::body;
use crate::presentation::http::request::call::{Call, parse_name, reason};
use crate::presentation::http::request::moment::{Seen, point};
use crate::presentation::http::request::negotiation::require_json;
use crate::server::Reply;
use crate::wire::difference::DifferenceOf;
use crate::wire::page::Frame;
use crate::wire::policy::ViolationJson;
use crate::wire::restore::{GivenPointJson, RestoreJson, RestoredJson};

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
    let write = Write { idempotency: mark, intent, confirmed: exchange.confirmed(), ..planned };
    if intent == Intent::DryRun {
        let would = store.dry_run(write).map_err(|error| exchange.failed_write(&error))?;
        return Ok(restored(exchange, store.written(would)));
    }
    Ok(submit(exchange, write, |problem| problem, |exchange, written| Ok(restored(exchange, written))))
}

/// The differences that a restore or a revert made, or would make. Where there are schemas, the pool looks for values that
/// do not match them.
pub(super) fn restored(exchange: &Arc<Exchange>, written: ShownWritten) -> Reply {
    if exchange.view().has_schemas() {
        return pooled(exchange, move |exchange| {
            let findings = exchange.view().restored_violations(&written);
            Ok(show(written, &findings))
        });
    }
    show(written, &SchemaFindings::default())
}

fn show(written: ShownWritten, findings: &SchemaFindings) -> Reply {
    let violations = || findings.violations.iter().map(ViolationJson::of).collect();
    let frame = Frame::around(&RestoredJson {
        revision: written.revision,
        violations: (!findings.violations.is_empty()).then(violations),
        violations_partial: findings.is_partial.then_some(true),
        changes: Vec::new(),
    });
    let differences = written.outcomes.into_iter().filter_map(|outcome| outcome.difference);
    let elements = differences.map(|difference| Ok::<_, Error>(DifferenceOf(difference)));
    Reply::Ready(json_at(written.revision.unwrap_or(written.head), JsonArray::body(frame, elements)))
}
