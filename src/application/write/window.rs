//! How long an idempotency key is remembered: by the log's own instants, and by time that passed here.
//!
//! A wall clock must not make a server forget a key: it can jump by a day between a write and its retry. A key is
//! forgotten once it is older than the window before the head's instant, and has been that for as long as the window
//! by this server's monotonic clock. So one jump of the head's instant forgets nothing, and a key is kept for two
//! windows at most while changes come. The log thread asks and notes.
//! Test: `a_jump_of_the_clock_between_a_write_and_its_retry_writes_once`.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::application::options::Limits;
use crate::domain::Timestamp;
use crate::infrastructure::store::Head;

/// In how many parts the window is divided.
const PARTS: u32 = 24;

/// The window, with where it began at some moments of the last one.
pub(in crate::application) struct Window {
    length: Duration,
    /// In the order of time; the first is the newest one that is at least a window old, or the start.
    began: VecDeque<(Instant, Timestamp)>,
}

impl Window {
    /// A window that ends at a head.
    pub(in crate::application) fn new(limits: &Limits, head: &Head) -> Self {
        let mut window = Self { length: limits.idempotency_window, began: VecDeque::new() };
        window.note(head, Instant::now());
        window
    }

    /// Notes the head at a moment, at least once in each part of the window.
    pub(in crate::application) fn note(&mut self, head: &Head, now: Instant) {
        let age = |at: Instant| now.saturating_duration_since(at);
        if self.began.back().is_none_or(|(at, _)| age(*at) >= self.length / PARTS) {
            self.began.push_back((now, self.begins(head)));
        }
        while self.began.get(1).is_some_and(|(at, _)| age(*at) >= self.length) {
            self.began.pop_front();
        }
    }

    /// The oldest instant at which a key still counts.
    pub(in crate::application) fn since(&self, head: &Head) -> Timestamp {
        let now = self.begins(head);
        self.began.iter().map(|(_, began)| *began).fold(now, Timestamp::min)
    }

    fn begins(&self, head: &Head) -> Timestamp {
        head.instant.minus(self.length).plus(Duration::from_micros(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infrastructure::store::LogIdentity;

    const HOUR: Duration = Duration::from_hours(1);

    fn head(hours: u32) -> Head {
        let instant = Timestamp::from_micros(1_768_471_200_000_000).plus(HOUR * hours);
        Head { instant, ..Head::empty(&LogIdentity { id: [7; 16], fingerprint_key: [8; 32] }) }
    }

    #[test]
    fn a_jump_of_the_log_forgets_nothing_until_a_window_of_time_has_passed() {
        let mut window = Window::new(&Limits::default(), &head(0));
        let start = Instant::now();
        let jumped = head(25);
        window.note(&jumped, start);
        assert!(window.since(&jumped) < head(0).instant);
        for hours in 1..=50 {
            window.note(&jumped, start + HOUR * hours);
        }
        assert!(window.since(&jumped) > head(0).instant);
        assert!(window.began.len() <= PARTS as usize + 1, "{}", window.began.len());
    }
}
