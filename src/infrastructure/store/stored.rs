//! The forms in which events and attributes are stored and hashed, for both stores.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{Attributes, ConfigName, EncryptedValue, Event, Fact, Revision, Version};

/// `kind` of a set.
pub(super) const KIND_SET: i16 = 1;
/// `kind` of a delete.
pub(super) const KIND_DELETED: i16 = 2;
/// `kind` of a shred.
pub(super) const KIND_SHREDDED: i16 = 3;
/// `kind` of access data.
pub(super) const KIND_ACCESS: i16 = 4;

/// How digests are made of stored bytes. Every log stays readable: a format is never changed, only added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestFormat {
    /// Of release 0.1.0: name, version, kind and the value.
    One,
    /// Also covers the attributes, whether the value is encrypted, and the id of the actor.
    Two,
}

impl DigestFormat {
    /// What this release writes.
    pub const CURRENT: Self = Self::Two;

    /// The format of a column; `None` if a newer release has written it.
    pub(super) fn of_column(column: i16) -> Option<Self> {
        match column {
            1 => Some(Self::One),
            2 => Some(Self::Two),
            _ => None,
        }
    }

    /// The column.
    pub(super) fn column(self) -> i16 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

/// What a shred is about, in the value of its event.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shred<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    versions: Vec<u64>,
}

/// `kind` of an event.
pub(super) fn kind_of(event: &Event) -> i16 {
    match event.fact {
        Fact::Set { .. } => KIND_SET,
        Fact::Deleted { .. } => KIND_DELETED,
        Fact::Shredded { .. } => KIND_SHREDDED,
        Fact::Access { .. } => KIND_ACCESS,
    }
}

/// The bytes that are stored as the encrypted value of an event.
pub(super) fn encrypted_of(event: &Event) -> Option<&[u8]> {
    event.value()?.encrypted().map(EncryptedValue::bytes)
}

/// The text that is stored as the value of an event.
pub(super) fn value_of(event: &Event) -> Option<Cow<'_, str>> {
    match &event.fact {
        Fact::Set { value, .. } => value.clear().map(|value| value.as_str().into()),
        Fact::Deleted { .. } => None,
        Fact::Shredded { of, versions } => Some(shred_text(of, versions).into()),
        Fact::Access { entry } => entry.as_ref().map(|entry| entry.as_str().into()),
    }
}

fn shred_text(of: &ConfigName, versions: &[Version]) -> String {
    let versions = versions.iter().map(|version| version.get()).collect();
    let shred = Shred { name: of.as_str().into(), versions };
    // Texts and numbers always have a JSON form.
    serde_json::to_string(&shred).unwrap_or_default()
}

/// What the value of a shred says; `None` if it does not make sense.
pub(super) fn shred(text: &str) -> Option<Fact> {
    let Shred { name, versions } = serde_json::from_str(text).ok()?;
    let of = ConfigName::from_log(&name).ok()?;
    Some(Fact::Shredded { of, versions: versions.into_iter().map(Version::new).collect() })
}

/// The revision of the first set since the name was absent, of an event in the change with this revision.
pub(super) fn created_of(event: &Event, revision: Revision) -> Option<Revision> {
    match event.fact {
        Fact::Set { created, .. } => Some(created.unwrap_or(revision)),
        Fact::Deleted { .. } | Fact::Shredded { .. } | Fact::Access { .. } => None,
    }
}

/// The attributes of an event as they are stored and hashed.
pub(super) fn attributes_of(event: &Event) -> Option<String> {
    let attributes = event.attributes();
    (!attributes.is_empty()).then(|| object_text(attributes.iter()))
}

/// The attributes of a change as they are stored and hashed.
pub(super) fn attributes_text(attributes: &BTreeMap<String, String>) -> Option<String> {
    let texts = attributes.iter().map(|(key, text)| (key.as_str(), text.as_str()));
    (!attributes.is_empty()).then(|| object_text(texts))
}

/// Attributes from their stored text; `None` unless it is the text that this release would store for them, so that
/// a restore or a copy of an event has the same bytes.
pub(super) fn attributes(text: Option<&str>) -> Option<Attributes> {
    let Some(text) = text else { return Some(Attributes::NONE) };
    let map: BTreeMap<String, String> = serde_json::from_str(text).ok()?;
    (attributes_text(&map).as_deref() == Some(text)).then(|| Attributes::new(map))
}

/// A JSON object of texts without spaces, in the order of the keys given; escapes as RFC 8785 has them.
fn object_text<'a>(texts: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let object = texts.map(|(key, text)| (key.to_owned(), text.into())).collect();
    serde_json::Value::Object(object).to_string()
}

/// The bytes of an event's value on their way into a digest.
#[derive(Clone, Copy)]
pub(super) enum StoredValue<'a> {
    /// No value.
    None,
    /// As text.
    Clear(&'a str),
    /// Only with its key.
    Encrypted(&'a [u8]),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(pairs: &[(&str, &str)]) -> Option<String> {
        let map = pairs.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        attributes_text(&map)
    }

    #[test]
    fn attributes_are_stored_sorted_and_escaped_as_rfc_8785_has_it() {
        assert_eq!(stored(&[]), None);
        assert_eq!(
            stored(&[("secret", "true"), ("content_type", "application/json")]).as_deref(),
            Some(r#"{"content_type":"application/json","secret":"true"}"#)
        );
        let odd = "\u{8}\t\n\u{c}\r\"\\\u{1}\u{1f}\u{7f}/é\u{2028}😀";
        assert_eq!(
            stored(&[("é", odd), ("z", ""), ("Z", "")]).as_deref(),
            Some(concat!(r#"{"Z":"","z":"","é":"\b\t\n\f\r\"\\\u0001\u001f"#, "\u{7f}/é\u{2028}😀\"}"))
        );
    }

    #[test]
    fn only_the_stored_form_is_read() {
        let text = r#"{"a":"1","b":"\n"}"#;
        assert_eq!(attributes_text(&serde_json::from_str(text).unwrap()).as_deref(), Some(text));
        assert!(attributes(Some(text)).is_some());
        for other in ["{}", r#"{"b":"1","a":"2"}"#, r#"{"a": "1"}"#, r#"{"a":1}"#, r#"{"a":"\u000a"}"#, "[]"]
        {
            assert_eq!(attributes(Some(other)), None, "{other}");
        }
        assert_eq!(attributes(None), Some(Attributes::NONE));
    }

    #[test]
    fn a_shred_comes_back_from_its_text() {
        let of = ConfigName::parse("app/key").unwrap();
        let text = shred_text(&of, &[Version::new(1), Version::new(3)]);
        assert_eq!(text, r#"{"name":"app/key","versions":[1,3]}"#);
        assert_eq!(
            shred(&text),
            Some(Fact::Shredded { of, versions: vec![Version::new(1), Version::new(3)] })
        );
        assert_eq!(shred(r#"{"name":"","versions":[]}"#), None);
    }
}
