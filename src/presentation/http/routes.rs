//! The table of routes: from it come the answers 404 and 405, `Allow`, the known parameters, the limits of
//! bodies, what browsers and caches may do, the labels of metrics, and the test that holds `/openapi.json` equal to
//! what is served.
//!
//! Called by `api`, once for each request, at its head. Paths are matched segment by segment, fixed ones
//! as they came, so that a proxy and the server never read one path as two. Invariants: `each_route_is_found_by_its_own_path`, `allow_names_every_method_of_a_path`.

use super::exchange::{Answered, DATA, Policy};
use super::handlers::{diff, feed, health, history, list, metrics, openapi, restore, transactions, values};
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::path::Segment;

/// A path by its segments.
type Template = &'static [&'static str];

/// A method with its handler.
pub(super) struct Route {
    /// `GET` answers `HEAD` too.
    pub(super) method: &'static str,
    /// Its segments without the prefix `/v1`; `{…}` is any one.
    pub(super) template: Template,
    /// Where it answers.
    pub(super) reach: Reach,
    /// The query parameters that it knows.
    pub(super) parameters: &'static [&'static str],
    /// What its body may hold.
    pub(super) body: Body,
    /// What a browser or a cache may do with its responses.
    pub(super) policy: &'static Policy,
    /// What answers.
    pub(super) handler: fn(&Call<'_>) -> Answered,
}

/// Where a route answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Under `/v1` and without it.
    Both,
    /// Under `/v1` alone.
    Versioned,
}

/// What a request's body may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing: a request with one is refused at its head.
    None,
    /// A few words.
    Small,
    /// One value.
    Value,
    /// Many values.
    Large,
}

const VALUE: Template = &["config", "{name}"];
const HISTORY: Template = &["config", "{name}", "history"];
const LIST: &[&str] = &["prefix", "at", "values", "limit", "after"];

const fn get(
    template: Template,
    reach: Reach,
    parameters: &'static [&'static str],
    handler: fn(&Call<'_>) -> Answered,
) -> Route {
    Route { method: "GET", template, reach, parameters, body: Body::None, policy: &DATA, handler }
}

const fn post(template: Template, body: Body, handler: fn(&Call<'_>) -> Answered) -> Route {
    Route { method: "POST", template, reach: Reach::Versioned, parameters: &[], body, policy: &DATA, handler }
}

/// Every route; the most asked for first.
pub(super) const ROUTES: &[Route] = &[
    get(VALUE, Reach::Both, &["at"], values::get),
    Route {
        method: "PUT",
        template: VALUE,
        reach: Reach::Both,
        parameters: &[],
        body: Body::Value,
        policy: &DATA,
        handler: values::set,
    },
    Route {
        method: "DELETE",
        template: VALUE,
        reach: Reach::Both,
        parameters: &[],
        body: Body::None,
        policy: &DATA,
        handler: values::delete,
    },
    get(&["config"], Reach::Both, LIST, list::list),
    get(HISTORY, Reach::Both, &["limit", "after", "order"], history::history),
    get(&["config", "{name}", "at", "{timestamp}"], Reach::Both, &[], values::get_at),
    get(&["health"], Reach::Both, &[], health::health),
    get(&["diff"], Reach::Versioned, &["from", "to", "prefix"], diff::diff),
    post(&["restore"], Body::Small, restore::restore),
    post(&["transactions"], Body::Large, transactions::transact),
    get(&["events"], Reach::Versioned, &["after", "prefix", "limit", "wait", "lastEventId"], feed::events),
    get(&["livez"], Reach::Both, &["verbose"], health::livez),
    get(&["readyz"], Reach::Both, &["verbose"], health::readyz),
    get(&["metrics"], Reach::Both, &[], metrics::metrics),
    get(&["openapi.json"], Reach::Both, &[], openapi::openapi),
];

/// What a path has.
pub(super) enum Found {
    /// This route, and its place in the table.
    Route(usize, &'static Route),
    /// Other methods: the value of `Allow`.
    WrongMethod(String),
    /// Nothing.
    Nothing,
}

/// Looks for the route of a method and a path that was split.
pub(super) fn find(method: &str, segments: &[Segment<'_>]) -> Found {
    let wanted = if method == "HEAD" { "GET" } else { method };
    let mut methods: Vec<&'static str> = Vec::new();
    for (index, route) in ROUTES.iter().enumerate() {
        if !route.matches(segments) {
            continue;
        }
        if route.method == wanted {
            return Found::Route(index, route);
        }
        methods.push(route.method);
    }
    if methods.is_empty() { Found::Nothing } else { Found::WrongMethod(allow(&methods)) }
}

fn allow(methods: &[&str]) -> String {
    let with_head =
        |method: &&str| if *method == "GET" { "GET, HEAD".to_owned() } else { (*method).to_owned() };
    methods.iter().map(with_head).collect::<Vec<_>>().join(", ")
}

impl Route {
    fn matches(&self, segments: &[Segment<'_>]) -> bool {
        let inner = match (segments.split_first(), self.reach) {
            (Some((first, rest)), _) if first.raw == "v1" => rest,
            (_, Reach::Both) => segments,
            (_, Reach::Versioned) => return false,
        };
        let fits = |(pattern, segment): (&&str, &Segment<'_>)| is_any(pattern) || *pattern == segment.raw;
        self.template.len() == inner.len() && self.template.iter().zip(inner).all(fits)
    }

    /// The texts of the `{…}`, of a path that this route was found by.
    pub(super) fn texts(&self, segments: Vec<Segment<'_>>) -> Vec<String> {
        let prefix = segments.len().saturating_sub(self.template.len());
        let pairs = segments.into_iter().skip(prefix).zip(self.template);
        pairs.filter(|(_, pattern)| is_any(pattern)).map(|(segment, _)| segment.text.into_owned()).collect()
    }

    /// The first segment: which kind of thing it is about.
    pub(super) fn kind(&self) -> &'static str {
        self.template.first().copied().unwrap_or_default()
    }

    /// The template as a path.
    pub(super) fn path(&self) -> String {
        self.template.iter().flat_map(|segment| ["/", segment]).collect()
    }
}

fn is_any(pattern: &str) -> bool {
    pattern.starts_with('{')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::http::request::path::segments;

    fn found(method: &str, path: &str) -> String {
        let segments = segments(path).unwrap();
        match find(method, &segments) {
            Found::Route(_, route) => {
                format!("{} {} {}", route.method, route.path(), route.texts(segments).join(" "))
            }
            Found::WrongMethod(allow) => format!("405 {allow}"),
            Found::Nothing => "404".into(),
        }
    }

    #[test]
    fn each_route_is_found_by_its_own_path() {
        for route in ROUTES {
            let path = route.path().replace(['{', '}'], "");
            for (prefix, there) in [("/v1", true), ("", route.reach == Reach::Both)] {
                let shown = found(route.method, &format!("{prefix}{path}"));
                assert_eq!(shown.starts_with(&format!("{} {}", route.method, route.path())), there);
            }
        }
        assert_eq!(found("HEAD", "/v1/config/a%2Fb"), "GET /config/{name} a/b");
        assert_eq!(found("GET", "/config/"), "GET /config/{name} ");
        assert_eq!(found("GET", "/config/%68istory"), "GET /config/{name} history");
    }

    #[test]
    fn allow_names_every_method_of_a_path() {
        assert_eq!(found("POST", "/v1/config/a"), "405 GET, HEAD, PUT, DELETE");
        assert_eq!(found("PUT", "/config"), "405 GET, HEAD");
        for path in [
            "/",
            "/v1",
            "/v1/",
            "/config/a/b",
            "//config",
            "/v1/v1/config",
            "/v2/config",
            "/config/a/history/",
            "/v1/%72estore",
            "/%76%31/config",
            "/%63onfig/a",
            "/v1/config/a/%68istory",
        ] {
            assert_eq!(found("GET", path), "404", "{path}");
        }
    }
}
