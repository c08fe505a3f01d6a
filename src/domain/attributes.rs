//! The attributes of a value: all that a set says about it beyond the text itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

/// The attributes of a value: texts by key. A set states all of them. Cheap to clone; most values have none.
///
/// Keys that this release does not know are kept and passed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(Option<Arc<BTreeMap<String, String>>>);

/// The key of the content type.
const CONTENT_TYPE: &str = "content_type";
/// The key that says whether a value is secret.
const SECRET: &str = "secret";

/// The statement of a value about its own secrecy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// It is secret.
    Secret,
    /// It is not secret, whatever the policy's patterns say.
    Open,
}

/// The media type that a value is served with. Plain text is the default and is not stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContentType {
    /// `text/plain`
    #[default]
    Text,
    /// `application/json`
    Json,
    /// `application/yaml`
    Yaml,
    /// `application/toml`
    Toml,
}

/// A text that is not one of the supported content types.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "not a supported content type: use text/plain, application/json, application/yaml or application/toml"
)]
pub struct ContentTypeError;

impl Attributes {
    /// No attributes.
    pub const NONE: Self = Self(None);

    /// The attributes in a map.
    pub fn new(map: BTreeMap<String, String>) -> Self {
        Self((!map.is_empty()).then(|| Arc::new(map)))
    }

    /// The attributes of a value with this content type.
    pub fn of_content_type(content_type: ContentType) -> Self {
        match content_type {
            ContentType::Text => Self::NONE,
            other => Self::new(BTreeMap::from([(CONTENT_TYPE.to_owned(), other.as_str().to_owned())])),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Every key with its text, sorted by the keys' bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|map| map.iter()).map(|(key, text)| (key.as_str(), text.as_str()))
    }

    /// The text of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.as_ref()?.get(key).map(String::as_str)
    }

    /// The content type; plain text where none is stored, or one that this release does not know.
    pub fn content_type(&self) -> ContentType {
        self.get(CONTENT_TYPE).and_then(|text| ContentType::parse(text).ok()).unwrap_or_default()
    }

    /// The value's statement about its secrecy, if it makes one. A text that this release does not know hides the value.
    pub fn secrecy(&self) -> Option<Secrecy> {
        self.get(SECRET).map(|text| if text == "false" { Secrecy::Open } else { Secrecy::Secret })
    }

    /// The same attributes with another statement about secrecy, or none.
    #[must_use]
    pub fn with_secrecy(&self, secrecy: Option<Secrecy>) -> Self {
        if self.secrecy() == secrecy {
            return self.clone();
        }
        let mut map = self.0.as_deref().cloned().unwrap_or_default();
        match secrecy {
            Some(Secrecy::Secret) => map.insert(SECRET.to_owned(), "true".to_owned()),
            Some(Secrecy::Open) => map.insert(SECRET.to_owned(), "false".to_owned()),
            None => map.remove(SECRET),
        };
        Self::new(map)
    }

    /// The size of the keys and texts, in bytes.
    pub fn bytes(&self) -> usize {
        self.iter().map(|(key, text)| key.len() + text.len()).sum()
    }
}

impl ContentType {
    /// The one door into the type: the media type without parameters, in any letter case.
    pub fn parse(text: &str) -> Result<Self, ContentTypeError> {
        let all = [Self::Text, Self::Json, Self::Yaml, Self::Toml];
        all.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text)).ok_or(ContentTypeError)
    }

    /// The media type.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text/plain",
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
            Self::Toml => "application/toml",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_the_default_and_is_not_stored() {
        assert!(Attributes::of_content_type(ContentType::Text).is_empty());
        assert_eq!(Attributes::NONE.content_type(), ContentType::Text);
        assert_eq!(Attributes::of_content_type(ContentType::Yaml).content_type(), ContentType::Yaml);
    }

    #[test]
    fn secrecy_is_one_attribute_among_others() {
        let yaml = Attributes::of_content_type(ContentType::Yaml);
        assert_eq!(yaml.secrecy(), None);
        let secret = yaml.with_secrecy(Some(Secrecy::Secret));
        assert_eq!((secret.secrecy(), secret.content_type()), (Some(Secrecy::Secret), ContentType::Yaml));
        assert_eq!(secret.with_secrecy(None), yaml);
        assert_eq!(Attributes::NONE.with_secrecy(Some(Secrecy::Open)).get("secret"), Some("false"));
        let unknown = Attributes::new(BTreeMap::from([("secret".to_owned(), "perhaps".to_owned())]));
        assert_eq!(unknown.secrecy(), Some(Secrecy::Secret));
    }

    #[test]
    fn unknown_keys_and_content_types_are_kept() {
        let map = BTreeMap::from([
            ("consul_flags".to_owned(), "42".to_owned()),
            ("content_type".to_owned(), "application/x-new".to_owned()),
        ]);
        let attributes = Attributes::new(map);
        assert_eq!(attributes.get("consul_flags"), Some("42"));
        assert_eq!(attributes.content_type(), ContentType::Text);
        assert_eq!(attributes.iter().count(), 2);
    }

    #[test]
    fn content_types_are_read_in_any_letter_case() {
        assert_eq!(ContentType::parse("Application/JSON"), Ok(ContentType::Json));
        for text in ["", "text/html", "text/plain; charset=utf-8", "application/json "] {
            assert_eq!(ContentType::parse(text), Err(ContentTypeError));
        }
    }
}
