//! Lists in answers: the feed's page, and what is around a list that is streamed.
//!
//! A list of names is an array of items, a history an array of events: they have no shape of their own.

use serde::{Deserialize, Serialize};

use super::change::ChangeJson;
use super::scalar;
use crate::domain::Revision;

/// A page of the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FeedJson {
    /// How far the log was searched: the next `after`.
    #[serde(with = "scalar")]
    pub(crate) revision: Revision,
    pub(crate) changes: Vec<ChangeJson>,
}

/// The JSON before and after the elements of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Ends with `[`.
    pub(crate) opening: String,
    /// Begins with `]`.
    pub(crate) closing: String,
}

impl Frame {
    /// The frame of a bare array.
    pub(crate) fn array() -> Self {
        Self::around(&[(); 0])
    }

    /// The frame of a shape, given with an empty list, which has to be its last member.
    pub(crate) fn around(empty: &impl Serialize) -> Self {
        // A shape always has a JSON form.
        let text = serde_json::to_string(empty).unwrap_or_default();
        let (opening, closing) = text.rsplit_once("[]").unwrap_or_default();
        Self { opening: format!("{opening}["), closing: format!("]{closing}") }
    }
}
