//! Differences between two states, of diffs and of restores.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};

use super::item::{ItemJson, Members};
use super::scalar;
use crate::application::ShownDifference;
use crate::domain::{ConfigName, DifferenceKind, Revision};

/// What differs between two revisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DiffJson<'a> {
    #[serde(with = "scalar")]
    pub(crate) from: Revision,
    #[serde(with = "scalar")]
    pub(crate) to: Revision,
    pub(crate) changes: Vec<DifferenceJson<'a>>,
}

/// One name that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DifferenceJson<'a> {
    #[serde(with = "scalar")]
    pub(crate) name: Cow<'a, ConfigName>,
    #[serde(with = "KindWord")]
    pub(crate) kind: DifferenceKind,
    // Without this serde would read an absent member as null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) from: Option<ItemJson<'a>>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) to: Option<ItemJson<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "DifferenceKind", rename_all = "lowercase")]
pub(super) enum KindWord {
    Added,
    Changed,
    Removed,
}

/// A name that differs, as the server holds it.
pub(crate) struct DifferenceOf(pub(crate) ShownDifference);

impl Serialize for DifferenceOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ShownDifference { name, kind, from, to } = &self.0;
        let item = |config| ItemJson::of(name, config, Members::Value);
        let difference = DifferenceJson {
            name: Cow::Borrowed(name),
            kind: *kind,
            from: from.as_ref().map(item),
            to: to.as_ref().map(item),
        };
        difference.serialize(serializer)
    }
}
