//! Which state a read is about: now, or a point that `?at=` or `Accept-Datetime` names, and when the server
//! has seen enough to answer.
//!
//! Called by every read. A revision that this server has not seen is waited for on the bell
//! (`Config-Min-Revision`, `?at=`), as long as `Prefer: wait` says; no thread waits meanwhile. Invariants:
//! `two_points_at_once_are_refused`, `a_revision_beyond_the_head_is_waited_for`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rouille::Request;

use super::fields::{joined, single};
use crate::application::{Consistency, Error};
use crate::domain::{Point, Revision, Timestamp};
use crate::presentation::http::answer::http_date;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::exchange::{Answered, Exchange};
use crate::server::Reply;

/// Accept-Datetime means the state at the end of its second.
const SECOND_REST: Duration = Duration::from_micros(999_999);

/// How far beyond the log a revision may be that is waited for. No server is so far behind, and every instant since
/// 1986 is more as Unix seconds.
const REVISIONS_AHEAD_MAX: u64 = 500_000_000;

/// Which state a read is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::http) enum Moment {
    /// The state that reads of now see.
    Now,
    /// A point of the log, by `?at=` or in the path.
    At(Point),
    /// The end of a second, by `Accept-Datetime` (RFC 7089).
    Datetime(Timestamp),
}

/// The revisions that the server must have seen before it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::presentation::http) struct Seen {
    /// In the tree that reads of now see.
    pub(in crate::presentation::http) applied: Revision,
    /// In the log, as far as this server follows it.
    pub(in crate::presentation::http) followed: Revision,
}

impl Moment {
    /// Reads `?at=` and `Accept-Datetime`.
    pub(in crate::presentation::http) fn read(request: &Request, at: Option<&str>) -> Result<Self, Problem> {
        match (at.map(point).transpose()?, single(request, "Accept-Datetime")?) {
            (None, None) => Ok(Self::Now),
            (Some(point), None) => Ok(Self::At(point)),
            (None, Some(date)) => {
                let second = http_date::parse(date).ok_or_else(|| {
                    Problem::malformed("write Accept-Datetime as Thu, 15 Jan 2026 10:00:00 GMT")
                })?;
                Ok(Self::Datetime(second.plus(SECOND_REST)))
            }
            (Some(_), Some(_)) => Err(two_points()),
        }
    }

    /// The point, where there is one.
    pub(in crate::presentation::http) fn point(self) -> Option<Point> {
        match self {
            Self::Now => None,
            Self::At(point) => Some(point),
            Self::Datetime(instant) => Some(Point::Instant(instant)),
        }
    }
}

/// The problem of naming a point twice.
pub(in crate::presentation::http) fn two_points() -> Problem {
    Problem::malformed("name the point once: in the path, by the query, or by Accept-Datetime")
}

/// Reads a point.
pub(in crate::presentation::http) fn point(text: &str) -> Result<Point, Problem> {
    Point::parse(text).map_err(|error| Problem::malformed(error.to_string()))
}

/// The revision that `Config-Min-Revision` asks for.
pub(in crate::presentation::http) fn min_revision(request: &Request) -> Result<Revision, Problem> {
    let Some(text) = single(request, "Config-Min-Revision")? else { return Ok(Revision::ZERO) };
    Revision::parse(text).ok_or_else(|| Problem::malformed("write Config-Min-Revision as a number"))
}

impl Seen {
    /// For a read of now.
    pub(in crate::presentation::http) fn applied(request: &Request) -> Result<Self, Problem> {
        Ok(Self { applied: min_revision(request)?, followed: Revision::ZERO })
    }

    /// For a read of the log, with the points that it names.
    pub(in crate::presentation::http) fn followed(
        request: &Request,
        points: impl IntoIterator<Item = Point>,
    ) -> Result<Self, Problem> {
        let named = points.into_iter().filter_map(|point| match point {
            Point::Revision(revision) => Some(revision),
            Point::Place(place) => Some(place.revision()),
            Point::Instant(_) | Point::Age(_) => None,
        });
        let followed = named.fold(min_revision(request)?, Revision::max);
        Ok(Self { applied: Revision::ZERO, followed })
    }

    /// The error for a revision that is still missing.
    fn missing(self, exchange: &Exchange) -> Option<Error> {
        let behind = |wanted, seen| (seen < wanted).then_some(Error::Behind { wanted, seen });
        behind(self.applied, exchange.view().applied())
            .or_else(|| behind(self.followed, exchange.view().followed()))
    }

    /// Refuses a revision that no log can be about to reach: somebody has written an instant as a number.
    pub(in crate::presentation::http) fn refuse_far(
        exchange: &Exchange,
        wanted: Revision,
    ) -> Result<(), Problem> {
        let seen = exchange.view().followed();
        if wanted.get().saturating_sub(seen.get()) <= REVISIONS_AHEAD_MAX {
            return Ok(());
        }
        Err(Problem::malformed(format!(
            "write an instant as 2025-01-01T00:00:00Z: a number is a revision, and {seen} is the last one of this log"
        )))
    }

    /// Whether waiting can't help: what `restart` mode shows of now stays as it is.
    fn never_comes(self, exchange: &Exchange) -> bool {
        exchange.view().options().consistency == Consistency::Restart
            && exchange.view().applied() < self.applied
    }

    /// Answers once the server has seen it: at once in the common case, else on the bell.
    pub(in crate::presentation::http) fn then(
        self,
        request: &Request,
        exchange: &Arc<Exchange>,
        answer: impl FnOnce(&Arc<Exchange>) -> Answered + Send + 'static,
    ) -> Answered {
        let Some(error) = self.missing(exchange) else { return answer(exchange) };
        Self::refuse_far(exchange, self.followed)?;
        if self.never_comes(exchange) {
            return Err(exchange.failed_read(&error));
        }
        let (waiting, late) = (Arc::clone(exchange), Arc::clone(exchange));
        let mut answer = Some(answer);
        Ok(Reply::Waiting {
            poll: Box::new(move || {
                if let Err(problem) = waiting.refuse_ended() {
                    return Some(waiting.reply(Err(problem)));
                }
                if self.missing(&waiting).is_some() {
                    return None;
                }
                answer.take().map(|answer| waiting.reply(answer(&waiting)))
            }),
            deadline: Instant::now() + wait(request, exchange),
            expired: Box::new(move || {
                if let Err(problem) = late.refuse_ended() {
                    return late.reply(Err(problem));
                }
                let error = self.missing(&late).unwrap_or(error);
                late.reply(Err(late.failed_read(&error)))
            }),
        })
    }
}

/// How long `Prefer: wait=N` lets the server wait (RFC 7240 section 4.3); a preference that can't be read is
/// passed over, as its section 2 says.
fn wait(request: &Request, exchange: &Exchange) -> Duration {
    let settings = &exchange.shared.settings;
    let prefer = joined(request, "Prefer").unwrap_or_default();
    let seconds = prefer.split([',', ';']).find_map(|preference| {
        let (name, value) = preference.split_once('=')?;
        let seconds = value.trim().trim_matches('"').parse().ok()?;
        name.trim().eq_ignore_ascii_case("wait").then_some(seconds)
    });
    seconds.map_or(settings.revision_wait, Duration::from_secs).min(settings.wait_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(fields: &[(&str, &str)]) -> Request {
        let fields = fields.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Request::fake_http("GET", "/", fields.collect(), Vec::new())
    }

    #[test]
    fn two_points_at_once_are_refused() {
        let date = ("Accept-Datetime", "Thu, 15 Jan 2026 10:00:00 GMT");
        assert!(Moment::read(&request(&[date]), Some("5")).is_err());
        assert!(Moment::read(&request(&[date, date]), None).is_err());
        assert_eq!(Moment::read(&request(&[]), None).ok(), Some(Moment::Now));
        let end = Timestamp::parse("2026-01-15T10:00:00.999999Z").unwrap();
        assert_eq!(Moment::read(&request(&[date]), None).ok(), Some(Moment::Datetime(end)));
    }

    #[test]
    fn a_point_or_a_revision_that_cannot_be_read_is_refused() {
        assert!(Moment::read(&request(&[]), Some("now")).is_err());
        assert!(Moment::read(&request(&[("Accept-Datetime", "yesterday")]), None).is_err());
        for text in ["", "-1", "five"] {
            assert!(min_revision(&request(&[("Config-Min-Revision", text)])).is_err(), "{text}");
        }
    }
}
