//! Counters of the connection layer: each thread counts for itself, `Stats` is their sum.
//!
//! Counted by the connection threads, read by `Server::stats` for metrics and tests.

use std::sync::atomic::{AtomicU64, Ordering};

/// One thread's counters. Written by that thread alone but for `open`, so that the hot path shares no line.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Connections the thread holds or was handed.
    pub(super) open: AtomicU64,
    pub(super) accepted: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) accept_errors: AtomicU64,
    pub(super) requests: AtomicU64,
    pub(super) requests_refused: AtomicU64,
    pub(super) panics: AtomicU64,
    pub(super) cut: AtomicU64,
    pub(super) bytes_received: AtomicU64,
    pub(super) bytes_sent: AtomicU64,
    pub(super) tls_failures: AtomicU64,
}

/// Adds to a counter that has one writer: no locked instruction.
pub(super) fn add(counter: &AtomicU64, count: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
}

/// Counts of a server's work and of its resources in use, at about one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections open now, those that are being refused included.
    pub connections_open: u64,
    /// Connections accepted.
    pub connections_accepted: u64,
    /// Connections past the limit, refused with 503 or closed.
    pub connections_refused: u64,
    /// Connections cut: a client that did not read, or an answer that failed half-way.
    pub connections_cut: u64,
    /// Accepts that failed, for want of descriptors mostly.
    pub accept_errors: u64,
    /// Requests given to the service.
    pub requests: u64,
    /// Requests answered by the connection layer itself.
    pub requests_refused: u64,
    /// Panics in the service's code that became a 500 or ended a stream.
    pub handler_panics: u64,
    /// Bytes of requests received, as they are without TLS.
    pub bytes_received: u64,
    /// Bytes of responses sent, as they are without TLS.
    pub bytes_sent: u64,
    /// TLS connections that ended before or by a failure of TLS: no handshake in time, a bad certificate, plain HTTP.
    pub tls_failures: u64,
    /// New certificates and keys that could not be used. None without TLS.
    pub tls_reload_failures: Option<u64>,
    /// When the certificate expires, in seconds since 1970. None without TLS, or where it can't be read.
    pub tls_expires_unix_s: Option<u64>,
    /// Bytes of request bodies in memory now.
    pub bodies_bytes: u64,
    /// Bytes of answers that clients have not taken yet.
    pub outputs_bytes: u64,
}

impl Stats {
    pub(super) fn add(&mut self, counters: &Counters) {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        self.connections_open += get(&counters.open);
        self.connections_accepted += get(&counters.accepted);
        self.connections_refused += get(&counters.refused);
        self.connections_cut += get(&counters.cut);
        self.accept_errors += get(&counters.accept_errors);
        self.requests += get(&counters.requests);
        self.requests_refused += get(&counters.requests_refused);
        self.handler_panics += get(&counters.panics);
        self.bytes_received += get(&counters.bytes_received);
        self.bytes_sent += get(&counters.bytes_sent);
        self.tls_failures += get(&counters.tls_failures);
    }
}
