//! Which form an answer has, and in which form a body came (RFC 9110 sections 12.5.1 and 8.3).
//!
//! Called by the handlers of values and of the feed. Nothing is ever 406: a form that nobody asked for is
//! better than none. Invariants: `text_wins_where_accept_ties`, `the_most_specific_range_decides`.

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
    let Some(accept) = joined(request, "Accept") else { return FeedForm::Page };
    let named = ranges(&accept)
        .filter(|range| range.kind == "text" && range.subtype == "event-stream")
        .map(|range| range.quality)
        .max();
    match named {
        Some(quality_) if quality_ > 0 && quality_ >= quality(&accept, "application", "json") => {
            FeedForm::Stream
        }
        _ => FeedForm::Page,
    }
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
    let sent = content_type(request)?;
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
    match content_type(request)? {
        ContentType::Json => Ok(()),
        _ => Err(Problem::unsupported("send Content-Type application/json")),
    }
}

fn content_type(request: &Request) -> Result<ContentType, Problem> {
    let foreign = || {
        Problem::unsupported(
            "send Content-Type application/json, text/plain, application/yaml or application/toml, in UTF-8, and no \
             content coding",
        )
    };
    let content_type = single(request, "Content-Type")?.ok_or_else(foreign)?;
    let coding = single(request, "Content-Encoding")?.unwrap_or("identity");
    let mut parts = content_type.split(';').map(str::trim);
    let form = ContentType::parse(parts.next().unwrap_or_default()).map_err(|_| foreign())?;
    let utf8 = |part: &str| match part.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    if parts.all(utf8) && coding.eq_ignore_ascii_case("identity") { Ok(form) } else { Err(foreign()) }
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
        let weight = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| thousandths(value.trim()))
        });
        // A weight that can't be read makes its range one that nobody sent.
        let quality = weight.unwrap_or(Some(1_000))?;
        Some(Range { kind, subtype, quality })
    })
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
    fn bodies_are_of_a_supported_type_in_utf8() {
        let form_of = |content_type| body_form(&request("Content-Type", content_type)).ok();
        assert_eq!(form_of("application/json"), Some(BodyForm::Envelope));
        assert_eq!(form_of("Application/JSON; charset=UTF-8"), Some(BodyForm::Envelope));
        assert_eq!(form_of("text/plain; charset=\"utf-8\""), Some(BodyForm::Bare(ContentType::Text)));
        assert_eq!(form_of("application/yaml"), Some(BodyForm::Bare(ContentType::Yaml)));
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
