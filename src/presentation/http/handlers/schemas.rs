//! Schemas of prefixes: list, read, set, remove, and check before they are set.
//!
//! A body is the bare schema. It is compiled on the pool, where a check also reads the values, in turns. The empty prefix
//! is written as `/v1/schemas/`. A schema outside of `read` is as absent, and a check reports no name outside of it.

use std::sync::Arc;
use std::time::Duration;

use rouille::ResponseBody;
use serde_json::Value;

use super::policy::entry_conditions;
use crate::application::{
    CheckTurn, EntryWritten, Error, SCHEMA_BYTES_MAX, SchemaCheck, SchemaError, SchemaFindings, ShownSchema,
};
use crate::domain::{Config, Metadata, PathPrefix, Revision};
use crate::presentation::http::answer::json_array::JsonArray;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::{json_at, put, response};
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::body;
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::conditions::{Conditions, Evaluation, tag};
use crate::presentation::http::request::negotiation::{Form, require_schema};
use crate::server::Reply;
use crate::wire::page::Frame;
use crate::wire::policy::{CheckedJson, SchemaJson, ViolationJson};

/// How long values are checked before the pool's thread is given back.
const CHECK_TURN: Duration = Duration::from_millis(20);

/// `GET /v1/schemas`
#[expect(clippy::unnecessary_wraps, reason = "the form of a handler")]
pub(in crate::presentation::http) fn list(call: &Call<'_>) -> Answered {
    let (found, revision) = (call.exchange.view().schemas(), call.exchange.view().followed());
    let elements = found.into_iter().filter_map(|schema| shape(&schema)).map(Ok::<_, Error>);
    // Each text is read again when it is sent, on the pool.
    let mut response = json_at(revision, JsonArray::body(Frame::array(), elements));
    put(&mut response, "Vary", "Authorization");
    Ok(Reply::Ready(response))
}

/// `GET /v1/schemas/{prefix}`
pub(in crate::presentation::http) fn get(call: &Call<'_>) -> Answered {
    let (prefix, conditions) = (prefix(call)?, Conditions::read(call.request)?);
    let view = call.exchange.view();
    let found = view.schema(&prefix).map_err(|error| call.exchange.failed_read(&error))?;
    let place = found.entry.place();
    let mut response = match conditions.evaluate(place, Form::Text) {
        Evaluation::Failed => return Err(Problem::precondition_failed(place.revision())),
        Evaluation::NotModified => response(304, ResponseBody::empty()),
        Evaluation::Proceed => {
            let mut response = response(200, ResponseBody::from_string(text(&found.entry)));
            put(&mut response, "Content-Type", "application/schema+json");
            response
        }
    };
    put(&mut response, "ETag", tag(place, Form::Text));
    put(&mut response, "Config-Revision", view.followed().to_string());
    put(&mut response, "Vary", "Authorization");
    Ok(Reply::Ready(response))
}

/// `PUT /v1/schemas/{prefix}`
pub(in crate::presentation::http) fn set(call: &Call<'_>) -> Answered {
    let prefix = prefix(call)?;
    call.exchange.view().may_set_schema(&prefix).map_err(|error| call.exchange.failed_write(&error))?;
    let (conditions, reason) = (entry_conditions(call)?, call.head_reason()?);
    let text = schema_text(call)?;
    Ok(pooled(call.exchange, move |exchange| {
        exchange.view().parse_schema(&text).map_err(|error| not_a_schema(&error))?;
        let metadata = Metadata { reason, ..exchange.metadata() };
        let written = exchange.view().set_schema(&prefix, &text, &conditions, &metadata);
        let written = written.map_err(|error| exchange.failed_write(&error))?;
        Ok(acknowledge(written, text))
    }))
}

/// `DELETE /v1/schemas/{prefix}`
pub(in crate::presentation::http) fn remove(call: &Call<'_>) -> Answered {
    let (prefix, conditions, reason) = (prefix(call)?, entry_conditions(call)?, call.head_reason()?);
    Ok(pooled(call.exchange, move |exchange| {
        let metadata = Metadata { reason, ..exchange.metadata() };
        let removed = exchange.view().remove_schema(&prefix, &conditions, &metadata);
        let EntryWritten { revision, .. } = removed.map_err(|error| exchange.failed_write(&error))?;
        Ok(Reply::Ready(json_at(revision, ResponseBody::from_data("{}"))))
    }))
}

/// `POST /v1/schemas/{prefix}/check`
pub(in crate::presentation::http) fn check(call: &Call<'_>) -> Answered {
    let prefix = prefix(call)?;
    call.exchange.view().may_check(&prefix).map_err(|error| call.exchange.failed_read(&error))?;
    let text = schema_text(call)?;
    Ok(pooled(call.exchange, move |exchange| {
        let schema = exchange.view().parse_schema(&text).map_err(|error| not_a_schema(&error))?;
        let check = exchange.view().begin_check(prefix, schema);
        go_on(exchange, check.map_err(|error| exchange.failed_read(&error))?)
    }))
}

fn go_on(exchange: &Arc<Exchange>, check: SchemaCheck) -> Answered {
    exchange.refuse_ended()?;
    Ok(match exchange.view().check(check, CHECK_TURN) {
        CheckTurn::GoesOn(check) => pooled(exchange, move |exchange| go_on(exchange, check)),
        CheckTurn::Ended(findings) => report(&findings, exchange.view().followed()),
    })
}

fn report(findings: &SchemaFindings, revision: Revision) -> Reply {
    let shown = CheckedJson {
        checked: findings.checked,
        violations: findings.violations.iter().map(ViolationJson::of).collect(),
        partial: findings.is_partial.then_some(true),
    };
    // The shape always has a JSON form.
    let body = serde_json::to_string(&shown).unwrap_or_default();
    let mut response = json_at(revision, ResponseBody::from_string(body));
    put(&mut response, "Cache-Control", "no-store");
    Reply::Ready(response)
}

fn acknowledge(EntryWritten { revision, place }: EntryWritten, text: String) -> Reply {
    let mut response = response(200, ResponseBody::from_string(text));
    put(&mut response, "Content-Type", "application/schema+json");
    put(&mut response, "ETag", tag(place, Form::Text));
    put(&mut response, "Config-Revision", revision.to_string());
    Reply::Ready(response)
}

fn prefix(call: &Call<'_>) -> Result<PathPrefix, Problem> {
    let text = call.texts.first().map(String::as_str).unwrap_or_default();
    PathPrefix::parse(text).map_err(|error| Problem::invalid(format!("correct the prefix: {error}")))
}

/// The schema in a body, which is JSON at least.
fn schema_text(call: &Call<'_>) -> Result<String, Problem> {
    require_schema(call.request)?;
    let bytes = body::take(call.request)?;
    if bytes.len() > SCHEMA_BYTES_MAX {
        return Err(Problem::too_large("send a schema within the limit, in bytes of JSON", SCHEMA_BYTES_MAX));
    }
    Ok(body::any_json(&bytes)?.to_owned())
}

fn not_a_schema(error: &SchemaError) -> Problem {
    Problem::invalid(format!("correct the schema: {error}"))
}

fn shape(schema: &ShownSchema) -> Option<SchemaJson> {
    let entry = &schema.entry;
    Some(SchemaJson {
        prefix: schema.prefix.as_str().to_owned(),
        schema: serde_json::from_str::<Value>(&text(entry)).ok()?,
        revision: entry.revision,
        updated_at: entry.updated_at,
        updated_by: entry.updated_by.as_ref().to_owned(),
    })
}

fn text(entry: &Config) -> String {
    entry.text().unwrap_or_default().to_owned()
}
