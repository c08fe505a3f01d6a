//! From a reply to bytes in the output, at once or in steps.
//!
//! Called by `turn` with the service's reply and by the thread with what others completed. Every head goes through
//! `Client::head`, where the service completes it. Every path ends in `Client::end_response`, which frees what the request
//! held and decides whether the connection goes on. The service's code runs inside `guarded`: its panic is a 500 for
//! that request.
//!
//! Invariants: `a_panic_in_a_handler_is_a_500_for_that_request_alone`, `a_dropped_responder_is_a_500`,
//! `a_late_answer_is_not_taken_for_the_next_request`, `a_full_pool_answers_503_with_retry_after`.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use rouille::Response;

use super::client::{Activity, Client, Fate};
use super::context::Context;
use super::encode::{self, AnswerFraming, BadHeader};
use super::mailbox::{Advance, Opened, Pulled, Rest};
use super::parser::{BodyWanted, HttpVersion, Persistence, refusal};
use super::pool::{Job, Task, Unopened};
use super::reply::{Expired, Headers, Refusal, Reply, Responder, Work};
use super::stats;

impl Client {
    pub(super) fn reply(&mut self, cx: &mut Context, reply: Reply) {
        match reply {
            Reply::Ready(response) => self.answer(cx, response),
            Reply::Pooled(work) => self.submit(cx, Task::Reply(work)),
            Reply::Search { turn, expired } => {
                let given_up = cx.now.checked_sub(cx.shared.limits.half_closed_deadline);
                let has_left =
                    self.half_closed_at.is_some_and(|at| given_up.is_some_and(|until| at <= until));
                if has_left || cx.shared.is_stopping() {
                    self.end_wait(cx, expired);
                } else {
                    self.submit(cx, Task::Search(turn));
                }
            }
            Reply::Deferred { start, deadline, expired } => {
                self.activity = Activity::Deferred { deadline, expired };
                let responder = Responder::new(Arc::clone(&cx.mailbox) as Arc<_>, self.next_request());
                if cx.guarded(|| start(responder)).is_none() {
                    self.refuse_broken(cx);
                }
            }
            Reply::Waiting { mut poll, deadline, expired } => {
                // First without listening: most waits are over before they begin.
                let mut polled = cx.guarded(&mut poll);
                if matches!(polled, Some(None)) && !cx.shared.is_stopping() {
                    self.listen(cx);
                    polled = cx.guarded(&mut poll);
                }
                match polled {
                    Some(Some(reply)) => self.reply(cx, reply),
                    Some(None) if cx.shared.is_stopping() => self.end_wait(cx, expired),
                    Some(None) => {
                        self.activity = Activity::Waiting { poll, deadline, expired };
                        cx.responding.insert(self.key);
                    }
                    None => self.refuse_broken(cx),
                }
            }
            Reply::Stream { head, source } => self.begin_stream(cx, head, source),
        }
    }

    /// Answers what was waited for too long.
    pub(super) fn end_wait(&mut self, cx: &mut Context, expired: Expired) {
        self.stop_listening(cx);
        self.void_requests();
        self.begin_with(cx, expired);
    }

    fn begin_with(&mut self, cx: &mut Context, work: Work) {
        match cx.guarded(work) {
            // The request has been served for a while, and its write may be stored: it waits for room in the pool.
            Some(Reply::Pooled(work)) => {
                self.activity = Activity::Pooled;
                self.submit_next(cx, Task::Reply(work));
            }
            Some(reply) => self.reply(cx, reply),
            None => self.refuse_broken(cx),
        }
    }

    pub(super) fn on_ring(&mut self, cx: &mut Context) -> Fate {
        if let Activity::Waiting { poll, .. } = &mut self.activity {
            match cx.guarded(poll) {
                Some(None) => return Fate::Keep,
                Some(Some(reply)) => {
                    self.stop_listening(cx);
                    self.reply(cx, reply);
                }
                None => self.refuse_broken(cx),
            }
        }
        self.turn(cx)
    }

    pub(super) fn on_advance(&mut self, cx: &mut Context, advance: Advance) -> Fate {
        match advance {
            Advance::Reply(reply) => self.reply(cx, reply),
            Advance::Work(work) => self.begin_with(cx, work),
            Advance::Opened(opened) => self.send(cx, opened),
            Advance::Pulled(pulled) => {
                let Activity::Sending { framing, until, .. } = self.activity else {
                    return Fate::Keep;
                };
                if self.send_piece(cx, pulled, framing, until) == Fate::Close {
                    return Fate::Close;
                }
            }
            Advance::Piece(piece) => self.on_piece(cx, piece),
            Advance::Dropped => self.refuse_broken(cx),
            Advance::Panicked => {
                cx.count_panic();
                if matches!(self.activity, Activity::Sending { .. } | Activity::Streaming(_)) {
                    return cut(cx);
                }
                self.refuse_broken(cx);
            }
        }
        self.turn(cx)
    }

    /// Writes a response that is here; a long one, or one of unknown length, goes by way of the pool.
    pub(super) fn answer(&mut self, cx: &mut Context, response: Response) {
        let Unopened { status, mut headers, mut reader, length } = Unopened::new(response);
        if encode::is_bodiless(status) {
            self.head_alone(cx, status, &mut headers, AnswerFraming::Bodiless);
            return;
        }
        if self.form.body == BodyWanted::HeadOnly {
            let framing = self.answer_framing(length);
            self.head_alone(cx, status, &mut headers, framing);
            return;
        }
        let inline_max = cx.shared.limits.inline_body_bytes_max;
        let inline =
            length.and_then(|length| usize::try_from(length).ok()).filter(|length| *length <= inline_max);
        let Some(length) = inline else {
            self.submit(cx, Task::Open(Unopened { status, headers, reader, length }));
            return;
        };
        if self.head(cx, status, &mut headers, AnswerFraming::Sized(length as u64)).is_err() {
            self.refuse_broken(cx);
            return;
        }
        let output = &mut self.connection.output.bytes;
        let start = output.len();
        output.resize(start + length, 0);
        let read = catch_unwind(AssertUnwindSafe(|| reader.read_exact(&mut output[start..])));
        if !matches!(read, Ok(Ok(()))) {
            // The head is out of the output's end again before it was written.
            self.connection.output.bytes.truncate(self.answer_start);
            self.refuse_broken(cx);
            return;
        }
        self.end_response(cx);
    }

    pub(super) fn head_alone(
        &mut self,
        cx: &mut Context,
        status: u16,
        headers: &mut Headers,
        framing: AnswerFraming,
    ) {
        match self.head(cx, status, headers, framing) {
            Ok(()) => self.end_response(cx),
            Err(BadHeader) => self.refuse_broken(cx),
        }
    }

    /// Appends the head of a response, once the service has completed it. Here it is decided whether the connection
    /// goes on after it.
    pub(super) fn head(
        &mut self,
        cx: &mut Context,
        status: u16,
        headers: &mut Headers,
        framing: AnswerFraming,
    ) -> Result<(), BadHeader> {
        if framing == AnswerFraming::UntilClose || cx.shared.is_stopping() {
            self.form.persistence = Persistence::Close;
        }
        let body_bytes = match (framing, self.form.body) {
            (AnswerFraming::Bodiless, _) | (_, BodyWanted::HeadOnly) => Some(0),
            (AnswerFraming::Sized(length), BodyWanted::Yes) => Some(length),
            (AnswerFraming::Chunked | AnswerFraming::UntilClose, BodyWanted::Yes) => None,
        };
        if let Some(exchange) = &self.exchange {
            // After a panic the head goes out without the common fields.
            let _ = cx.guarded(|| exchange.finish(status, body_bytes, headers));
        }
        if self.unwritten_bytes() == 0 {
            self.progress_at = cx.now;
            self.filled_at = cx.now;
        }
        let output = &mut self.connection.output;
        self.answer_start = output.bytes.len();
        encode::head(&mut output.bytes, status, headers, framing, self.form, cx.date.line(cx.now))
    }

    /// Sends a response whose body the pool has begun to read.
    fn send(&mut self, cx: &mut Context, opened: Opened) {
        let Opened { status, mut headers, length, first } = opened;
        if encode::is_bodiless(status) {
            self.head_alone(cx, status, &mut headers, AnswerFraming::Bodiless);
            return;
        }
        // A body that ended in its first piece has a known length after all.
        let length = match first.rest {
            Rest::Broken => {
                self.refuse_broken(cx);
                return;
            }
            Rest::End => Some(first.bytes.len() as u64),
            Rest::Source(_) | Rest::Paused(_) => length,
        };
        let framing = self.answer_framing(length);
        if self.form.body == BodyWanted::HeadOnly {
            self.head_alone(cx, status, &mut headers, framing);
            return;
        }
        if self.head(cx, status, &mut headers, framing).is_err() {
            self.refuse_broken(cx);
            return;
        }
        // It is not broken, so this never cuts.
        let until = cx.now + cx.shared.limits.answer_deadline;
        self.send_piece(cx, first, framing, until);
    }

    fn send_piece(
        &mut self,
        cx: &mut Context,
        pulled: Pulled,
        framing: AnswerFraming,
        until: Instant,
    ) -> Fate {
        let Pulled { bytes, rest } = pulled;
        self.put(&bytes, framing, cx.now);
        match rest {
            Rest::Source(source) => {
                self.activity = Activity::Sending { source: Some(source), framing, until, resume_at: None };
                cx.responding.insert(self.key);
            }
            Rest::Paused(source) => {
                let resume_at = Some(cx.now + cx.shared.limits.source_pause);
                self.activity = Activity::Sending { source: Some(source), framing, until, resume_at };
                cx.responding.insert(self.key);
            }
            Rest::End => {
                encode::end(&mut self.connection.output.bytes, framing);
                self.end_response(cx);
            }
            Rest::Broken => return cut(cx),
        }
        Fate::Keep
    }

    /// Has the pool read the next piece, now that the socket took the last.
    pub(super) fn pull(&mut self, cx: &mut Context) {
        let Activity::Sending { source, .. } = &mut self.activity else {
            return;
        };
        if let Some(source) = source.take() {
            self.submit_next(cx, Task::Pull(source));
        }
    }

    fn submit(&mut self, cx: &mut Context, task: Task) {
        let job = self.job(cx, task);
        self.activity = Activity::Pooled;
        if cx.pool.submit(job).is_err() {
            self.refuse(cx, refusal(503, "the server is busy: send it again in a second"));
        }
    }

    /// For answers that have begun: they wait for room in the pool.
    pub(super) fn submit_next(&mut self, cx: &mut Context, task: Task) {
        let job = self.job(cx, task);
        if let Err(job) = cx.pool.submit(job) {
            cx.parked.push_back(job);
        }
    }

    fn job(&mut self, cx: &Context, task: Task) -> Job {
        let request = self.next_request();
        Job::new(task, &cx.mailbox, request, self.abandoned(), &cx.shared.limits)
    }

    /// The answer when the service's own code has failed.
    pub(super) fn refuse_broken(&mut self, cx: &mut Context) {
        self.refuse(cx, refusal(500, "the server failed on this request: its log says more"));
    }

    pub(super) fn refuse(&mut self, cx: &mut Context, refusal: Refusal) {
        stats::add(&cx.mailbox.counters.requests_refused, 1);
        self.stop_listening(cx);
        let (service, peer, now) = (&cx.shared.service, self.transport.peer(), cx.now);
        let exchange = self.exchange.take().or_else(|| cx.guarded(|| service.unreadable(peer, now)));
        let response = exchange.as_ref().and_then(|exchange| cx.guarded(|| exchange.refuse(refusal)));
        self.exchange = exchange;
        let mut response = response.unwrap_or_else(|| bare(refusal.status));
        let says_when = |name: &str| name.eq_ignore_ascii_case("retry-after");
        if refusal.status == 503 && !response.headers.iter().any(|(name, _)| says_when(name)) {
            response.headers.push(("Retry-After".into(), "1".into()));
        }
        let Unopened { status, mut headers, mut reader, .. } = Unopened::new(response);
        let mut body = Vec::new();
        // A refusal is short and in memory; one that can't be read is sent without its text.
        if self.form.body == BodyWanted::Yes {
            let limit = cx.shared.limits.pull_bytes as u64;
            let read = catch_unwind(AssertUnwindSafe(|| (&mut reader).take(limit).read_to_end(&mut body)));
            if !matches!(read, Ok(Ok(_))) {
                body.clear();
            }
        }
        let framing = AnswerFraming::Sized(body.len() as u64);
        if self.head(cx, status, &mut headers, framing).is_err()
            && self.head(cx, refusal.status, &mut Vec::new(), framing).is_err()
        {
            // A head without fields is never bad.
            return;
        }
        self.put(&body, framing, cx.now);
        self.end_response(cx);
    }

    /// The response is whole in the output.
    pub(super) fn end_response(&mut self, cx: &mut Context) {
        self.exchange = None;
        self.body_share = None;
        // From here on, work on this request comes too late.
        self.void_requests();
        self.stop_listening(cx);
        self.activity = match self.form.persistence {
            Persistence::KeepAlive => Activity::Reading,
            Persistence::Close => {
                self.connection.end_input();
                self.unparsed = false;
                Activity::Closing
            }
        };
    }

    pub(super) fn refuse_connection(&mut self, cx: &mut Context) -> Fate {
        stats::add(&cx.mailbox.counters.refused, 1);
        // The response would need a handshake first, which costs more than the request that is refused.
        if self.transport.is_handshaking() {
            return Fate::Close;
        }
        self.connection.end_input();
        self.refuse(cx, refusal(503, "the server has too many connections: try again in a second"));
        debug_assert!(matches!(self.activity, Activity::Closing), "a refusal before any request closes");
        self.turn(cx)
    }

    pub(super) fn answer_framing(&self, length: Option<u64>) -> AnswerFraming {
        match (length, self.form.version) {
            (Some(length), _) => AnswerFraming::Sized(length),
            (None, HttpVersion::Http11) => AnswerFraming::Chunked,
            (None, HttpVersion::Http10) => AnswerFraming::UntilClose,
        }
    }

    /// Appends a piece of a body to the output.
    pub(super) fn put(&mut self, bytes: &[u8], framing: AnswerFraming, now: Instant) {
        if self.unwritten_bytes() == 0 {
            self.progress_at = now;
            self.filled_at = now;
        }
        encode::piece(&mut self.connection.output.bytes, framing, bytes);
    }
}

fn bare(status: u16) -> Response {
    Response::text("").with_status_code(status)
}

/// Ends a connection in the middle of a response, so that it can't be taken for whole.
pub(super) fn cut(cx: &Context) -> Fate {
    stats::add(&cx.mailbox.counters.cut, 1);
    Fate::Close
}
