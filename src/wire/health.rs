//! Whether the service works.

use serde::{Deserialize, Serialize};

use super::scalar;
use crate::application::{Check, Health, Status};
use crate::domain::{Revision, Timestamp};

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HealthJson {
    #[serde(with = "StatusWord")]
    pub(crate) status: Status,
    #[serde(with = "scalar")]
    pub(crate) timestamp: Timestamp,
    pub(crate) checks: ChecksJson,
    /// None for a client without a token, where the server knows tokens.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "scalar::some")]
    pub(crate) details: Option<DetailsJson>,
}

/// Each component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChecksJson {
    #[serde(with = "CheckWord")]
    pub(crate) eventstore: Check,
    #[serde(with = "CheckWord")]
    pub(crate) projection: Check,
    #[serde(with = "CheckWord")]
    pub(crate) database: Check,
    #[serde(with = "CheckWord")]
    pub(crate) clock: Check,
}

/// How far this server is, and which release it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DetailsJson {
    pub(crate) version: String,
    #[serde(with = "scalar")]
    pub(crate) applied_revision: Revision,
    #[serde(with = "scalar")]
    pub(crate) head_revision: Revision,
    /// In revisions.
    pub(crate) lag: u64,
    /// How long ago this server was last known to have all of the log. Without this attribute serde would read an
    /// absent member as null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) lag_seconds: Option<u64>,
    pub(crate) worker_restarts: u64,
    /// The last change that this server has taken in.
    pub(crate) head: ChainEndJson,
}

/// The end of a chain of hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChainEndJson {
    #[serde(with = "scalar")]
    pub(crate) revision: Revision,
    /// All of it, in hexadecimal digits.
    pub(crate) hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Status", rename_all = "lowercase")]
pub(super) enum StatusWord {
    Healthy,
    Unhealthy,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Check", rename_all = "lowercase")]
pub(super) enum CheckWord {
    Ok,
    Down,
}

impl HealthJson {
    /// The health of the store at an instant.
    pub(crate) fn of(health: &Health, timestamp: Timestamp) -> Self {
        Self {
            status: health.status(),
            timestamp,
            checks: ChecksJson {
                eventstore: health.eventstore,
                projection: health.projection,
                database: health.database,
                clock: health.clock,
            },
            details: Some(DetailsJson {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                applied_revision: health.applied,
                head_revision: health.head,
                lag: health.head.get().saturating_sub(health.applied.get()),
                lag_seconds: health.level_age.map(|age| age.as_secs()),
                worker_restarts: health.worker_restarts,
                head: ChainEndJson { revision: health.chain.revision, hash: health.chain.hash.to_string() },
            }),
        }
    }
}
