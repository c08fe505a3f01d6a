//! Requests counted by route, method and class of status, with their durations.
//!
//! Counted by `exchange` where a response's head is written, shown by the handler of `/metrics`. The labels come from
//! the table of routes: never a name, never a method that a client made up. Each connection thread counts in a part of
//! its own, so that the hot path shares no cache line.
//!
//! Invariants: `metrics_count_requests_by_route_and_never_by_name`.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// The label of requests that no route was found for.
const OTHER: &str = "other";
/// Threads that count apart; more share.
const PARTS: usize = 16;
/// The ends of the histogram's buckets, in microseconds: from a read in memory to a write that waits to its deadline.
const BUCKETS_US: [u64; 8] = [100, 1_000, 5_000, 25_000, 100_000, 500_000, 2_500_000, 10_000_000];
/// 1xx to 5xx.
const CLASSES: usize = 5;

/// Which of a route's methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// The one in the table.
    Own,
    /// `HEAD` at a route of `GET`.
    Head,
}

/// On cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
struct Counters {
    requests: [[AtomicU64; CLASSES]; 2],
    buckets: [AtomicU64; BUCKETS_US.len() + 1],
    total_us: AtomicU64,
}

/// The counts.
pub(super) struct Traffic {
    /// Template and method, by the route's index.
    routes: Vec<(String, &'static str)>,
    /// The same, by the part of a thread.
    parts: Vec<Vec<Counters>>,
}

/// Requests of one route, method and class.
#[derive(Debug)]
pub(in crate::presentation::http) struct RequestCount {
    pub(in crate::presentation::http) route: String,
    pub(in crate::presentation::http) method: &'static str,
    pub(in crate::presentation::http) class: &'static str,
    pub(in crate::presentation::http) count: u64,
}

/// How long the requests of one route took until their response's head was written.
#[derive(Debug)]
pub(in crate::presentation::http) struct Durations {
    pub(in crate::presentation::http) route: String,
    pub(in crate::presentation::http) method: &'static str,
    pub(in crate::presentation::http) total_seconds: f64,
    /// Each bucket's end in seconds, and how many fell into it.
    pub(in crate::presentation::http) buckets: Vec<(f64, u64)>,
}

fn part() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static PART: usize = NEXT.fetch_add(1, Ordering::Relaxed) % PARTS;
    }
    PART.with(|part| *part)
}

impl Traffic {
    pub(super) fn new(routes: Vec<(String, &'static str)>) -> Self {
        // One more for what has no route.
        let part = || (0..=routes.len()).map(|_| Counters::default()).collect();
        let parts = (0..PARTS).map(|_| part()).collect();
        Self { routes, parts }
    }

    pub(super) fn count(&self, route: Option<usize>, verb: Verb, status: u16, took: Duration) {
        let counters = &self.parts[part()][route.unwrap_or(self.routes.len())];
        let class = usize::from(status / 100).clamp(1, CLASSES) - 1;
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BUCKETS_US.iter().take_while(|end| took_us > **end).count();
        counters.requests[usize::from(verb == Verb::Head)][class].fetch_add(1, Ordering::Relaxed);
        counters.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        counters.total_us.fetch_add(took_us, Ordering::Relaxed);
    }

    pub(super) fn template(&self, route: Option<usize>) -> &str {
        route.and_then(|index| self.routes.get(index)).map_or(OTHER, |(template, _)| template)
    }

    /// Only what has been counted.
    pub(in crate::presentation::http) fn requests(&self) -> Vec<RequestCount> {
        const NAMES: [&str; CLASSES] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        let mut requests = Vec::new();
        for index in 0..=self.routes.len() {
            for (verb, class) in (0..2).flat_map(|verb| (0..CLASSES).map(move |class| (verb, class))) {
                let count = self.sum(index, |counters| &counters.requests[verb][class]);
                let (route, method) = self.labels(index);
                let method = if verb == 1 { "HEAD" } else { method };
                if count > 0 {
                    requests.push(RequestCount {
                        route: route.to_owned(),
                        method,
                        class: NAMES[class],
                        count,
                    });
                }
            }
        }
        requests
    }

    /// Only of routes that have been asked for.
    pub(in crate::presentation::http) fn durations(&self) -> Vec<Durations> {
        let mut durations = Vec::new();
        for index in 0..=self.routes.len() {
            let ends = BUCKETS_US.iter().map(|end| seconds(*end)).chain([f64::INFINITY]);
            let counts = (0..=BUCKETS_US.len()).map(|at| self.sum(index, |counters| &counters.buckets[at]));
            let buckets: Vec<(f64, u64)> = ends.zip(counts).collect();
            if buckets.iter().any(|(_, count)| *count > 0) {
                let (route, method) = self.labels(index);
                let total_seconds = seconds(self.sum(index, |counters| &counters.total_us));
                durations.push(Durations { route: route.to_owned(), method, total_seconds, buckets });
            }
        }
        durations
    }

    fn labels(&self, index: usize) -> (&str, &'static str) {
        self.routes.get(index).map_or((OTHER, OTHER), |(template, method)| (template, *method))
    }

    fn sum(&self, index: usize, counter: impl Fn(&Counters) -> &AtomicU64) -> u64 {
        self.parts.iter().map(|part| counter(&part[index]).load(Ordering::Relaxed)).sum()
    }
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}
