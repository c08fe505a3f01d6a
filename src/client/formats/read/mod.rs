//! A text taken apart into entries: one module per format. Called by `import` and `apply`.

mod consul;
mod dotenv;
mod found;
mod json;
mod lines;
mod properties;
#[cfg(test)]
mod tests;
mod toml;
mod yaml;

use super::{Entry, Format, FormatError, Problem};

/// The entries of a text, in the order of the text. Nothing comes from the process environment, and nothing is run.
///
/// # Errors
///
/// The error names the line and the name, and never a value.
pub fn read(format: Format, text: &str) -> Result<Vec<Entry>, FormatError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        Format::Json => json::read(text),
        Format::Yaml => yaml::read(text),
        Format::Toml => toml::read(text),
        Format::Dotenv => dotenv::read(text),
        Format::Properties => properties::read(text),
        Format::Consul => consul::read(text),
    }
}

/// The text of a file's bytes, which must be UTF-8.
///
/// # Errors
///
/// The error names the line of the first byte that is not.
pub fn text_of(bytes: &[u8]) -> Result<&str, FormatError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + before.split(|&byte| byte == b'\n').skip(1).count();
        FormatError::at(line, Problem::NotUtf8)
    })
}
