//! Differences between two states, of diffs and of restores.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::item::{ItemJson, ItemOf};
use super::scalar;
use crate::application::{ShownConfig, ShownDifference};
use crate::domain::{ConfigName, DifferenceKind, Revision};

/// The differences between two revisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DiffJson {
    #[serde(with = "scalar")]
    pub(crate) from: Revision,
    #[serde(with = "scalar")]
    pub(crate) to: Revision,
    pub(crate) changes: Vec<DifferenceJson>,
}

/// One name that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferenceJson {
    #[serde(with = "scalar")]
    pub(crate) name: ConfigName,
    #[serde(with = "KindWord")]
    pub(crate) kind: DifferenceKind,
    // Without this serde would read an absent member as null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) from: Option<ItemJson>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) to: Option<ItemJson>,
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
        let item = |config: &Option<ShownConfig>| {
            config.as_ref().map(|config| ItemOf::whole(name.clone(), config.clone()))
        };
        let mut difference = serializer.serialize_struct("Difference", 4)?;
        difference.serialize_field("name", name.as_str())?;
        difference.serialize_field("kind", &Word(*kind))?;
        difference.serialize_field("from", &item(from))?;
        difference.serialize_field("to", &item(to))?;
        difference.end()
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Word(#[serde(with = "KindWord")] DifferenceKind);
