//! The response fields that let pages of allowed origins use the service from a browser (Fetch standard, "CORS protocol").
//!
//! Called by `api` for a preflight, and by `exchange` where a response's head is finished. No other origin gets such a
//! field. Credentials of the browser are not let in (`Access-Control-Allow-Credentials`): a page sends its token itself.
//! Invariants: `a_page_may_send_every_method_and_field_of_the_contract`, `a_page_may_read_every_field_of_the_contract`.

use rouille::{Response, ResponseBody};

use crate::presentation::http::answer::response::{field, response};
use crate::presentation::http::request::origin::CorsOrigin;
use crate::server::{Field, Headers};

/// The methods that a page may use.
const METHODS: Field = field("Access-Control-Allow-Methods", "GET, HEAD, PUT, POST, DELETE");

/// The fields that a page may send.
const SENT: Field = field(
    "Access-Control-Allow-Headers",
    "Accept, Accept-Datetime, Authorization, Config-Confirm, Config-Content-Type, Config-Min-Revision, Config-Reason, \
     Config-Reveal, Config-Secret, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Prefer, \
     traceparent, X-Request-Id",
);

/// The fields that a page may read, beyond those that every page may.
const READ: Field = field(
    "Access-Control-Expose-Headers",
    "Accept-Encoding, Allow, Config-Revision, Content-Location, ETag, Link, Location, Memento-Datetime, Retry-After, \
     traceparent, Vary, WWW-Authenticate, X-Request-Id",
);

/// How long a browser may remember a preflight: two hours, the longest that all of them allow. The requests themselves are
/// decided one by one.
const MAX_AGE: Field = field("Access-Control-Max-Age", "7200");

/// For responses to allowed origins, whose pages may have them.
pub(in crate::presentation::http) const CROSS_ORIGIN: Field =
    field("Cross-Origin-Resource-Policy", "cross-origin");

/// Tells a browser which requests a page of an allowed origin may send. Which origin it is, [`put_cors`] adds.
pub(in crate::presentation::http) fn preflight() -> Response {
    let mut response = response(204, ResponseBody::empty());
    response.headers.extend([METHODS, SENT, MAX_AGE]);
    response
}

/// Adds the fields of a server that lets in pages of other origins. Its responses depend on the origin, and caches have to
/// know so, also of a request without one.
pub(in crate::presentation::http) fn put_cors(headers: &mut Headers, origin: Option<&CorsOrigin>) {
    if let Some(origin) = origin {
        headers.push(("Access-Control-Allow-Origin".into(), origin.as_str().to_owned().into()));
        headers.push(READ);
    }
    match headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("Vary")) {
        Some((_, varies)) => *varies = format!("{varies}, Origin").into(),
        None => headers.push(field("Vary", "Origin")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::presentation::http::routes::ROUTES;

    fn document() -> Value {
        serde_json::from_str(include_str!("../handlers/openapi.json")).unwrap()
    }

    fn lists(field: &Field, name: &str) -> bool {
        field.1.split(", ").any(|held| held.eq_ignore_ascii_case(name))
    }

    /// Calls `found` with every object of the document.
    fn objects(value: &Value, found: &mut impl FnMut(&serde_json::Map<String, Value>)) {
        match value {
            Value::Object(object) => {
                found(object);
                object.values().for_each(|inner| objects(inner, found));
            }
            Value::Array(items) => items.iter().for_each(|inner| objects(inner, found)),
            _ => {}
        }
    }

    #[test]
    fn a_page_may_send_every_method_and_field_of_the_contract() {
        for route in ROUTES {
            assert!(lists(&METHODS, route.method), "{}", route.method);
        }
        let mut sent = vec!["Authorization".to_owned(), "Content-Type".to_owned()];
        objects(&document(), &mut |object| {
            if object.get("in").is_some_and(|place| place == "header") {
                sent.extend(object["name"].as_str().map(str::to_owned));
            }
        });
        assert!(sent.len() > 10, "{sent:?}");
        for name in &sent {
            assert!(lists(&SENT, name), "{name}");
        }
    }

    #[test]
    fn a_page_may_read_every_field_of_the_contract() {
        // The response fields that every page may read: Fetch standard, "CORS-safelisted response-header name".
        let always = ["Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Last-Modified"];
        let mut read = Vec::new();
        objects(&document(), &mut |object| {
            let responses = object.get("responses").and_then(Value::as_object).into_iter().flatten();
            for headers in responses.filter_map(|(_, response)| response["headers"].as_object()) {
                read.extend(headers.keys().cloned());
            }
        });
        assert!(read.len() > 10, "{read:?}");
        for name in read.iter().filter(|name| !always.contains(&name.as_str())) {
            assert!(lists(&READ, name), "{name}");
        }
    }

    #[test]
    fn an_existing_vary_gets_one_more_name() {
        let origin = CorsOrigin::parse("https://app.example.com").unwrap();
        let mut headers = vec![field("vary", "Accept")];
        put_cors(&mut headers, Some(&origin));
        assert_eq!(headers[0], field("vary", "Accept, Origin"));
        assert_eq!(headers[1], field("Access-Control-Allow-Origin", "https://app.example.com"));
        let mut headers = Vec::new();
        put_cors(&mut headers, None);
        assert_eq!(headers, [field("Vary", "Origin")]);
    }
}
