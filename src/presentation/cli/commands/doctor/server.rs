//! The checks of the server, or of the store that is open: reachable, version, clock, TLS, token, database, lag.

use std::time::{Duration, Instant};

use super::finding::Finding;
use crate::application::{Check, Status};
use crate::client::chain_end;
use crate::domain::Timestamp;
use crate::presentation::cli::connect::{ClientSettings, Session};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::ui::Ui;
use crate::runtime::clock;
use crate::wire::health::HealthJson;

/// This program's version.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// A reachable server takes less.
const SLOW: Duration = Duration::from_secs(1);
/// Points such as `15m` are the server's; a person compares them with a clock on the wall.
const SKEW_WARN: Duration = Duration::from_secs(5);
/// Certificates are renewed a month before their end, tokens by people.
const SOON: Duration = Duration::from_hours(14 * 24);
/// A follower is level within a second.
const LAG_WARN_SECONDS: u64 = 5;

/// The health, and when it came.
pub(super) struct Reached {
    pub(super) json: HealthJson,
    /// In the middle of the request.
    at: Timestamp,
    took: Duration,
}

/// Whether the server answers, and how fast.
pub(super) fn reach(session: &Session) -> (Finding, Option<Reached>) {
    const CHECK: &str = "server";
    let (began, began_at) = (Instant::now(), Timestamp::from_system(clock::wall_now()));
    match session.client.health() {
        Ok(json) => {
            let took = began.elapsed();
            let found = format!("{} answers in {} ms", session.client.place(), took.as_millis());
            let finding = if took > SLOW {
                Finding::warn(CHECK, found, "look at the network between, and at the load of the server")
            } else {
                Finding::ok(CHECK, found)
            };
            (finding, Some(Reached { json, at: began_at.plus(took / 2), took }))
        }
        Err(error) => (Finding::of_failure(CHECK, &Failure::from(error)), None),
    }
}

/// Whether both sides are of one release.
pub(super) fn version(health: &HealthJson) -> Finding {
    const CHECK: &str = "version";
    match health.details.as_ref().map(|details| details.version.as_str()) {
        Some(VERSION) => Finding::ok(CHECK, format!("both sides are {VERSION}")),
        Some(other) => Finding::warn(
            CHECK,
            format!("this program is {VERSION}, the server is {other}"),
            "use the release of the server",
        ),
        None => {
            Finding::ok(CHECK, format!("this program is {VERSION}; the server shows its own with a token"))
        }
    }
}

/// Whether the clocks of both sides agree.
pub(super) fn clock(reached: &Reached) -> Finding {
    const CHECK: &str = "clock";
    let micros = reached.json.timestamp.as_micros().abs_diff(reached.at.as_micros());
    // The answer may have been made at any moment of the request.
    let skew = Duration::from_micros(micros).saturating_sub(reached.took / 2);
    if skew > SKEW_WARN {
        let skew = humantime::format_duration(Duration::from_secs(skew.as_secs()));
        let remedy = "let both follow a time server: instants and ages mean the clock of the server";
        return Finding::warn(CHECK, format!("the clocks differ by {skew}"), remedy);
    }
    Finding::ok(CHECK, format!("the clocks differ by less than {} s", SKEW_WARN.as_secs()))
}

/// Whether the way is encrypted, and until when.
pub(super) fn tls(client: &ClientSettings, ui: Ui) -> Finding {
    const CHECK: &str = "tls";
    let settings = match client.settings(ui) {
        Ok(settings) => settings,
        Err(failure) => return Finding::of_failure(CHECK, &failure),
    };
    if !settings.server.starts_with("https://") {
        let host = settings.server.trim_start_matches("http://");
        let is_here = ["127.", "localhost", "[::1]"].iter().any(|start| host.starts_with(start));
        return if is_here {
            Finding::ok(CHECK, "not encrypted, and stays on this machine")
        } else {
            let found = "tokens and values cross the network unencrypted";
            Finding::warn(CHECK, found, "use https://, see docs/tls.md")
        };
    }
    match chain_end(&settings) {
        Ok(end) => {
            let left = left_until(end);
            let found = format!("the chain is valid; it ends at {end}, in {} days", left.as_secs() / 86_400);
            if left < SOON {
                Finding::warn(CHECK, found, "renew the certificate of the server")
            } else {
                Finding::ok(CHECK, found)
            }
        }
        // A request has verified the chain before.
        Err(error) => Finding::ok(CHECK, format!("the chain is valid; its end is not known ({error})")),
    }
}

/// Whether the token is accepted, and for how long.
pub(super) fn token(session: &Session) -> Finding {
    const CHECK: &str = "token";
    let who = match session.client.whoami() {
        Ok(who) => who,
        Err(error) => return Finding::of_failure(CHECK, &Failure::from(error)),
    };
    let (name, scopes) = (&who.name, who.scopes.len());
    if who.id.is_none() {
        return Finding::ok(CHECK, format!("none is needed: the server is open, and you are {name}"));
    }
    let plural = if scopes == 1 { "" } else { "s" };
    match who.expires_at {
        Some(end) if left_until(end) < SOON => Finding::warn(
            CHECK,
            format!("{name} with {scopes} scope{plural}; it expires at {end}"),
            "ask for a new token in time: `configapi token create`",
        ),
        Some(end) => Finding::ok(CHECK, format!("{name} with {scopes} scope{plural} until {end}")),
        None => Finding::ok(CHECK, format!("{name} with {scopes} scope{plural}; it never expires")),
    }
}

/// The parts of the server, as it says itself.
pub(super) fn database(health: &HealthJson) -> Finding {
    const CHECK: &str = "database";
    let checks = &health.checks;
    let parts = [
        ("eventstore", checks.eventstore),
        ("projection", checks.projection),
        ("database", checks.database),
        ("clock", checks.clock),
    ];
    let down: Vec<_> =
        parts.into_iter().filter(|(_, check)| *check == Check::Down).map(|(part, _)| part).collect();
    if down.is_empty() && health.status == Status::Healthy {
        return Finding::ok(CHECK, "the server is healthy");
    }
    let remedy = "look at the log of the server, and at docs/operations.md";
    Finding::fail(CHECK, format!("the server is unhealthy; down: {}", down.join(", ")), remedy)
}

/// How far the server is behind the log; none without details.
pub(super) fn lag(health: &HealthJson) -> Option<Finding> {
    const CHECK: &str = "lag";
    let details = health.details.as_ref()?;
    let (lag, head) = (details.lag, details.head_revision);
    let behind = details.lag_seconds.unwrap_or(0);
    Some(if lag > 0 && behind > LAG_WARN_SECONDS {
        let found = format!("{lag} changes behind revision {head}, for {behind} s");
        Finding::warn(CHECK, found, "look at the database and at the load of the server")
    } else {
        Finding::ok(CHECK, format!("the server is at revision {head}"))
    })
}

fn left_until(end: Timestamp) -> Duration {
    let now = Timestamp::from_system(clock::wall_now());
    Duration::from_micros(u64::try_from(end.as_micros().saturating_sub(now.as_micros())).unwrap_or(0))
}
