//! How other threads reach a connection thread: messages, the bell, counters.
//!
//! Posted to by `Responder`, the pool, the other connection threads (a socket handed over) and `Server`
//! (stopping); emptied by the thread that owns it. Waking is one write to an eventfd. The first message into
//! an empty mailbox wakes the thread; a caller with several may keep the waker and wake once, at the end. A ring costs
//! nothing on a thread that has no listener.
//!
//! Invariants: `a_ring_between_poll_and_sleep_is_not_lost`, `a_ring_while_listeners_are_asked_is_not_lost`,
//! `a_deferred_reply_is_sent_from_any_thread`, `answers_that_are_not_noticed_yet_share_one_waker`.

use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::task::{Wake, Waker};

use parking_lot::Mutex;

use super::reply::{Complete, Reply, Work};
use super::slab::RequestKey;
use super::stats::Counters;
use super::transport::Transport;

/// A message to a thread.
pub(super) enum Message {
    /// A socket that another thread accepted.
    Adopt(Transport),
    /// A request has come further.
    Advance(RequestKey, Advance),
}

/// How a request has come further.
pub(super) enum Advance {
    Reply(Reply),
    /// The reply, to be made on the connection's thread.
    Work(Work),
    /// A response whose body's beginning has been read on the pool.
    Opened(Opened),
    /// The next piece of a long body.
    Pulled(Pulled),
    /// The result of a stream's work.
    Piece(Option<Arc<[u8]>>),
    /// The responder was dropped unanswered.
    Dropped,
    /// The work panicked.
    Panicked,
}

/// A response as it leaves the pool.
pub(super) struct Opened {
    pub(super) status: u16,
    pub(super) headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    pub(super) length: Option<u64>,
    pub(super) first: Pulled,
}

/// A piece of a long body.
pub(super) struct Pulled {
    pub(super) bytes: Vec<u8>,
    pub(super) rest: Rest,
}

/// What comes after a piece.
pub(super) enum Rest {
    /// More can be pulled.
    Source(Source),
    /// More can be pulled after a pause.
    Paused(Source),
    /// That was all.
    End,
    /// The body failed: the connection must not look as if it had ended well.
    Broken,
}

/// A body that is being pulled.
pub(super) struct Source {
    pub(super) reader: Box<dyn Read + Send>,
    /// Bytes still to come, where the length is known.
    pub(super) remaining: Option<u64>,
}

#[derive(Default)]
struct Messages {
    waiting: Vec<Message>,
    /// The thread has ended: nobody will read any more.
    closed: bool,
}

/// One connection thread as others see it.
pub(super) struct Mailbox {
    messages: Mutex<Messages>,
    rung: AtomicBool,
    /// Connections that wait for the bell.
    listeners: AtomicUsize,
    eventfd: mio::Waker,
    pub(super) counters: Counters,
}

impl Mailbox {
    pub(super) fn new(eventfd: mio::Waker) -> Self {
        Self {
            messages: Mutex::new(Messages::default()),
            rung: AtomicBool::new(false),
            listeners: AtomicUsize::new(0),
            eventfd,
            counters: Counters::default(),
        }
    }

    pub(super) fn post(self: &Arc<Self>, message: Message) {
        if let Some(waker) = self.add(message) {
            waker.wake();
        }
    }

    /// Posts without waking. Who is given a waker must use it, and soon: all who add after it rely on that.
    #[must_use = "the thread sleeps on until it is woken"]
    pub(super) fn add(self: &Arc<Self>, message: Message) -> Option<Waker> {
        let mut unwanted = None;
        let first = {
            let mut messages = self.messages.lock();
            if messages.closed {
                unwanted = Some(message);
                false
            } else {
                messages.waiting.push(message);
                messages.waiting.len() == 1
            }
        };
        // Outside the lock: a message may own a responder, which posts when it is dropped.
        drop(unwanted);
        first.then(|| Waker::from(Arc::clone(self)))
    }

    /// Moves all messages into `taken`, which must be empty; its memory is used for the next ones.
    pub(super) fn take(&self, taken: &mut Vec<Message>) {
        std::mem::swap(&mut self.messages.lock().waiting, taken);
    }

    /// Takes no more messages and drops those that wait.
    pub(super) fn close(&self) {
        let unread = {
            let mut messages = self.messages.lock();
            messages.closed = true;
            std::mem::take(&mut messages.waiting)
        };
        drop(unread);
    }

    pub(super) fn open_connections(&self) -> u64 {
        self.counters.open.load(Ordering::Relaxed)
    }

    pub(super) fn wake_thread(&self) {
        // An eventfd that can't be written to is full, and then the thread is about to wake anyway.
        let _ = self.eventfd.wake();
    }

    fn ring(&self) {
        if self.listeners.load(Ordering::Relaxed) > 0 && !self.rung.swap(true, Ordering::AcqRel) {
            self.wake_thread();
        }
    }

    /// Whether a ring has not been taken. The thread must not sleep then: the wake that came with the ring may
    /// have been used up while it was still asking its listeners about the ring before.
    pub(super) fn has_rung(&self) -> bool {
        self.rung.load(Ordering::Relaxed)
    }

    /// Whether the bell rang since the last call.
    pub(super) fn take_ring(&self) -> bool {
        // The plain load keeps the line shared while nothing rings.
        self.rung.load(Ordering::Relaxed) && self.rung.swap(false, Ordering::AcqRel)
    }

    /// Must come before the poll whose `None` makes the caller wait: a ring after this is not lost.
    pub(super) fn listen(&self) {
        self.listeners.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    pub(super) fn stop_listening(&self) {
        self.listeners.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Complete for Mailbox {
    fn complete(self: Arc<Self>, request: RequestKey, work: Option<Work>) -> Option<Waker> {
        self.add(Message::Advance(request, work.map_or(Advance::Dropped, Advance::Work)))
    }
}

impl Wake for Mailbox {
    fn wake(self: Arc<Self>) {
        self.wake_thread();
    }
}

/// Tells every waiting request and stream that something has changed: they are asked again.
///
/// Made before the server, so that the service can hold it; [`Server::start`](super::Server::start) attaches its
/// threads. Ring it after the change is visible.
#[derive(Clone, Default)]
pub struct Bell {
    mailboxes: Arc<Mutex<Vec<Arc<Mailbox>>>>,
}

impl Bell {
    /// A bell that nobody hears yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wakes each thread that has somebody waiting, once however often it rings before they are asked.
    pub fn ring(&self) {
        // Pairs with the fence in `listen`: either the listener's poll sees the change, or it is counted here.
        fence(Ordering::SeqCst);
        for mailbox in &*self.mailboxes.lock() {
            mailbox.ring();
        }
    }

    pub(super) fn attach(&self, mailboxes: &[Arc<Mailbox>]) {
        self.mailboxes.lock().extend_from_slice(mailboxes);
    }

    pub(super) fn detach(&self, mailboxes: &[Arc<Mailbox>]) {
        let gone = |known: &Arc<Mailbox>| mailboxes.iter().any(|mailbox| Arc::ptr_eq(known, mailbox));
        self.mailboxes.lock().retain(|known| !gone(known));
    }
}
