//! The body of a transaction, and its result.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::item::ItemJson;
use super::object::Object;
use super::scalar;
use crate::domain::{CHANGE_EVENTS_MAX, Revision};

/// Operations, all or nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransactionJson<'a> {
    #[serde(borrow, deserialize_with = "operations")]
    pub(crate) operations: Vec<OperationJson<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dry_run: Option<bool>,
}

impl TransactionJson<'_> {
    /// The shape, for the problem of a body that has another one.
    pub(crate) const SHAPE: &'static str = "an object with `operations`, 1 to 10,000 objects {\"set\": {\"name\", \
        \"value\", \"if_revision\"?, \"content_type\"?, \"secret\"?}}, {\"delete\": {\"name\", \"if_revision\"?}} or {\"check\": {\"name\", \
        \"if_revision\"}}, and with `reason` and `dry_run` if there are any";
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OperationJson<'a> {
    #[serde(borrow)]
    Set(Object<SetJson<'a>>),
    #[serde(borrow)]
    Delete(Object<DeleteJson<'a>>),
    #[serde(borrow)]
    Check(Object<CheckJson<'a>>),
}

/// Sets a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetJson<'a> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) value: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "scalar::whole_or_none")]
    pub(crate) if_revision: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<bool>,
}

/// Deletes a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteJson<'a> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "scalar::whole_or_none")]
    pub(crate) if_revision: Option<u64>,
}

/// Changes nothing; fails where the revision is another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckJson<'a> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    #[serde(deserialize_with = "scalar::whole")]
    pub(crate) if_revision: u64,
}

/// Reads a list and keeps one element past the limit, so that the domain refuses it and that many small ones do not fill
/// the memory.
fn operations<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    struct Elements<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
            let mut read = Vec::new();
            while read.len() <= CHANGE_EVENTS_MAX {
                let Some(element) = elements.next_element()? else { return Ok(read) };
                read.push(element);
            }
            while elements.next_element::<IgnoredAny>()?.is_some() {}
            Ok(read)
        }
    }
    deserializer.deserialize_seq(Elements(PhantomData))
}

/// The result of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TransactedJson {
    /// None for a dry run and for checks alone.
    #[serde(with = "scalar")]
    pub(crate) revision: Option<Revision>,
    /// A set's item; none of a delete and of a check.
    pub(crate) results: Vec<Option<ItemJson>>,
}
