//! Shreds: destroying the keys of encrypted values.
//!
//! The pool looks up which versions share the values. The log thread decides on the head
//! (`a_shred_destroys_a_value_on_every_way_and_the_chain_holds`).

use std::sync::Arc;

use rouille::ResponseBody;

use super::submit::{Marking, submit};
use crate::application::{ShownWritten, Write};
use crate::domain::{ConfigName, Force, IdempotencyMark, Metadata, Reason, Version};
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::json_at;
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::body;
use crate::presentation::http::request::call::{Call, parse_name, reason};
use crate::presentation::http::request::negotiation::require_json;
use crate::server::Reply;
use crate::wire::shred::{ShredJson, ShredResultJson};

/// The parts of a request for a shred.
struct Intended {
    name: ConfigName,
    versions: Option<Vec<Version>>,
    force: Force,
    reason: Reason,
    mark: Option<IdempotencyMark>,
}

/// `POST /v1/shred`
pub(in crate::presentation::http) fn shred(call: &Call<'_>) -> Answered {
    require_json(call.request)?;
    let bytes = body::take(call.request)?;
    let ShredJson { name, versions, reason: said, force } = body::json(&bytes, ShredJson::SHAPE)?;
    let because = reason(Some(&said))?.or(call.head_reason()?);
    let intended = Intended {
        name: parse_name(&name)?,
        versions: versions.map(|versions| versions.into_iter().map(Version::new).collect()),
        force: if force == Some(true) { Force::Yes } else { Force::No },
        reason: because.ok_or_else(|| Problem::invalid("give `reason`: a shred is for ever"))?,
        mark: Marking::begin(call)?.finish(&bytes),
    };
    Ok(pooled(call.exchange, move |exchange| destroy(exchange, intended)))
}

fn destroy(exchange: &Arc<Exchange>, intended: Intended) -> Answered {
    let Intended { name, versions, force, reason, mark } = intended;
    let metadata = Metadata { reason: Some(reason), ..exchange.metadata() };
    let about = name.clone();
    let mend = move |problem: Problem| problem.about(&about);
    let planned = exchange.view().plan_shred(&name, versions, force, metadata);
    let planned = planned.map_err(|error| mend(exchange.failed_write(&error)))?;
    let write = Write { idempotency: mark, ..planned };
    Ok(submit(exchange, write, mend, move |_, written| Ok(destroyed(name, &written))))
}

fn destroyed(name: ConfigName, written: &ShownWritten) -> Reply {
    let versions = written.shredded.iter().map(|version| version.get()).collect();
    let result = ShredResultJson { revision: written.revision, name, versions };
    // A result always has a JSON form.
    let body = serde_json::to_vec(&result).unwrap_or_default();
    Reply::Ready(json_at(written.revision.unwrap_or(written.head), ResponseBody::from_data(body)))
}
