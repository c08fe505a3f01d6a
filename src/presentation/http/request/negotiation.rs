//! Which form a response has, and in which form a body came (RFC 9110 sections 12.5.1 and 8.3).
//!
//! Called by the handlers of values and of the feed. No request is ever refused with 406: a form that the client did
//! not ask for is better than none. Invariants: `text_wins_where_accept_ties`, `the_most_specific_range_decides`.

use rouille::Request;

use super::fields::{joined, single};
use crate::domain::ContentType;
use crate::presentation::http::answer::problem::Problem;

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) enum Form {
    /// The bare value.
    Text,
    /// The item.
    Json,
}

/// The form of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) enum FeedForm {
    /// One page.
    Page,
    /// Server-sent events.
    Stream,
}

/// The form of a value that the client likes best.
pub(in crate::presentation::http) fn form(request: &Request) -> Form {
    let Some(accept) = joined(request, "Accept") else { return Form::Text };
    let json = quality(&accept, "application", "json");
    if json > quality(&accept, "text", "plain") { Form::Json } else { Form::Text }
}

/// A stream has to be asked for by its name: a wildcard means a page.
pub(in crate::presentation::http) fn feed_form(request: &Request) -> FeedForm {
    let stream = is_named(request, ("text", "event-stream"), ("application", "json"));
    if stream { FeedForm::Stream } else { FeedForm::Page }
}

/// The form of the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) enum MetricsForm {
    /// Prometheus' text format 0.0.4, which every scraper reads.
    Plain,
    /// `OpenMetrics` 1.0.0.
    OpenMetrics,
}

/// `OpenMetrics` has to be asked for by its name.
pub(in crate::presentation::http) fn metrics_form(request: &Request) -> MetricsForm {
    let open = is_named(request, ("application", "openmetrics-text"), ("text", "plain"));
    if open { MetricsForm::OpenMetrics } else { MetricsForm::Plain }
}

/// Whether a page is asked for, as browsers do where an address is opened.
pub(in crate::presentation::http) fn wants_page(accept: &str) -> bool {
    names(accept, ("text", "html"), ("application", "json"))
}

/// The coding of a body that is there in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) enum Coding {
    /// As it is.
    Identity,
    /// Compressed.
    Gzip,
}

/// The coding that the client likes best; of two, the shorter one (RFC 9110 section 12.5.3).
pub(in crate::presentation::http) fn coding(request: &Request) -> Coding {
    let Some(accept) = joined(request, "Accept-Encoding") else { return Coding::Identity };
    let of = |wanted: &[&str]| {
        let named = accept.split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let is_named =
                parts.next().is_some_and(|name| wanted.iter().any(|one| name.eq_ignore_ascii_case(one)));
            if is_named { weight(parts) } else { None }
        });
        named.max()
    };
    let rest = of(&["*"]);
    let gzip = of(&["gzip", "x-gzip"]).or(rest).unwrap_or(0);
    if gzip > 0 && Some(gzip) >= of(&["identity"]) { Coding::Gzip } else { Coding::Identity }
}

/// Whether a media type is asked for by its name, and no less than the other one.
fn is_named(request: &Request, wanted: (&str, &str), other: (&str, &str)) -> bool {
    joined(request, "Accept").is_some_and(|accept| names(&accept, wanted, other))
}

fn names(accept: &str, wanted: (&str, &str), other: (&str, &str)) -> bool {
    let same = |held: &str, wanted: &str| held.eq_ignore_ascii_case(wanted);
    let named = ranges(accept).filter(|range| same(range.kind, wanted.0) && same(range.subtype, wanted.1));
    let named = named.map(|range| range.quality).max();
    named.is_some_and(|named| named > 0 && named >= quality(accept, other.0, other.1))
}

/// The form of a PUT's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) enum BodyForm {
    /// A JSON object around the value.
    Envelope,
    /// The bare value, with its content type.
    Bare(ContentType),
}

/// The form of a PUT's body. Another media type, another charset than UTF-8, or a coding is 415. A JSON body is an
/// envelope unless `Config-Content-Type` says that it is the value itself.
pub(in crate::presentation::http) fn body_form(request: &Request) -> Result<BodyForm, Problem> {
    let sent = content_type(
        request,
        "add the header Content-Type: text/plain, or application/json for an object with \
                                      `value`: clients such as curl send a form's type unless they are told",
    )?;
    let stored = single(request, "Config-Content-Type")?.map(str::trim);
    match (sent, stored) {
        (ContentType::Json, None) => Ok(BodyForm::Envelope),
        (sent, None) => Ok(BodyForm::Bare(sent)),
        (_, Some(stored)) => ContentType::parse(stored).map(BodyForm::Bare).map_err(|_| {
            Problem::unsupported(
                "send Config-Content-Type text/plain, application/json, application/yaml or application/toml",
            )
        }),
    }
}

/// Refuses a body that is not JSON.
pub(in crate::presentation::http) fn require_json(request: &Request) -> Result<(), Problem> {
    const JSON_ONLY: &str = "add the header Content-Type: application/json";
    match content_type(request, JSON_ONLY)? {
        ContentType::Json => Ok(()),
        _ => Err(Problem::unsupported(JSON_ONLY)),
    }
}

/// Refuses a body that is not JSON or a JSON Schema.
pub(in crate::presentation::http) fn require_schema(request: &Request) -> Result<(), Problem> {
    let sent = single(request, "Content-Type")?.unwrap_or_default();
    let named = sent.split(';').next().unwrap_or_default().trim();
    let is_coded =
        request.header("Content-Encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"));
    // The type is JSON in UTF-8 by its definition.
    if named.eq_ignore_ascii_case("application/schema+json") && !is_coded {
        Ok(())
    } else {
        require_json(request)
    }
}

/// The type of the body. `instead` is said about the type of a form, which clients send by default.
fn content_type(request: &Request, instead: &'static str) -> Result<ContentType, Problem> {
    let coding = single(request, "Content-Encoding")?.unwrap_or("identity");
    if !coding.eq_ignore_ascii_case("identity") {
        let problem = Problem::unsupported("send the body without a content coding");
        // RFC 9110 section 15.5.16: so that a client knows that it is the coding.
        return Err(problem.field("Accept-Encoding", "identity"));
    }
    let foreign = || {
        Problem::unsupported(
            "send Content-Type application/json, text/plain, application/yaml or application/toml, in UTF-8",
        )
    };
    let content_type = single(request, "Content-Type")?.ok_or_else(foreign)?;
    let mut parts = content_type.split(';').map(str::trim);
    let named = parts.next().unwrap_or_default();
    if named.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Problem::unsupported(instead));
    }
    let form = ContentType::parse(named).map_err(|_| foreign())?;
    let utf8 = |part: &str| match part.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            let charset = value.trim().trim_matches('"');
            // ASCII is a part of UTF-8.
            charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("us-ascii")
        }
        _ => true,
    };
    if parts.all(utf8) { Ok(form) } else { Err(foreign()) }
}

/// One range of an `Accept` field; the quality in thousandths.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    quality: u16,
}

fn ranges(accept: &str) -> impl Iterator<Item = Range<'_>> {
    accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        Some(Range { kind, subtype, quality: weight(parts)? })
    })
}

/// The weight among the parameters of a range, in thousandths. One that can't be read makes the server ignore its range.
fn weight<'a>(mut parts: impl Iterator<Item = &'a str>) -> Option<u16> {
    let weight = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| thousandths(value.trim()))
    });
    weight.unwrap_or(Some(1_000))
}

/// The quality of a media type: the most specific range that covers it decides.
fn quality(accept: &str, kind: &str, subtype: &str) -> u16 {
    let covers = |range: &Range<'_>| {
        let same = |held: &str, wanted: &str| held.eq_ignore_ascii_case(wanted);
        match (range.kind, range.subtype) {
            ("*", "*") => Some(0),
            (held, "*") if same(held, kind) => Some(1),
            (held, held_sub) if same(held, kind) && same(held_sub, subtype) => Some(2),
            _ => None,
        }
    };
    let specific = ranges(accept).filter_map(|range| Some((covers(&range)?, range.quality))).max();
    specific.map_or(0, |(_, quality)| quality)
}

/// RFC 9110 section 12.4.2: `0` to `1` with at most three digits.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let plain = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fraction = format!("{fraction:0<3}").parse::<u16>().ok().filter(|_| plain)?;
    match (whole, fraction) {
        ("0", fraction) => Some(fraction),
        ("1", 0) => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: &str, value: &str) -> Request {
        Request::fake_http("GET", "/", vec![(name.into(), value.into())], Vec::new())
    }

    #[test]
    fn text_wins_where_accept_ties() {
        for accept in [
            "",
            "*/*",
            "text/plain",
            "application/json, text/plain",
            "application/*, text/*",
            "image/png",
            "nonsense",
        ] {
            assert_eq!(form(&request("Accept", accept)), Form::Text, "{accept}");
        }
        assert_eq!(form(&Request::fake_http("GET", "/", Vec::new(), Vec::new())), Form::Text);
    }

    #[test]
    fn the_most_specific_range_decides() {
        for accept in [
            "application/json",
            "APPLICATION/JSON",
            "application/json, */*;q=0.9",
            "text/plain;q=0.5, application/json;q=0.501",
            "*/*, text/plain;q=0",
            "text/plain;q=0.9;level=1, application/*",
        ] {
            assert_eq!(form(&request("Accept", accept)), Form::Json, "{accept}");
        }
        for accept in ["application/json;q=0.5, */*", "application/json;q=2, text/plain;q=0.1"] {
            assert_eq!(form(&request("Accept", accept)), Form::Text, "{accept}");
        }
    }

    #[test]
    fn a_stream_has_to_be_asked_for_by_name() {
        for (accept, expected) in [
            ("text/event-stream", FeedForm::Stream),
            ("text/event-stream, */*", FeedForm::Stream),
            ("application/json, text/event-stream;q=0.9", FeedForm::Page),
            ("text/event-stream;q=0", FeedForm::Page),
            ("*/*", FeedForm::Page),
            ("text/*", FeedForm::Page),
        ] {
            assert_eq!(feed_form(&request("Accept", accept)), expected, "{accept}");
        }
    }

    #[test]
    fn a_page_is_for_those_who_ask_for_html() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
        assert!(wants_page(browser));
        for accept in
            ["", "*/*", "text/*", "application/json", "application/json, text/html;q=0.9", "text/html;q=0"]
        {
            assert!(!wants_page(accept), "{accept}");
        }
    }

    #[test]
    fn a_body_is_compressed_for_clients_that_take_it() {
        for accept in
            ["gzip", "deflate, GZIP;q=0.1", "x-gzip", "*", "br, *;q=0.5", "identity;q=0.5, gzip;q=0.5"]
        {
            assert_eq!(coding(&request("Accept-Encoding", accept)), Coding::Gzip, "{accept}");
        }
        for accept in ["", "br", "gzip;q=0", "gzip;q=0, *", "identity, gzip;q=0.5", "gzip;q=2", "*;q=0"] {
            assert_eq!(coding(&request("Accept-Encoding", accept)), Coding::Identity, "{accept}");
        }
        assert_eq!(coding(&request("Accept", "gzip")), Coding::Identity);
    }

    #[test]
    fn openmetrics_has_to_be_asked_for_by_name() {
        let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                          application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        assert_eq!(metrics_form(&request("Accept", prometheus)), MetricsForm::OpenMetrics);
        for accept in
            ["", "*/*", "text/plain", "application/*", "application/openmetrics-text;q=0.1, text/plain"]
        {
            assert_eq!(metrics_form(&request("Accept", accept)), MetricsForm::Plain, "{accept}");
        }
    }

    #[test]
    fn bodies_are_of_a_supported_type_in_utf8() {
        let form_of = |content_type| body_form(&request("Content-Type", content_type)).ok();
        assert_eq!(form_of("application/json"), Some(BodyForm::Envelope));
        assert_eq!(form_of("Application/JSON; charset=UTF-8"), Some(BodyForm::Envelope));
        assert_eq!(form_of("text/plain; charset=\"utf-8\""), Some(BodyForm::Bare(ContentType::Text)));
        assert_eq!(form_of("application/yaml"), Some(BodyForm::Bare(ContentType::Yaml)));
        assert_eq!(form_of("text/plain; charset=US-ASCII"), Some(BodyForm::Bare(ContentType::Text)));
        for foreign in ["", "text/html", "application/x-www-form-urlencoded", "text/plain; charset=latin1"] {
            assert_eq!(form_of(foreign), None, "{foreign}");
        }
        assert!(body_form(&Request::fake_http("PUT", "/", Vec::new(), Vec::new())).is_err());
    }

    #[test]
    fn a_json_body_is_the_value_itself_where_a_header_says_so() {
        let form_of = |stored: &str| {
            let fields = [("Content-Type", "application/json"), ("Config-Content-Type", stored)];
            let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
            body_form(&Request::fake_http("PUT", "/", fields, Vec::new())).ok()
        };
        assert_eq!(form_of("application/json"), Some(BodyForm::Bare(ContentType::Json)));
        assert_eq!(form_of(" application/toml"), Some(BodyForm::Bare(ContentType::Toml)));
        assert_eq!(form_of("image/png"), None);
    }
}
