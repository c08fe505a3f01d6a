//! The dialects that can be written. Called by `export`.

use thiserror::Error;

/// A dialect that entries can be written in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// One JSON object with the names as keys. An import returns the same entries.
    Json,
    /// One YAML mapping with the names as keys. An import returns the same entries.
    Yaml,
    /// One TOML table with the names as keys. An import returns the same entries.
    Toml,
    /// Java properties in ASCII. An import returns the same entries.
    Properties,
    /// The JSON of `consul kv export`. An import returns the same entries.
    Consul,
    /// One JSON object whose values are all strings.
    Map,
    /// JSON objects inside each other, one for each part of a name between slashes.
    Nested,
    /// A `.env` file, as python-dotenv reads it.
    Dotenv,
    /// A file for `docker run --env-file`.
    Docker,
    /// A file for `env_file` of Compose.
    Compose,
    /// A script for `.` of a shell, which sets and exports the variables.
    Sh,
    /// A manifest of a Kubernetes `ConfigMap`.
    K8sConfigMap(ManifestName),
    /// A manifest of a Kubernetes Secret.
    K8sSecret(ManifestName),
}

/// The name of a Kubernetes object: lower case letters, digits, `-` and `.`, at most 253.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestName(String);

/// A text that does not name a dialect, or an object.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DialectError {
    /// Not a dialect.
    #[error("not a supported format: use {}", NAMES.join(", "))]
    Unknown,
    /// A manifest needs the name of its object.
    #[error("a Kubernetes manifest needs the name of its object")]
    NameMissing,
    /// Not a name of a Kubernetes object.
    #[error(
        "not a name of a Kubernetes object: use lower case letters, digits, `-` and `.`, with a letter or a digit first and last in each part, at most 253 characters"
    )]
    NotAName,
}

const NAMES: [&str; 13] = [
    "json",
    "yaml",
    "toml",
    "properties",
    "consul",
    "map",
    "nested",
    "dotenv",
    "docker",
    "compose",
    "sh",
    "k8s-configmap",
    "k8s-secret",
];

impl Dialect {
    /// The names of all dialects, as `--to` takes them.
    pub const NAMES: &'static [&'static str] = &NAMES;

    /// The dialect with a name; a manifest of Kubernetes also needs the name of its object.
    pub fn parse(text: &str, manifest: Option<&str>) -> Result<Self, DialectError> {
        let object = || ManifestName::parse(manifest.ok_or(DialectError::NameMissing)?);
        Ok(match text {
            "json" => Self::Json,
            "yaml" => Self::Yaml,
            "toml" => Self::Toml,
            "properties" => Self::Properties,
            "consul" => Self::Consul,
            "map" => Self::Map,
            "nested" => Self::Nested,
            "dotenv" => Self::Dotenv,
            "docker" => Self::Docker,
            "compose" => Self::Compose,
            "sh" => Self::Sh,
            "k8s-configmap" => Self::K8sConfigMap(object()?),
            "k8s-secret" => Self::K8sSecret(object()?),
            _ => return Err(DialectError::Unknown),
        })
    }
}

impl ManifestName {
    /// The one door into the type: a DNS subdomain, as Kubernetes checks it.
    pub fn parse(text: &str) -> Result<Self, DialectError> {
        let is_end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_label = |label: &str| {
            let bytes = label.as_bytes();
            bytes.first().copied().is_some_and(is_end)
                && bytes.last().copied().is_some_and(is_end)
                && bytes.iter().all(|&byte| is_end(byte) || byte == b'-')
        };
        if text.len() > 253 || !text.split('.').all(is_label) {
            return Err(DialectError::NotAName);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_has_a_name_and_a_manifest_has_an_object() {
        for name in Dialect::NAMES {
            assert!(Dialect::parse(name, Some("app.config-1")).is_ok(), "{name}");
        }
        assert_eq!(Dialect::parse("k8s-secret", None), Err(DialectError::NameMissing));
        assert_eq!(Dialect::parse("xml", None), Err(DialectError::Unknown));
        assert!(DialectError::Unknown.to_string().ends_with("sh, k8s-configmap, k8s-secret"));
        for name in ["", "A", "a_b", "-a", "a-", "a..b", "a\nb", &"a".repeat(254)] {
            assert_eq!(ManifestName::parse(name), Err(DialectError::NotAName), "{name}");
        }
    }
}
