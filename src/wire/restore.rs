//! The bodies of a restore and of a revert, and their result.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::difference::DifferenceJson;
use super::policy::ViolationJson;
use super::scalar::{self, some};
use crate::domain::Revision;

/// A scope to restore, and the point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestoreJson<'a> {
    pub(crate) to: GivenPointJson<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prefix: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dry_run: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Cow<'a, str>>,
}

impl RestoreJson<'_> {
    /// The shape, for the problem of a body that has another one.
    pub(crate) const SHAPE: &'static str =
        "an object with `to`, a point, and with `prefix` or `name`, `dry_run` and `reason` if there are any";
}

/// Which change to undo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevertJson<'a> {
    #[serde(deserialize_with = "scalar::whole")]
    pub(crate) revision: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dry_run: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Cow<'a, str>>,
}

impl RevertJson<'_> {
    /// How a problem describes the body to send.
    pub(crate) const SHAPE: &'static str =
        "an object with `revision`, the number of a change, and with `dry_run` and `reason` if there are any";
}

/// A point in JSON: a number is a revision, a string any point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum GivenPointJson<'a> {
    /// Any number: the one who reads it says which are no revision.
    Number(Number),
    Text(Cow<'a, str>),
}

/// Written out, because the errors that serde derives do not say where they are.
impl<'de> Deserialize<'de> for GivenPointJson<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrText;
        impl Visitor<'_> for NumberOrText {
            type Value = GivenPointJson<'static>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a string")
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(GivenPointJson::Number(number.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(GivenPointJson::Number(number.into()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                if let Some(whole) = scalar::whole_of(number) {
                    return self.visit_u64(whole);
                }
                let number = Number::from_f64(number).ok_or_else(|| E::custom("not a number of JSON"));
                number.map(GivenPointJson::Number)
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(GivenPointJson::Text(text.to_owned().into()))
            }
        }
        deserializer.deserialize_any(NumberOrText)
    }
}

/// The result of a restore or a revert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RestoredJson {
    /// None for a dry run and where there was nothing to do.
    #[serde(with = "scalar")]
    pub(crate) revision: Option<Revision>,
    /// How the restored values do not match the schemas, where some do not: a restore is not validated.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) violations: Option<Vec<ViolationJson>>,
    /// Says that there may be more violations.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) violations_partial: Option<bool>,
    pub(crate) changes: Vec<DifferenceJson>,
}

impl RestoredJson {
    /// A plan, without a change yet.
    pub(crate) fn planned() -> Self {
        Self { revision: None, violations: None, violations_partial: None, changes: Vec::new() }
    }
}
