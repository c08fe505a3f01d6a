//! Items: one name's state, of lists, values, differences and results of transactions.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use super::scalar::{self, Scalar, present};
use crate::application::Shown;
use crate::domain::{Config, ConfigName, ConfigValue, ContentType, Reason, Revision, Timestamp, Version};

/// One name's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::option_option, reason = "a value that is left out and a value that is null differ")]
pub(crate) struct ItemJson<'a> {
    #[serde(with = "scalar")]
    pub(crate) name: Cow<'a, ConfigName>,
    /// None where values are left out.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub(crate) value: Option<Option<ShownValue<'a>>>,
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
    pub(crate) updated_by: Cow<'a, str>,
    #[serde(with = "scalar")]
    pub(crate) reason: Option<Cow<'a, Reason>>,
}

/// A value in JSON. It is made from what a view has released, or read from JSON, and in no other way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShownValue<'a>(Cow<'a, ConfigValue>);

impl<'a> ShownValue<'a> {
    /// For the shapes: of the content of a [`Shown`] only.
    pub(super) fn of(value: &'a ConfigValue) -> Self {
        Self(Cow::Borrowed(value))
    }
}

impl Scalar for ShownValue<'_> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }

    fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Scalar::read(deserializer).map(Self)
    }
}

/// Which members an item has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Members {
    /// With its value.
    Value,
    /// Without the member.
    NoValue,
}

impl<'a> ItemJson<'a> {
    pub(super) fn of(name: &'a ConfigName, config: &'a Shown<Arc<Config>>, members: Members) -> Self {
        let value = || config.value.as_ref().map(ShownValue::of);
        Self {
            name: Cow::Borrowed(name),
            value: (members == Members::Value).then(value),
            content_type: config.attributes.content_type(),
            version: config.version,
            revision: config.revision,
            created_revision: config.created,
            updated_at: config.updated_at,
            updated_by: Cow::Borrowed(&config.updated_by),
            reason: config.reason.as_ref().map(Cow::Borrowed),
        }
    }
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
        ItemJson::of(&self.name, &self.config, self.members).serialize(serializer)
    }
}
