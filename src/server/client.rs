//! One accepted socket: its connection, what is being done for it, and when that must end.
//!
//! Owned by one thread. `turn`, `respond` and `stream` have the methods that do something, each with the thread's
//! `Context`; here are its state, its deadlines, and what it holds of the thread's memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::budget::{BodyShare, PeerKey};
use super::connection::{Connection, InputStage};
use super::context::Context;
use super::encode::AnswerFraming;
use super::limits::ConnectionLimits;
use super::mailbox::Source;
use super::parser::ResponseForm;
use super::reply::{ConnectionMemory, Exchange, Expired, Reply, StreamSource};
use super::slab::{Key, RequestKey};
use super::stats;
use super::transport::Transport;

/// A buffer that grew past this for a large response is not kept for the next one.
const SPARE_BYTES_MAX: usize = 1 << 20;

/// How often the rate of a body is looked at.
const BODY_RATE_INTERVAL: Duration = Duration::from_secs(1);

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
        /// When the answer has to be over.
        until: Instant,
        /// When to pull after a pause.
        resume_at: Option<Instant>,
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

pub(super) struct Client {
    pub(super) key: Key,
    pub(super) transport: Transport,
    pub(super) connection: Connection,
    pub(super) activity: Activity,
    /// What the service keeps of the connection.
    pub(super) memory: ConnectionMemory,
    /// What the service keeps of the request that is read or answered: from its head to the end of its response.
    pub(super) exchange: Option<Arc<dyn Exchange>>,
    /// Of the same request.
    pub(super) form: ResponseForm,
    /// The number of the last request key: what comes with another one came too late.
    pub(super) number: u64,
    /// The socket may have more than was read (events tell of changes only).
    pub(super) readable: bool,
    /// An event announced the client's end of stream; a short read does not mean that all was read then.
    pub(super) end_announced: bool,
    /// What was kept may hold a whole request.
    pub(super) unparsed: bool,
    /// When the client shut down its side.
    pub(super) half_closed_at: Option<Instant>,
    /// The stage that `since` is the beginning of.
    stage: InputStage,
    since: Instant,
    /// When to look next whether a body comes fast enough.
    rate_due: Instant,
    /// When the socket last took bytes, or the first of these were put into the output.
    pub(super) progress_at: Instant,
    /// When the output was last empty.
    pub(super) filled_at: Instant,
    /// What this client has of the server's memory for answers.
    pub(super) output_held_bytes: u64,
    /// Where in the output the answer under way begins.
    pub(super) answer_start: usize,
    /// The body's share of the budget, until the request is answered.
    pub(super) body_share: Option<Arc<BodyShare>>,
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
    pub(super) fn new(key: Key, transport: Transport, now: Instant) -> Self {
        Self {
            key,
            transport,
            connection: Connection::new(),
            activity: Activity::Reading,
            memory: ConnectionMemory::default(),
            exchange: None,
            form: ResponseForm::UNREADABLE,
            number: 0,
            readable: false,
            end_announced: false,
            unparsed: false,
            half_closed_at: None,
            stage: InputStage::Idle,
            since: now,
            progress_at: now,
            filled_at: now,
            output_held_bytes: 0,
            answer_start: 0,
            body_share: None,
            rate_due: now,
            abandoned: None,
            hearing: Hearing::Nothing,
        }
    }

    /// A key for the next thing that others do for this client; those before it are void.
    pub(super) fn next_request(&mut self) -> RequestKey {
        self.number += 1;
        RequestKey { client: self.key, number: self.number }
    }

    /// Nothing that others still do for this client counts any more.
    pub(super) fn void_requests(&mut self) {
        self.number += 1;
    }

    /// What tells the pool that the client has gone.
    pub(super) fn abandoned(&mut self) -> Arc<AtomicBool> {
        Arc::clone(self.abandoned.get_or_insert_with(Arc::default))
    }

    /// How many bytes there is reason to read now.
    pub(super) fn input_room(&self, limits: &ConnectionLimits) -> usize {
        match self.activity {
            Activity::Reading if self.unparsed => 0,
            Activity::Reading | Activity::Lingering { .. } => usize::MAX,
            Activity::Closing => 0,
            _ => limits.pipelined_bytes_max.saturating_sub(self.connection.pending_bytes()),
        }
    }

    /// Notes the stage of the input after a turn, and since when.
    pub(super) fn note_stage(&mut self, requests: Requests, now: Instant, limits: &ConnectionLimits) {
        let stage = self.connection.stage();
        if stage != self.stage || requests == Requests::Some {
            self.stage = stage;
            self.since = now;
            self.rate_due = now + limits.body_rate_grace;
        }
    }

    /// Whether the body that is being read has had its time, or comes too slowly while memory is short. If not, this is
    /// looked at again after a second.
    pub(super) fn is_body_late(&mut self, cx: &Context) -> bool {
        let limits = &cx.shared.limits;
        let took = cx.now.saturating_duration_since(self.since);
        let needed_bytes = took.as_millis() * u128::from(limits.body_bytes_per_second_min) / 1_000;
        let is_slow = self.rate_due <= cx.now
            && self.is_rate_limited(limits)
            && u128::from(self.connection.body_bytes()) < needed_bytes
            && cx.shared.bodies.is_short();
        self.rate_due = cx.now + BODY_RATE_INTERVAL;
        is_slow || took >= limits.body_deadline
    }

    fn is_rate_limited(&self, limits: &ConnectionLimits) -> bool {
        PeerKey::limited(self.transport.peer().ip(), limits.unlimited_peers).is_some()
    }

    /// Bytes of responses that the socket has not taken.
    pub(super) fn unwritten_bytes(&self) -> usize {
        self.connection.output.unwritten().len() + self.transport.unsent_bytes()
    }

    /// Before the connection is closed: notifies the client if it ends between two responses. One that ends in the middle of
    /// a response must not look as if it were whole.
    pub(super) fn say_goodbye(&mut self, cx: &Context) {
        if self.transport.is_handshaking() {
            stats::add(&cx.mailbox.counters.tls_failures, 1);
        } else if self.exchange.is_none()
            && self.unwritten_bytes() == 0
            && matches!(self.activity, Activity::Reading | Activity::Closing)
        {
            self.transport.say_goodbye();
        }
    }

    pub(super) fn stage(&self) -> InputStage {
        self.connection.stage()
    }

    /// When something must happen even if nothing comes.
    pub(super) fn deadline(&self, limits: &ConnectionLimits) -> Option<Instant> {
        let unwritten = self.unwritten_bytes() > 0;
        let activity = match &self.activity {
            Activity::Reading if unwritten || self.unparsed => None,
            Activity::Reading => match self.stage {
                InputStage::Idle if self.transport.is_handshaking() => {
                    Some(self.since + limits.handshake_deadline)
                }
                InputStage::Idle => Some(self.since + limits.idle_deadline),
                InputStage::Head => Some(self.since + limits.head_deadline),
                InputStage::Body if self.is_rate_limited(limits) => {
                    Some(self.rate_due.min(self.since + limits.body_deadline))
                }
                InputStage::Body => Some(self.since + limits.body_deadline),
                InputStage::Ended => None,
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
            Activity::Sending { until, resume_at, .. } => {
                let resume_at = resume_at.filter(|_| !unwritten);
                Some(resume_at.map_or(*until, |at| at.min(*until)))
            }
            Activity::Pooled | Activity::Streaming(_) | Activity::Closing => None,
        };
        let write = unwritten.then(|| self.write_until(limits));
        match (activity, write) {
            (Some(activity), Some(write)) => Some(activity.min(write)),
            (activity, write) => activity.or(write),
        }
    }

    /// When a client that has not taken its output is cut.
    pub(super) fn write_until(&self, limits: &ConnectionLimits) -> Instant {
        (self.progress_at + limits.write_deadline).min(self.filled_at + limits.answer_deadline)
    }

    pub(super) fn listen(&mut self, cx: &mut Context) {
        if self.hearing == Hearing::Nothing {
            self.hearing = Hearing::Bell;
            cx.listeners.insert(self.key);
            cx.mailbox.listen();
        }
    }

    pub(super) fn stop_listening(&mut self, cx: &mut Context) {
        if self.hearing == Hearing::Bell {
            self.hearing = Hearing::Nothing;
            cx.listeners.remove(&self.key);
            cx.mailbox.stop_listening();
        }
    }

    pub(super) fn lend_output(&mut self, cx: &mut Context) {
        if self.connection.output.bytes.capacity() == 0 {
            self.connection.output.bytes = std::mem::take(&mut cx.spare_output);
        }
    }

    /// Gives the buffer back, and leaves the client one no larger than what it has still to write.
    pub(super) fn reclaim_output(&mut self, cx: &mut Context) {
        let output = &mut self.connection.output;
        let left = output.unwritten();
        if left.len() * 2 > output.bytes.capacity() {
            return;
        }
        let left = left.to_vec();
        let mut spare = std::mem::replace(&mut output.bytes, left);
        output.written = 0;
        if spare.capacity() <= SPARE_BYTES_MAX {
            spare.clear();
            cx.spare_output = spare;
        }
    }

    /// Counts what the client did not take of its responses; false when all clients together leave too much.
    pub(super) fn may_hold_output(&mut self, cx: &Context) -> bool {
        let unwritten = self.unwritten_bytes() as u64;
        let held = std::mem::replace(&mut self.output_held_bytes, unwritten);
        // Nearly always both are nothing.
        if unwritten == held {
            return true;
        }
        cx.shared.outputs.give_back(held);
        let fits = cx.shared.outputs.take(unwritten);
        if !fits {
            self.output_held_bytes = 0;
        }
        fits
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
