//! Items: one name's state, of lists, values, differences and results of transactions.

use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::scalar::{self, Instant, present};
use crate::application::Shown;
use crate::domain::{Config, ConfigName, ConfigValue, ContentType, Reason, Revision, Timestamp, Version};

/// One name's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::option_option, reason = "a value that is left out and a value that is null differ")]
pub(crate) struct ItemJson {
    #[serde(with = "scalar")]
    pub(crate) name: ConfigName,
    /// None where values are left out.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub(crate) value: Option<Option<ConfigValue>>,
    #[serde(with = "scalar")]
    pub(crate) content_type: ContentType,
    #[serde(with = "scalar")]
    pub(crate) version: Version,
    #[serde(with = "scalar")]
    pub(crate) revision: Revision,
    /// Of the first set since the name was absent.
    #[serde(with = "scalar")]
    pub(crate) created_revision: Revision,
    #[serde(with = "scalar")]
    pub(crate) updated_at: Timestamp,
    pub(crate) updated_by: String,
    #[serde(with = "scalar")]
    pub(crate) reason: Option<Reason>,
}

/// Which members an item has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Members {
    /// With its value.
    Value,
    /// Without the member.
    NoValue,
}

/// One name's state as the server holds it. Bodies that are pulled own it: the domain's texts are shared.
pub(crate) struct ItemOf {
    pub(crate) name: ConfigName,
    pub(crate) config: Shown<Arc<Config>>,
    pub(crate) members: Members,
}

impl ItemOf {
    /// With its value.
    pub(crate) fn whole(name: ConfigName, config: Shown<Arc<Config>>) -> Self {
        Self { name, config, members: Members::Value }
    }
}

impl Serialize for ItemOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { name, config, members } = self;
        let mut item = serializer.serialize_struct("Item", 9)?;
        item.serialize_field("name", name.as_str())?;
        if *members == Members::Value {
            item.serialize_field("value", &config.text())?;
        }
        item.serialize_field("content_type", config.attributes.content_type().as_str())?;
        item.serialize_field("version", &config.version.get())?;
        item.serialize_field("revision", &config.revision.get())?;
        item.serialize_field("created_revision", &config.created.get())?;
        item.serialize_field("updated_at", &Instant(config.updated_at))?;
        item.serialize_field("updated_by", &*config.updated_by)?;
        item.serialize_field("reason", &config.reason.as_ref().map(Reason::as_str))?;
        item.end()
    }
}
