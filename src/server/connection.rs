//! One connection without its socket: bytes in, requests out; answers in, bytes out.
//!
//! The client feeds it what a read gave and asks for the next head or body; it never asks while an answer is
//! owed, which keeps answers in order and makes waiting bytes the client's concern. It holds no buffer while
//! nothing is half-done: requests are parsed from the thread's own read buffer, and only a rest is kept here.
//!
//! Calls `parser` and `body`. Invariants: `every_split_of_the_input_gives_the_same_answers`,
//! `a_client_that_pipelines_without_reading_is_not_read_further`. Fails with a `Refusal`, after which it reads
//! nothing more.

use super::body::{Body, Decoder, Progress};
use super::budget::BodyShare;
use super::limits::ConnectionLimits;
use super::parser::{self, Expectation, Framing, ParsedHead, Persistence, ResponseForm, Scan};
use super::reply::Refusal;

/// What the bytes so far amount to.
#[derive(Debug)]
pub(super) enum Received {
    /// More must come first.
    Incomplete,
    /// A whole head. `begin_body` or `skip_body` must follow where it announces a body.
    Head(ParsedHead),
    /// The rest of a request whose body was begun.
    Body(ParsedHead, Body),
    Refused(Refusal, ResponseForm),
}

/// Where in a request the input is; each has its own deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputStage {
    Idle,
    Head,
    Body,
    /// Nothing is read any more.
    Ended,
}

#[derive(Debug)]
enum Reading {
    Head(Scan),
    Body(Box<(ParsedHead, Decoder)>),
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

impl Connection {
    pub(super) fn new() -> Self {
        Self {
            pending: Vec::new(),
            start: 0,
            reading: Reading::Head(Scan::default()),
            output: Output::default(),
        }
    }

    pub(super) fn stage(&self) -> InputStage {
        match &self.reading {
            Reading::Head(_) if self.pending_bytes() == 0 => InputStage::Idle,
            Reading::Head(_) => InputStage::Head,
            Reading::Body(_) => InputStage::Body,
            Reading::Ended => InputStage::Ended,
        }
    }

    /// How many bytes have come of the body that is being read.
    pub(super) fn body_bytes(&self) -> u64 {
        match &self.reading {
            Reading::Body(parts) => parts.1.received_bytes(),
            Reading::Head(_) | Reading::Ended => 0,
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
    pub(super) fn next(&mut self, fresh: &mut &[u8], limits: &ConnectionLimits) -> Received {
        let held = self.start < self.pending.len();
        if held && !fresh.is_empty() {
            self.compact();
            self.pending.extend_from_slice(fresh);
            *fresh = &[];
        }
        let source = if held { &self.pending[self.start..] } else { *fresh };
        let (used, received) = match advance(&mut self.reading, source, limits) {
            Ok(advanced) => advanced,
            Err((refusal, form)) => {
                self.end_input();
                *fresh = &[];
                return Received::Refused(refusal, form);
            }
        };
        self.use_up(used, fresh);
        if matches!(received, Received::Incomplete) && !fresh.is_empty() {
            self.pending.extend_from_slice(fresh);
            *fresh = &[];
        }
        received
    }

    /// Goes on with the body of a head that was let in. Refuses one that is announced larger than `bytes_max`; else
    /// asks a client for it that waits to be asked, unless it is here already (RFC 9110 section 10.1.1).
    pub(super) fn begin_body(
        &mut self,
        head: ParsedHead,
        bytes_max: u64,
        share: BodyShare,
        fresh: &[u8],
    ) -> Result<(), Refusal> {
        let decoder = Decoder::new(head.framing, bytes_max, share)?;
        if head.expectation == Some(Expectation::Continue) && fresh.is_empty() && self.pending_bytes() == 0 {
            self.output.bytes.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        self.reading = Reading::Body(Box::new((head, decoder)));
        Ok(())
    }

    /// Passes over the body of a refused request, if all of it is here and it is short. Otherwise the
    /// place where the next request begins is unknown, and nothing more is read.
    pub(super) fn skip_body(
        &mut self,
        framing: Framing,
        share: BodyShare,
        fresh: &mut &[u8],
        limits: &ConnectionLimits,
    ) -> Persistence {
        let source = if self.pending_bytes() > 0 { &self.pending[self.start..] } else { *fresh };
        let skipped = Decoder::new(framing, limits.skipped_body_bytes_max, share)
            .and_then(|mut decoder| decoder.advance(source, limits));
        if let Ok((used, Progress::Complete)) = skipped {
            self.use_up(used, fresh);
            return Persistence::KeepAlive;
        }
        self.end_input();
        *fresh = &[];
        Persistence::Close
    }

    /// Cuts off what was read, from what was kept or else from `fresh`.
    fn use_up(&mut self, used: usize, fresh: &mut &[u8]) {
        if self.pending.is_empty() {
            *fresh = &fresh[used..];
            return;
        }
        self.start += used;
        if self.start == self.pending.len() {
            // The rest of an idle connection's memory; the allocator gives it back to the next one.
            self.pending = Vec::new();
            self.start = 0;
        }
    }

    fn compact(&mut self) {
        if self.start > 0 {
            self.pending.drain(..self.start);
            self.start = 0;
        }
    }
}

type Refused = (Refusal, ResponseForm);

/// Goes on reading at `source`; says how much of it is done with.
fn advance(
    reading: &mut Reading,
    source: &[u8],
    limits: &ConnectionLimits,
) -> Result<(usize, Received), Refused> {
    let unreadable = |refusal| (refusal, ResponseForm::UNREADABLE);
    match reading {
        Reading::Ended => Ok((source.len(), Received::Incomplete)),
        Reading::Head(scan) => {
            if source.is_empty() {
                return Ok((0, Received::Incomplete));
            }
            let found = scan.advance(source, limits).map_err(unreadable)?;
            let Some((start, end)) = found else {
                return Ok((0, Received::Incomplete));
            };
            *scan = Scan::default();
            Ok((end, Received::Head(parser::parse(&source[start..end]).map_err(unreadable)?)))
        }
        Reading::Body(parts) => {
            let (head, decoder) = &mut **parts;
            let (used, progress) =
                decoder.advance(source, limits).map_err(|refusal| (refusal, head.form.closing()))?;
            if progress == Progress::More {
                return Ok((used, Received::Incomplete));
            }
            let Reading::Body(parts) = std::mem::replace(reading, Reading::Head(Scan::default())) else {
                return Ok((used, Received::Incomplete));
            };
            let (head, decoder) = *parts;
            Ok((used, Received::Body(head, decoder.into_body())))
        }
    }
}
