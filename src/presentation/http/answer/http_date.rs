//! RFC 9110's IMF-fixdate, `Thu, 15 Jan 2026 10:00:00 GMT`, both ways: for `Accept-Datetime` and
//! `Memento-Datetime` (RFC 7089 section 2.1).
//!
//! Pure. Reading is strict: only the form that [`format`] writes is accepted (`a_date_is_read_as_it_is_written`).
//! The calendar is `httpdate`'s, which ends at the years 1970 and 9999: other dates are not valid here.

use std::time::{Duration, UNIX_EPOCH};

use crate::domain::Timestamp;

/// The last second that the form has digits for.
const LAST_SECOND: u64 = 253_402_300_799;

/// The first microsecond of the second that a date names.
pub(in crate::presentation::http) fn parse(text: &str) -> Option<Timestamp> {
    let instant = Timestamp::from_system(httpdate::parse_http_date(text).ok()?);
    // It also reads the two older forms of RFC 9110, and does not compare the day of the week.
    (format(instant) == text).then_some(instant)
}

/// A date, cut to its second.
pub(in crate::presentation::http) fn format(instant: Timestamp) -> String {
    let second = u64::try_from(instant.as_micros() / 1_000_000).unwrap_or(0).min(LAST_SECOND);
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_as_it_is_written() {
        for (date, instant) in [
            ("Thu, 15 Jan 2026 10:00:00 GMT", "2026-01-15T10:00:00Z"),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
            ("Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"),
            ("Thu, 29 Feb 2024 00:00:00 GMT", "2024-02-29T00:00:00Z"),
        ] {
            let instant = Timestamp::parse(instant).unwrap();
            assert_eq!(parse(date), Some(instant));
            assert_eq!(format(instant), date);
        }
    }

    #[test]
    fn what_is_no_such_date_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-01-15T10:00:00Z",
            "Fri, 15 Jan 2026 10:00:00 GMT",
            "Thu, 15 Jan 2026 10:00:00 UTC",
            "Thu, 15 Jan 2026 10:00:00.5 GMT",
            "Wed, 31 Dec 1969 23:59:59 GMT",
            "Thu, 31 Feb 2026 10:00:00 GMT",
            "Thu, 15 Jan 2026 10:00:00 GMT ",
            "Thursday, 15-Jan-26 10:00:00 GMT",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
