//! One connection without its socket: bytes in, requests out; answers in, bytes out.
//!
//! The thread feeds it what a read gave and asks for the next request; it never asks while an answer is
//! owed, which keeps answers in order and makes waiting bytes the client's concern. It holds no buffer while
//! nothing is half-done: requests are parsed from the thread's own read buffer, and only a rest is kept here.
//!
//! Calls `parser` and `body`. Invariants: `every_split_of_the_input_gives_the_same_answers`,
//! `a_client_that_pipelines_without_reading_is_not_read_further`. Fails with a `Refusal`, after which it reads
//! nothing more.

use std::sync::Arc;

use super::body::{Body, Budget, Decoder, Progress};
use super::limits::Limits;
use super::parser::{self, Exchange, Expectation, Framing, Head, Scan};
use super::reply::{Refusal, Service};

/// A complete request.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) exchange: Exchange,
    /// `None` where there is none, the usual case: then nothing is reserved.
    pub(super) body: Option<Body>,
}

/// What the bytes so far amount to.
#[derive(Debug)]
pub(super) enum Received {
    /// More must come first.
    Incomplete,
    Request(Incoming),
    Refused(Refusal, Exchange),
}

/// Where in a request the input is; each has its own deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Idle,
    Head,
    Body,
    /// Nothing is read any more.
    Ended,
}

#[derive(Debug)]
enum Reading {
    Head(Scan),
    Body(Box<(Head, Decoder)>),
    Ended,
}

/// Bytes to be written.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) bytes: Vec<u8>,
    pub(super) written: usize,
}

impl Output {
    pub(super) fn unwritten(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.written == self.bytes.len()
    }

    /// Notes that the socket took `count` bytes.
    pub(super) fn advance(&mut self, count: usize) {
        self.written += count;
        if self.is_empty() {
            self.bytes.clear();
            self.written = 0;
        }
    }
}

/// The state of one connection.
#[derive(Debug)]
pub(super) struct Connection {
    /// Received and not yet read: a part of a request, or requests behind one that is being answered.
    pending: Vec<u8>,
    /// Where in `pending` the unread part begins.
    start: usize,
    reading: Reading,
    pub(super) output: Output,
}

/// What parsing needs from outside.
pub(super) struct Context<'a> {
    pub(super) limits: &'a Limits,
    pub(super) budget: &'a Arc<Budget>,
    pub(super) service: &'a dyn Service,
}

impl Connection {
    pub(super) fn new() -> Self {
        Self {
            pending: Vec::new(),
            start: 0,
            reading: Reading::Head(Scan::default()),
            output: Output::default(),
        }
    }

    pub(super) fn stage(&self) -> Stage {
        match &self.reading {
            Reading::Head(_) if self.pending_bytes() == 0 => Stage::Idle,
            Reading::Head(_) => Stage::Head,
            Reading::Body(_) => Stage::Body,
            Reading::Ended => Stage::Ended,
        }
    }

    /// Bytes held that belong to no request yet.
    pub(super) fn pending_bytes(&self) -> usize {
        self.pending.len() - self.start
    }

    /// Reads nothing more: the connection ends after the answer.
    pub(super) fn end_input(&mut self) {
        self.reading = Reading::Ended;
        self.pending = Vec::new();
        self.start = 0;
    }

    /// Keeps what was received while an answer is owed.
    pub(super) fn keep(&mut self, fresh: &[u8]) {
        if matches!(self.reading, Reading::Ended) {
            return;
        }
        self.compact();
        self.pending.extend_from_slice(fresh);
    }

    /// The next request in what was kept and then in `fresh`, which is cut down to what was not looked at.
    /// What `Incomplete` leaves is kept.
    pub(super) fn next(&mut self, fresh: &mut &[u8], context: &Context<'_>) -> Received {
        let held = self.start < self.pending.len();
        if held && !fresh.is_empty() {
            self.compact();
            self.pending.extend_from_slice(fresh);
            *fresh = &[];
        }
        let source = if held { &self.pending[self.start..] } else { *fresh };
        let result = advance(&mut self.reading, source, &mut self.output, context);
        let (used, received) = match result {
            Ok(outcome) => outcome,
            Err((refusal, exchange)) => {
                self.end_input();
                *fresh = &[];
                return Received::Refused(refusal, exchange);
            }
        };
        if held {
            self.start += used;
            if self.start == self.pending.len() {
                // The rest of an idle connection's memory; the allocator gives it back to the next one.
                self.pending = Vec::new();
                self.start = 0;
            }
        } else {
            *fresh = &fresh[used..];
            if matches!(received, Received::Incomplete) {
                self.pending.extend_from_slice(fresh);
                *fresh = &[];
            }
        }
        received
    }

    fn compact(&mut self) {
        if self.start > 0 {
            self.pending.drain(..self.start);
            self.start = 0;
        }
    }
}

type Refused = (Refusal, Exchange);

/// Goes on reading at `source`; says how much of it is done with.
fn advance(
    reading: &mut Reading,
    source: &[u8],
    output: &mut Output,
    context: &Context<'_>,
) -> Result<(usize, Received), Refused> {
    let unreadable = |refusal| (refusal, Exchange::UNREADABLE);
    match reading {
        Reading::Ended => Ok((source.len(), Received::Incomplete)),
        Reading::Head(scan) => {
            if source.is_empty() {
                return Ok((0, Received::Incomplete));
            }
            let found = scan.advance(source, context.limits).map_err(unreadable)?;
            let Some((start, end)) = found else {
                return Ok((0, Received::Incomplete));
            };
            *scan = Scan::default();
            let head = parser::parse(&source[start..end]).map_err(unreadable)?;
            if head.framing == Framing::Sized(0) {
                return Ok((end, Received::Request(complete(head, None))));
            }
            let (used, received) = begin_body(reading, head, &source[end..], output, context)?;
            Ok((end + used, received))
        }
        Reading::Body(_) => advance_body(reading, source, context),
    }
}

fn begin_body(
    reading: &mut Reading,
    head: Head,
    source: &[u8],
    output: &mut Output,
    context: &Context<'_>,
) -> Result<(usize, Received), Refused> {
    let bytes_max = context
        .service
        .body_bytes_max(&head.method, &head.target)
        .unwrap_or(context.limits.body_bytes_default_max);
    let mut decoder = Decoder::new(head.framing, bytes_max, context.budget)
        .map_err(|refusal| (refusal, closing(head.exchange)))?;
    // A client whose body is here already does not wait (RFC 9110 section 10.1.1).
    if head.expectation == Some(Expectation::Continue) && source.is_empty() {
        output.bytes.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
    }
    let (used, progress) =
        decoder.advance(source, context.limits).map_err(|refusal| (refusal, closing(head.exchange)))?;
    if progress == Progress::Complete {
        return Ok((used, Received::Request(complete(head, Some(decoder.into_body())))));
    }
    *reading = Reading::Body(Box::new((head, decoder)));
    Ok((used, Received::Incomplete))
}

fn advance_body(
    reading: &mut Reading,
    source: &[u8],
    context: &Context<'_>,
) -> Result<(usize, Received), Refused> {
    let Reading::Body(parts) = reading else {
        return Ok((0, Received::Incomplete));
    };
    let (head, decoder) = &mut **parts;
    let (used, progress) =
        decoder.advance(source, context.limits).map_err(|refusal| (refusal, closing(head.exchange)))?;
    if progress == Progress::More {
        return Ok((used, Received::Incomplete));
    }
    let Reading::Body(parts) = std::mem::replace(reading, Reading::Head(Scan::default())) else {
        return Ok((used, Received::Incomplete));
    };
    let (head, decoder) = *parts;
    Ok((used, Received::Request(complete(head, Some(decoder.into_body())))))
}

fn complete(head: Head, body: Option<Body>) -> Incoming {
    let Head { method, target, headers, exchange, .. } = head;
    Incoming { method, target, headers, exchange, body }
}

/// After a refusal in the middle of a request nobody knows where the next one begins.
fn closing(exchange: Exchange) -> Exchange {
    Exchange { persistence: parser::Persistence::Close, ..exchange }
}
