//! Instants as people and programs read them.
//!
//! On a terminal a time is local or relative (`3 minutes ago`). Elsewhere it is RFC 3339, which every command takes as a
//! point again.

use std::time::SystemTime;

use jiff::tz::TimeZone;

use crate::domain::Timestamp;
use crate::presentation::cli::show::look::{Look, Output};
use crate::runtime::clock;

/// How a command shows times.
#[derive(Clone, Debug)]
pub(in crate::presentation::cli) struct Times(Option<Local>);

/// The time of a person.
#[derive(Clone, Debug)]
struct Local {
    /// Read for each time, because a command that follows runs for days.
    now: fn() -> SystemTime,
    zone: TimeZone,
}

impl Times {
    /// Those that fit an output: local ones for a person's eyes only.
    pub(in crate::presentation::cli) fn of(look: Look, output: Output) -> Self {
        let is_for_person = look.is_terminal() && output == Output::Table;
        Self(is_for_person.then(|| Local { now: clock::wall_now, zone: TimeZone::system() }))
    }

    /// The age: `3 minutes ago`.
    pub(in crate::presentation::cli) fn age(&self, instant: Timestamp) -> String {
        match &self.0 {
            Some(local) => local.age(instant),
            None => instant.to_string(),
        }
    }

    /// The local time: `2026-01-15 11:00:00 +01:00`.
    pub(in crate::presentation::cli) fn local(&self, instant: Timestamp) -> String {
        match &self.0 {
            Some(local) => local.written(instant),
            None => instant.to_string(),
        }
    }

    /// Both: `2026-01-15 11:00:00 +01:00 (3 minutes ago)`.
    pub(in crate::presentation::cli) fn full(&self, instant: Timestamp) -> String {
        match &self.0 {
            Some(local) => format!("{} ({})", local.written(instant), local.age(instant)),
            None => instant.to_string(),
        }
    }

    /// Those of a person in Berlin at 2026-01-15 10:03:20 UTC.
    #[cfg(test)]
    pub(super) fn of_sample() -> Self {
        use std::time::{Duration, UNIX_EPOCH};
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        Self(Some(Local { now: || UNIX_EPOCH + Duration::from_secs(1_768_471_400), zone }))
    }

    /// Those of a program.
    #[cfg(test)]
    pub(super) const EXACT: Self = Self(None);
}

impl Local {
    fn written(&self, instant: Timestamp) -> String {
        // The calendar ends before the last instants of a log do.
        let calendar = jiff::Timestamp::from_microsecond(instant.as_micros());
        calendar.map_or_else(
            |_| instant.to_string(),
            |instant| {
                instant.to_zoned_datetime(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
            },
        )
    }

    fn age(&self, instant: Timestamp) -> String {
        let now = Timestamp::from_system((self.now)());
        let seconds = now.as_micros().saturating_sub(instant.as_micros()) / 1_000_000;
        let span = span(seconds.unsigned_abs());
        match (span, seconds) {
            (None, _) => "just now".to_owned(),
            (Some(span), 1..) => format!("{span} ago"),
            // The clock of the store is ahead of this machine's.
            (Some(span), _) => format!("in {span}"),
        }
    }
}

/// A span in its largest whole unit; none under a second.
fn span(seconds: u64) -> Option<String> {
    const UNITS: [(u64, &str); 7] = [
        (365 * 86_400, "year"),
        (30 * 86_400, "month"),
        (7 * 86_400, "week"),
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let (unit, word) = UNITS.into_iter().find(|(unit, _)| seconds >= *unit)?;
    let count = seconds / unit;
    let plural = if count == 1 { "" } else { "s" };
    Some(format!("{count} {word}{plural}"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::samples::TERMINAL;
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_person_reads_local_times_and_ages() {
        let times = Times::of_sample();
        for (instant, age) in [
            ("2026-01-15T10:03:19.500000Z", "just now"),
            ("2026-01-15T10:03:19Z", "1 second ago"),
            ("2026-01-15T10:00:00Z", "3 minutes ago"),
            ("2026-01-15T08:00:00Z", "2 hours ago"),
            ("2026-01-14T10:00:00Z", "1 day ago"),
            ("2026-01-01T10:00:00Z", "2 weeks ago"),
            ("2025-11-01T10:00:00Z", "2 months ago"),
            ("2023-11-01T10:00:00Z", "2 years ago"),
            ("2026-01-15T10:04:21Z", "in 1 minute"),
        ] {
            assert_eq!(times.age(at(instant)), age, "{instant}");
        }
        assert_eq!(times.local(at("2026-01-15T10:00:00.25Z")), "2026-01-15 11:00:00 +01:00");
        assert_eq!(times.full(at("2026-01-15T10:00:00Z")), "2026-01-15 11:00:00 +01:00 (3 minutes ago)");
    }

    #[test]
    fn a_program_reads_what_every_command_takes_as_a_point() {
        for times in [Times::of(Look::PLAIN, Output::Table), Times::of(TERMINAL, Output::Plain)] {
            let instant = at("2026-01-15T10:00:00.25Z");
            for text in [times.age(instant), times.local(instant), times.full(instant)] {
                assert_eq!(text, "2026-01-15T10:00:00.250000Z");
            }
        }
    }

    #[test]
    fn the_first_and_the_last_instant_have_a_text() {
        let times = Times::of_sample();
        assert_eq!(times.local(Timestamp::MAX), "9999-12-31T23:59:59.999999Z");
        assert_eq!(times.local(Timestamp::MIN), "0001-01-01 01:00:00 +01:00");
    }
}
