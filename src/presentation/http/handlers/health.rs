//! Whether it works: for people and monitors `/health`, for orchestrators `/livez` and `/readyz`.
//!
//! It only reads the notes of the store's threads. A request never waits for the database.

use std::fmt::Write;

use rouille::ResponseBody;

use crate::application::{Check, Health, Status};
use crate::domain::Timestamp;
use crate::presentation::http::answer::response::{put, response};
use crate::presentation::http::exchange::{Answered, Exchange};
use crate::presentation::http::request::call::Call;
use crate::runtime::clock::wall_now;
use crate::server::Reply;
use crate::wire::health::HealthJson;

/// `GET /health`
#[expect(clippy::unnecessary_wraps, reason = "the form of a handler")]
pub(in crate::presentation::http) fn health(call: &Call<'_>) -> Answered {
    let health = call.exchange.view().health();
    let mut shape = HealthJson::of(&health, Timestamp::from_system(wall_now()));
    if call.exchange.is_stranger() {
        shape.details = None;
    }
    // The shape always has a JSON form.
    let body = serde_json::to_string(&shape).unwrap_or_default();
    Ok(reply(code(health.status() == Status::Healthy), "application/json", body))
}

/// `GET /livez`: the process turns, or this would not be answered.
#[expect(clippy::unnecessary_wraps, reason = "the form of a handler")]
pub(in crate::presentation::http) fn livez(call: &Call<'_>) -> Answered {
    let _ = call;
    Ok(reply(200, TEXT, "ok\n".into()))
}

/// `GET /readyz`: it may be sent traffic.
#[expect(clippy::unnecessary_wraps, reason = "the form of a handler")]
pub(in crate::presentation::http) fn readyz(call: &Call<'_>) -> Answered {
    let health = call.exchange.view().health();
    let stopping = is_stopping(call.exchange);
    let level = health.behind_for.is_none_or(|lag| lag < call.exchange.shared.settings.ready_lag);
    let ready = health.status() == Status::Healthy && level && !stopping;
    let mut body = String::new();
    if call.query.get("verbose").is_some() {
        for (name, works) in
            checks(&health).into_iter().chain([("level", level), ("not stopping", !stopping)])
        {
            // Writing to a String does not fail.
            let _ = writeln!(body, "[{}] {name}", if works { '+' } else { '-' });
        }
    }
    body.push_str(if ready { "ok\n" } else { "not ready\n" });
    Ok(reply(code(ready), TEXT, body))
}

const TEXT: &str = "text/plain; charset=utf-8";

fn is_stopping(exchange: &Exchange) -> bool {
    exchange.shared.settings.stop.as_ref().is_some_and(crate::runtime::stop::Stop::is_stopping)
}

fn checks(health: &Health) -> [(&'static str, bool); 4] {
    let works = |check| check == Check::Ok;
    [
        ("eventstore", works(health.eventstore)),
        ("projection", works(health.projection)),
        ("database", works(health.database)),
        ("clock", works(health.clock)),
    ]
}

fn code(works: bool) -> u16 {
    if works { 200 } else { 503 }
}

fn reply(status: u16, content_type: &'static str, body: String) -> Reply {
    let data = ResponseBody::from_string(body);
    let mut response = response(status, data);
    put(&mut response, "Content-Type", content_type);
    Reply::Ready(response)
}
