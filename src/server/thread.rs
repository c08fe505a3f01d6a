//! One connection thread: its epoll, its clients, and the loop that gives each its turn.
//!
//! Started by `Server`, one a core. Nothing it calls blocks: sockets are non-blocking, the service's promise is
//! not to block, everything slow is the pool's. Events tell of changes only (edge-triggered), so what is left
//! undone for fairness is remembered in `again`, and a failed accept is retried by the clock.
//!
//! Invariants: `a_panic_in_a_handler_is_a_500_for_that_request_alone`, `slow_bodies_do_not_starve_others`.
//! Failures: a panic on a client's turn costs that client only; a failing epoll ends the thread and is logged.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::{Events, Poll, Token};
use slog::{error, warn};

use super::accept::{Acceptor, share_out};
use super::client::{Client, Fate};
use super::context::Context;
use super::mailbox::{Mailbox, Message};
use super::pool::Pool;
use super::shared::{ServerPhase, ServerState};
use super::slab::{Key, Slab};
use super::stats;
use super::transport::Transport;

pub(super) const WAKER: Token = Token(usize::MAX);

/// The token of a listener. Those of clients have the upper half of all numbers free.
pub(super) fn listener_token(number: usize) -> Token {
    Token(usize::MAX - 1 - number)
}

/// The listener that a token is of.
fn listener_of(token: Token, listeners: usize) -> Option<usize> {
    Some(usize::MAX - 1 - token.0).filter(|number| *number < listeners)
}

/// Events taken from the kernel at a time.
const EVENTS_MAX: usize = 256;
/// Clients asked after a ring before sockets have their turn again.
const RUNG_CLIENTS_MAX: usize = 256;
/// How soon a job is offered again that the pool had no room for.
const PARKED_RETRY: Duration = Duration::from_millis(5);
/// How often long responses are looked at: they end within two seconds of their requester's right to see them.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

pub(super) struct Thread {
    cx: Context,
    poll: Poll,
    acceptors: Vec<Acceptor>,
    clients: Slab<Client>,
    /// Clients that have still to be asked after the last ring.
    ringing: Vec<Key>,
    phase: ServerPhase,
    looked_at: Instant,
}

impl Thread {
    pub(super) fn new(
        shared: Arc<ServerState>,
        workers: Pool,
        mailbox: Arc<Mailbox>,
        poll: Poll,
        acceptors: Vec<Acceptor>,
    ) -> Self {
        let now = Instant::now();
        Self {
            cx: Context::new(shared, workers, mailbox, now),
            poll,
            acceptors,
            clients: Slab::new(now),
            ringing: Vec::new(),
            phase: ServerPhase::Running,
            looked_at: now,
        }
    }

    /// Runs until the server stops.
    pub(super) fn run(mut self) {
        loop {
            match catch_unwind(AssertUnwindSafe(|| self.turn_rounds())) {
                Ok(Ok(())) => break,
                Ok(Err(error)) => {
                    error!(self.cx.shared.logger, "connection thread failed"; "error" => %error);
                    break;
                }
                // Clients are guarded one by one; this is a defect between them, and they are all still there.
                Err(_) => {
                    self.cx.count_panic();
                    error!(self.cx.shared.logger, "connection thread panicked and goes on");
                }
            }
        }
        self.cx.mailbox.close();
        let shared = Arc::clone(&self.cx.shared);
        let left = self.clients.len() as u64;
        self.cx.mailbox.counters.open.fetch_sub(left, Ordering::Relaxed);
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
            self.cx.now = Instant::now();
            for event in &events {
                let token = event.token();
                if token == WAKER {
                    continue;
                }
                match listener_of(token, self.acceptors.len()) {
                    Some(number) => self.acceptors[number].wake(),
                    None => self.on_event(Key::from(token), event),
                }
            }
            self.cx.mailbox.take(&mut messages);
            for message in messages.drain(..) {
                self.on_message(message);
            }
            self.accept();
            self.ask_listeners();
            self.look_at_responses();
            self.give_second_turns();
            self.cx.offer_parked();
            self.clients.take_due(self.cx.now, &mut due);
            for key in due.drain(..) {
                self.with_client(key, Client::on_deadline);
            }
            match self.cx.shared.phase() {
                ServerPhase::Running => {}
                ServerPhase::Draining => {
                    if self.phase == ServerPhase::Running {
                        self.phase = ServerPhase::Draining;
                        self.drain();
                    }
                    if self.clients.len() == 0 {
                        return Ok(());
                    }
                }
                ServerPhase::Ended => return Ok(()),
            }
        }
    }

    /// How long the kernel may be waited for.
    fn timeout(&self) -> Option<Duration> {
        if !self.cx.again.is_empty() || !self.ringing.is_empty() || self.cx.mailbox.has_rung() {
            return Some(Duration::ZERO);
        }
        let parked = (!self.cx.parked.is_empty()).then_some(PARKED_RETRY);
        let look_at = self.looked_at + LOOK_INTERVAL;
        let look = (!self.cx.responding.is_empty()).then(|| look_at.saturating_duration_since(self.cx.now));
        let waits = [self.clients.until_deadline(self.cx.now), parked, look];
        let accepts = self.acceptors.iter().map(|acceptor| acceptor.until(self.cx.now));
        waits.into_iter().chain(accepts).flatten().min()
    }

    /// Lets `act` work on a client, and closes it if that is its fate.
    fn with_client(&mut self, key: Key, act: impl FnOnce(&mut Client, &mut Context) -> Fate) {
        let Self { clients, cx, .. } = self;
        let Some(client) = clients.get_mut(key) else {
            return;
        };
        client.lend_output(cx);
        match catch_unwind(AssertUnwindSafe(|| act(client, cx))) {
            Ok(Fate::Keep) => {
                client.reclaim_output(cx);
                if client.may_hold_output(cx) {
                    let deadline = client.deadline(&cx.shared.limits);
                    clients.set_deadline(key, deadline);
                    return;
                }
                stats::add(&cx.mailbox.counters.cut, 1);
            }
            Ok(Fate::Close) => client.say_goodbye(cx),
            Err(_) => {
                // Not the service's panic, those are caught where it is called: a defect of ours.
                cx.count_panic();
                cx.restore_read_buffer();
                error!(cx.shared.logger, "connection lost to a panic"; "peer" => %client.transport);
            }
        }
        client.stop_listening(cx);
        cx.responding.remove(&key);
        cx.shared.outputs.give_back(client.output_held_bytes);
        cx.mailbox.counters.open.fetch_sub(1, Ordering::Relaxed);
        clients.remove(key);
    }

    fn accept(&mut self) {
        for number in 0..self.acceptors.len() {
            for _ in 0..self.acceptors[number].turn(&self.cx) {
                let Some(accepted) = self.acceptors[number].accept(&self.cx) else {
                    break;
                };
                if let Some(transport) = share_out(&self.cx, accepted) {
                    self.adopt(transport);
                }
            }
        }
    }

    /// Makes a transport a client of this thread; it is counted as open already.
    fn adopt(&mut self, mut transport: Transport) {
        let (registry, now) = (self.poll.registry(), self.cx.now);
        let mut registered = Ok(());
        let key = self.clients.insert(|key| {
            registered = transport.register(registry, key.into());
            Client::new(key, transport, now)
        });
        let over_limit = self.cx.shared.open_connections() > self.cx.shared.limits.connections_max as u64;
        self.with_client(key, |client, cx| {
            if let Err(error) = registered {
                warn!(cx.shared.logger, "connection not registered"; "error" => %error);
                return Fate::Close;
            }
            // When stopping, a client that has not asked anything is closed: look first.
            client.readable = cx.shared.is_stopping();
            if over_limit {
                return client.refuse_connection(cx);
            }
            client.turn(cx)
        });
    }

    fn on_event(&mut self, key: Key, event: &Event) {
        // Reset, or both sides shut down: nobody reads an answer any more.
        let gone = event.is_error() || event.is_write_closed();
        let (readable, end_announced) = (event.is_readable(), event.is_read_closed());
        self.with_client(key, |client, cx| {
            if gone {
                return Fate::Close;
            }
            client.readable |= readable || end_announced;
            client.end_announced |= end_announced;
            client.turn(cx)
        });
    }

    fn on_message(&mut self, message: Message) {
        match message {
            Message::Adopt(transport) => self.adopt(transport),
            Message::Advance(request, advance) => self.with_client(request.client, |client, cx| {
                if client.number != request.number {
                    return Fate::Keep;
                }
                client.on_advance(cx, advance)
            }),
        }
    }

    fn ask_listeners(&mut self) {
        if self.ringing.is_empty() && self.cx.mailbox.take_ring() {
            self.ringing.extend(&self.cx.listeners);
        }
        for _ in 0..RUNG_CLIENTS_MAX {
            let Some(key) = self.ringing.pop() else {
                break;
            };
            self.with_client(key, Client::on_ring);
        }
    }

    fn look_at_responses(&mut self) {
        if self.cx.responding.is_empty() || self.cx.now < self.looked_at + LOOK_INTERVAL {
            return;
        }
        self.looked_at = self.cx.now;
        let responding: Vec<_> = self.cx.responding.iter().copied().collect();
        for key in responding {
            self.with_client(key, Client::on_look);
        }
    }

    fn give_second_turns(&mut self) {
        for key in std::mem::take(&mut self.cx.again) {
            self.with_client(key, Client::turn);
        }
    }

    /// Accepts what has already connected, then refuses more, closes the idle and ends what has no end.
    fn drain(&mut self) {
        self.acceptors.iter_mut().for_each(Acceptor::wake);
        self.accept();
        self.acceptors.iter_mut().for_each(Acceptor::close);
        for key in self.clients.keys() {
            self.with_client(key, Client::on_drain);
        }
    }
}
