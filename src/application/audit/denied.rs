//! Denied requests on their way into the audit: limited, and never waited for.
//!
//! A client that is denied again and again must neither fill the audit nor hold up a connection thread. Each token, or each
//! address without one, has some records a second. The rest are counted, and the next record has their number
//! (`denied_requests_past_the_limit_are_counted_in_the_next_record`). A full queue and a sink that fails count in the same
//! way. Memory is bounded: past some thousand senders in a second all others share one limit.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use parking_lot::Mutex;

use crate::infrastructure::audit::DeniedRecord;

/// Records of one sender in a second.
const RECORDS_PER_SECOND: u32 = 10;
/// Senders that are counted apart at a time.
const SENDERS_MAX: usize = 4_096;
/// Records that may wait for the audit thread: a fraction of a second of its work.
const WAITING_MAX: usize = 1_024;

/// The sender of a request that was denied.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DeniedSender {
    /// The holder of the token with this id.
    Token(Arc<str>),
    /// Somebody at this address.
    Address(IpAddr),
    /// One of the many past the limit of senders.
    Other,
}

/// The number of denied requests since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DenialCounts {
    /// All of them.
    pub denied: u64,
    /// Those without a record.
    pub not_recorded: u64,
}

/// The way of denied requests to the audit thread.
pub(in crate::application) struct Denials {
    records: Sender<DeniedRecord>,
    limit: Mutex<HashMap<DeniedSender, Second>>,
    counts: Arc<Counts>,
}

/// The audit thread's end of the way.
#[derive(Clone)]
pub(in crate::application) struct DenialsEnd {
    pub(super) records: Receiver<DeniedRecord>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    denied: AtomicU64,
    not_recorded: AtomicU64,
    /// Those without a record that no later record has counted.
    pending: AtomicU64,
}

/// Records of one sender in the second that began then.
struct Second {
    began: Instant,
    records: u32,
}

/// A way for denied requests, and its end.
pub(in crate::application) fn denials() -> (Denials, DenialsEnd) {
    let (sender, receiver) = bounded(WAITING_MAX);
    let counts = Arc::<Counts>::default();
    let denials = Denials { records: sender, limit: Mutex::default(), counts: Arc::clone(&counts) };
    (denials, DenialsEnd { records: receiver, counts })
}

impl Denials {
    /// Counts a denied request and hands on its record, if its sender has one left in this second. Returns at once.
    pub(in crate::application) fn note(
        &self,
        sender: DeniedSender,
        now: Instant,
        record: impl FnOnce() -> DeniedRecord,
    ) {
        self.counts.denied.fetch_add(1, Ordering::Relaxed);
        if !self.takes(sender, now) {
            return self.counts.miss(1);
        }
        let pending = self.counts.pending.swap(0, Ordering::Relaxed);
        let record = DeniedRecord { not_recorded: pending, ..record() };
        if self.records.try_send(record).is_err() {
            self.counts.miss(1);
            self.counts.pending.fetch_add(pending, Ordering::Relaxed);
        }
    }

    /// For the metrics.
    pub(in crate::application) fn counts(&self) -> DenialCounts {
        DenialCounts {
            denied: self.counts.denied.load(Ordering::Relaxed),
            not_recorded: self.counts.not_recorded.load(Ordering::Relaxed),
        }
    }

    fn takes(&self, sender: DeniedSender, now: Instant) -> bool {
        let is_past = |second: &Second| now.saturating_duration_since(second.began) >= Duration::from_secs(1);
        let mut limit = self.limit.lock();
        let sender = if limit.len() < SENDERS_MAX || limit.contains_key(&sender) {
            sender
        } else {
            limit.retain(|_, second| !is_past(second));
            if limit.len() < SENDERS_MAX { sender } else { DeniedSender::Other }
        };
        let second = limit.entry(sender).or_insert(Second { began: now, records: 0 });
        if is_past(second) {
            *second = Second { began: now, records: 0 };
        }
        second.records = second.records.saturating_add(1);
        second.records <= RECORDS_PER_SECOND
    }
}

impl Counts {
    fn miss(&self, requests: u64) {
        self.not_recorded.fetch_add(requests, Ordering::Relaxed);
        self.pending.fetch_add(requests, Ordering::Relaxed);
    }
}

impl DenialsEnd {
    /// Counts a record that the sink did not take.
    pub(super) fn lost(&self, record: &DeniedRecord) {
        self.counts.miss(1);
        self.counts.pending.fetch_add(record.not_recorded, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    fn record() -> DeniedRecord {
        DeniedRecord {
            time: Timestamp::from_micros(0),
            status: 401,
            problem: "unauthenticated".into(),
            method: "GET",
            route: "other".into(),
            actor: None,
            actor_id: None,
            peer: "unix".into(),
            request_id: "r".into(),
            not_recorded: 0,
        }
    }

    fn address(number: u32) -> DeniedSender {
        DeniedSender::Address(std::net::Ipv4Addr::from_bits(number).into())
    }

    #[test]
    fn denied_requests_past_the_limit_are_counted_in_the_next_record() {
        let (denials, end) = denials();
        let began = Instant::now();
        for _ in 0..25 {
            denials.note(address(1), began, record);
        }
        denials.note(DeniedSender::Token("7".into()), began, record);
        let recorded: Vec<u64> = end.records.try_iter().map(|record| record.not_recorded).collect();
        assert_eq!(recorded, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15], "another sender has a limit of its own");
        denials.note(address(1), began + Duration::from_secs(1), record);
        assert_eq!(end.records.try_iter().count(), 1, "a second later it has records again");
        assert_eq!(denials.counts(), DenialCounts { denied: 27, not_recorded: 15 });
    }

    #[test]
    fn a_full_queue_and_a_sink_that_fails_lose_no_count() {
        let (denials, end) = denials();
        let now = Instant::now();
        for number in 0..2_000 {
            denials.note(address(number), now, record);
        }
        let waiting: Vec<_> = end.records.try_iter().collect();
        assert_eq!(waiting.len(), WAITING_MAX);
        end.lost(&DeniedRecord { not_recorded: 4, ..record() });
        denials.note(address(2_000), now, record);
        let next = end.records.try_recv().unwrap();
        assert_eq!(next.not_recorded, 2_000 - WAITING_MAX as u64 + 1 + 4);
        assert_eq!(denials.counts().not_recorded, 2_000 - WAITING_MAX as u64 + 1);
    }

    #[test]
    fn the_memory_of_senders_is_bounded() {
        let (denials, end) = denials();
        let began = Instant::now();
        let senders = 3 * u32::try_from(SENDERS_MAX).unwrap();
        for number in 0..senders {
            denials.note(address(number), began, record);
            end.records.try_iter().for_each(drop);
        }
        assert!(denials.limit.lock().len() <= SENDERS_MAX + 1);
        let recorded = denials.counts().denied - denials.counts().not_recorded;
        assert_eq!(recorded, SENDERS_MAX as u64 + u64::from(RECORDS_PER_SECOND), "the others share a limit");
        denials.note(address(u32::MAX), began + Duration::from_secs(2), record);
        assert_eq!(denials.limit.lock().len(), 1, "senders of earlier seconds are let go");
    }
}
