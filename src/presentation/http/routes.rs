//! The table of routes: from it come the answers 404 and 405, `Allow`, the known parameters, the limits of
//! bodies, what browsers and caches may do, the labels of metrics, and the test that holds `/openapi.json` equal to
//! what is served.
//!
//! Called by `api`, once for each request, at its head. Paths are matched segment by segment, fixed ones as they came, so
//! that a proxy and the server never read one path as two. A name is the rest of its path: it takes as many segments as
//! the fixed ones leave. Where two templates fit, the one with more fixed segments does. Invariants:
//! `each_route_is_found_by_its_own_path`, `a_name_is_the_rest_of_the_path`, `allow_names_every_method_of_a_path`.

use super::console::{self, CONSOLE};
use super::exchange::{Answered, DATA, Policy};
use super::handlers::{
    activity, diff, feed, health, history, list, metrics, openapi, policy, restore, revert, schemas, shred,
    tokens, transactions, values,
};
use super::settings::Console;
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::path::Segment;

/// A path by its segments.
type Template = &'static [&'static str];

/// A method with its handler.
pub(super) struct Route {
    /// `GET` answers `HEAD` too.
    pub(super) method: &'static str,
    /// Its segments without the prefix `/v1`; `{name}`, `{prefix}` and `{path}` are one or more, another `{…}` any one.
    pub(super) template: Template,
    /// Where it answers.
    pub(super) reach: Reach,
    /// Whether a closed server wants a token for it.
    pub(super) door: Door,
    /// The query parameters that it knows.
    pub(super) parameters: &'static [&'static str],
    /// What its body may hold.
    pub(super) body: Body,
    /// Whether it may change the log.
    pub(super) effect: Effect,
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
    /// Without `/v1`, where the console is served.
    Console,
}

/// Whether a closed server wants a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// It does.
    Token,
    /// It does not; a valid one may show more.
    Open,
}

/// Whether a request may change the log. The policy limits those that may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It only reads.
    Reads,
    /// It may write.
    Writes,
}

/// What a request's body may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing: a request with one is refused at its head.
    None,
    /// A few words.
    Small,
    /// A JSON Schema.
    Schema,
    /// One value.
    Value,
    /// Many values.
    Large,
}

/// The parts of a template that take the rest of the path.
const NAME: &str = "{name}";
const PREFIX: &str = "{prefix}";
const PATH: &str = "{path}";
const VALUE: Template = &["config", NAME];
const SCHEMA: Template = &["schemas", PREFIX];
const HISTORY: Template = &["config", NAME, "history"];
const LIST: &[&str] = &["prefix", "at", "values", "limit", "after", "q", "in", "reveal"];

const fn get(
    template: Template,
    reach: Reach,
    parameters: &'static [&'static str],
    handler: fn(&Call<'_>) -> Answered,
) -> Route {
    let (door, body, effect) = (Door::Token, Body::None, Effect::Reads);
    Route { method: "GET", template, reach, door, parameters, body, effect, policy: &DATA, handler }
}

const fn open(
    template: Template,
    parameters: &'static [&'static str],
    handler: fn(&Call<'_>) -> Answered,
) -> Route {
    Route { door: Door::Open, ..get(template, Reach::Both, parameters, handler) }
}

const fn post(template: Template, body: Body, handler: fn(&Call<'_>) -> Answered) -> Route {
    let (reach, door, effect) = (Reach::Versioned, Door::Token, Effect::Writes);
    Route { method: "POST", template, reach, door, parameters: &[], body, effect, policy: &DATA, handler }
}

const fn page(template: Template, handler: fn(&Call<'_>) -> Answered) -> Route {
    Route { reach: Reach::Console, policy: &CONSOLE, ..open(template, &[], handler) }
}

/// Every route; the most asked for first.
pub(super) const ROUTES: &[Route] = &[
    get(VALUE, Reach::Both, &["at", "reveal"], values::get),
    Route { method: "PUT", reach: Reach::Both, ..post(VALUE, Body::Value, values::set) },
    Route { method: "DELETE", reach: Reach::Both, ..post(VALUE, Body::None, values::delete) },
    get(&["config"], Reach::Both, LIST, list::list),
    get(HISTORY, Reach::Both, &["limit", "after", "order", "reveal"], history::history),
    get(&["config", "{name}", "at", "{timestamp}"], Reach::Both, &["reveal"], values::get_at),
    open(&["health"], &[], health::health),
    get(&["diff"], Reach::Versioned, &["from", "to", "prefix"], diff::diff),
    get(&["activity"], Reach::Versioned, &["from", "to", "buckets"], activity::activity),
    post(&["restore"], Body::Small, restore::restore),
    post(&["revert"], Body::Small, revert::revert),
    get(&["tokens"], Reach::Versioned, &[], tokens::list),
    post(&["tokens"], Body::Small, tokens::create),
    get(&["tokens", "{id}"], Reach::Versioned, &[], tokens::get),
    Route { method: "DELETE", body: Body::None, ..post(&["tokens", "{id}"], Body::None, tokens::revoke) },
    post(&["tokens", "{id}", "rotate"], Body::Small, tokens::rotate),
    get(&["whoami"], Reach::Versioned, &[], tokens::whoami),
    get(&["explain"], Reach::Versioned, &["name", "token"], tokens::explain),
    get(&["policy"], Reach::Versioned, &[], policy::get),
    Route { method: "PUT", ..post(&["policy"], Body::Small, policy::set) },
    get(&["schemas"], Reach::Versioned, &[], schemas::list),
    get(SCHEMA, Reach::Versioned, &[], schemas::get),
    Route { method: "PUT", ..post(SCHEMA, Body::Schema, schemas::set) },
    Route { method: "DELETE", ..post(SCHEMA, Body::None, schemas::remove) },
    Route { effect: Effect::Reads, ..post(&["schemas", PREFIX, "check"], Body::Schema, schemas::check) },
    post(&["transactions"], Body::Large, transactions::transact),
    post(&["shred"], Body::Small, shred::shred),
    get(&["events"], Reach::Versioned, &["after", "prefix", "limit", "wait", "lastEventId"], feed::events),
    open(&["livez"], &["verbose"], health::livez),
    open(&["readyz"], &["verbose"], health::readyz),
    get(&["metrics"], Reach::Both, &[], metrics::metrics),
    open(&["openapi.json"], &[], openapi::openapi),
    page(&["console", PATH], console::file),
    page(&["console"], console::without_slash),
    page(&[""], console::root),
];

/// Which part of what is about a name a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it, or something else.
    Whole,
    /// A resource under the name: a value whose name ends alike is written in another way.
    Resource,
}

/// What a path has.
pub(super) enum Found {
    /// This route, and its place in the table.
    Route(usize, &'static Route),
    /// Other methods: the value of `Allow`, and whether the path is a resource of a name, such as its history.
    WrongMethod(String, Part),
    /// Nothing.
    Nothing,
}

/// Looks for the route of a method and a path that was split.
pub(super) fn find(method: &str, segments: &[Segment<'_>], console: Console) -> Found {
    let wanted = if method == "HEAD" { "GET" } else { method };
    let is_served = |route: &Route| route.reach != Reach::Console || console == Console::Served;
    let fits = |route: &Route| is_served(route) && route.fits(segments);
    let fitting = || ROUTES.iter().enumerate().filter(|(_, route)| fits(route));
    let Some(nearest) = fitting().map(|(_, route)| route.fixed()).max() else { return Found::Nothing };
    let nearest = || fitting().filter(|(_, route)| route.fixed() == nearest);
    if let Some((index, route)) = nearest().find(|(_, route)| route.method == wanted) {
        return Found::Route(index, route);
    }
    let methods: Vec<_> = nearest().map(|(_, route)| route.method).collect();
    let is_below = |route: &Route, whole: Template| {
        route.template.len() > whole.len() && route.template.starts_with(whole)
    };
    let is_resource = |route: &Route| is_below(route, VALUE) || is_below(route, SCHEMA);
    let part = if nearest().any(|(_, route)| is_resource(route)) { Part::Resource } else { Part::Whole };
    Found::WrongMethod(allow(&methods), part)
}

fn allow(methods: &[&str]) -> String {
    let with_head =
        |method: &&str| if *method == "GET" { "GET, HEAD".to_owned() } else { (*method).to_owned() };
    methods.iter().map(with_head).collect::<Vec<_>>().join(", ")
}

impl Route {
    /// The segments that the template is compared with, and how many of them the name takes beyond its first.
    fn inner<'s, 'p>(&self, segments: &'s [Segment<'p>]) -> Option<(&'s [Segment<'p>], usize)> {
        let inner = match (segments.split_first(), self.reach) {
            (Some((first, rest)), Reach::Both | Reach::Versioned) if first.raw == "v1" => rest,
            (_, Reach::Both | Reach::Console) => segments,
            (_, Reach::Versioned) => return None,
        };
        let extra = inner.len().checked_sub(self.template.len())?;
        (extra == 0 || self.template.iter().any(|part| takes_the_rest(part))).then_some((inner, extra))
    }

    /// The parts of the template, each with the segments that it takes.
    fn parts<'s, 'p>(
        &self,
        (inner, extra): (&'s [Segment<'p>], usize),
    ) -> impl Iterator<Item = (&'static str, &'s [Segment<'p>])> {
        let mut rest = inner;
        self.template.iter().map(move |pattern| {
            let count = if takes_the_rest(pattern) { 1 + extra } else { 1 };
            let (part, others) = rest.split_at(count.min(rest.len()));
            rest = others;
            (*pattern, part)
        })
    }

    fn fits(&self, segments: &[Segment<'_>]) -> bool {
        let equal = |(pattern, part): (&str, &[Segment<'_>])| {
            is_any(pattern) || part.first().is_some_and(|segment| segment.raw == pattern)
        };
        self.inner(segments).is_some_and(|inner| self.parts(inner).all(equal))
    }

    /// The texts of the `{…}`, of a path that this route was found by.
    pub(super) fn texts(&self, segments: &[Segment<'_>]) -> Vec<String> {
        let text = |part: &[Segment<'_>]| match part {
            [only] => only.text.to_string(),
            several => several.iter().map(|segment| &*segment.text).collect::<Vec<_>>().join("/"),
        };
        let parts = self.inner(segments).into_iter().flat_map(|inner| self.parts(inner));
        parts.filter(|(pattern, _)| is_any(pattern)).map(|(_, part)| text(part)).collect()
    }

    /// Whether it is about one name.
    pub(super) fn is_about_a_name(&self) -> bool {
        self.template.contains(&NAME)
    }

    /// How many of its segments are fixed.
    fn fixed(&self) -> usize {
        self.template.iter().filter(|pattern| !is_any(pattern)).count()
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

fn takes_the_rest(pattern: &str) -> bool {
    matches!(pattern, NAME | PREFIX | PATH)
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
        match find(method, &segments, Console::Served) {
            Found::Route(_, route) => {
                format!("{} {} {}", route.method, route.path(), route.texts(&segments).join(" "))
            }
            Found::WrongMethod(allow, part) => format!("405 {allow} {part:?}"),
            Found::Nothing => "404".into(),
        }
    }

    #[test]
    fn each_route_is_found_by_its_own_path() {
        for route in ROUTES {
            let path = route.path().replace(['{', '}'], "");
            let (versioned, bare) = (route.reach != Reach::Console, route.reach != Reach::Versioned);
            for (prefix, there) in [("/v1", versioned), ("", bare)] {
                let shown = found(route.method, &format!("{prefix}{path}"));
                assert_eq!(shown.starts_with(&format!("{} {}", route.method, route.path())), there);
            }
        }
        assert_eq!(found("HEAD", "/v1/config/a%2Fb"), "GET /config/{name} a/b");
        assert_eq!(found("GET", "/config/"), "GET /config/{name} ");
        assert_eq!(found("GET", "/config/%68istory"), "GET /config/{name} history");
    }

    #[test]
    fn a_name_is_the_rest_of_the_path() {
        for (path, expected) in [
            ("/v1/config/app/prod/db_url", "GET /config/{name} app/prod/db_url"),
            ("/config/app%2Fprod/db_url", "GET /config/{name} app/prod/db_url"),
            ("/config/app/", "GET /config/{name} app/"),
            ("/config/app/history", "GET /config/{name}/history app"),
            ("/config/a/b/history", "GET /config/{name}/history a/b"),
            ("/config/a/b/at/2026", "GET /config/{name}/at/{timestamp} a/b 2026"),
            // A resource needs a name before it, and its own words as they are.
            ("/config/history", "GET /config/{name} history"),
            ("/config/at/2026", "GET /config/{name} at/2026"),
            ("/config/app%2Fhistory", "GET /config/{name} app/history"),
            ("/config/app/%68istory", "GET /config/{name} app/history"),
            ("/config/a/history/", "GET /config/{name} a/history/"),
            ("/config/history/history", "GET /config/{name}/history history"),
            ("/config/a/history/at/2026", "GET /config/{name}/at/{timestamp} a/history 2026"),
        ] {
            assert_eq!(found("GET", path), expected);
        }
        assert_eq!(found("PUT", "/config/a%2Fhistory"), "PUT /config/{name} a/history");
    }

    #[test]
    fn a_prefix_is_the_rest_of_the_path_and_may_be_empty() {
        for (method, path, expected) in [
            ("GET", "/v1/schemas", "GET /schemas "),
            ("GET", "/v1/schemas/", "GET /schemas/{prefix} "),
            ("PUT", "/v1/schemas/app/prod", "PUT /schemas/{prefix} app/prod"),
            ("DELETE", "/v1/schemas/app%2Fprod/", "DELETE /schemas/{prefix} app/prod/"),
            ("POST", "/v1/schemas/app/prod/check", "POST /schemas/{prefix}/check app/prod"),
            ("POST", "/v1/schemas//check", "POST /schemas/{prefix}/check "),
            ("PUT", "/v1/schemas/check", "PUT /schemas/{prefix} check"),
            ("PUT", "/v1/schemas/app%2Fcheck", "PUT /schemas/{prefix} app/check"),
            ("PUT", "/v1/schemas/app/check", "405 POST Resource"),
            ("GET", "/schemas", "404"),
        ] {
            assert_eq!(found(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn every_route_that_is_not_a_get_may_write_but_for_the_check_of_a_schema() {
        let others =
            ROUTES.iter().filter(|route| (route.method == "GET") == (route.effect == Effect::Writes));
        assert_eq!(others.map(Route::path).collect::<Vec<_>>(), ["/schemas/{prefix}/check"]);
    }

    #[test]
    fn allow_names_every_method_of_a_path() {
        assert_eq!(found("POST", "/v1/config/a/b"), "405 GET, HEAD, PUT, DELETE Whole");
        assert_eq!(found("PUT", "/config"), "405 GET, HEAD Whole");
        assert_eq!(found("PUT", "/config/a/b/history"), "405 GET, HEAD Resource");
        for path in [
            "/v1",
            "/v1/",
            "//config",
            "/v1/v1/config",
            "/v2/config",
            "/v1/%72estore",
            "/%76%31/config",
            "/%63onfig/a",
        ] {
            assert_eq!(found("GET", path), "404", "{path}");
        }
    }
}
