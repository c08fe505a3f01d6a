//! Undoing one change, with every later change kept.
//!
//! The pool looks up the states that the names of the change had before it. The log thread decides on the head whether they are still
//! as the change left them (`a_revert_undoes_one_change_and_keeps_the_later_ones`).

use std::sync::Arc;

use super::restore::restored;
use super::submit::{Marking, submit};
use crate::application::{Intent, Write};
use crate::domain::{IdempotencyMark, Metadata, Point, Reason, Revision};
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::body;
use crate::presentation::http::request::call::{Call, reason};
use crate::presentation::http::request::moment::Seen;
use crate::presentation::http::request::negotiation::require_json;
use crate::wire::restore::RevertJson;

/// The parts of a request for a revert.
struct Intended {
    revision: Revision,
    intent: Intent,
    reason: Option<Reason>,
    mark: Option<IdempotencyMark>,
}

/// `POST /v1/revert`
pub(in crate::presentation::http) fn revert(call: &Call<'_>) -> Answered {
    require_json(call.request)?;
    let bytes = body::take(call.request)?;
    let RevertJson { revision, dry_run, reason: said } = body::json(&bytes, RevertJson::SHAPE)?;
    let revision = Revision::new(revision);
    if revision == Revision::ZERO {
        return Err(Problem::invalid(
            "write the revision of a change, from 1: nothing comes before the first",
        ));
    }
    let intended = Intended {
        revision,
        intent: if dry_run == Some(true) { Intent::DryRun } else { Intent::Commit },
        reason: reason(said.as_deref())?.or(call.head_reason()?),
        mark: Marking::begin(call)?.finish(&bytes),
    };
    Seen::followed(call.request, [Point::Revision(revision)])?.then(
        call.request,
        call.exchange,
        move |exchange| Ok(pooled(exchange, move |exchange| undo(exchange, intended))),
    )
}

fn undo(exchange: &Arc<Exchange>, intended: Intended) -> Answered {
    let Intended { revision, intent, reason, mark } = intended;
    let metadata = Metadata { reason, ..exchange.metadata() };
    let planned = exchange.view().plan_revert(revision, metadata);
    let planned = planned.map_err(|error| exchange.failed_write(&error))?;
    let write = Write { idempotency: mark, intent, ..planned };
    Ok(submit(exchange, write, |problem| problem, |exchange, written| Ok(restored(exchange, written))))
}
