//! A client's turn: write what is owed, read, answer, until there is nothing to do or it was long enough.
//!
//! Called by the thread's loop for each event, second turn, ring, deadline and outcome. Writes before it reads: a
//! client that does not take its answers is not read further, which is all the back-pressure there is.
//!
//! Invariants: `a_client_that_pipelines_without_reading_is_not_read_further`,
//! `pipelined_requests_are_answered_in_order_behind_a_long_poll`, `a_half_closed_client_gets_its_answer`.

use std::io::{self, Read, Write};
use std::net::Shutdown;

use rouille::Request;

use super::client::{Access, Activity, Client, Fate, Requests};
use super::connection::{Incoming, Received, Stage};
use super::parser::{Exchange, refusal};
use super::stats;
use super::thread::{AccessLines, Thread};

/// Reads in one turn; with the size of the read buffer, how much one client may send before the others' turn.
const READS_MAX: usize = 4;

/// Batches that a stream sends in one turn, for the same reason: a watcher that reads fast may be far behind.
const PUMPS_MAX: usize = 4;

/// How writing went.
enum Flushed {
    /// All of it was taken.
    Drained,
    /// An event will tell when there is room.
    Blocked,
    /// There is nobody to write to.
    Gone,
}

/// How reading went.
enum Taken {
    Some,
    Nothing,
    Gone,
}

impl Thread {
    pub(super) fn turn(&mut self, client: &mut Client) -> Fate {
        let requests_max = self.shared.limits.turn_requests_max;
        let (mut requests_left, mut reads_left, mut pumps_left) = (requests_max, READS_MAX, PUMPS_MAX);
        let fate = loop {
            match self.flush(client) {
                Flushed::Drained => {}
                Flushed::Blocked => break Fate::Keep,
                Flushed::Gone => return Fate::Close,
            }
            match &client.activity {
                Activity::Reading if client.unparsed => {
                    if requests_left == 0 {
                        self.again.insert(client.key);
                        break Fate::Keep;
                    }
                    self.serve(client, &[], &mut requests_left);
                    continue;
                }
                Activity::Closing => {
                    if client.half_closed_at.is_some() || client.socket.shutdown(Shutdown::Write).is_err() {
                        return Fate::Close;
                    }
                    client.activity =
                        Activity::Lingering { until: self.now + self.shared.limits.linger_deadline };
                }
                Activity::Sending { source: Some(_), .. } => self.pull(client),
                Activity::Streaming(_) => {
                    if client.half_closed_at.is_some() {
                        return Fate::Close;
                    }
                    if pumps_left == 0 {
                        self.again.insert(client.key);
                        break Fate::Keep;
                    }
                    pumps_left -= 1;
                    self.pump(client);
                    if !client.connection.output.is_empty() || matches!(client.activity, Activity::Closing) {
                        continue;
                    }
                }
                _ => {}
            }
            if !client.readable || client.input_room(&self.shared.limits) == 0 {
                break self.after_reading(client);
            }
            if reads_left == 0 || requests_left == 0 {
                self.again.insert(client.key);
                break Fate::Keep;
            }
            reads_left -= 1;
            match self.read(client, &mut requests_left) {
                Taken::Some => {}
                Taken::Nothing => break self.after_reading(client),
                Taken::Gone => return Fate::Close,
            }
        };
        let requests = if requests_left == requests_max { Requests::None } else { Requests::Some };
        client.note_stage(requests, self.now);
        fate
    }

    /// What to do with a client that has nothing more to say for now.
    fn after_reading(&self, client: &Client) -> Fate {
        let ended = client.half_closed_at.is_some();
        match client.activity {
            // No answer is owed, and the rest of a request will not come.
            Activity::Reading | Activity::Lingering { .. } | Activity::Streaming(_) if ended => Fate::Close,
            Activity::Reading if self.shared.is_stopping() && client.stage() == Stage::Idle => Fate::Close,
            _ => Fate::Keep,
        }
    }

    fn read(&mut self, client: &mut Client, requests_left: &mut usize) -> Taken {
        let mut buffer = std::mem::take(&mut self.read_buffer);
        let room = client.input_room(&self.shared.limits).min(buffer.len());
        let taken = match client.socket.read(&mut buffer[..room]) {
            Ok(0) => {
                client.readable = false;
                client.half_closed_at = Some(self.now);
                Taken::Nothing
            }
            Ok(count) => {
                stats::add(&self.mailbox.counters.bytes_received, count as u64);
                // A short read took everything (epoll(7)); what comes later has an event of its own. But an end
                // of stream that came with these bytes has not.
                client.readable = count == room || client.end_announced;
                self.serve(client, &buffer[..count], requests_left);
                Taken::Some
            }
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => Taken::Some,
                io::ErrorKind::WouldBlock => {
                    client.readable = false;
                    Taken::Nothing
                }
                _ => Taken::Gone,
            },
        };
        self.read_buffer = buffer;
        taken
    }

    /// Answers the requests in `fresh` and in what was kept, until one is not answered at once.
    fn serve(&mut self, client: &mut Client, mut fresh: &[u8], requests_left: &mut usize) {
        loop {
            let owed = !matches!(client.activity, Activity::Reading);
            let full = client.connection.output.unwritten().len() > self.shared.limits.output_bytes_high;
            if owed || full || *requests_left == 0 {
                client.connection.keep(fresh);
                client.unparsed = client.connection.pending_bytes() > 0;
                return;
            }
            let received = client.connection.next(&mut fresh, &self.shared.context());
            match received {
                Received::Incomplete => {
                    client.unparsed = false;
                    return;
                }
                Received::Request(incoming) => {
                    *requests_left -= 1;
                    self.handle(client, incoming);
                }
                Received::Refused(refusal, exchange) => {
                    client.exchange = exchange;
                    self.refuse(client, refusal);
                }
            }
        }
    }

    fn handle(&mut self, client: &mut Client, incoming: Incoming) {
        let Incoming { method, target, headers, exchange, body } = incoming;
        stats::add(&self.mailbox.counters.requests, 1);
        client.exchange = exchange;
        if self.access_lines == AccessLines::Written {
            client.access = Some(Box::new(Access::begin(&method, &target)));
        }
        let bytes = match body {
            Some(body) => {
                client.reservation = Some(body.reservation);
                body.bytes
            }
            None => Vec::new(),
        };
        let request = Request::fake_http_from(client.peer, method, target, headers, bytes);
        match self.guarded(|| self.shared.service.handle(&request)) {
            Some(reply) => self.begin(client, reply),
            None => self.refuse_broken(client),
        }
    }

    fn flush(&mut self, client: &mut Client) -> Flushed {
        let output = &mut client.connection.output;
        while !output.is_empty() {
            match client.socket.write(output.unwritten()) {
                Ok(0) => return Flushed::Gone,
                Ok(count) => {
                    output.advance(count);
                    client.progress_at = self.now;
                    stats::add(&self.mailbox.counters.bytes_sent, count as u64);
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => return Flushed::Blocked,
                    _ => return Flushed::Gone,
                },
            }
        }
        Flushed::Drained
    }

    pub(super) fn on_deadline(&mut self, client: &mut Client) -> Fate {
        let (now, limits) = (self.now, &self.shared.limits);
        if client.deadline(limits).is_none_or(|deadline| deadline > now) {
            return Fate::Keep;
        }
        let stuck_since = client.progress_at + limits.write_deadline;
        if !client.connection.output.is_empty() && stuck_since <= now {
            stats::add(&self.mailbox.counters.cut, 1);
            return Fate::Close;
        }
        match std::mem::replace(&mut client.activity, Activity::Reading) {
            Activity::Deferred { expired, .. } | Activity::Waiting { expired, .. } => {
                self.end_wait(client, expired);
            }
            Activity::Streaming(streaming) => {
                client.activity = Activity::Streaming(streaming);
                self.heartbeat(client);
            }
            Activity::Lingering { .. } => return Fate::Close,
            Activity::Reading => match client.stage() {
                Stage::Idle | Stage::Ended => return Fate::Close,
                Stage::Head | Stage::Body => {
                    client.connection.end_input();
                    client.exchange = Exchange::UNREADABLE;
                    self.refuse(client, refusal(408, "send the whole request within the time allowed"));
                }
            },
            // These have no deadline of their own.
            activity => {
                client.activity = activity;
                return Fate::Keep;
            }
        }
        self.turn(client)
    }

    /// The server is stopping: ends what would not end by itself.
    pub(super) fn on_drain(&mut self, client: &mut Client) -> Fate {
        // A request may have come that no event has told of yet.
        client.readable = true;
        if matches!(client.activity, Activity::Waiting { .. })
            && let Activity::Waiting { expired, .. } =
                std::mem::replace(&mut client.activity, Activity::Reading)
        {
            self.end_wait(client, expired);
        }
        self.turn(client)
    }
}
