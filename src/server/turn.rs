//! A client's turn: write what is owed, read, answer, until there is nothing to do or it was long enough.
//!
//! Called by the thread's loop for each event, second turn, ring, deadline and advance. Writes before it reads: a
//! client that does not take its answers is not read further, which is all the back-pressure there is.
//!
//! Invariants: `a_client_that_pipelines_without_reading_is_not_read_further`,
//! `pipelined_requests_are_answered_in_order_behind_a_long_poll`, `a_half_closed_client_gets_its_answer`.

use std::io;
use std::sync::Arc;

use rouille::Request;
use slog::debug;

use super::body::Body;
use super::client::{Activity, Client, Fate, Requests};
use super::connection::{InputStage, Output, Received};
use super::context::Context;
use super::parser::{Framing, ParsedHead, Persistence, ResponseForm, refusal};
use super::peer::Scheme;
use super::reply::{Begun, RequestHead};
use super::respond::cut;
use super::socket::{Flushed, Input, Progress, Rest};
use super::stats;

/// Reads in one turn; with the size of the read buffer, how much one client may send before the others' turn.
const READS_MAX: usize = 4;

/// Batches that a stream sends in one turn, for the same reason: a watcher that reads fast may be far behind.
const PUMPS_MAX: usize = 4;

/// How reading went.
enum Taken {
    Some,
    Nothing,
    Gone,
}

impl Client {
    pub(super) fn turn(&mut self, cx: &mut Context) -> Fate {
        let requests_max = cx.shared.limits.turn_requests_max;
        let (mut requests_left, mut reads_left, mut pumps_left) = (requests_max, READS_MAX, PUMPS_MAX);
        let fate = loop {
            match self.flush(cx) {
                Flushed::Drained => {}
                Flushed::Blocked => break Fate::Keep,
                Flushed::Gone => return Fate::Close,
            }
            match &self.activity {
                Activity::Reading if self.unparsed => {
                    if requests_left == 0 {
                        cx.again.insert(self.key);
                        break Fate::Keep;
                    }
                    self.serve(cx, &[], &mut requests_left);
                    continue;
                }
                Activity::Closing => {
                    if self.half_closed_at.is_some() {
                        return Fate::Close;
                    }
                    match self.transport.shut_down() {
                        Flushed::Drained => {}
                        Flushed::Blocked => break Fate::Keep,
                        Flushed::Gone => return Fate::Close,
                    }
                    self.activity = Activity::Lingering { until: cx.now + cx.shared.limits.linger_deadline };
                }
                Activity::Sending { source: Some(_), resume_at: None, .. } => self.pull(cx),
                Activity::Streaming(_) => {
                    if self.half_closed_at.is_some() {
                        return Fate::Close;
                    }
                    if pumps_left == 0 {
                        cx.again.insert(self.key);
                        break Fate::Keep;
                    }
                    pumps_left -= 1;
                    self.pump(cx);
                    if !self.connection.output.is_empty() || matches!(self.activity, Activity::Closing) {
                        continue;
                    }
                }
                _ => {}
            }
            if !self.readable || self.input_room(&cx.shared.limits) == 0 {
                break self.after_reading(cx);
            }
            if reads_left == 0 || requests_left == 0 {
                cx.again.insert(self.key);
                break Fate::Keep;
            }
            reads_left -= 1;
            match self.read(cx, &mut requests_left) {
                Taken::Some => {}
                Taken::Nothing => break self.after_reading(cx),
                Taken::Gone => return Fate::Close,
            }
        };
        let requests = if requests_left == requests_max { Requests::None } else { Requests::Some };
        self.note_stage(requests, cx.now, &cx.shared.limits);
        fate
    }

    /// What to do with a client that has nothing more to say for now.
    fn after_reading(&self, cx: &Context) -> Fate {
        let ended = self.half_closed_at.is_some();
        match self.activity {
            // No answer is owed, and the rest of a request will not come.
            Activity::Reading | Activity::Lingering { .. } | Activity::Streaming(_) if ended => Fate::Close,
            Activity::Reading if cx.shared.is_stopping() && self.stage() == InputStage::Idle => Fate::Close,
            _ => Fate::Keep,
        }
    }

    fn read(&mut self, cx: &mut Context, requests_left: &mut usize) -> Taken {
        let mut buffer = std::mem::take(&mut cx.read_buffer);
        let room = self.input_room(&cx.shared.limits).min(buffer.len());
        let taken = match self.transport.read(&mut buffer[..room]) {
            Ok(Input::End) => {
                self.readable = false;
                self.half_closed_at = Some(cx.now);
                Taken::Nothing
            }
            Ok(Input::Bytes(count, rest)) => {
                stats::add(&cx.mailbox.counters.bytes_received, count as u64);
                // An end of stream that came with these bytes has no event of its own.
                self.readable = rest == Rest::Maybe || self.end_announced;
                self.serve(cx, &buffer[..count], requests_left);
                Taken::Some
            }
            Ok(Input::Step) => Taken::Some,
            Ok(Input::Refused) => self.refuse_protocol(cx),
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => Taken::Some,
                io::ErrorKind::WouldBlock => {
                    self.readable = false;
                    Taken::Nothing
                }
                _ => Taken::Gone,
            },
        };
        cx.read_buffer = buffer;
        taken
    }

    /// Answers the requests in `fresh` and in what was kept, until one is not answered at once.
    fn serve(&mut self, cx: &mut Context, mut fresh: &[u8], requests_left: &mut usize) {
        loop {
            let owed = !matches!(self.activity, Activity::Reading);
            let full = self.unwritten_bytes() > cx.shared.limits.output_bytes_high;
            if owed || full || *requests_left == 0 {
                self.connection.keep(fresh);
                self.unparsed = self.connection.pending_bytes() > 0;
                return;
            }
            match self.connection.next(&mut fresh, &cx.shared.limits) {
                Received::Incomplete => {
                    self.unparsed = false;
                    return;
                }
                Received::Head(head) => self.begin(cx, head, &mut fresh, requests_left),
                Received::Body(head, body) => {
                    *requests_left -= 1;
                    self.handle(cx, head, Some(body));
                }
                Received::Refused(refusal, form) => {
                    self.form = form;
                    self.refuse(cx, refusal);
                }
            }
        }
    }

    /// Asks the service whether a request is let in, by its head. Nothing of a body has been read, and the client has
    /// not been asked to continue.
    fn begin(&mut self, cx: &mut Context, head: ParsedHead, fresh: &mut &[u8], requests_left: &mut usize) {
        self.form = head.form;
        let (peer, scheme, now) = (self.transport.peer(), self.transport.scheme(), cx.now);
        let ParsedHead { method, target, headers, .. } = &head;
        let seen = RequestHead { method, target, headers, peer, scheme, now, memory: &self.memory };
        let Some(Begun { exchange, admitted }) = cx.guarded(|| cx.shared.service.begin(&seen)) else {
            self.pass_over(cx, head.framing, fresh);
            self.refuse_broken(cx);
            return;
        };
        self.exchange = Some(exchange);
        match admitted {
            Ok(_) if head.framing == Framing::Sized(0) => {
                *requests_left -= 1;
                self.handle(cx, head, None);
            }
            Ok(bytes_max) => {
                let share = cx.shared.bodies.share(peer.ip(), head.framing.announced_bytes());
                if let Err(refusal) = self.connection.begin_body(head, bytes_max, share, fresh) {
                    self.form = self.form.closing();
                    self.connection.end_input();
                    *fresh = &[];
                    self.refuse(cx, refusal);
                }
            }
            Err(response) => {
                *requests_left -= 1;
                stats::add(&cx.mailbox.counters.requests, 1);
                self.pass_over(cx, head.framing, fresh);
                self.answer(cx, response);
            }
        }
    }

    /// Passes over the body of a refused request, or ends the input.
    fn pass_over(&mut self, cx: &Context, framing: Framing, fresh: &mut &[u8]) {
        if framing == Framing::Sized(0) {
            return;
        }
        let shared = &cx.shared;
        let share = shared.bodies.share(self.transport.peer().ip(), framing.announced_bytes());
        if self.connection.skip_body(framing, share, fresh, &shared.limits) == Persistence::Close {
            self.form = self.form.closing();
        }
    }

    fn handle(&mut self, cx: &mut Context, head: ParsedHead, body: Option<Body>) {
        stats::add(&cx.mailbox.counters.requests, 1);
        let ParsedHead { method, target, headers, .. } = head;
        let exchange = self.exchange.clone();
        let bytes = match body {
            Some(Body { bytes, share }) => {
                let share = Arc::new(share);
                if let Some(exchange) = &exchange {
                    exchange.hold(Arc::clone(&share));
                }
                self.body_share = Some(share);
                bytes
            }
            None => Vec::new(),
        };
        let peer = self.transport.peer().socket_addr();
        let request = match self.transport.scheme() {
            Scheme::Http => Request::fake_http_from(peer, method, target, headers, bytes),
            Scheme::Https => Request::fake_https_from(peer, method, target, headers, bytes),
        };
        match exchange.and_then(|exchange| cx.guarded(|| exchange.handle(&request))) {
            Some(reply) => self.reply(cx, reply),
            None => self.refuse_broken(cx),
        }
    }

    /// Lets the transport's last words out, such as an alert of TLS. No request of this client is answered any more.
    fn refuse_protocol(&mut self, cx: &mut Context) -> Taken {
        stats::add(&cx.mailbox.counters.tls_failures, 1);
        let error = self.transport.refusal().map(ToString::to_string);
        debug!(cx.shared.logger, "TLS connection refused"; "peer" => %self.transport, "error" => error);
        self.connection.end_input();
        self.unparsed = false;
        if matches!(self.activity, Activity::Reading | Activity::Lingering { .. }) {
            self.exchange = None;
            self.activity = Activity::Closing;
            return Taken::Some;
        }
        // A response is under way that can't go on.
        self.transport.send(&mut Output::default());
        Taken::Gone
    }

    fn flush(&mut self, cx: &mut Context) -> Flushed {
        let output = &mut self.connection.output;
        let before = output.unwritten().len();
        let sent = self.transport.send(output);
        stats::add(&cx.mailbox.counters.bytes_sent, (before - output.unwritten().len()) as u64);
        if sent.progress == Progress::Made {
            self.progress_at = cx.now;
        }
        sent.end
    }

    pub(super) fn on_deadline(&mut self, cx: &mut Context) -> Fate {
        let (now, limits) = (cx.now, &cx.shared.limits);
        if self.deadline(limits).is_none_or(|deadline| deadline > now) {
            return Fate::Keep;
        }
        if self.unwritten_bytes() > 0 && self.write_until(limits) <= now {
            stats::add(&cx.mailbox.counters.cut, 1);
            return Fate::Close;
        }
        match std::mem::replace(&mut self.activity, Activity::Reading) {
            Activity::Deferred { expired, .. } | Activity::Waiting { expired, .. } => {
                self.end_wait(cx, expired);
            }
            Activity::Streaming(streaming) => {
                self.activity = Activity::Streaming(streaming);
                self.heartbeat(cx);
            }
            Activity::Lingering { .. } => return Fate::Close,
            Activity::Sending { until, .. } if until <= now => return cut(cx),
            Activity::Sending { source, framing, until, .. } => {
                self.activity = Activity::Sending { source, framing, until, resume_at: None };
            }
            Activity::Reading => match self.stage() {
                InputStage::Idle | InputStage::Ended => return Fate::Close,
                InputStage::Body if !self.is_body_late(cx) => return Fate::Keep,
                InputStage::Head | InputStage::Body => {
                    self.connection.end_input();
                    self.form = ResponseForm::UNREADABLE;
                    self.refuse(
                        cx,
                        refusal(408, "send the whole request faster, and within the time allowed"),
                    );
                }
            },
            // These have no deadline of their own.
            activity => {
                self.activity = activity;
                return Fate::Keep;
            }
        }
        self.turn(cx)
    }

    /// Ends a response that its requester may see no more of.
    pub(super) fn on_look(&mut self, cx: &mut Context) -> Fate {
        if !matches!(
            self.activity,
            Activity::Waiting { .. } | Activity::Sending { .. } | Activity::Streaming(_)
        ) {
            cx.responding.remove(&self.key);
            return Fate::Keep;
        }
        let exchange = self.exchange.clone();
        if exchange.is_none_or(|exchange| cx.guarded(|| exchange.is_over()) == Some(false)) {
            return Fate::Keep;
        }
        match std::mem::replace(&mut self.activity, Activity::Reading) {
            Activity::Waiting { expired, .. } => self.end_wait(cx, expired),
            _ => return cut(cx),
        }
        self.turn(cx)
    }

    /// The server is stopping: ends what would not end by itself.
    pub(super) fn on_drain(&mut self, cx: &mut Context) -> Fate {
        // A request may have come that no event has announced yet.
        self.readable = true;
        if matches!(self.activity, Activity::Waiting { .. })
            && let Activity::Waiting { expired, .. } =
                std::mem::replace(&mut self.activity, Activity::Reading)
        {
            self.end_wait(cx, expired);
        }
        self.turn(cx)
    }
}
