//! Items: one name's state, of lists, values, differences and results of transactions.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::scalar::{self, Instant, present, some};
use super::secret::{VALUE, put_value};
use crate::application::ShownConfig;
use crate::domain::{ConfigName, ConfigValue, ContentType, Reason, Revision, Timestamp, Version};

/// One name's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::option_option, reason = "a value that is left out and a value that is null differ")]
pub struct ItemJson {
    #[serde(with = "scalar")]
    pub(crate) name: ConfigName,
    /// None where values are left out.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub(crate) value: Option<Option<ConfigValue>>,
    /// True of a secret, else absent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) secret: Option<bool>,
    /// True where the value is null because it is a secret.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) masked: Option<bool>,
    /// Of a masked value; null where the server does not have the key.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub(crate) fingerprint: Option<Option<String>>,
    /// True where the value is null because it was destroyed.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) shredded: Option<bool>,
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
    pub(crate) config: ShownConfig,
    pub(crate) members: Members,
}

impl ItemOf {
    /// With its value.
    pub(crate) fn whole(name: ConfigName, config: ShownConfig) -> Self {
        Self { name, config, members: Members::Value }
    }
}

impl Serialize for ItemOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { name, config, members } = self;
        let mut item = serializer.serialize_struct("Item", 13)?;
        item.serialize_field("name", name.as_str())?;
        if *members == Members::Value {
            put_value(&mut item, &VALUE, config.value())?;
        } else if config.is_secret() {
            item.serialize_field(VALUE.secret, &true)?;
        }
        item.serialize_field("content_type", config.attributes().content_type().as_str())?;
        item.serialize_field("version", &config.version().get())?;
        item.serialize_field("revision", &config.revision().get())?;
        item.serialize_field("created_revision", &config.created().get())?;
        item.serialize_field("updated_at", &Instant(config.updated_at()))?;
        item.serialize_field("updated_by", config.updated_by())?;
        item.serialize_field("reason", &config.reason())?;
        item.end()
    }
}
