//! Raw targets to segments: split on `/` first, then each segment decoded once.
//!
//! Called by the routes and the query. rouille's own `url()` is not used: it decodes `%2F` before the path is split,
//! and replaces bytes that are not UTF-8. Both would turn two names into one. Invariants:
//! `an_encoded_slash_stays_inside_its_segment`, `what_cannot_be_decoded_is_refused`.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::presentation::http::answer::problem::Problem;

/// The characters that stay as they are in a segment or a query's value: RFC 3986's unreserved ones.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The meaning of `+`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) enum Plus {
    /// Itself, in a path.
    Plus,
    /// A space, in a query.
    Space,
}

/// The path and the raw query of a target.
pub(in crate::presentation::http) fn split_target(target: &str) -> (&str, &str) {
    target.split_once('?').unwrap_or((target, ""))
}

/// A part of a path between slashes.
#[derive(Clone, Debug)]
pub(in crate::presentation::http) struct Segment<'a> {
    /// As it came. The fixed parts of a path are compared with this: a proxy's rule sees no other form.
    pub(in crate::presentation::http) raw: &'a str,
    /// Decoded once.
    pub(in crate::presentation::http) text: Cow<'a, str>,
}

/// The segments of a path; `/a%2Fb/c` has two.
pub(in crate::presentation::http) fn segments(path: &str) -> Result<Vec<Segment<'_>>, Problem> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split('/').map(segment).collect()
}

/// Refuses `.` and `..`: proxies and browsers resolve them, so that others would see another path.
fn segment(raw: &str) -> Result<Segment<'_>, Problem> {
    let text = decode(raw, Plus::Plus)?;
    if matches!(&*text, "." | "..") {
        return Err(Problem::malformed("write no segment . or .. in a path, encoded or not"));
    }
    Ok(Segment { raw, text })
}

/// Decodes percent-encoding strictly: a `%` without two digits and bytes that are not UTF-8 are refused.
pub(in crate::presentation::http) fn decode(text: &str, plus: Plus) -> Result<Cow<'_, str>, Problem> {
    let special = |byte: u8| byte == b'%' || (byte == b'+' && plus == Plus::Space);
    if !text.bytes().any(special) {
        return Ok(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (Some(high), Some(low)) = (digit(bytes.next()), digit(bytes.next())) else {
                    return Err(Problem::malformed("write % as %25, or follow it by two hexadecimal digits"));
                };
                u8::try_from(high * 16 + low).unwrap_or(u8::MAX)
            }
            b'+' if plus == Plus::Space => b' ',
            other => other,
        });
    }
    let decoded = String::from_utf8(decoded);
    decoded.map(Cow::Owned).map_err(|_| Problem::malformed("percent-encode text as UTF-8"))
}

/// A text as one segment, or as the value of a query parameter.
pub(in crate::presentation::http) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// A name as the rest of a path, with its slashes as they are. One that would be read as another path has them encoded.
pub(in crate::presentation::http) fn encode_name(name: &str) -> String {
    let is_odd = |segment: &str| matches!(segment, "" | "." | "..");
    if is_hidden_by_a_resource(name) || name.trim_end_matches('/').split('/').any(is_odd) {
        return encode(name);
    }
    name.split('/').map(encode).collect::<Vec<_>>().join("/")
}

/// Whether a path with the name's own slashes is that of a resource of another name: its history or its past.
pub(in crate::presentation::http) fn is_hidden_by_a_resource(name: &str) -> bool {
    let mut last = name.rsplit('/');
    match (last.next(), last.next(), last.next()) {
        (Some("history"), Some(_), _) => true,
        (Some(_), Some("at"), before) => before.is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_slash_stays_inside_its_segment() {
        let split = |path| {
            segments(path)
                .ok()
                .map(|found| found.iter().map(|found| &*found.text).collect::<Vec<_>>().join("|"))
        };
        assert_eq!(split("/v1/config/app%2Fprod").as_deref(), Some("v1|config|app/prod"));
        assert_eq!(split("/config/a+b").as_deref(), Some("config|a+b"));
        assert_eq!(split("/config/100%25%2541").as_deref(), Some("config|100%%41"));
        assert_eq!(split("/config/").as_deref(), Some("config|"));
        assert_eq!(split("/").as_deref(), Some(""));
    }

    #[test]
    fn what_cannot_be_decoded_is_refused() {
        for path in [
            "/%",
            "/%4",
            "/%zz",
            "/%+1",
            "/%ff",
            "/%C3%28",
            "/a%ED%A0%80",
            "/a/./b",
            "/a/..",
            "/%2e",
            "/a/%2E./b",
        ] {
            assert!(segments(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_name_in_a_path_has_its_slashes_unless_it_would_be_read_as_another_path() {
        for (name, path) in [
            ("app/prod/db url", "app/prod/db%20url"),
            ("app/", "app/"),
            ("history", "history"),
            ("app/history", "app%2Fhistory"),
            ("app/at/2026", "app%2Fat%2F2026"),
            ("at/2026", "at/2026"),
            ("a//b", "a%2F%2Fb"),
            ("a/../b", "a%2F..%2Fb"),
        ] {
            assert_eq!(encode_name(name), path);
        }
    }

    #[test]
    fn encoding_and_decoding_is_the_same_text() {
        for text in ["app/prod", "ключ", "a b", "100%", "a+b", "?&=#\"<>", "~.-_"] {
            assert_eq!(decode(&encode(text), Plus::Space).ok().as_deref(), Some(text));
            assert!(encode(text).is_ascii());
        }
    }
}
