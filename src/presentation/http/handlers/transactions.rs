//! Change sets: several operations, all or nothing, as one change.
//!
//! A body may be large, so that it is read on the pool; the response is pulled. From then on the command's memory
//! counts, not the body's: ten thousand checks take many times their text. Nothing is decided here: the log thread
//! decides (`a_transaction_happens_whole_or_not_at_all`).

use std::sync::Arc;

use super::submit::{Marking, submit};
use crate::application::{Error, Intent, ShownOutcome, ShownWritten, Write};
use crate::domain::{Action, Attributes, Command, Operation, Reason, Revision};
use crate::presentation::http::answer::json_array::JsonArray;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::{NO_STORE, json_at};
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::body;
use crate::presentation::http::request::call::{Call, parse_name, parse_new_name, reason, secrecy};
use crate::presentation::http::request::negotiation::require_json;
use crate::server::Reply;
use crate::wire::item::ItemOf;
use crate::wire::object::Object;
use crate::wire::page::Frame;
use crate::wire::transaction::{
    CheckJson, DeleteJson, OperationJson, SetJson, TransactedJson, TransactionJson,
};

/// Bodies of more bytes than this are parsed one after the other: while it is parsed, such a body takes twice the memory
/// that was counted for it.
const ALONE_BYTES_MIN: usize = 4 << 20;

/// The fields of the request, before the body is read.
struct Intended {
    bytes: Vec<u8>,
    head_reason: Option<Reason>,
    marking: Marking,
}

/// `POST /v1/transactions`
pub(in crate::presentation::http) fn transact(call: &Call<'_>) -> Answered {
    require_json(call.request)?;
    let bytes = body::take(call.request)?;
    let is_long = bytes.len() > call.exchange.shared.settings.inline_body_bytes_max;
    let intended = Intended { head_reason: call.head_reason()?, marking: Marking::begin(call)?, bytes };
    if is_long {
        return Ok(pooled(call.exchange, move |exchange| submit_all(exchange, intended)));
    }
    submit_all(call.exchange, intended)
}

fn submit_all(exchange: &Arc<Exchange>, intended: Intended) -> Answered {
    let Intended { bytes, head_reason, marking } = intended;
    let alone = (bytes.len() > ALONE_BYTES_MIN).then(|| exchange.shared.large_parse.lock());
    let TransactionJson { operations: bodies, reason: said, dry_run } =
        body::json(&bytes, TransactionJson::SHAPE)?;
    let mut operations = Vec::with_capacity(bodies.len());
    for (index, body) in bodies.into_iter().enumerate() {
        operations.push(operation(exchange, body).map_err(|problem| problem.at(index))?);
    }
    let mut metadata = exchange.metadata();
    metadata.reason = reason(said.as_deref())?.or(head_reason);
    drop(said);
    let sets = operations.iter().map(|operation| Does::of(&operation.action)).collect();
    let command = Command::transaction(operations).map_err(|error| Problem::of_transaction(&error))?;
    let idempotency = marking.finish(&bytes);
    drop(bytes);
    drop(alone);
    exchange.hold_bytes(command.heap_bytes())?;
    let write = Write {
        idempotency,
        intent: if dry_run == Some(true) { Intent::DryRun } else { Intent::Commit },
        ..exchange.view().write(command, metadata)
    };
    Ok(submit(exchange, write, |problem| problem, move |_, written| Ok(answer(sets, written))))
}

fn operation(exchange: &Exchange, body: OperationJson<'_>) -> Result<Operation, Problem> {
    let (operation, if_revision) = match body {
        OperationJson::Set(Object(SetJson { name, value, if_revision, content_type, secret })) => {
            let name = parse_new_name(&name)?;
            let about = |problem: Problem| problem.about(&name);
            let content_type = body::content_type(content_type.as_deref()).map_err(about)?;
            let value = body::value(&exchange.view(), &value, content_type).map_err(about)?;
            let attributes = Attributes::of_content_type(content_type).with_secrecy(secrecy(secret));
            (Operation::set(name, value).with_attributes(attributes), if_revision)
        }
        OperationJson::Delete(Object(DeleteJson { name, if_revision })) => {
            (Operation::delete(parse_name(&name)?), if_revision)
        }
        OperationJson::Check(Object(CheckJson { name, if_revision })) => {
            (Operation::check(parse_name(&name)?), Some(if_revision))
        }
    };
    Ok(match if_revision {
        Some(revision) => operation.if_revision(Revision::new(revision)),
        None => operation,
    })
}

/// The part of the answer that is about one operation.
#[derive(Clone, Copy)]
enum Does {
    Set,
    Delete,
    Check,
}

impl Does {
    fn of(action: &Action) -> Self {
        match action {
            Action::Set { .. } => Self::Set,
            Action::Delete => Self::Delete,
            Action::Check => Self::Check,
        }
    }
}

/// A set's result is its item, a delete's and a check's `null`.
fn answer(operations: Vec<Does>, written: ShownWritten) -> Reply {
    let has_secrets = written.outcomes.iter().any(|outcome| outcome.after.is_secret());
    let mut outcomes = written.outcomes.into_iter();
    let results = operations.into_iter().map(move |does| {
        // A check has no event, and so no outcome.
        let outcome = if let Does::Check = does { None } else { outcomes.next() };
        let item = |ShownOutcome { name, after, .. }| ItemOf::whole(name, after);
        Ok::<_, Error>(outcome.filter(|_| matches!(does, Does::Set)).map(item))
    });
    let frame = Frame::around(&TransactedJson { revision: written.revision, results: Vec::new() });
    let mut response = json_at(written.revision.unwrap_or(written.head), JsonArray::body(frame, results));
    if has_secrets {
        response.headers.push(NO_STORE);
    }
    Reply::Ready(response)
}
