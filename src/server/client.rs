//! One accepted socket: its connection, what is being done for it, and when that must end.
//!
//! Owned by one thread and worked on in `turn`, `answer` and `stream`; holds no logic but that of its deadlines.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use mio::net::TcpStream;

use super::body::Reservation;
use super::connection::{Connection, Stage};
use super::encode::AnswerFraming;
use super::limits::Limits;
use super::mailbox::{Source, Ticket};
use super::parser::Exchange;
use super::reply::{Expired, Reply, StreamSource};
use super::slab::Key;

/// Asks whether a wait is over.
pub(super) type PollWait = Box<dyn FnMut() -> Option<Reply> + Send>;

/// What is being done for a client.
pub(super) enum Activity {
    /// Nothing is owed: the next request is awaited or read.
    Reading,
    /// The pool has the request.
    Pooled,
    /// Somebody holds the responder.
    Deferred {
        deadline: Instant,
        expired: Expired,
    },
    /// Asked again at each ring.
    Waiting {
        poll: PollWait,
        deadline: Instant,
        expired: Expired,
    },
    /// A long body; `None` while the pool pulls the next piece.
    Sending {
        source: Option<Source>,
        framing: AnswerFraming,
    },
    Streaming(Streaming),
    /// The last answer is in the output.
    Closing,
    /// All is sent and our side shut down; what still comes is dropped.
    Lingering {
        until: Instant,
    },
}

/// A stream under way.
pub(super) struct Streaming {
    pub(super) source: Box<dyn StreamSource>,
    pub(super) framing: AnswerFraming,
    pub(super) sent_at: Instant,
    /// The pool makes the next piece.
    pub(super) working: bool,
}

/// Whether the connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Keep,
    Close,
}

/// What the access line says of a request; kept only when such lines are written.
pub(super) struct Access {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) started_at: Instant,
    pub(super) status: u16,
    pub(super) body_bytes: u64,
}

pub(super) struct Client {
    pub(super) key: Key,
    pub(super) socket: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) connection: Connection,
    pub(super) activity: Activity,
    /// Of the request that is being answered.
    pub(super) exchange: Exchange,
    /// The number of the last ticket: an outcome with another one came too late.
    pub(super) ticket: u64,
    /// The socket may have more than was read (events tell of changes only).
    pub(super) readable: bool,
    /// An event told of the client's end of stream; a short read does not mean that all was read then.
    pub(super) end_announced: bool,
    /// What was kept may hold a whole request.
    pub(super) unparsed: bool,
    /// When the client shut down its side.
    pub(super) half_closed_at: Option<Instant>,
    /// The stage that `since` is the beginning of.
    stage: Stage,
    since: Instant,
    /// When the socket last took bytes, or the first of these were put into the output.
    pub(super) progress_at: Instant,
    /// What this client has of the server's memory for answers.
    pub(super) output_held_bytes: u64,
    /// Where in the output the answer under way begins.
    pub(super) answer_start: usize,
    pub(super) access: Option<Box<Access>>,
    /// The body's share of the budget, until the request is answered.
    pub(super) reservation: Option<Reservation>,
    abandoned: Option<Arc<AtomicBool>>,
    pub(super) hearing: Hearing,
}

/// Whether the bell is for this client too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hearing {
    Nothing,
    Bell,
}

impl Client {
    pub(super) fn new(key: Key, socket: TcpStream, peer: SocketAddr, now: Instant) -> Self {
        Self {
            key,
            socket,
            peer,
            connection: Connection::new(),
            activity: Activity::Reading,
            exchange: Exchange::UNREADABLE,
            ticket: 0,
            readable: false,
            end_announced: false,
            unparsed: false,
            half_closed_at: None,
            stage: Stage::Idle,
            since: now,
            progress_at: now,
            output_held_bytes: 0,
            answer_start: 0,
            access: None,
            reservation: None,
            abandoned: None,
            hearing: Hearing::Nothing,
        }
    }

    /// A ticket for the next thing that others do for this client; those before it are void.
    pub(super) fn next_ticket(&mut self) -> Ticket {
        self.ticket += 1;
        Ticket { key: self.key, request: self.ticket }
    }

    /// Nothing that others still do for this client counts any more.
    pub(super) fn void_tickets(&mut self) {
        self.ticket += 1;
    }

    /// What tells the pool that the client has gone.
    pub(super) fn abandoned(&mut self) -> Arc<AtomicBool> {
        Arc::clone(self.abandoned.get_or_insert_with(Arc::default))
    }

    /// How many bytes there is reason to read now.
    pub(super) fn input_room(&self, limits: &Limits) -> usize {
        match self.activity {
            Activity::Reading if self.unparsed => 0,
            Activity::Reading | Activity::Lingering { .. } => usize::MAX,
            Activity::Closing => 0,
            _ => limits.pipelined_bytes_max.saturating_sub(self.connection.pending_bytes()),
        }
    }

    /// Notes where the input stands after a turn, and since when.
    pub(super) fn note_stage(&mut self, requests: Requests, now: Instant) {
        let stage = self.connection.stage();
        if stage != self.stage || requests == Requests::Some {
            self.stage = stage;
            self.since = now;
        }
    }

    pub(super) fn stage(&self) -> Stage {
        self.connection.stage()
    }

    /// When something must happen even if nothing comes.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<Instant> {
        let unwritten = !self.connection.output.is_empty();
        let activity = match &self.activity {
            Activity::Reading if unwritten || self.unparsed => None,
            Activity::Reading => match self.stage {
                Stage::Idle => Some(self.since + limits.idle_deadline),
                Stage::Head => Some(self.since + limits.head_deadline),
                Stage::Body => Some(self.since + limits.body_deadline),
                Stage::Ended => None,
            },
            Activity::Deferred { deadline, .. } => Some(*deadline),
            Activity::Waiting { deadline, .. } => {
                let half_closed = self.half_closed_at.map(|at| at + limits.half_closed_deadline);
                Some(half_closed.map_or(*deadline, |at| at.min(*deadline)))
            }
            Activity::Streaming(streaming) if !unwritten => {
                Some(streaming.sent_at + limits.heartbeat_interval)
            }
            Activity::Lingering { until } => Some(*until),
            Activity::Pooled | Activity::Sending { .. } | Activity::Streaming(_) | Activity::Closing => None,
        };
        let write = unwritten.then(|| self.progress_at + limits.write_deadline);
        match (activity, write) {
            (Some(activity), Some(write)) => Some(activity.min(write)),
            (activity, write) => activity.or(write),
        }
    }
}

/// Whether a turn answered requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Requests {
    None,
    Some,
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(abandoned) = &self.abandoned {
            abandoned.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Client;

    #[test]
    fn an_idle_connection_holds_a_few_hundred_bytes() {
        // Its buffers are the thread's while nothing is half-done.
        assert!(size_of::<Client>() <= 512, "{}", size_of::<Client>());
    }
}
