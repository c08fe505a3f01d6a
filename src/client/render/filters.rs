//! Filters that write a text as other programs read it.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, Value};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 3986's unreserved characters stay as they are.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Adds the filters to an environment.
pub(super) fn add(environment: &mut Environment<'_>) {
    // A string of JSON is one of YAML and of TOML too, if it escapes what these do not print.
    environment.add_filter("json", quoted);
    environment.add_filter("yaml", quoted);
    environment.add_filter("toml", quoted);
    environment.add_filter("shell", |text: &str| format!("'{}'", text.replace('\'', r"'\''")));
    environment.add_filter("base64", |text: &str| STANDARD.encode(text));
    environment.add_filter("base64_decode", base64_decode);
    environment.add_filter("from_json", from_json);
    environment.add_filter("url", |text: &str| utf8_percent_encode(text, RESERVED).to_string());
}

/// A text with its quotation marks; anything else as JSON writes it.
fn quoted(value: &Value) -> Result<String, Error> {
    let json = serde_json::to_string(value).map_err(|_| refused("json: the value has no form in JSON"))?;
    let mut quoted = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                // A text takes all that is written to it.
                let _ = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            plain => quoted.push(plain),
        }
    }
    Ok(quoted)
}

fn base64_decode(text: &str) -> Result<String, Error> {
    let bytes =
        STANDARD.decode(text.trim()).map_err(|_| refused("base64_decode: the value is not base64"))?;
    String::from_utf8(bytes).map_err(|_| refused("base64_decode: the decoded value is not UTF-8"))
}

fn from_json(text: &str) -> Result<Value, Error> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|error| {
        refused(format!(
            "from_json: the value is not JSON at line {} column {}",
            error.line(),
            error.column()
        ))
    })?;
    Ok(Value::from(Serde(json)))
}

fn refused(why: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, why)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn render(source: &str, value: &str) -> String {
        let mut environment = Environment::new();
        add(&mut environment);
        environment.render_str(source, minijinja::context! { value }).unwrap()
    }

    /// Texts that end a quotation, escape, or are more than ASCII.
    const AWKWARD: [&str; 6] =
        ["", "it's \"so\" $HOME `id`", "a\\n\nb\tc\r", "\u{7f}\u{85}\u{2028}\u{feff}é😀", "#: - {}", "'''"];

    #[test]
    fn a_quoted_text_is_read_back_as_it_was() {
        for text in AWKWARD {
            let json = render("{{ value|json }}", text);
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
            let toml = toml::from_str::<toml::Table>(&format!("a = {}", render("{{ value|toml }}", text)));
            assert_eq!(toml.unwrap()["a"].as_str(), Some(text));
            let yaml = serde_saphyr::from_str::<String>(&render("{{ value|yaml }}", text));
            assert_eq!(yaml.unwrap(), text);
            assert_eq!(render("{{ value|base64|base64_decode }}", text), text);
        }
    }

    #[test]
    fn a_shell_reads_the_text_back() {
        for text in AWKWARD {
            let script = format!("printf %s {}", render("{{ value|shell }}", text));
            let output = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
        }
    }

    #[test]
    fn members_of_json_are_reached_and_urls_are_encoded() {
        let source =
            "{% set it = value|from_json %}{{ it.port + 1 }} {{ it.hosts|json }} {{ it.hosts[0]|url }}";
        let value = r#"{"port": 5432, "hosts": ["a b/ü"]}"#;
        assert_eq!(render(source, value), "5433 [\"a b/ü\"] a%20b%2F%C3%BC");
    }
}
