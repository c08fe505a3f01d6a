//! How many changes each part of a span of time has.

use serde::{Deserialize, Serialize};

use super::scalar;
use crate::application::ActivityBucket;
use crate::domain::{Revision, Timestamp};

/// The parts, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ActivityJson {
    pub(crate) buckets: Vec<ActivityBucketJson>,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ActivityBucketJson {
    #[serde(with = "scalar")]
    pub(crate) from: Timestamp,
    #[serde(with = "scalar")]
    pub(crate) to: Timestamp,
    pub(crate) changes: u64,
    #[serde(with = "scalar")]
    pub(crate) first_revision: Option<Revision>,
}

impl ActivityJson {
    pub(crate) fn of(buckets: Vec<ActivityBucket>) -> Self {
        let bucket = |ActivityBucket { from, to, changes, first_revision }| ActivityBucketJson {
            from,
            to,
            changes,
            first_revision,
        };
        Self { buckets: buckets.into_iter().map(bucket).collect() }
    }
}
