//! The connection layer over real sockets, with a toy service behind it.

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
#[path = "server/toy.rs"]
mod toy;
