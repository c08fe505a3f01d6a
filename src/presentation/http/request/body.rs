//! Bodies of requests: bytes, JSON, values.
//!
//! Called by the handlers of writes. A body that is not JSON is 400. JSON of an unexpected shape is 422, and the
//! problem never repeats the body (`a_problem_never_repeats_the_body`).

use std::io::Read;

use rouille::Request;
use serde::de::{Deserialize, IgnoredAny};

use crate::application::View;
use crate::domain::{ConfigValue, ContentType};
use crate::presentation::http::answer::problem::Problem;
use crate::wire::object::Object;

/// Takes the body out of a request; it is in memory and under its limit.
pub(in crate::presentation::http) fn take(request: &Request) -> Result<Vec<u8>, Problem> {
    // As long as it is, because it may wait: a buffer that grows ends up with twice the room.
    let announced = request.header("Content-Length").and_then(|length| length.parse().ok());
    let mut bytes = Vec::with_capacity(announced.unwrap_or_default());
    let unreadable = || Problem::malformed("send the body once, whole");
    let mut body = request.data().ok_or_else(unreadable)?;
    body.read_to_end(&mut bytes).map_err(|_| unreadable())?;
    bytes.shrink_to_fit();
    Ok(bytes)
}

/// A body as text.
pub(in crate::presentation::http) fn text(bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).map_err(|_| Problem::malformed("send the body as UTF-8 text"))
}

/// A body as a JSON object of one shape, which `shape` describes for the client.
pub(in crate::presentation::http) fn json<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    shape: &str,
) -> Result<T, Problem> {
    let text = text(bytes)?;
    // Editors put a byte order mark first; a reader of JSON may pass over it (RFC 8259 section 8.1).
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let error = match serde_json::from_str::<Object<T>>(text) {
        Ok(Object(found)) => return Ok(found),
        Err(error) => error,
    };
    // An error of shape may stand before one of syntax; the syntax counts first.
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        let detail = format!(
            "send JSON: the body stops being JSON at line {}, column {}",
            error.line(),
            error.column()
        );
        return Err(Problem::malformed(detail));
    }
    // Of serde's text only its kind is repeated: the rest may have a value.
    let said = error.to_string();
    let what = [
        ("missing field", "a member is missing"),
        ("unknown field", "a member is unknown"),
        ("unknown variant", "a member is unknown"),
        ("duplicate field", "a member appears twice"),
        ("invalid type", "a member has another type"),
    ];
    let what = what
        .iter()
        .find(|(start, _)| said.starts_with(start))
        .map_or("the body has an unexpected shape", |(_, what)| what);
    Err(Problem::invalid(format!("send {shape}: {what}, line {}, column {}", error.line(), error.column())))
}

/// A body as the text of some JSON, without a byte order mark.
pub(in crate::presentation::http) fn any_json(bytes: &[u8]) -> Result<&str, Problem> {
    let text = text(bytes)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let not_json = |error: serde_json::Error| {
        let (line, column) = (error.line(), error.column());
        Problem::malformed(format!("send JSON: the body stops being JSON at line {line}, column {column}"))
    };
    // Depth has its own limit there: JSON that is nested deeper is refused as a schema.
    match serde_json::from_str::<IgnoredAny>(text) {
        Err(error) if !error.to_string().starts_with("recursion limit") => Err(not_json(error)),
        Ok(_) | Err(_) => Ok(text),
    }
}

/// Reads the content type in a JSON body.
pub(in crate::presentation::http) fn content_type(text: Option<&str>) -> Result<ContentType, Problem> {
    let given = text.map(ContentType::parse).transpose();
    let given = given.map_err(|error| Problem::invalid(format!("correct `content_type`: {error}")))?;
    Ok(given.unwrap_or_default())
}

/// Reads a value under the store's limit, which holds for the decoded text. A value that is to be served as JSON must be
/// JSON; other types are the reader's to check.
pub(in crate::presentation::http) fn value(
    view: &View<'_>,
    text: &str,
    content_type: ContentType,
) -> Result<ConfigValue, Problem> {
    let value = ConfigValue::parse(text, view.options().value_bytes_max);
    let value = value.map_err(|error| Problem::of_value(&error))?;
    if content_type != ContentType::Json {
        return Ok(value);
    }
    match serde_json::from_str::<IgnoredAny>(text) {
        Err(error) => Err(Problem::invalid(format!(
            "send a value that is JSON, or another content type: the value stops being JSON at line {}, column {}",
            error.line(),
            error.column()
        ))),
        Ok(_) => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shape {
        value: String,
        reason: Option<String>,
    }

    fn status(body: &str) -> u16 {
        match json::<Shape>(body.as_bytes(), "it") {
            Ok(shape) => u16::from(shape.reason.is_some()) + u16::try_from(shape.value.len()).unwrap(),
            Err(problem) => problem.status(),
        }
    }

    #[test]
    fn what_is_no_json_is_400_and_another_shape_422() {
        assert_eq!(status(r#"{"value":"abc","reason":"why"}"#), 4);
        assert_eq!(status("\u{feff}{\"value\":\"abc\"}"), 3);
        for body in [
            "",
            "{",
            r#"{"value":5"#,
            r#"{"value":"a"} x"#,
            "value=a",
            r#"{"value":"a",}"#,
            "{}\u{feff}",
            r#"{"value":"a\x"}"#,
        ] {
            assert_eq!(status(body), 400, "{body}");
        }
        let deep = format!(r#"{{"value":{}{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
        for body in [
            "{}",
            "null",
            r#"["a"]"#,
            r#""a""#,
            r#"{"value":5}"#,
            r#"{"value":null}"#,
            r#"{"value":"a","vlaue":"b"}"#,
            r#"{"value":"a","value":"b"}"#,
            r#"{"value":"a","reason":5}"#,
            &deep,
        ] {
            assert_eq!(status(body), 422, "{body:.40}");
        }
        assert_eq!(json::<Shape>(b"\xff", "it").err().map(|problem| problem.status()), Some(400));
    }

    #[test]
    fn a_problem_never_repeats_the_body() {
        for body in [r#"{"value":12345}"#, r#"{"s3cret":"a"}"#, "s3cret"] {
            let shown = format!("{:?}", json::<Shape>(body.as_bytes(), "it").err());
            assert!(!shown.contains("12345") && !shown.contains("s3cret"), "{shown}");
        }
    }
}
