//! Problem details (RFC 9457), with the members that problems of this service have.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::policy::ViolationJson;
use super::scalar::{self, present, some};
use crate::domain::{ConfigName, FailedOperation, GivenPlace, OverwrittenName, Revision};

/// An error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProblemJson {
    /// A stable path under `/problems/`.
    #[serde(rename = "type")]
    pub(crate) kind: Cow<'static, str>,
    pub(crate) title: Cow<'static, str>,
    pub(crate) status: u16,
    /// The remedy.
    pub(crate) detail: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub(crate) wanted_revision: Option<Revision>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub(crate) current_revision: Option<Revision>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub(crate) place: Option<GivenPlace>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) limit: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) limit_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) names_missing: Option<u64>,
    /// The prefix of the policy's rule.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) prefix: Option<String>,
    /// The number to send as `Config-Confirm`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) names_altered: Option<u64>,
    /// How values do not match their schemas.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) errors: Option<Vec<ViolationJson>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) failed: Option<Vec<FailedJson>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) names: Option<Vec<OverwrittenJson>>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub(crate) name: Option<ConfigName>,
    /// The operation's place in the transaction, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) index: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) outcome: Option<Stored>,
}

/// Whether a write that failed was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stored {
    #[serde(rename = "not stored")]
    No,
    #[serde(rename = "unknown")]
    Unknown,
}

/// An operation of a transaction that failed its precondition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FailedJson {
    pub(crate) index: u64,
    #[serde(with = "scalar")]
    pub(crate) name: ConfigName,
    #[serde(with = "scalar")]
    pub(crate) current_revision: Revision,
}

/// A name that has changed since the change that should be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OverwrittenJson {
    #[serde(with = "scalar")]
    pub(crate) name: ConfigName,
    #[serde(with = "scalar")]
    pub(crate) current_revision: Revision,
}

impl ProblemJson {
    /// With the members that every problem has.
    pub(crate) fn new(
        kind: impl Into<Cow<'static, str>>,
        title: &'static str,
        status: u16,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind: kind.into(),
            title: title.into(),
            status,
            detail: detail.into(),
            name: None,
            current_revision: None,
            wanted_revision: None,
            place: None,
            limit: None,
            limit_bytes: None,
            index: None,
            names_missing: None,
            prefix: None,
            names_altered: None,
            errors: None,
            failed: None,
            names: None,
            outcome: None,
        }
    }
}

impl OverwrittenJson {
    /// A name that the domain reports.
    pub(crate) fn of(overwritten: &OverwrittenName) -> Self {
        let OverwrittenName { name, current } = overwritten;
        Self { name: name.clone(), current_revision: *current }
    }
}

impl FailedJson {
    /// An operation that the domain refused.
    pub(crate) fn of(failed: &FailedOperation) -> Self {
        let FailedOperation { index, name, current } = failed;
        Self { index: *index as u64, name: name.clone(), current_revision: *current }
    }
}
