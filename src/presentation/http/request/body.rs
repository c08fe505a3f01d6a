//! Bodies of requests: bytes, JSON, values.
//!
//! Called by the handlers of writes. What is not JSON is 400; JSON of another shape is 422, and the problem
//! never repeats what was sent (`a_problem_never_repeats_the_body`).

use std::io::Read;
use std::marker::PhantomData;

use rouille::Request;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::application::View;
use crate::domain::ConfigValue;
use crate::presentation::http::answer::problem::Problem;

/// Takes the body out of a request; it is in memory and under its limit.
pub(in crate::presentation::http) fn take(request: &Request) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let unreadable = || Problem::malformed("send the body once, whole");
    let mut body = request.data().ok_or_else(unreadable)?;
    body.read_to_end(&mut bytes).map_err(|_| unreadable())?;
    Ok(bytes)
}

/// A body as text.
pub(in crate::presentation::http) fn text(bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).map_err(|_| Problem::malformed("send the body as UTF-8 text"))
}

/// A body as a JSON object of one shape, which `shape` tells the client.
pub(in crate::presentation::http) fn json<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    shape: &str,
) -> Result<T, Problem> {
    let text = text(bytes)?;
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
    // Of serde's text only its kind is told: the rest may repeat a value.
    let said = error.to_string();
    let what = [
        ("missing field", "a member is missing"),
        ("unknown field", "a member is unknown"),
        ("unknown variant", "a member is unknown"),
        ("duplicate field", "a member stands twice"),
        ("invalid type", "a member has another type"),
    ];
    let what = what
        .iter()
        .find(|(start, _)| said.starts_with(start))
        .map_or("the shape is another", |(_, what)| what);
    Err(Problem::invalid(format!("send {shape}: {what}, line {}, column {}", error.line(), error.column())))
}

/// Reads a value under the store's limit, which holds for the decoded text.
pub(in crate::presentation::http) fn value(view: &View<'_>, text: &str) -> Result<ConfigValue, Problem> {
    ConfigValue::parse(text, view.options().value_bytes_max).map_err(|error| Problem::of_value(&error))
}

/// A JSON object and nothing else: what serde derives would take an array of the members too.
pub(in crate::presentation::http) struct Object<T>(pub(in crate::presentation::http) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
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
        for body in [
            "",
            "{",
            r#"{"value":5"#,
            r#"{"value":"a"} x"#,
            "value=a",
            r#"{"value":"a",}"#,
            "\u{feff}{}",
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
