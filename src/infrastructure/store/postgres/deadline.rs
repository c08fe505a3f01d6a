//! Deadlines for a driver that has none.
//!
//! The synchronous driver waits for an answer without end: a stopped backend or a black hole outlasts
//! `statement_timeout`, which its server should have minded, and keep-alives, which the kernel at the other
//! end still answers. The driver has one hook around its socket (`channel`); here it puts a timer next to each
//! read and write that has to wait, also those of a TLS handshake. The instant is set from outside, an operation at a time.
//!
//! Called by `channel` and `connect`; proved by `a_black_hole_costs_its_deadline_and_no_more`.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep_until};

/// When the operation under way on one connection has to be over; shared by the connection and its owner.
#[derive(Clone, Default)]
pub(super) struct Deadline(Arc<Mutex<Option<Instant>>>);

impl Deadline {
    /// From now on until `limit` has passed.
    pub(super) fn set(&self, limit: Duration) {
        *self.0.lock() = Some(Instant::now() + limit);
    }

    /// No deadline: for a wait that is meant to last.
    pub(super) fn lift(&self) {
        *self.0.lock() = None;
    }

    fn get(&self) -> Option<Instant> {
        *self.0.lock()
    }
}

/// Bytes to and from a server.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Bytes for T {}

/// A connection, whatever carries it: a socket, or TLS on one.
pub(super) type Link = Box<dyn Bytes>;

/// A socket that gives up when the deadline passes.
pub(super) struct TimedStream {
    socket: Link,
    deadline: Deadline,
    timer: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl TimedStream {
    pub(super) fn new(socket: Link, deadline: Deadline) -> Self {
        Self { socket, deadline, timer: None }
    }

    /// What a wait comes to: still waiting, or too late. A timer that was set for an earlier operation is set
    /// anew, so that a connection that was idle for an hour is not late at its next query.
    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let Some(until) = self.deadline.get() else {
            return Poll::Pending;
        };
        let (armed_for, timer) =
            self.timer.get_or_insert_with(|| (until, Box::pin(sleep_until(until.into()))));
        if *armed_for != until {
            *armed_for = until;
            timer.as_mut().reset(until.into());
        }
        timer.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for TimedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.socket).poll_read(cx, buffer) {
            Poll::Pending => self.wait(cx),
            done @ Poll::Ready(_) => done,
        }
    }
}

impl AsyncWrite for TimedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.socket).poll_write(cx, bytes) {
            Poll::Pending => self.wait(cx),
            done @ Poll::Ready(_) => done,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.socket).poll_flush(cx) {
            Poll::Pending => self.wait(cx),
            done @ Poll::Ready(_) => done,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.socket).poll_shutdown(cx) {
            Poll::Pending => self.wait(cx),
            done @ Poll::Ready(_) => done,
        }
    }
}
