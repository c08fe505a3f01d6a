//! The trace to which a client's request belongs (W3C Trace Context).
//!
//! Read by `exchange` at the head. A text that is not one is passed over, never refused. Invariant:
//! `a_trace_that_is_none_is_passed_over`.

use std::sync::Arc;

/// W3C Trace Context: the field as it came, and the trace's id in it.
pub(in crate::presentation::http) struct Trace {
    pub(in crate::presentation::http) parent: String,
    pub(in crate::presentation::http) id: Arc<str>,
}

/// `00-<32 hex>-<16 hex>-<2 hex>` (W3C Trace Context section 3.2); a later version may have more after it.
/// What is not one is passed over, as the recommendation says.
pub(in crate::presentation::http) fn parse_trace(text: &str) -> Option<Trace> {
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let nonzero = |part: &str| part.bytes().any(|byte| byte != b'0');
    let mut parts = text.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let framed = hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    let valid = framed && hex(trace, 32) && nonzero(trace) && hex(span, 16) && nonzero(span) && hex(flags, 2);
    valid.then(|| Trace { parent: text.to_owned(), id: trace.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_that_is_none_is_passed_over() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let parent = format!("00-{id}-00f067aa0ba902b7-01");
        assert_eq!(parse_trace(&parent).map(|trace| trace.id.to_string()).as_deref(), Some(id));
        assert!(parse_trace(&format!("cc-{id}-00f067aa0ba902b7-01-more")).is_some());
        for text in [
            String::new(),
            format!("ff-{id}-00f067aa0ba902b7-01"),
            format!("00-{id}-00f067aa0ba902b7-01-more"),
            format!("00-{id}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{}-00f067aa0ba902b7-01", id.to_uppercase()),
        ] {
            assert!(parse_trace(&text).is_none(), "{text}");
        }
    }
}
