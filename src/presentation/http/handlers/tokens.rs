//! Tokens: made, shown, rotated and revoked by admins; `whoami` and `explain` for everybody with a token.
//!
//! Changes run on the pool, and wait there until they are durable: they are rare, and decided on the access data that
//! this server has. A token's text is in one response, never in a log.

use std::sync::Arc;
use std::time::Duration;

use rouille::ResponseBody;
use serde::Serialize;

use crate::application::{FirstToken, MadeToken, NewToken};
use crate::domain::{AccessRejection, Grant, Metadata, Permission, Reason, TokenId, TokenName};
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::{json_at, put};
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::body;
use crate::presentation::http::request::call::{Call, parse_name};
use crate::presentation::http::request::negotiation::require_json;
use crate::server::Reply;
use crate::wire::policy::AppliedPolicyJson;
use crate::wire::token::{
    ActionsJson, DecidedJson, ExplainedJson, NewTokenJson, RotateJson, ScopeJson, TokenJson, WhoAmIJson,
};

/// Scopes that one token may have.
const SCOPES_MAX: usize = 256;

/// `POST /v1/tokens`
pub(in crate::presentation::http) fn create(call: &Call<'_>) -> Answered {
    require_json(call.request)?;
    let bytes = body::take(call.request)?;
    let NewTokenJson { name, scopes, expires_in, note } = body::json(&bytes, NewTokenJson::SHAPE)?;
    let wanted = NewToken {
        name: TokenName::parse(&name)
            .map_err(|error| Problem::invalid(format!("correct the name: {error}")))?,
        grants: grants(&scopes)?,
        lasts: expires_in.map(|text| duration("expires_in", &text)).transpose()?,
        note: note.map(|text| note_text(&text)).transpose()?,
    };
    let (reason, base) = (call.head_reason()?, call.base);
    Ok(pooled(call.exchange, move |exchange| {
        let first =
            if exchange.shared.authenticator.has_root() { FirstToken::Any } else { FirstToken::Administers };
        let metadata = Metadata { reason, ..exchange.metadata() };
        let made = exchange.view().create_token(&wanted, first, &metadata);
        Ok(show_made(exchange, made.map_err(|error| exchange.failed_write(&error))?, base))
    }))
}

/// `GET /v1/tokens`
pub(in crate::presentation::http) fn list(call: &Call<'_>) -> Answered {
    let tokens = call.exchange.view().tokens().map_err(|error| call.exchange.failed_read(&error))?;
    // Thousands of tokens are made into text on the pool.
    Ok(pooled(call.exchange, move |exchange| {
        let shown = |token: &Arc<_>| TokenJson::of(token, last_used(exchange, &token.id));
        Ok(show(exchange, 200, &tokens.iter().map(shown).collect::<Vec<_>>()))
    }))
}

/// `GET /v1/tokens/{id}`
pub(in crate::presentation::http) fn get(call: &Call<'_>) -> Answered {
    let id = id(call)?;
    let token = call.exchange.view().token(&id).map_err(|error| call.exchange.failed_read(&error))?;
    Ok(show(call.exchange, 200, &TokenJson::of(&token, last_used(call.exchange, &id))))
}

/// `POST /v1/tokens/{id}/rotate`
pub(in crate::presentation::http) fn rotate(call: &Call<'_>) -> Answered {
    let id = id(call)?;
    let bytes = body::take(call.request)?;
    let keep_old_for = if bytes.is_empty() {
        None
    } else {
        require_json(call.request)?;
        body::json::<RotateJson<'_>>(&bytes, RotateJson::SHAPE)?.keep_old_for
    };
    let keep_old_for = keep_old_for.map(|text| duration("keep_old_for", &text)).transpose()?;
    let (reason, base) = (call.head_reason()?, call.base);
    Ok(pooled(call.exchange, move |exchange| {
        let metadata = Metadata { reason, ..exchange.metadata() };
        let made = exchange.view().rotate_token(&id, keep_old_for, &metadata);
        Ok(show_made(exchange, made.map_err(|error| exchange.failed_write(&error))?, base))
    }))
}

/// `DELETE /v1/tokens/{id}`
pub(in crate::presentation::http) fn revoke(call: &Call<'_>) -> Answered {
    let (id, reason) = (id(call)?, call.head_reason()?);
    Ok(pooled(call.exchange, move |exchange| {
        let metadata = Metadata { reason, ..exchange.metadata() };
        let revoked = exchange.view().revoke_token(&id, &metadata);
        let revision = revoked.map_err(|error| exchange.failed_write(&error))?;
        let mut response = json_at(revision, ResponseBody::from_data("{}"));
        put(&mut response, "Cache-Control", "no-store");
        Ok(Reply::Ready(response))
    }))
}

/// `GET /v1/whoami`
#[expect(clippy::unnecessary_wraps, reason = "the form of a handler")]
pub(in crate::presentation::http) fn whoami(call: &Call<'_>) -> Answered {
    let principal = call.exchange.principal();
    let token = principal.id.as_deref().and_then(TokenId::parse);
    let token = token.and_then(|id| call.exchange.view().token(&id).ok());
    let shown = WhoAmIJson {
        name: principal.actor.as_ref().to_owned(),
        id: principal.id.as_deref().map(str::to_owned),
        scopes: match principal.grants() {
            None => vec![ScopeJson::everything()],
            Some(grants) => grants.iter().map(ScopeJson::of).collect(),
        },
        expires_at: token.and_then(|token| token.expires_at),
    };
    Ok(show(call.exchange, 200, &shown))
}

/// `GET /v1/explain`
pub(in crate::presentation::http) fn explain(call: &Call<'_>) -> Answered {
    let name = call.query.get("name").filter(|text| !text.is_empty());
    let name = parse_name(name.ok_or_else(|| Problem::malformed("give the parameter `name`"))?)?;
    let principal = match call.query.get("token") {
        None => Arc::clone(call.exchange.principal()),
        Some(text) if call.exchange.principal().id.as_deref() == Some(text) => {
            Arc::clone(call.exchange.principal())
        }
        Some(text) => {
            let id = parse_id(text).map_err(|rejection| call.exchange.failed_read(&rejection.into()))?;
            let token = call.exchange.view().token(&id).map_err(|error| call.exchange.failed_read(&error))?;
            Arc::new(token.principal(call.exchange.principal().access_revision))
        }
    };
    let decided = |permission| {
        let (allowed, by) = principal.explain(permission, &name);
        let by = match principal.grants() {
            None => Some(ScopeJson::everything()),
            Some(_) => by.map(ScopeJson::of),
        };
        DecidedJson { allowed, by }
    };
    let rules = call.exchange.view().applied_rules(&name, call.exchange.door());
    let shown = ExplainedJson {
        name: name.as_str().to_owned(),
        token: principal.id.as_deref().map(str::to_owned),
        actions: ActionsJson {
            read: decided(Permission::Read),
            write: decided(Permission::Write),
            reveal: decided(Permission::Reveal),
            admin: decided(Permission::Admin),
        },
        secret_pattern: rules.secret_pattern,
        schema: rules.schema,
        policy: AppliedPolicyJson { require_reason: rules.require_reason, protect: rules.protect },
    };
    Ok(show(call.exchange, 200, &shown))
}

fn id(call: &Call<'_>) -> Result<TokenId, Problem> {
    let text = call.texts.first().map(String::as_str).unwrap_or_default();
    parse_id(text).map_err(|rejection| call.exchange.failed_read(&rejection.into()))
}

fn parse_id(text: &str) -> Result<TokenId, AccessRejection> {
    TokenId::parse(text).ok_or(AccessRejection::NoSuchToken)
}

fn grants(scopes: &[ScopeJson]) -> Result<Vec<Grant>, Problem> {
    if scopes.is_empty() || scopes.len() > SCOPES_MAX {
        return Err(Problem::invalid(format!("give the token 1 to {SCOPES_MAX} scopes")));
    }
    let grant = |(index, scope): (usize, &ScopeJson)| {
        scope.grant().map_err(|error| Problem::invalid(format!("correct scope {index}: {error}")))
    };
    scopes.iter().enumerate().map(grant).collect()
}

/// A duration of some microseconds at least, as humantime writes it: a shorter one ends at the instant at which it begins.
fn duration(member: &str, text: &str) -> Result<Duration, Problem> {
    let wrong =
        || Problem::invalid(format!("write `{member}` as a duration above zero, such as 30days or 1h"));
    let duration = humantime::parse_duration(text).map_err(|_| wrong())?;
    if duration < Duration::from_micros(1) { Err(wrong()) } else { Ok(duration) }
}

fn note_text(text: &str) -> Result<Arc<str>, Problem> {
    let note = Reason::parse(text).map_err(|_| {
        Problem::invalid(format!("write a note of 1 to {} bytes without NUL", Reason::BYTES_MAX))
    })?;
    Ok(note.as_str().into())
}

fn last_used(exchange: &Exchange, id: &TokenId) -> Option<crate::domain::Timestamp> {
    exchange.shared.authenticator.last_used(id)
}

fn show_made(exchange: &Exchange, made: MadeToken, base: &str) -> Reply {
    let MadeToken { token, text, revision, closes } = made;
    let shown = TokenJson {
        token: Some(text.reveal().to_owned()),
        server_closed: closes.then_some(true),
        ..TokenJson::of(&token, last_used(exchange, &token.id))
    };
    // A token always has a JSON form.
    let body = serde_json::to_string(&shown).unwrap_or_default();
    let mut response = json_at(revision, ResponseBody::from_string(body));
    response.status_code = 201;
    put(&mut response, "Location", format!("{base}/tokens/{}", token.id));
    put(&mut response, "Cache-Control", "no-store");
    Reply::Ready(response)
}

fn show(exchange: &Exchange, status: u16, shown: &impl Serialize) -> Reply {
    // Each of these shapes has a JSON form.
    let body = serde_json::to_string(shown).unwrap_or_default();
    let mut response = json_at(exchange.view().followed(), ResponseBody::from_string(body));
    response.status_code = status;
    put(&mut response, "Vary", "Authorization");
    Reply::Ready(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_above_zero() {
        assert_eq!(duration("expires_in", "30days").ok(), Some(Duration::from_hours(720)));
        assert_eq!(duration("expires_in", "1us").ok(), Some(Duration::from_micros(1)));
        for text in ["0s", "999ns", "", "soon", "-1s", "5"] {
            assert_eq!(duration("expires_in", text).map_err(|problem| problem.status()), Err(422), "{text}");
        }
    }

    #[test]
    fn a_root_principal_may_do_everything_by_no_scope_of_its_own() {
        let name = crate::domain::ConfigName::parse("a").unwrap();
        assert_eq!(crate::domain::Principal::root().explain(Permission::Admin, &name), (true, None));
    }
}
