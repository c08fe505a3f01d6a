//! Where to look in the past.

use std::time::Duration;

use thiserror::Error;

use super::{Place, Revision, Timestamp};

/// Where to look: a revision, a place, an instant, or an age counted back from now.
///
/// ```
/// use configapi::domain::{Point, Revision};
///
/// assert_eq!(Point::parse("417")?, Point::Revision(Revision::new(417)));
/// assert!(matches!(Point::parse("417-9f3a1c2e")?, Point::Place(_)));
/// assert_eq!(Point::parse("15m")?, Point::Age(std::time::Duration::from_secs(900)));
/// assert!(matches!(Point::parse("2026-01-15T10:00:00Z")?, Point::Instant(_)));
/// # Ok::<(), configapi::domain::PointError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// After the change with this number.
    Revision(Revision),
    /// After the change at this place of this log.
    Place(Place),
    /// After every change whose instant is at or before this one.
    Instant(Timestamp),
    /// That long before now.
    Age(Duration),
}

/// A text that isn't a point.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "not a point: write a revision (417), a place (417-9f3a1c2e), an RFC 3339 instant (2026-01-15T10:00:00Z) or an age (15m, 2days 3h)"
)]
pub struct PointError;

impl Point {
    /// The one door into the type.
    pub fn parse(text: &str) -> Result<Self, PointError> {
        if let Some(revision) = Revision::parse(text) {
            return Ok(Self::Revision(revision));
        }
        if let Some(place) = Place::parse(text) {
            return Ok(Self::Place(place));
        }
        if let Ok(instant) = Timestamp::parse(text) {
            return Ok(Self::Instant(instant));
        }
        // In a query a `+` that was not percent-encoded has become a space; only an offset's sign can stand there.
        if let Some(instant) = text.rfind(' ').and_then(|at| with_plus(text, at)) {
            return Ok(Self::Instant(instant));
        }
        humantime::parse_duration(text).map(Self::Age).map_err(|_| PointError)
    }
}

fn with_plus(text: &str, at: usize) -> Option<Timestamp> {
    let mut mended = text.to_owned();
    mended.replace_range(at..=at, "+");
    Timestamp::parse(&mended).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_a_revision_a_place_an_instant_or_an_age() {
        let ten = Timestamp::parse("2026-01-15T10:00:00Z").unwrap();
        for (text, point) in [
            ("0", Point::Revision(Revision::ZERO)),
            ("417", Point::Revision(Revision::new(417))),
            ("417-9f3a1c2e", Point::Place(Place::parse("417-9f3a1c2e").unwrap())),
            ("2026-01-15T10:00:00Z", Point::Instant(ten)),
            ("2026-01-15T11:00:00+01:00", Point::Instant(ten)),
            ("2026-01-15T11:00:00 01:00", Point::Instant(ten)),
            ("15m", Point::Age(Duration::from_mins(15))),
            ("2days 3h", Point::Age(Duration::from_hours(51))),
        ] {
            assert_eq!(Point::parse(text), Ok(point), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "now", "-1", "15 parsecs", "2026-01-15", "+3", "417-9f3a", "0-9f3a1c2e"] {
            assert_eq!(Point::parse(text), Err(PointError), "{text:?}");
        }
    }
}
