//! Pages of other origins: those that the settings allow, and all others.

use configapi::application::Options;
use configapi::presentation::http::{ApiSettings, CorsOrigin, RootToken};

use super::driver::{Answer, Client};
use super::tokens::ROOT;

const PAGE: &str = "Origin: https://app.example.com";
const CROSS: &str = "Sec-Fetch-Site: cross-site";

/// A closed server that lets in the pages of two origins.
fn with_pages() -> Client {
    let origins = ["https://app.example.com", "http://localhost:5173"];
    let cors_origins = origins.map(|origin| CorsOrigin::parse(origin).unwrap()).to_vec();
    let root_token = Some(RootToken::parse(ROOT).unwrap());
    Client::with(&Options::memory(), ApiSettings { cors_origins, root_token, ..ApiSettings::default() })
}

fn has_cors(answer: &Answer) -> bool {
    answer.fields.iter().any(|(name, _)| name.to_ascii_lowercase().starts_with("access-control-"))
}

#[test]
fn a_page_of_an_allowed_origin_may_use_the_service_with_a_token() {
    let client = with_pages();
    let token = format!("Authorization: Bearer {ROOT}");
    let put = client.send("PUT", "/v1/config/a", &[PAGE, CROSS, &token, "Content-Type: text/plain"], b"v");
    for (answer, status) in [
        (put, 200),
        (client.send("GET", "/v1/config/a", &[PAGE, CROSS, &token], b""), 200),
        (client.send("GET", "/v1/config", &[PAGE, CROSS, &token], b""), 200),
        (client.send("GET", "/v1/config/none", &[PAGE, CROSS, &token], b""), 404),
        (client.send("GET", "/v1/config/a", &[PAGE, CROSS, &token, "If-None-Match: *"], b""), 304),
        (client.send("PATCH", "/v1/config/a", &[PAGE, CROSS, &token], b""), 405),
        (client.send("GET", "/v1/config/a", &[PAGE, CROSS], b""), 401),
        (client.send("GET", "/livez", &[PAGE, CROSS], b""), 200),
    ] {
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.field("Access-Control-Allow-Origin"), "https://app.example.com", "{answer:?}");
        assert!(answer.field("Access-Control-Expose-Headers").contains("ETag"));
        assert_eq!(answer.field("Access-Control-Allow-Credentials"), "", "a token comes in its own field");
        assert_eq!(answer.field("Cross-Origin-Resource-Policy"), "cross-origin");
        assert!(answer.field("Vary").split(", ").any(|name| name == "Origin"), "{answer:?}");
    }
}

#[test]
fn a_preflight_needs_no_token_and_looks_nothing_up() {
    let client = with_pages();
    let asks = "Access-Control-Request-Method: PUT";
    let sends = "Access-Control-Request-Headers: authorization,config-reason";
    let mut answers = Vec::new();
    for target in ["/v1/config/a", "/v1/config/b", "/nowhere", "/", "*", "/v1/%72estore"] {
        let answer = client.send("OPTIONS", target, &[PAGE, CROSS, asks, sends, "X-Request-Id: r"], b"");
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{target}: {answer:?}");
        assert_eq!(answer.field("Access-Control-Allow-Origin"), "https://app.example.com");
        assert_eq!(answer.field("Access-Control-Allow-Methods"), "GET, HEAD, PUT, POST, DELETE");
        assert!(answer.field("Access-Control-Allow-Headers").contains("Authorization"));
        assert_eq!(answer.field("Access-Control-Max-Age"), "7200");
        assert_eq!(answer.field("Vary"), "Origin");
        answers.push(answer.fields);
    }
    for fields in &mut answers {
        fields.sort();
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "a preflight does not depend on the path: {answers:?}");
}

#[test]
fn a_page_of_another_origin_gets_no_field_of_cors() {
    let client = with_pages();
    let token = format!("Authorization: Bearer {ROOT}");
    let asks = "Access-Control-Request-Method: PUT";
    for origin in
        ["https://evil.example", "http://app.example.com", "https://app.example.com:8443", "null", "*"]
    {
        let origin = format!("Origin: {origin}");
        for (method, fields) in [
            ("OPTIONS", vec![&*origin, CROSS, asks]),
            ("GET", vec![&*origin, CROSS, &token]),
            ("PUT", vec![&*origin, &token]),
        ] {
            let answer = client.send(method, "/v1/config/a", &fields, b"");
            assert_eq!((answer.status, answer.problem().as_str()), (403, "forbidden-origin"), "{origin}");
            assert!(!has_cors(&answer), "{origin}: {answer:?}");
            assert_eq!(answer.field("Cross-Origin-Resource-Policy"), "same-origin");
        }
    }
    // A browser that does not mark its requests gets a response, of which the page can read nothing.
    let answer = client.send("GET", "/v1/config/a", &["Origin: https://evil.example", &token], b"");
    assert_eq!((answer.status, has_cors(&answer)), (404, false));
}

#[test]
fn responses_vary_by_origin_where_pages_are_allowed() {
    let token = format!("Authorization: Bearer {ROOT}");
    let client = with_pages();
    let answer = client.send("GET", "/v1/config", &[&token], b"");
    assert!(answer.field("Vary").ends_with(", Origin") && !has_cors(&answer), "{answer:?}");
    assert_eq!(answer.field("Cross-Origin-Resource-Policy"), "same-origin");
}

#[test]
fn a_server_without_allowed_origins_knows_no_preflight() {
    let client = Client::new();
    client.put("a", "v");
    let asks = "Access-Control-Request-Method: PUT";
    let answer = client.send("OPTIONS", "/v1/config/a", &[PAGE, CROSS, asks], b"");
    assert_eq!((answer.status, has_cors(&answer)), (403, false));
    let answer = client.get("/v1/config/a");
    assert!(!answer.field("Vary").contains("Origin"), "{answer:?}");
}
