//! Header fields of a request, read without surprises: a field that may come once, and a field that is a list.

use std::borrow::Cow;

use rouille::Request;

use crate::presentation::http::answer::problem::Problem;

/// A field that may appear once. Twice is 400, because it is unclear which one is meant.
pub(in crate::presentation::http) fn single<'a>(
    request: &'a Request,
    name: &str,
) -> Result<Option<&'a str>, Problem> {
    let mut values = request.headers().filter(|(held, _)| held.eq_ignore_ascii_case(name));
    let first = values.next().map(|(_, value)| value.trim_matches([' ', '\t']));
    if values.next().is_some() {
        return Err(Problem::malformed(format!("send the field {name} once")));
    }
    // The connection layer puts this character in the place of other bytes.
    if first.is_some_and(|value| value.contains(char::REPLACEMENT_CHARACTER)) {
        return Err(Problem::malformed(format!("send the field {name} as ASCII or UTF-8 text")));
    }
    Ok(first)
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
    fn lists_are_joined_and_single_fields_stand_once() {
        let twice = request(&[("If-Match", "\"1\""), ("if-match", "\"2\"")]);
        assert_eq!(joined(&twice, "If-Match").as_deref(), Some("\"1\", \"2\""));
        assert!(single(&twice, "If-Match").is_err());
        assert_eq!(single(&request(&[("Prefer", " a\t")]), "prefer").ok().flatten(), Some("a"));
        assert!(joined(&twice, "Accept").is_none());
        assert!(single(&request(&[("Prefer", "a\u{fffd}")]), "Prefer").is_err());
    }
}
