//! `configapi status`: the health of the server.

use clap::Args;

use crate::application::{Check, Status as Health};
use crate::presentation::cli::connect::{ClientSettings, Missing};
use crate::presentation::cli::error::{Failure, Status as ExitStatus};
use crate::presentation::cli::facts::Facts;
use crate::presentation::cli::ui::{Output, Ui};

const EXAMPLES: &str = "\
Examples:
  configapi status
  configapi status --server https://config.example.com
  configapi status -o json";

/// Show whether the server is healthy
///
/// Exits 7 if it is not, or can't be reached. The details need a token where the server knows tokens. `configapi doctor`
/// looks at more than the server.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Status {
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Status {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let session = self.client.open(ui, Missing::Refuse)?;
        let health = session.client.health()?;
        let is_healthy = health.status == Health::Healthy;
        if session.output == Output::Json {
            let mut results = session.ui.results();
            results.json(&health)?;
            results.flush()?;
        } else {
            let facts = Facts::new()
                .with("server", session.client.place())
                .with("status", if is_healthy { "healthy" } else { "unhealthy" })
                .with("eventstore", word(health.checks.eventstore))
                .with("projection", word(health.checks.projection))
                .with("database", word(health.checks.database))
                .with("clock", word(health.checks.clock));
            let facts = match &health.details {
                Some(details) => facts
                    .with("revision", details.applied_revision.to_string())
                    .with("head", details.head_revision.to_string())
                    .with("lag", details.lag.to_string())
                    .with_some("level", details.lag_seconds.map(|age| format!("{age} s ago")))
                    .with("worker restarts", details.worker_restarts.to_string()),
                None => facts.with("details", "need a token"),
            };
            facts.print(session.ui, session.output)?;
        }
        if is_healthy { Ok(()) } else { Err(Failure::Exited(ExitStatus::Unavailable as u8)) }
    }
}

fn word(check: Check) -> &'static str {
    match check {
        Check::Ok => "ok",
        Check::Down => "down",
    }
}
