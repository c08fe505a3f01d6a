//! The body of a PUT.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A value with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutJson<'a> {
    #[serde(borrow)]
    pub(crate) value: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<bool>,
}

impl PutJson<'_> {
    /// The shape, for the problem of a body that has another one.
    pub(crate) const SHAPE: &'static str = "an object with `value`, a string, and with `reason` and `content_type`, strings, and `secret`, true or false, if \
         there are any";
}
