//! The connection layer over real sockets, with a toy service behind it.

#![allow(
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
#[path = "server/system.rs"]
mod system;
#[path = "server/toy.rs"]
mod toy;
