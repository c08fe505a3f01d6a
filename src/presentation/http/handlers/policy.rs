//! The policy: read with any token, set by an admin of everything.
//!
//! A policy that is not one is refused, and the one before stays in force. Its tag is the place of its last change, so
//! that `If-Match` keeps two admins from undoing each other's rules.

use rouille::ResponseBody;

use crate::application::{EntryConditions, EntryWritten};
use crate::domain::{Metadata, Place, Policy, Revision};
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::{json_at, put, response};
use crate::presentation::http::exchange::{Answered, pooled};
use crate::presentation::http::request::body;
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::conditions::{Conditions, Evaluation, tag};
use crate::presentation::http::request::negotiation::{Form, require_json};
use crate::server::Reply;
use crate::wire::policy::{NewPolicyJson, PolicyJson};

/// `GET /v1/policy`
pub(in crate::presentation::http) fn get(call: &Call<'_>) -> Answered {
    let conditions = Conditions::read(call.request)?;
    let view = call.exchange.view();
    let (policy, place) = view.policy();
    match conditions.evaluate(place, Form::Text) {
        Evaluation::Failed => Err(Problem::precondition_failed(place.revision())),
        Evaluation::NotModified => {
            let mut response = response(304, ResponseBody::empty());
            put(&mut response, "ETag", tag(place, Form::Text));
            put(&mut response, "Vary", "Authorization");
            Ok(Reply::Ready(response))
        }
        Evaluation::Proceed => Ok(show(&policy, place, view.followed())),
    }
}

/// `PUT /v1/policy`
pub(in crate::presentation::http) fn set(call: &Call<'_>) -> Answered {
    call.exchange.view().may_set_policy().map_err(|error| call.exchange.failed_write(&error))?;
    require_json(call.request)?;
    let (conditions, reason) = (entry_conditions(call)?, call.head_reason()?);
    let bytes = body::take(call.request)?;
    let _: NewPolicyJson = body::json(&bytes, NewPolicyJson::SHAPE)?;
    let json = body::text(&bytes)?.trim_start_matches('\u{feff}').to_owned();
    let policy = call.exchange.view().parse_policy(&json);
    let policy = policy.map_err(|error| Problem::invalid(format!("correct the policy: {error}")))?;
    Ok(pooled(call.exchange, move |exchange| {
        let metadata = Metadata { reason, ..exchange.metadata() };
        let written = exchange.view().set_policy(&json, &conditions, &metadata);
        let EntryWritten { revision, place } = written.map_err(|error| exchange.failed_write(&error))?;
        Ok(show(&policy, place, revision))
    }))
}

/// The preconditions of a change of access data.
pub(super) fn entry_conditions(call: &Call<'_>) -> Result<EntryConditions, Problem> {
    let (if_match, if_none_match) = Conditions::read(call.request)?.as_matches();
    Ok(EntryConditions { if_match, if_none_match })
}

fn show(policy: &Policy, place: Place, revision: Revision) -> Reply {
    // A policy always has a JSON form.
    let body = serde_json::to_string(&PolicyJson::of(policy)).unwrap_or_default();
    let mut response = json_at(revision, ResponseBody::from_string(body));
    put(&mut response, "ETag", tag(place, Form::Text));
    put(&mut response, "Vary", "Authorization");
    Reply::Ready(response)
}
