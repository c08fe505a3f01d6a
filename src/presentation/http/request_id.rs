//! Ids of requests: a client's own, or one that the server makes.
//!
//! Called by `exchange`. An id is written into response headers, the access line and the metadata of changes, so that a
//! client's own is visible ASCII of some length (`request_ids_are_visible_ascii_of_some_length`).

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// The longest request id that is taken over, in bytes: a UUID has 36.
const REQUEST_ID_BYTES_MAX: usize = 128;

/// A request's id. Its text is formatted on demand, because most requests need it once, for the response header.
pub(super) enum RequestId {
    /// The client's own.
    Given(Box<str>),
    /// One of [`RequestIds`], by its count.
    Made(u64),
}

/// Makes request ids: unique in a process by the count, among processes by the start.
pub(super) struct RequestIds {
    start: String,
    count: AtomicU64,
}

impl RequestIds {
    pub(super) fn new() -> Self {
        Self { start: format!("{}-", uuid::Uuid::now_v7().simple()), count: AtomicU64::new(0) }
    }

    pub(super) fn next(&self) -> RequestId {
        RequestId::Made(self.count.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn text(&self, count: u64) -> String {
        // 16 digits at most. Writing to a String does not fail.
        let mut text = String::with_capacity(self.start.len() + 16);
        text.push_str(&self.start);
        let _ = write!(text, "{count:x}");
        text
    }
}

/// Whether a client's text is taken over as its request's id.
pub(super) fn is_request_id(text: &str) -> bool {
    (1..=REQUEST_ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_visible_ascii_of_some_length() {
        assert!(is_request_id("8e03978e-40d5-43dd-bc93-6894a57f9324"));
        for text in ["", "a b", "a\tb", "ключ", &"x".repeat(129)] {
            assert!(!is_request_id(text), "{text:?}");
        }
    }
}
