//! Fields of requests and answers: reading them without surprises, writing them checked.
//!
//! Called by every handler. [`put`] is the one way of a value into an answer's head: what is not printable
//! ASCII never gets there (`a_value_that_would_break_the_head_is_left_out`).

use std::borrow::Cow;

use rouille::{Request, Response};

use crate::presentation::http::answer::problem::Problem;

/// A field of an answer.
pub(in crate::presentation::http) type Field = (Cow<'static, str>, Cow<'static, str>);

/// A field that many answers have as it is: a constant is put into a head at a third of what [`put`] costs.
pub(in crate::presentation::http) const fn field(name: &'static str, value: &'static str) -> Field {
    (Cow::Borrowed(name), Cow::Borrowed(value))
}

/// For what another request may get another answer to.
pub(in crate::presentation::http) const NO_CACHE: Field = field("Cache-Control", "no-cache");

/// Sets a field of an answer. A value that can't stand in a head is left out: what is echoed was checked
/// when it came in, so that this is a second lock, not the first. What the program itself holds needs none.
pub(in crate::presentation::http) fn put(
    response: &mut Response,
    name: &'static str,
    value: impl Into<Cow<'static, str>>,
) {
    match value.into() {
        Cow::Borrowed(value) => response.headers.push((Cow::Borrowed(name), Cow::Borrowed(value))),
        Cow::Owned(value) if is_printable(&value) => {
            response.headers.push((Cow::Borrowed(name), Cow::Owned(value)));
        }
        Cow::Owned(_) => {}
    }
}

/// Without an end at the first other byte, so that many are compared at once.
fn is_printable(text: &str) -> bool {
    text.bytes().fold(true, |all, byte| all & (b' '..=b'~').contains(&byte))
}

/// Whether an answer has a field already.
pub(in crate::presentation::http) fn has(response: &Response, name: &str) -> bool {
    response.headers.iter().any(|(held, _)| held.eq_ignore_ascii_case(name))
}

/// A field that may stand once; twice is 400, because nobody can say which one is meant.
pub(in crate::presentation::http) fn single<'a>(
    request: &'a Request,
    name: &str,
) -> Result<Option<&'a str>, Problem> {
    let mut values = request.headers().filter(|(held, _)| held.eq_ignore_ascii_case(name));
    let first = values.next().map(|(_, value)| value.trim_matches([' ', '\t']));
    match values.next() {
        None => Ok(first),
        Some(_) => Err(Problem::malformed(format!("send the field {name} once"))),
    }
}

/// A field whose value is a list: its lines joined as RFC 9110 section 5.3 says.
pub(in crate::presentation::http) fn joined<'a>(request: &'a Request, name: &str) -> Option<Cow<'a, str>> {
    let mut values = request
        .headers()
        .filter(|(held, _)| held.eq_ignore_ascii_case(name))
        .map(|(_, value)| Cow::Borrowed(value));
    let first = values.next()?;
    Some(values.fold(first, |joined, next| Cow::Owned(format!("{joined}, {next}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(fields: &[(&str, &str)]) -> Request {
        let fields = fields.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Request::fake_http("GET", "/", fields.collect(), Vec::new())
    }

    #[test]
    fn a_value_that_would_break_the_head_is_left_out() {
        let mut response = Response::text("");
        for value in ["a\r\nSet-Cookie: b", "\u{0}", "ключ", "\u{7f}"] {
            put(&mut response, "X-Test", value.to_owned());
            assert!(!has(&response, "X-Test"), "{value:?}");
        }
        put(&mut response, "X-Test", "a b");
        assert!(has(&response, "x-test"));
    }

    #[test]
    fn lists_are_joined_and_single_fields_stand_once() {
        let twice = request(&[("If-Match", "\"1\""), ("if-match", "\"2\"")]);
        assert_eq!(joined(&twice, "If-Match").as_deref(), Some("\"1\", \"2\""));
        assert!(single(&twice, "If-Match").is_err());
        assert_eq!(single(&request(&[("Prefer", " a\t")]), "prefer").ok().flatten(), Some("a"));
        assert!(joined(&twice, "Accept").is_none());
    }
}
