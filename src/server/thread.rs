//! One connection thread: its epoll, its clients, and the loop that gives each its turn.
//!
//! Started by `Server`, one a core. Nothing it calls blocks: sockets are non-blocking, the service's promise is
//! not to block, everything slow is the pool's. Events tell of changes only (edge-triggered), so what is left
//! undone for fairness is remembered in `again`, and a failed accept is retried by the clock.
//!
//! Invariants: `a_panic_in_a_handler_is_a_500_for_that_request_alone`, `slow_bodies_do_not_starve_others`.
//! Failures: a panic on a client's turn costs that client only; a failing epoll ends the thread and is logged.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::TcpListener;
use mio::{Events, Poll, Token};
use slog::{Drain, error};

use super::accept::Accepting;
use super::client::{Client, Fate, Hearing};
use super::date::Date;
use super::mailbox::{Mailbox, Message};
use super::pool::{Job, Pool};
use super::shared::{Phase, Shared};
use super::slab::{Key, Slab};
use super::stats;

pub(super) const LISTENER: Token = Token(usize::MAX);
pub(super) const WAKER: Token = Token(usize::MAX - 1);

/// Events taken from the kernel at a time.
const EVENTS_MAX: usize = 256;
/// Bytes read from a socket at a time: as much as a head may have. What is read behind a request that must wait
/// is kept, so more would be memory that each client can make the server hold.
const READ_BYTES: usize = 16 << 10;
/// Clients asked after a ring before sockets have their turn again.
const RUNG_CLIENTS_MAX: usize = 256;
/// How soon a job is offered again that the pool had no room for.
const PARKED_RETRY: Duration = Duration::from_millis(5);
/// A buffer that grew past this for a large answer is not kept for the next one.
const SPARE_BYTES_MAX: usize = 1 << 20;

pub(super) struct Thread {
    pub(super) shared: Arc<Shared>,
    pub(super) pool: Pool,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) poll: Poll,
    pub(super) listener: Option<TcpListener>,
    pub(super) accepting: Accepting,
    pub(super) clients: Slab<Client>,
    /// Who waits for the bell.
    pub(super) listeners: BTreeSet<Key>,
    /// Who has still to be asked after the last ring.
    ringing: Vec<Key>,
    /// Who has more to do than one turn allows.
    pub(super) again: BTreeSet<Key>,
    /// Pieces of answers that the pool had no room for.
    pub(super) parked: VecDeque<Job>,
    pub(super) read_buffer: Vec<u8>,
    /// Lent to the client whose turn it is, so that an idle one needs none.
    pub(super) spare_output: Vec<u8>,
    pub(super) date: Date,
    /// When the current round began.
    pub(super) now: Instant,
    pub(super) access_lines: AccessLines,
    phase: Phase,
}

/// Whether each request is logged; asked once a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AccessLines {
    Written,
    Off,
}

impl Thread {
    pub(super) fn new(
        shared: Arc<Shared>,
        workers: Pool,
        mailbox: Arc<Mailbox>,
        poll: Poll,
        listener: TcpListener,
    ) -> Self {
        let now = Instant::now();
        Self {
            shared,
            pool: workers,
            mailbox,
            poll,
            listener: Some(listener),
            accepting: Accepting::WhenReady,
            clients: Slab::new(now),
            listeners: BTreeSet::new(),
            ringing: Vec::new(),
            again: BTreeSet::new(),
            parked: VecDeque::new(),
            read_buffer: vec![0; READ_BYTES],
            spare_output: Vec::new(),
            date: Date::new(now),
            now,
            access_lines: AccessLines::Off,
            phase: Phase::Running,
        }
    }

    /// Runs until the server stops.
    pub(super) fn run(mut self) {
        loop {
            match catch_unwind(AssertUnwindSafe(|| self.turn_rounds())) {
                Ok(Ok(())) => break,
                Ok(Err(error)) => {
                    error!(self.shared.logger, "connection thread failed"; "error" => %error);
                    break;
                }
                // Clients are guarded one by one; this is a defect between them, and they are all still there.
                Err(_) => {
                    self.count_panic();
                    error!(self.shared.logger, "connection thread panicked and goes on");
                }
            }
        }
        self.mailbox.close();
        let shared = Arc::clone(&self.shared);
        let left = self.clients.len() as u64;
        self.mailbox.counters.open.fetch_sub(left, Ordering::Relaxed);
        // All sockets are closed before the server hears of it.
        drop(self);
        shared.thread_ended(left);
    }

    fn turn_rounds(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS_MAX);
        let mut messages = Vec::new();
        let mut due = Vec::new();
        loop {
            let timeout = self.timeout();
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            self.now = Instant::now();
            let written = self.shared.logger.is_debug_enabled();
            self.access_lines = if written { AccessLines::Written } else { AccessLines::Off };
            for event in &events {
                match event.token() {
                    LISTENER => self.accepting = Accepting::Now,
                    WAKER => {}
                    token => self.on_event(Key::from(token), event),
                }
            }
            self.mailbox.take(&mut messages);
            for message in messages.drain(..) {
                self.on_message(message);
            }
            self.accept();
            self.ask_listeners();
            self.give_second_turns();
            self.offer_parked();
            self.clients.take_due(self.now, &mut due);
            for key in due.drain(..) {
                self.with_client(key, Self::on_deadline);
            }
            match self.shared.phase() {
                Phase::Running => {}
                Phase::Draining => {
                    if self.phase == Phase::Running {
                        self.phase = Phase::Draining;
                        self.drain();
                    }
                    if self.clients.len() == 0 {
                        return Ok(());
                    }
                }
                Phase::Ended => return Ok(()),
            }
        }
    }

    /// How long the kernel may be waited for.
    fn timeout(&self) -> Option<Duration> {
        if !self.again.is_empty() || !self.ringing.is_empty() || self.mailbox.has_rung() {
            return Some(Duration::ZERO);
        }
        let parked = (!self.parked.is_empty()).then_some(PARKED_RETRY);
        let waits = [self.clients.until_deadline(self.now), self.accepting.until(self.now), parked];
        waits.into_iter().flatten().min()
    }

    /// Lets `act` work on a client, and closes it if that is its fate.
    pub(super) fn with_client(&mut self, key: Key, act: impl FnOnce(&mut Self, &mut Client) -> Fate) {
        let Some(mut client) = self.clients.take(key) else {
            return;
        };
        self.lend_output(&mut client);
        let fate = catch_unwind(AssertUnwindSafe(|| act(self, &mut client)));
        match fate {
            Ok(Fate::Keep) => {
                self.reclaim_output(&mut client);
                if self.may_hold_output(&mut client) {
                    self.clients.set_deadline(key, client.deadline(&self.shared.limits));
                    self.clients.put_back(key, client);
                    return;
                }
                stats::add(&self.mailbox.counters.cut, 1);
            }
            Ok(Fate::Close) => {}
            Err(_) => {
                // Not the service's panic, those are caught where it is called: a defect of ours.
                self.count_panic();
                self.read_buffer.resize(READ_BYTES, 0);
                error!(self.shared.logger, "connection lost to a panic"; "peer" => %client.peer);
            }
        }
        self.stop_listening(&mut client);
        self.shared.outputs.give_back(client.output_held_bytes);
        self.mailbox.counters.open.fetch_sub(1, Ordering::Relaxed);
        self.clients.free(key);
    }

    fn lend_output(&mut self, client: &mut Client) {
        if client.connection.output.bytes.capacity() == 0 {
            client.connection.output.bytes = std::mem::take(&mut self.spare_output);
        }
    }

    /// Takes the buffer back, and leaves the client one no larger than what it has still to write.
    fn reclaim_output(&mut self, client: &mut Client) {
        let output = &mut client.connection.output;
        let left = output.unwritten();
        if left.len() * 2 > output.bytes.capacity() {
            return;
        }
        let left = left.to_vec();
        let mut spare = std::mem::replace(&mut output.bytes, left);
        output.written = 0;
        if spare.capacity() <= SPARE_BYTES_MAX {
            spare.clear();
            self.spare_output = spare;
        }
    }

    /// Counts what the client did not take of its answers; false when all clients together leave too much.
    fn may_hold_output(&self, client: &mut Client) -> bool {
        let unwritten = client.connection.output.unwritten().len() as u64;
        let held = std::mem::replace(&mut client.output_held_bytes, unwritten);
        // Nearly always both are nothing.
        if unwritten == held {
            return true;
        }
        self.shared.outputs.give_back(held);
        let fits = self.shared.outputs.take(unwritten);
        if !fits {
            client.output_held_bytes = 0;
        }
        fits
    }

    fn on_event(&mut self, key: Key, event: &Event) {
        // Reset, or both sides shut down: nobody reads an answer any more.
        let gone = event.is_error() || event.is_write_closed();
        let (readable, end_announced) = (event.is_readable(), event.is_read_closed());
        self.with_client(key, |thread, client| {
            if gone {
                return Fate::Close;
            }
            client.readable |= readable || end_announced;
            client.end_announced |= end_announced;
            thread.turn(client)
        });
    }

    fn on_message(&mut self, message: Message) {
        match message {
            Message::Adopt(socket, peer) => self.adopt(socket, peer),
            Message::Outcome(ticket, outcome) => self.with_client(ticket.key, |thread, client| {
                if client.ticket != ticket.request {
                    return Fate::Keep;
                }
                thread.on_outcome(client, outcome)
            }),
        }
    }

    pub(super) fn listen(&mut self, client: &mut Client) {
        if client.hearing == Hearing::Nothing {
            client.hearing = Hearing::Bell;
            self.listeners.insert(client.key);
            self.mailbox.listen();
        }
    }

    pub(super) fn stop_listening(&mut self, client: &mut Client) {
        if client.hearing == Hearing::Bell {
            client.hearing = Hearing::Nothing;
            self.listeners.remove(&client.key);
            self.mailbox.stop_listening();
        }
    }

    fn ask_listeners(&mut self) {
        if self.ringing.is_empty() && self.mailbox.take_ring() {
            self.ringing.extend(&self.listeners);
        }
        for _ in 0..RUNG_CLIENTS_MAX {
            let Some(key) = self.ringing.pop() else {
                break;
            };
            self.with_client(key, Self::on_ring);
        }
    }

    fn give_second_turns(&mut self) {
        for key in std::mem::take(&mut self.again) {
            self.with_client(key, Self::turn);
        }
    }

    fn offer_parked(&mut self) {
        while let Some(job) = self.parked.pop_front() {
            if let Err(job) = self.pool.submit(job) {
                self.parked.push_front(job);
                break;
            }
        }
    }

    /// Accepts what has already connected, then refuses more, closes the idle and ends what has no end.
    fn drain(&mut self) {
        self.accepting = Accepting::Now;
        self.accept();
        self.listener = None;
        self.accepting = Accepting::WhenReady;
        for key in self.clients.keys() {
            self.with_client(key, Self::on_drain);
        }
    }

    pub(super) fn count_panic(&self) {
        stats::add(&self.mailbox.counters.panics, 1);
    }
}
