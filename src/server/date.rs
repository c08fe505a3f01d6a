//! The `Date` field, made once a second for each thread.
//!
//! Called by `encode`. RFC 9110 section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.

use std::io::Write;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The field's line for now.
pub(super) struct Date {
    line: Vec<u8>,
    stale_at: Instant,
}

impl Date {
    pub(super) fn new(now: Instant) -> Self {
        Self { line: Vec::new(), stale_at: now }
    }

    /// The whole line, CR LF included.
    pub(super) fn line(&mut self, now: Instant) -> &[u8] {
        if now >= self.stale_at || self.line.is_empty() {
            let since_epoch = wall_clock();
            self.line.clear();
            write_line(&mut self.line, since_epoch.as_secs());
            let rest_of_second_ns = 1_000_000_000 - u64::from(since_epoch.subsec_nanos());
            self.stale_at = now + Duration::from_nanos(rest_of_second_ns);
        }
        &self.line
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what this machine thinks the time is, for the client; nothing is decided by it"
)]
fn wall_clock() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn write_line(line: &mut Vec<u8>, epoch_seconds: u64) {
    const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = epoch_seconds / 86_400;
    let second = epoch_seconds % 86_400;
    // Years counted from March, so that the leap day is the last of its year; eras of 400 years of 146,097 days.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month_index = (month_from_march + 2) % 12;
    let year = era * 400 + year_of_era + u64::from(month_index < 2);
    let weekday = WEEKDAYS.get((days % 7) as usize).copied().unwrap_or_default();
    let month = MONTHS.get(month_index as usize).copied().unwrap_or_default();
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    // Writing to a Vec does not fail.
    let _ =
        write!(line, "Date: {weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT\r\n");
}

#[cfg(test)]
mod tests {
    use super::write_line;

    fn line(epoch_seconds: u64) -> String {
        let mut line = Vec::new();
        write_line(&mut line, epoch_seconds);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_date_is_written_as_http_has_it() {
        assert_eq!(line(0), "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
        assert_eq!(line(784_111_777), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
        assert_eq!(line(1_709_164_800), "Date: Thu, 29 Feb 2024 00:00:00 GMT\r\n");
        assert_eq!(line(1_709_251_199), "Date: Thu, 29 Feb 2024 23:59:59 GMT\r\n");
        assert_eq!(line(4_107_542_400), "Date: Mon, 01 Mar 2100 00:00:00 GMT\r\n");
    }
}
