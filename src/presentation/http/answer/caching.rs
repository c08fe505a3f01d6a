//! The fields of answers about the past: how long they may be kept, and which memento they are.
//!
//! Called by the handlers of values, lists and differences. Caches may keep the state at a place for ever: the hash
//! names one log. A bare revision or an instant shows another state after the log was restored from an older backup.
//! An age and `Accept-Datetime` name another state each time (RFC 7089 section 4.1.2: negotiated at the resource
//! itself, the memento's own address in `Content-Location`).

use rouille::Response;

use super::http_date;
use crate::domain::{Point, Revision, Timestamp};
use crate::presentation::http::answer::response::{NO_CACHE, NO_STORE, field, put};
use crate::presentation::http::request::moment::Moment;

/// How long an answer may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) enum Keeping {
    /// It has to be asked for again.
    Revalidate,
    /// It never changes.
    Forever,
    /// It has secrets in clear text.
    Never,
}

/// The request headers on which the response to a read of values depends.
pub(in crate::presentation::http) const VARY_VALUES: &str =
    "Accept, Accept-Datetime, Authorization, Config-Reveal";

/// How long a response about these points may be kept.
pub(in crate::presentation::http) fn keeping(points: &[Point]) -> Keeping {
    let is_place = |point: &Point| matches!(point, Point::Place(_));
    if !points.is_empty() && points.iter().all(is_place) { Keeping::Forever } else { Keeping::Revalidate }
}

impl Keeping {
    /// How long a response about a moment may be kept.
    pub(in crate::presentation::http) fn of(moment: Moment) -> Self {
        match moment {
            Moment::Now | Moment::Datetime(_) => Self::Revalidate,
            Moment::At(point) => keeping(&[point]),
        }
    }

    /// The same for a response whose secrets are masked: their fingerprints change with the key, and their names with the
    /// policy.
    pub(in crate::presentation::http) fn of_masked(self) -> Self {
        if self == Self::Forever { Self::Revalidate } else { self }
    }

    /// Sets `Cache-Control` and `Vary`.
    pub(in crate::presentation::http) fn put(self, response: &mut Response, vary: &'static str) {
        response.headers.push(match self {
            Self::Revalidate => NO_CACHE,
            Self::Forever => field("Cache-Control", "private, max-age=31536000, immutable"),
            Self::Never => NO_STORE,
        });
        put(response, "Vary", vary);
    }
}

/// Says of an answer about the past which memento it is: of `original`, as it was at `datetime`.
pub(in crate::presentation::http) fn memento(
    response: &mut Response,
    moment: Moment,
    original: &str,
    history: Option<&str>,
    at: Revision,
    datetime: Timestamp,
) {
    put(response, "Memento-Datetime", http_date::format(datetime));
    // RFC 7089 section 2.2.1; RFC 5829 section 3.1.
    let history = history.map(|history| format!(", <{history}>; rel=\"version-history\""));
    let links = format!("<{original}>; rel=\"original timegate\"{}", history.unwrap_or_default());
    put(response, "Link", links);
    if matches!(moment, Moment::Datetime(_)) {
        put(response, "Content-Location", format!("{original}{}at={at}", joint(original)));
    }
}

fn joint(address: &str) -> char {
    if address.contains('?') { '&' } else { '?' }
}
