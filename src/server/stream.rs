//! Answers without an end: server-sent events.
//!
//! Called by `turn` when the socket has taken everything, by the bell, the clock and the pool. The source is asked
//! for more only while the output is below its limit, so that a watcher that does not read holds one batch; one
//! that takes nothing for the write deadline is cut.
//!
//! Invariants: `a_watcher_that_does_not_read_is_cut_and_others_get_everything`,
//! `a_silent_stream_sends_heartbeats`, `clients_that_leave_are_noticed_whatever_they_wait_for`.

use std::sync::Arc;

use rouille::Response;

use super::client::{Activity, Client, Streaming};
use super::context::Context;
use super::encode;
use super::parser::{BodyWanted, Persistence};
use super::pool::Task;
use super::reply::{StreamSource, StreamStep};

impl Client {
    pub(super) fn begin_stream(&mut self, cx: &mut Context, head: Response, source: Box<dyn StreamSource>) {
        let Response { status_code: status, mut headers, .. } = head;
        let framing = self.answer_framing(None);
        // A stream always ends its connection, so that a client resumes on whatever server is there.
        self.form.persistence = Persistence::Close;
        if self.form.body == BodyWanted::HeadOnly {
            self.head_alone(cx, status, &mut headers, framing);
            return;
        }
        if self.head(cx, status, &mut headers, framing).is_err() {
            self.refuse_broken(cx);
            return;
        }
        // The body that came with the request is not needed for as long as a stream may live.
        self.body_share = None;
        self.listen(cx);
        self.activity = Activity::Streaming(Streaming { source, framing, sent_at: cx.now, working: false });
        cx.responding.insert(self.key);
    }

    /// Takes from the source what it has now, up to the limit of the output.
    pub(super) fn pump(&mut self, cx: &mut Context) {
        let output_max = cx.shared.limits.output_bytes_high;
        while self.unwritten_bytes() < output_max {
            let Activity::Streaming(streaming) = &mut self.activity else {
                return;
            };
            if cx.shared.is_stopping() {
                self.end_stream(cx);
                return;
            }
            if streaming.working {
                return;
            }
            match cx.guarded(|| streaming.source.next()) {
                Some(StreamStep::Data(piece)) => self.send_event(cx, &piece),
                Some(StreamStep::Wait) => return,
                Some(StreamStep::Work(work)) => {
                    streaming.working = true;
                    self.submit_next(cx, Task::Piece(work));
                }
                // After a panic it ends like a stream that was cut short: the watcher resumes by its last id.
                Some(StreamStep::End) | None => self.end_stream(cx),
            }
        }
    }

    pub(super) fn on_piece(&mut self, cx: &mut Context, piece: Option<Arc<[u8]>>) {
        if let Activity::Streaming(streaming) = &mut self.activity {
            streaming.working = false;
            if let Some(piece) = piece {
                self.send_event(cx, &piece);
            }
        }
    }

    pub(super) fn heartbeat(&mut self, cx: &mut Context) {
        if let Activity::Streaming(streaming) = &mut self.activity {
            match cx.guarded(|| streaming.source.heartbeat()) {
                Some(beat) => self.send_event(cx, &beat),
                None => self.end_stream(cx),
            }
        }
    }

    fn send_event(&mut self, cx: &mut Context, bytes: &[u8]) {
        if let Activity::Streaming(streaming) = &mut self.activity {
            streaming.sent_at = cx.now;
            let framing = streaming.framing;
            self.put(bytes, framing, cx.now);
        }
    }

    fn end_stream(&mut self, cx: &mut Context) {
        if let Activity::Streaming(streaming) = &self.activity {
            encode::end(&mut self.connection.output.bytes, streaming.framing);
            self.end_response(cx);
        }
    }
}
