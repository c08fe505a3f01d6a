//! Change sets: several operations, all or nothing, as one change.
//!
//! A body may be large, so that it is read on the pool; the answer is pulled. Nothing of it is decided here:
//! what holds is the log thread's to say (`a_transaction_happens_whole_or_not_at_all`).

use std::borrow::Cow;
use std::collections::HashSet;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};

use super::submit::{Marking, submit};
use crate::application::{Error, Intent, ShownOutcome, ShownWritten, Write};
use crate::domain::{Action, CHANGE_EVENTS_MAX, Command, Operation, Reason, Revision};
use crate::presentation::http::answer::json_array::JsonArray;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::json_at;
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::body::{self, Object};
use crate::presentation::http::request::call::{Call, parse_name, reason};
use crate::presentation::http::request::negotiation::require_json;
use crate::server::Reply;
use crate::wire::shapes::Item;

const SHAPE: &str = "an object with `operations`, 1 to 10,000 objects {\"set\": {\"name\", \"value\", \"if_revision\"?}}, \
    {\"delete\": {\"name\", \"if_revision\"?}} or {\"check\": {\"name\", \"if_revision\"}}, and with `reason` and \
    `dry_run` if there are any";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TransactionBody<'a> {
    #[serde(borrow)]
    operations: Bounded<OperationBody<'a>>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum OperationBody<'a> {
    #[serde(borrow)]
    Set(Object<SetBody<'a>>),
    #[serde(borrow)]
    Delete(Object<DeleteBody<'a>>),
    #[serde(borrow)]
    Check(Object<CheckBody<'a>>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetBody<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
    #[serde(default)]
    if_revision: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteBody<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default)]
    if_revision: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckBody<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    if_revision: u64,
}

/// A list of operations that stops being read past its limit, so that many small ones don't fill the memory.
struct Bounded<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Bounded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
            type Value = Bounded<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
                let mut bounded = Vec::new();
                while let Some(element) = elements.next_element()? {
                    if bounded.len() == CHANGE_EVENTS_MAX {
                        return Err(A::Error::custom("too many operations"));
                    }
                    bounded.push(element);
                }
                Ok(Bounded(bounded))
            }
        }
        deserializer.deserialize_seq(Elements(PhantomData))
    }
}

/// What the head of the request says, before the body is read.
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
    let TransactionBody { operations: Bounded(bodies), reason: said, dry_run } =
        body::json(&intended.bytes, SHAPE)?;
    if bodies.is_empty() {
        return Err(Problem::invalid("send one operation at least"));
    }
    let mut operations = Vec::with_capacity(bodies.len());
    let mut names = HashSet::with_capacity(bodies.len());
    for (index, body) in bodies.into_iter().enumerate() {
        let operation = operation(exchange, body).map_err(|problem| problem.with("index", index))?;
        if !names.insert(operation.name.clone()) {
            let problem = Problem::invalid("name each name once in a transaction");
            return Err(problem.about(&operation.name).with("index", index));
        }
        operations.push(operation);
    }
    let mut metadata = exchange.metadata();
    metadata.reason = reason(said.as_deref())?.or(intended.head_reason);
    let sets = operations.iter().map(|operation| Does::of(&operation.action)).collect();
    let write = Write {
        idempotency: intended.marking.finish(&intended.bytes),
        intent: if dry_run == Some(true) { Intent::DryRun } else { Intent::Commit },
        ..exchange.view().write(Command::Transaction(operations), metadata)
    };
    Ok(submit(exchange, write, |problem| problem, move |_, written| Ok(answer(sets, written))))
}

fn operation(exchange: &Exchange, body: OperationBody<'_>) -> Result<Operation, Problem> {
    let (operation, if_revision) = match body {
        OperationBody::Set(Object(SetBody { name, value, if_revision })) => {
            let name = parse_name(&name)?;
            let value = body::value(&exchange.view(), &value).map_err(|problem| problem.about(&name))?;
            (Operation::set(name, value), if_revision)
        }
        OperationBody::Delete(Object(DeleteBody { name, if_revision })) => {
            (Operation::delete(parse_name(&name)?), if_revision)
        }
        OperationBody::Check(Object(CheckBody { name, if_revision })) => {
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
    let mut outcomes = written.outcomes.into_iter();
    let results = operations.into_iter().map(move |does| {
        // A check has no event, and so no outcome.
        let outcome = if let Does::Check = does { None } else { outcomes.next() };
        let item = |ShownOutcome { name, after, .. }| Item::whole(name, after);
        Ok::<_, Error>(outcome.filter(|_| matches!(does, Does::Set)).map(item))
    });
    let revision = written.revision.map_or("null".to_owned(), |revision| revision.to_string());
    let opening = format!("{{\"revision\":{revision},\"results\":[");
    Reply::Ready(json_at(written.revision.unwrap_or(written.head), JsonArray::body(&opening, results, "]}")))
}
