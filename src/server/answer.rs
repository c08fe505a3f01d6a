//! From a reply to bytes in the output, at once or in steps.
//!
//! Called by `turn` with what the service gave and by the mailbox with what others completed. Every path ends in
//! `finish`, which frees what the request held and decides whether the connection goes on. The service's code runs
//! inside `guarded`: its panic is a 500 for that request.
//!
//! Invariants: `a_panic_in_a_handler_is_a_500_for_that_request_alone`, `a_dropped_responder_is_a_500`,
//! `a_late_answer_is_not_taken_for_the_next_request`, `a_full_pool_answers_503_with_retry_after`.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use rouille::Response;
use slog::debug;

use super::client::{Access, Activity, Client, Fate};
use super::encode::{self, AnswerFraming, BadHeader, Headers};
use super::mailbox::{Opened, Outcome, Pulled, Rest};
use super::parser::{BodyWanted, Persistence, Version, refusal};
use super::pool::{Job, Task, Unopened};
use super::reply::{Expired, Refusal, Reply, Responder, Work};
use super::stats;
use super::thread::{AccessLines, Thread};

impl Thread {
    /// Runs code of the service; `None` if it panicked.
    pub(super) fn guarded<T>(&self, code: impl FnOnce() -> T) -> Option<T> {
        let result = catch_unwind(AssertUnwindSafe(code));
        if result.is_err() {
            self.count_panic();
        }
        result.ok()
    }

    pub(super) fn begin(&mut self, client: &mut Client, reply: Reply) {
        match reply {
            Reply::Ready(response) => self.answer(client, response),
            Reply::Pooled(work) => self.submit(client, Task::Reply(work)),
            Reply::Deferred { start, deadline, expired } => {
                client.activity = Activity::Deferred { deadline, expired };
                let responder = Responder::new(Arc::clone(&self.mailbox), client.next_ticket());
                if self.guarded(|| start(responder)).is_none() {
                    self.refuse_broken(client);
                }
            }
            Reply::Waiting { mut poll, deadline, expired } => {
                // First without listening: most waits are over before they begin.
                let mut polled = self.guarded(&mut poll);
                if matches!(polled, Some(None)) && !self.shared.is_stopping() {
                    self.listen(client);
                    polled = self.guarded(&mut poll);
                }
                match polled {
                    Some(Some(reply)) => self.begin(client, reply),
                    Some(None) if self.shared.is_stopping() => self.end_wait(client, expired),
                    Some(None) => client.activity = Activity::Waiting { poll, deadline, expired },
                    None => self.refuse_broken(client),
                }
            }
            Reply::Stream { head, source } => self.begin_stream(client, &head, source),
        }
    }

    /// Answers what was waited for too long.
    pub(super) fn end_wait(&mut self, client: &mut Client, expired: Expired) {
        self.stop_listening(client);
        client.void_tickets();
        self.begin_with(client, expired);
    }

    fn begin_with(&mut self, client: &mut Client, work: Work) {
        match self.guarded(work) {
            Some(reply) => self.begin(client, reply),
            None => self.refuse_broken(client),
        }
    }

    pub(super) fn on_ring(&mut self, client: &mut Client) -> Fate {
        if let Activity::Waiting { poll, .. } = &mut client.activity {
            match self.guarded(poll) {
                Some(None) => return Fate::Keep,
                Some(Some(reply)) => {
                    self.stop_listening(client);
                    self.begin(client, reply);
                }
                None => self.refuse_broken(client),
            }
        }
        self.turn(client)
    }

    pub(super) fn on_outcome(&mut self, client: &mut Client, outcome: Outcome) -> Fate {
        match outcome {
            Outcome::Reply(reply) => self.begin(client, reply),
            Outcome::Work(work) => self.begin_with(client, work),
            Outcome::Opened(opened) => self.send(client, opened),
            Outcome::Pulled(pulled) => {
                let Activity::Sending { framing, .. } = client.activity else {
                    return Fate::Keep;
                };
                if self.send_piece(client, pulled, framing) == Fate::Close {
                    return Fate::Close;
                }
            }
            Outcome::Piece(piece) => self.on_piece(client, piece),
            Outcome::Dropped => self.refuse_broken(client),
            Outcome::Panicked => {
                self.count_panic();
                if matches!(client.activity, Activity::Sending { .. } | Activity::Streaming(_)) {
                    return self.cut();
                }
                self.refuse_broken(client);
            }
        }
        self.turn(client)
    }

    /// Ends a connection in the middle of an answer, so that it can't be taken for whole.
    pub(super) fn cut(&self) -> Fate {
        stats::add(&self.mailbox.counters.cut, 1);
        Fate::Close
    }

    /// Writes a response that is here; a long one, or one of unknown length, goes by way of the pool.
    fn answer(&mut self, client: &mut Client, response: Response) {
        let Unopened { status, headers, mut reader, length } = Unopened::new(response);
        if encode::is_bodiless(status) {
            self.head_alone(client, status, &headers, AnswerFraming::Bodiless);
            return;
        }
        if client.exchange.body == BodyWanted::HeadOnly {
            let framing = client.framing(length);
            self.head_alone(client, status, &headers, framing);
            return;
        }
        let inline_max = self.shared.limits.inline_body_bytes_max;
        let inline =
            length.and_then(|length| usize::try_from(length).ok()).filter(|length| *length <= inline_max);
        let Some(length) = inline else {
            self.submit(client, Task::Open(Unopened { status, headers, reader, length }));
            return;
        };
        if self.head(client, status, &headers, AnswerFraming::Sized(length as u64)).is_err() {
            self.refuse_broken(client);
            return;
        }
        let output = &mut client.connection.output.bytes;
        let start = output.len();
        output.resize(start + length, 0);
        let read = catch_unwind(AssertUnwindSafe(|| reader.read_exact(&mut output[start..])));
        if !matches!(read, Ok(Ok(()))) {
            // The head is out of the output's end again before anybody saw it.
            client.connection.output.bytes.truncate(client.answer_start);
            self.refuse_broken(client);
            return;
        }
        self.finish(client, status, length as u64);
    }

    pub(super) fn head_alone(
        &mut self,
        client: &mut Client,
        status: u16,
        headers: &Headers,
        framing: AnswerFraming,
    ) {
        match self.head(client, status, headers, framing) {
            Ok(()) => self.finish(client, status, 0),
            Err(BadHeader) => self.refuse_broken(client),
        }
    }

    /// Appends the head of an answer. Here it is decided whether the connection goes on after it.
    pub(super) fn head(
        &mut self,
        client: &mut Client,
        status: u16,
        headers: &Headers,
        framing: AnswerFraming,
    ) -> Result<(), BadHeader> {
        if framing == AnswerFraming::UntilClose || self.shared.is_stopping() {
            client.exchange.persistence = Persistence::Close;
        }
        let output = &mut client.connection.output;
        if output.is_empty() {
            client.progress_at = self.now;
        }
        client.answer_start = output.bytes.len();
        encode::head(&mut output.bytes, status, headers, framing, client.exchange, self.date.line(self.now))
    }

    /// Sends a response whose body the pool has begun to read.
    fn send(&mut self, client: &mut Client, opened: Opened) {
        let Opened { status, headers, length, first } = opened;
        if encode::is_bodiless(status) {
            self.head_alone(client, status, &headers, AnswerFraming::Bodiless);
            return;
        }
        // A body that ended in its first piece has a known length after all.
        let length = match first.rest {
            Rest::Broken => {
                self.refuse_broken(client);
                return;
            }
            Rest::End => Some(first.bytes.len() as u64),
            Rest::Source(_) => length,
        };
        let framing = client.framing(length);
        if client.exchange.body == BodyWanted::HeadOnly {
            self.head_alone(client, status, &headers, framing);
            return;
        }
        if self.head(client, status, &headers, framing).is_err() {
            self.refuse_broken(client);
            return;
        }
        if let Some(access) = &mut client.access {
            access.status = status;
        }
        // It is not broken, so this never cuts.
        self.send_piece(client, first, framing);
    }

    fn send_piece(&mut self, client: &mut Client, pulled: Pulled, framing: AnswerFraming) -> Fate {
        let Pulled { bytes, rest } = pulled;
        client.put(&bytes, framing, self.now);
        match rest {
            Rest::Source(source) => client.activity = Activity::Sending { source: Some(source), framing },
            Rest::End => {
                encode::end(&mut client.connection.output.bytes, framing);
                self.finish_long(client);
            }
            Rest::Broken => return self.cut(),
        }
        Fate::Keep
    }

    /// Has the pool read the next piece, now that the socket took the last.
    pub(super) fn pull(&mut self, client: &mut Client) {
        let Activity::Sending { source, .. } = &mut client.activity else {
            return;
        };
        if let Some(source) = source.take() {
            self.submit_next(client, Task::Pull(source));
        }
    }

    fn submit(&mut self, client: &mut Client, task: Task) {
        let job = self.job(client, task);
        client.activity = Activity::Pooled;
        if self.pool.submit(job).is_err() {
            self.refuse(client, refusal(503, "the server is busy: send it again in a second"));
        }
    }

    /// For answers that have begun: they wait for room in the pool.
    pub(super) fn submit_next(&mut self, client: &mut Client, task: Task) {
        let job = self.job(client, task);
        if let Err(job) = self.pool.submit(job) {
            self.parked.push_back(job);
        }
    }

    fn job(&self, client: &mut Client, task: Task) -> Job {
        let ticket = client.next_ticket();
        Job::new(task, &self.mailbox, ticket, client.abandoned(), &self.shared.limits)
    }

    /// The answer when the service's own code has failed.
    pub(super) fn refuse_broken(&mut self, client: &mut Client) {
        self.refuse(client, refusal(500, "the server failed on this request: its log says more"));
    }

    pub(super) fn refuse(&mut self, client: &mut Client, refusal: Refusal) {
        stats::add(&self.mailbox.counters.requests_refused, 1);
        self.stop_listening(client);
        if self.access_lines == AccessLines::Written && client.access.is_none() {
            // What could not be read has no method or path.
            client.access = Some(Box::new(Access::begin("", "")));
        }
        let response = self.guarded(|| self.shared.service.refuse(refusal));
        let mut response = response.unwrap_or_else(|| bare(refusal.status));
        let says_when = |name: &str| name.eq_ignore_ascii_case("retry-after");
        if refusal.status == 503 && !response.headers.iter().any(|(name, _)| says_when(name)) {
            response.headers.push(("Retry-After".into(), "1".into()));
        }
        let Unopened { status, headers, mut reader, .. } = Unopened::new(response);
        let mut body = Vec::new();
        // A refusal is short and in memory; one that can't be read is sent without its text.
        if client.exchange.body == BodyWanted::Yes {
            let limit = self.shared.limits.pull_bytes as u64;
            let read = catch_unwind(AssertUnwindSafe(|| (&mut reader).take(limit).read_to_end(&mut body)));
            if !matches!(read, Ok(Ok(_))) {
                body.clear();
            }
        }
        let framing = AnswerFraming::Sized(body.len() as u64);
        if self.head(client, status, &headers, framing).is_err()
            && self.head(client, refusal.status, &[], framing).is_err()
        {
            // A head without fields is never bad.
            return;
        }
        client.put(&body, framing, self.now);
        self.finish(client, status, body.len() as u64);
    }

    /// The answer is whole in the output.
    fn finish(&mut self, client: &mut Client, status: u16, body_bytes: u64) {
        if let Some(access) = &mut client.access {
            access.status = status;
            access.body_bytes = body_bytes;
        }
        self.finish_long(client);
    }

    /// The end of an answer whose status and bytes have been noted on the way.
    pub(super) fn finish_long(&mut self, client: &mut Client) {
        client.reservation = None;
        // Whoever still works on this request is too late from here on.
        client.void_tickets();
        self.stop_listening(client);
        if let Some(access) = client.access.take() {
            debug!(self.shared.logger, "request answered";
                "method" => &access.method, "path" => &access.path, "status" => access.status,
                "body_bytes" => access.body_bytes, "peer" => %client.peer,
                "duration_us" => u64::try_from(access.started_at.elapsed().as_micros()).unwrap_or(u64::MAX));
        }
        client.activity = match client.exchange.persistence {
            Persistence::KeepAlive => Activity::Reading,
            Persistence::Close => {
                client.connection.end_input();
                client.unparsed = false;
                Activity::Closing
            }
        };
    }
}

fn bare(status: u16) -> Response {
    Response::text("").with_status_code(status)
}

impl Client {
    pub(super) fn framing(&self, length: Option<u64>) -> AnswerFraming {
        match (length, self.exchange.version) {
            (Some(length), _) => AnswerFraming::Sized(length),
            (None, Version::Http11) => AnswerFraming::Chunked,
            (None, Version::Http10) => AnswerFraming::UntilClose,
        }
    }

    /// Appends a piece of a body to the output.
    pub(super) fn put(&mut self, bytes: &[u8], framing: AnswerFraming, now: Instant) {
        if self.connection.output.is_empty() {
            self.progress_at = now;
        }
        encode::piece(&mut self.connection.output.bytes, framing, bytes);
        if let Some(access) = &mut self.access {
            access.body_bytes += bytes.len() as u64;
        }
    }
}

impl Access {
    /// Begins the line of a request. What the client sent is escaped: a log must not be written by its readers.
    pub(super) fn begin(method: &str, target: &str) -> Self {
        let path = target.split('?').next().unwrap_or_default();
        Self {
            method: method.to_owned(),
            path: path.escape_default().to_string(),
            started_at: Instant::now(),
            status: 0,
            body_bytes: 0,
        }
    }
}
