//! Responses: the one constructor, and the one way of a value into a response header.
//!
//! [`put`] lets only printable ASCII into a header (`a_value_that_would_break_the_head_is_left_out`).

use std::borrow::Cow;

use rouille::{Response, ResponseBody};

use crate::domain::Revision;
use crate::server::Field;

/// A field that many answers have as it is: a constant is put into a head at a third of what [`put`] costs.
pub(in crate::presentation::http) const fn field(name: &'static str, value: &'static str) -> Field {
    (Cow::Borrowed(name), Cow::Borrowed(value))
}

/// For what another request may get another answer to.
pub(in crate::presentation::http) const NO_CACHE: Field = field("Cache-Control", "no-cache");

/// For secrets in clear text.
pub(in crate::presentation::http) const NO_STORE: Field = field("Cache-Control", "no-store");

/// For every response: keeps it out of other sites' pages in a browser that does not say who asks.
pub(in crate::presentation::http) const SAME_ORIGIN: Field =
    field("Cross-Origin-Resource-Policy", "same-origin");

/// Sets a field of an answer. A value that can't stand in a head is left out: what is echoed was checked
/// when it came in, so that this is a second lock, not the first. Constants of the program need no lock.
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
#[cfg(test)]
pub(in crate::presentation::http) fn has(response: &Response, name: &str) -> bool {
    response.headers.iter().any(|(held, _)| held.eq_ignore_ascii_case(name))
}

/// A response with room for the header fields that handlers and the connection layer add.
pub(in crate::presentation::http) fn response(status: u16, data: ResponseBody) -> Response {
    Response { status_code: status, headers: Vec::with_capacity(12), data, upgrade: None }
}

/// A JSON response about the log at a revision.
pub(in crate::presentation::http) fn json_at(revision: Revision, data: ResponseBody) -> Response {
    let mut response = response(200, data);
    put(&mut response, "Content-Type", "application/json");
    put(&mut response, "Config-Revision", revision.to_string());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
