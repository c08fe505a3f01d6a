//! The formats that can be read, and how a file's name says which one it is. Called by `import` and `apply`.

use std::path::Path;

use thiserror::Error;

/// A format that a file can be read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JSON: nested objects join their keys with `/`.
    Json,
    /// YAML, as JSON; each scalar is the text as it is written.
    Yaml,
    /// TOML, as JSON; numbers and dates are the texts as they are written.
    Toml,
    /// A `.env` file: names as they are written, and no variable is replaced.
    Dotenv,
    /// Java properties.
    Properties,
    /// The output of `consul kv export`.
    Consul,
}

/// A text that does not name a format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not a supported format: use json, yaml, toml, dotenv, properties or consul")]
pub struct UnknownFormat;

impl Format {
    /// Every format.
    pub const ALL: [Self; 6] =
        [Self::Json, Self::Yaml, Self::Toml, Self::Dotenv, Self::Properties, Self::Consul];

    /// The format with a name, as `--format` takes it.
    pub fn parse(text: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or(UnknownFormat)
    }

    /// The name of the format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Toml => "toml",
            Self::Dotenv => "dotenv",
            Self::Properties => "properties",
            Self::Consul => "consul",
        }
    }

    /// The format that a file's name says. `.env`, `.env.production` and `production.env` are all `.env` files. A Consul
    /// export has no extension of its own, so that its format must be named.
    pub fn of_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        if name == ".env" || name.starts_with(".env.") {
            return Some(Self::Dotenv);
        }
        match name.rsplit_once('.')?.1 {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            "toml" => Some(Self::Toml),
            "env" => Some(Self::Dotenv),
            "properties" => Some(Self::Properties),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_says_its_format() {
        for (path, format) in [
            ("a/app.json", Some(Format::Json)),
            ("application.YML", Some(Format::Yaml)),
            ("a.yaml", Some(Format::Yaml)),
            ("Cargo.toml", Some(Format::Toml)),
            (".env", Some(Format::Dotenv)),
            ("a/.env.production", Some(Format::Dotenv)),
            ("production.env", Some(Format::Dotenv)),
            ("messages_de.properties", Some(Format::Properties)),
            ("kv", None),
            ("a.json/kv", None),
            ("", None),
        ] {
            assert_eq!(Format::of_path(Path::new(path)), format, "{path}");
        }
    }

    #[test]
    fn each_format_has_a_name() {
        for format in Format::ALL {
            assert_eq!(Format::parse(format.as_str()), Ok(format));
        }
        assert_eq!(Format::parse("xml"), Err(UnknownFormat));
    }
}
