//! Instants: UTC, whole microseconds.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use thiserror::Error;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time in UTC, in whole microseconds since 1970; the years 0001 to 9999 (RFC 3339's), and a reserve.
///
/// `Display` writes RFC 3339 with six digits: `2026-01-15T10:00:00.000000Z`. The reserve is a day of microseconds past
/// the year 9999: a log that a wrong clock once brought to the last printable instant still goes on there, with
/// instants that rise. They all print as the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A text that isn't an RFC 3339 instant.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not an RFC 3339 instant such as 2026-01-15T10:00:00Z or 2026-01-15T11:00:00.5+01:00")]
pub struct TimestampError;

impl Timestamp {
    /// Before every change.
    pub const MIN: Self = Self(-62_135_596_800_000_000);
    /// After every change: the end of the reserve.
    pub const MAX: Self = Self(Self::LAST_PRINTED.0 + 86_400_000_000);
    /// The last microsecond of the year 9999.
    const LAST_PRINTED: Self = Self(253_402_300_799_999_999);
    /// The instants that a clock can show: the years 2000 to 9989.
    const PLAUSIBLE: std::ops::Range<i64> = 946_684_800_000_000..253_086_768_000_000_000;

    /// From microseconds since 1970; what is outside the range becomes its end.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Microseconds since 1970.
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 with any offset; digits past microseconds are cut.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let instant = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| TimestampError)?;
        let micros = instant.unix_timestamp_nanos().div_euclid(1_000);
        let instant = i64::try_from(micros).map(Self::from_micros).map_err(|_| TimestampError)?;
        // The last instant that can be written means all of the reserve.
        Ok(if instant < Self::LAST_PRINTED { instant } else { Self::MAX })
    }

    /// Whether a clock that says this can be right. One that can't must not date changes: instants never go back.
    pub fn is_plausible(self) -> bool {
        Self::PLAUSIBLE.contains(&self.0)
    }

    /// From the system's type; what is outside the range becomes its end.
    pub fn from_system(time: SystemTime) -> Self {
        let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self::from_micros(micros(after)),
            Err(before) => Self::from_micros(-micros(before.duration())),
        }
    }

    /// This instant later by a span; ends at [`Self::MAX`].
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self::from_micros(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// This instant earlier by a span; ends at [`Self::MIN`].
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self::from_micros(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Years before 1970 are no instants of a log, but they can be asked for; humantime starts at 1970.
        let Self(micros) = *self.min(&Self::LAST_PRINTED);
        let Ok(second) = OffsetDateTime::from_unix_timestamp(micros.div_euclid(1_000_000)) else {
            return Err(fmt::Error);
        };
        let (hours, minutes, seconds) = second.to_hms();
        // Digit by digit: an instant is written with every change, and seven padded numbers cost three times that.
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        write_digits(&mut text[..4], second.year().unsigned_abs());
        write_digits(&mut text[5..7], u8::from(second.month()).into());
        write_digits(&mut text[8..10], second.day().into());
        write_digits(&mut text[11..13], hours.into());
        write_digits(&mut text[14..16], minutes.into());
        write_digits(&mut text[17..19], seconds.into());
        write_digits(&mut text[20..26], u32::try_from(micros.rem_euclid(1_000_000)).unwrap_or(0));
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// The last digits of a number, as many as there is room for.
fn write_digits(room: &mut [u8], mut number: u32) {
    for digit in room.iter_mut().rev() {
        *digit = b"0123456789"[number as usize % 10];
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_and_digits_past_microseconds_are_cut() {
        for (text, shown) in [
            ("2026-01-15T10:00:00Z", "2026-01-15T10:00:00.000000Z"),
            ("2026-01-15T11:30:00+01:30", "2026-01-15T10:00:00.000000Z"),
            ("2026-01-15T10:00:00.1234569Z", "2026-01-15T10:00:00.123456Z"),
            ("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn instants_past_the_year_9999_rise_and_print_as_its_end() {
        let last = Timestamp::from_micros(253_402_300_799_999_999);
        let after = last.plus(Duration::from_micros(1));
        assert!(last < after && after < Timestamp::MAX);
        for instant in [last, after, Timestamp::MAX, Timestamp::MAX.plus(Duration::MAX)] {
            assert_eq!(instant.to_string(), "9999-12-31T23:59:59.999999Z");
            assert_eq!(Timestamp::parse(&instant.to_string()), Ok(Timestamp::MAX));
        }
    }

    #[test]
    fn a_clock_is_plausible_from_2000_to_9989() {
        for (text, plausible) in [
            ("1999-12-31T23:59:59.999999Z", false),
            ("2000-01-01T00:00:00Z", true),
            ("2036-01-01T00:00:00Z", true),
            ("9989-12-31T23:59:59.999999Z", true),
            ("9990-01-01T00:00:00Z", false),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().is_plausible(), plausible, "{text}");
        }
        assert!(!Timestamp::MAX.is_plausible());
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in
            ["", "yesterday", "2026-01-15", "2026-01-15T10:00:00", "2026-13-01T00:00:00Z", "1737000000"]
        {
            assert_eq!(Timestamp::parse(text), Err(TimestampError), "{text:?}");
        }
    }

    #[test]
    fn an_instant_of_the_system_keeps_its_microseconds() {
        for (micros, system) in [
            (0, UNIX_EPOCH),
            (1, UNIX_EPOCH + Duration::from_micros(1)),
            (-1, UNIX_EPOCH - Duration::from_micros(1)),
            (1_768_471_200_123_456, UNIX_EPOCH + Duration::from_micros(1_768_471_200_123_456)),
        ] {
            assert_eq!(Timestamp::from_system(system), Timestamp::from_micros(micros));
        }
    }
}
