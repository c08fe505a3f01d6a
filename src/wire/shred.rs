//! The body of a shred, and its result.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::scalar;
use crate::domain::{ConfigName, Revision};

/// The values to destroy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShredJson<'a> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    /// None for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) versions: Option<Vec<u64>>,
    #[serde(borrow)]
    pub(crate) reason: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) force: Option<bool>,
}

impl ShredJson<'_> {
    /// The shape in a problem about another body.
    pub(crate) const SHAPE: &'static str = "an object with `name` and `reason`, strings, and with `versions`, numbers, and \
        `force` if there are any";
}

/// The destroyed values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShredResultJson {
    /// None where there was nothing to do.
    #[serde(with = "scalar")]
    pub(crate) revision: Option<Revision>,
    #[serde(with = "scalar")]
    pub(crate) name: ConfigName,
    /// All versions that had one of the values.
    pub(crate) versions: Vec<u64>,
}
