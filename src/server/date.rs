//! The `Date` field, made once a second for each thread.
//!
//! Called by `respond`. RFC 9110 section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.

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

/// The last second that the format has digits for. `httpdate` panics past it.
const LAST_SECOND: u64 = 253_402_300_799;

fn write_line(line: &mut Vec<u8>, epoch_seconds: u64) {
    let instant = UNIX_EPOCH + Duration::from_secs(epoch_seconds.min(LAST_SECOND));
    // Writing to a Vec does not fail.
    let _ = write!(line, "Date: {}\r\n", httpdate::HttpDate::from(instant));
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
        assert_eq!(line(u64::MAX), "Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n");
    }
}
