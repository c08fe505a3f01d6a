//! A file with one JSON, TOML or YAML document, by its extension; `-` is standard input, and JSON.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use serde::de::DeserializeOwned;

use super::error::Failure;

/// The text of a file, or of standard input.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
    if path == Path::new("-") {
        let mut text = String::new();
        let read = io::stdin().lock().read_to_string(&mut text);
        return read.map(|_| text).map_err(|error| Failure::usage(format!("standard input: {error}")));
    }
    fs::read_to_string(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// The document of a file.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = text(path)?;
    let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    let parsed = match extension.to_ascii_lowercase().as_str() {
        "toml" => toml::from_str(&text).map_err(|error| error.message().to_owned()),
        "yaml" | "yml" => serde_saphyr::from_str(&text).map_err(|error| error.to_string()),
        _ => serde_json::from_str(&text).map_err(|error| error.to_string()),
    };
    parsed.map_err(|why| Failure::usage(format!("{}: {why}", path.display())))
}
