//! The policy and the schemas in JSON.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::scalar::{self, some};
use crate::domain::{ConfigName, Policy, Protection, Revision, SchemaViolation, SecretPattern, Timestamp};

/// The policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyJson {
    pub(crate) secret_patterns: Vec<String>,
    pub(crate) require_reason: Vec<String>,
    pub(crate) protect: Vec<ProtectionJson>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) writes_per_second: Option<u32>,
}

/// A policy to set. Absent members have their defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPolicyJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secret_patterns: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) require_reason: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) protect: Option<Vec<ProtectionJson>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) writes_per_second: Option<u32>,
}

impl NewPolicyJson {
    /// The shape, for the problem of a body that has another one.
    pub(crate) const SHAPE: &'static str = "an object with any of `secret_patterns` and `require_reason`, arrays of strings, `protect`, an array of objects \
         {\"prefix\", \"names_max\"}, and `writes_per_second`, a whole number or null";
}

/// A protected prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProtectionJson {
    pub(crate) prefix: String,
    pub(crate) names_max: u64,
}

impl PolicyJson {
    /// A policy of the log.
    pub(crate) fn of(policy: &Policy) -> Self {
        let protection = |one: &Protection| ProtectionJson {
            prefix: one.prefix.as_str().to_owned(),
            names_max: one.names_max,
        };
        let pattern = |pattern: &SecretPattern| pattern.as_str().to_owned();
        Self {
            secret_patterns: policy.secret_patterns().iter().map(pattern).collect(),
            require_reason: policy.require_reason().iter().map(|one| one.as_str().to_owned()).collect(),
            protect: policy.protect().iter().map(protection).collect(),
            writes_per_second: policy.writes_per_second().map(std::num::NonZeroU32::get),
        }
    }
}

/// The rules of the policy that apply to a name: their prefixes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AppliedPolicyJson {
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) require_reason: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) protect: Option<String>,
}

/// A schema with its prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SchemaJson {
    pub(crate) prefix: String,
    /// An object or a boolean.
    #[serde(deserialize_with = "schema")]
    pub(crate) schema: Value,
    #[serde(with = "scalar")]
    pub(crate) revision: Revision,
    #[serde(with = "scalar")]
    pub(crate) updated_at: Timestamp,
    pub(crate) updated_by: String,
}

/// One way in which a value does not match its schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ViolationJson {
    /// The operation's place in the transaction, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) index: Option<u64>,
    #[serde(with = "scalar")]
    pub(crate) name: ConfigName,
    pub(crate) pointer: String,
    pub(crate) detail: String,
}

/// The current values that do not match a schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CheckedJson {
    /// How many values were validated.
    pub(crate) checked: u64,
    pub(crate) violations: Vec<ViolationJson>,
    /// Says that the check ended at a limit, and that there may be more.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) partial: Option<bool>,
}

impl ViolationJson {
    /// A violation that a validation found.
    pub(crate) fn of(violation: &SchemaViolation) -> Self {
        let SchemaViolation { operation, name, pointer, detail } = violation;
        Self {
            index: operation.map(|place| place as u64),
            name: name.clone(),
            pointer: pointer.clone(),
            detail: detail.clone(),
        }
    }
}

fn schema<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    let found = Value::deserialize(deserializer)?;
    let is_one = found.is_object() || found.is_boolean();
    if is_one { Ok(found) } else { Err(serde::de::Error::custom("a schema is an object or a boolean")) }
}
