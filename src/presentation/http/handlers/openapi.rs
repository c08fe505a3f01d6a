//! `/openapi.json`: the contract as an `OpenAPI` 3.1 document, written by hand and held equal to the routes by a test.

use rouille::ResponseBody;

use crate::presentation::http::answer::response::{put, response};
use crate::presentation::http::exchange::Answered;
use crate::presentation::http::request::call::Call;
use crate::server::Reply;

const DOCUMENT: &str = include_str!("openapi.json");

/// `GET /openapi.json`
#[expect(clippy::unnecessary_wraps, reason = "the form of a handler")]
pub(in crate::presentation::http) fn openapi(call: &Call<'_>) -> Answered {
    let _ = call;
    let data = ResponseBody::from_data(DOCUMENT);
    let mut response = response(200, data);
    put(&mut response, "Content-Type", "application/json");
    Ok(Reply::Ready(response))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::presentation::http::routes::{ROUTES, Reach};

    /// `GET /v1/config prefix at` for each operation.
    fn documented() -> BTreeSet<String> {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let mut found = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if method == "parameters" {
                    continue;
                }
                let mut line = vec![method.to_uppercase(), path.clone()];
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    let parameter = resolved(&document, parameter);
                    if parameter["in"] == "query" {
                        line.push(parameter["name"].as_str().unwrap().to_owned());
                    }
                }
                found.insert(line.join(" "));
            }
        }
        found
    }

    fn resolved<'a>(document: &'a Value, parameter: &'a Value) -> &'a Value {
        let reference = parameter["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        reference.map_or(parameter, |reference| document.pointer(reference).unwrap())
    }

    #[test]
    fn the_document_has_every_route_and_no_other() {
        let mut served = BTreeSet::new();
        // The console is a client of the contract, not a part of it.
        for route in ROUTES.iter().filter(|route| route.reach != Reach::Console) {
            let path = route.path();
            let bare = matches!(&*path, "/livez" | "/readyz" | "/metrics" | "/openapi.json");
            let prefix = if bare { "" } else { "/v1" };
            assert!(!bare || route.reach == Reach::Both);
            let path = format!("{prefix}{path}");
            served.insert([&[route.method, &path], route.parameters].concat().join(" "));
        }
        assert_eq!(documented(), served);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let mut found = 0;
        for part in DOCUMENT.split("\"$ref\": \"#").skip(1) {
            let reference = part.split('"').next().unwrap();
            assert!(document.pointer(reference).is_some(), "{reference}");
            found += 1;
        }
        assert!(found > 20);
    }
}
