//! The connection layer over real sockets, with a toy service behind it.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a test's helpers fails the test"
)]

#[path = "server/client.rs"]
mod client;
#[path = "server/framing.rs"]
mod framing;
#[path = "server/limits.rs"]
mod limits;
#[path = "server/over_tls.rs"]
#[allow(clippy::duplicate_mod, reason = "the same tests over another transport")]
mod over_tls;
#[path = "server/past_the_limit.rs"]
mod past_the_limit;
#[path = "server/pressure.rs"]
mod pressure;
#[path = "server/reading.rs"]
mod reading;
#[path = "server/replies.rs"]
mod replies;
#[path = "server/requests.rs"]
mod requests;
#[path = "server/seam.rs"]
mod seam;
#[allow(dead_code, reason = "these tests use a part of it")]
#[path = "server/support.rs"]
mod support;
#[path = "server/system.rs"]
mod system;
#[path = "server/tls.rs"]
mod tls;
#[path = "server/toy.rs"]
mod toy;
#[path = "server/turns.rs"]
mod turns;
#[path = "server/unix.rs"]
mod unix;
