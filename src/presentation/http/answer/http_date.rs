//! RFC 9110's IMF-fixdate, `Thu, 15 Jan 2026 10:00:00 GMT`, both ways: for `Accept-Datetime` and
//! `Memento-Datetime` (RFC 7089 section 2.1).
//!
//! Pure. Reading is strict: what would be written otherwise is refused (`a_date_is_read_as_it_is_written`).

use crate::domain::Timestamp;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SECOND_US: i64 = 1_000_000;
const DAY_S: i64 = 86_400;

/// The first microsecond of the second that a date names.
pub(in crate::presentation::http) fn parse(text: &str) -> Option<Timestamp> {
    let mut words = text.split(' ');
    let (_, day, month, year, time) =
        (words.next()?, words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    // RFC 3339 with the same digits; `Timestamp` knows the calendar.
    let instant = Timestamp::parse(&format!("{year}-{month:02}-{day}T{time}Z")).ok()?;
    (format(instant) == text).then_some(instant)
}

/// A date, cut to its second.
pub(in crate::presentation::http) fn format(instant: Timestamp) -> String {
    // `2026-01-15T10:00:00.000000Z`, always in this form.
    let shown = instant.to_string();
    let number = |from: usize, to: usize| shown.get(from..to).unwrap_or_default();
    let month = number(5, 7).parse::<usize>().ok().and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    let days = instant.as_micros().div_euclid(SECOND_US * DAY_S).rem_euclid(7);
    let weekday = usize::try_from(days).ok().and_then(|day| DAYS.get(day));
    let (weekday, month) = (weekday.unwrap_or(&""), month.unwrap_or(&""));
    format!("{weekday}, {} {month} {} {} GMT", number(8, 10), number(0, 4), number(11, 19))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_as_it_is_written() {
        for (date, instant) in [
            ("Thu, 15 Jan 2026 10:00:00 GMT", "2026-01-15T10:00:00Z"),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
            ("Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59Z"),
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
            "Thu, 31 Feb 2026 10:00:00 GMT",
            "Thu, 15 Jan 2026 10:00:00 GMT ",
            "Thursday, 15-Jan-26 10:00:00 GMT",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
