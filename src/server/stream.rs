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
use super::encode;
use super::parser::{BodyWanted, Persistence};
use super::pool::Task;
use super::reply::{StreamSource, StreamStep};
use super::thread::Thread;

impl Thread {
    pub(super) fn begin_stream(
        &mut self,
        client: &mut Client,
        head: &Response,
        source: Box<dyn StreamSource>,
    ) {
        let framing = client.framing(None);
        // A stream always ends its connection, so that a client resumes on whatever server is there.
        client.exchange.persistence = Persistence::Close;
        if client.exchange.body == BodyWanted::HeadOnly {
            self.head_alone(client, head.status_code, &head.headers, framing);
            return;
        }
        if self.head(client, head.status_code, &head.headers, framing).is_err() {
            self.refuse_broken(client);
            return;
        }
        if let Some(access) = &mut client.access {
            access.status = head.status_code;
        }
        // The body that came with the request is not needed for as long as a stream may live.
        client.reservation = None;
        self.listen(client);
        client.activity =
            Activity::Streaming(Streaming { source, framing, sent_at: self.now, working: false });
    }

    /// Takes from the source what it has now, up to the limit of the output.
    pub(super) fn pump(&mut self, client: &mut Client) {
        let output_max = self.shared.limits.output_bytes_high;
        while client.connection.output.unwritten().len() < output_max {
            let Activity::Streaming(streaming) = &mut client.activity else {
                return;
            };
            if self.shared.is_stopping() {
                self.end_stream(client);
                return;
            }
            if streaming.working {
                return;
            }
            match self.guarded(|| streaming.source.next()) {
                Some(StreamStep::Data(piece)) => self.send_event(client, &piece),
                Some(StreamStep::Wait) => return,
                Some(StreamStep::Work(work)) => {
                    streaming.working = true;
                    self.submit_next(client, Task::Piece(work));
                }
                // After a panic it ends like a stream that was cut short: the watcher resumes by its last id.
                Some(StreamStep::End) | None => self.end_stream(client),
            }
        }
    }

    pub(super) fn on_piece(&mut self, client: &mut Client, piece: Option<Arc<[u8]>>) {
        if let Activity::Streaming(streaming) = &mut client.activity {
            streaming.working = false;
            if let Some(piece) = piece {
                self.send_event(client, &piece);
            }
        }
    }

    pub(super) fn heartbeat(&mut self, client: &mut Client) {
        if let Activity::Streaming(streaming) = &mut client.activity {
            match self.guarded(|| streaming.source.heartbeat()) {
                Some(beat) => self.send_event(client, &beat),
                None => self.end_stream(client),
            }
        }
    }

    fn send_event(&mut self, client: &mut Client, bytes: &[u8]) {
        if let Activity::Streaming(streaming) = &mut client.activity {
            streaming.sent_at = self.now;
            let framing = streaming.framing;
            client.put(bytes, framing, self.now);
        }
    }

    fn end_stream(&mut self, client: &mut Client) {
        if let Activity::Streaming(streaming) = &client.activity {
            encode::end(&mut client.connection.output.bytes, streaming.framing);
            self.finish_long(client);
        }
    }
}
