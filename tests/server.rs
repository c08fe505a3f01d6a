//! The connection layer over real sockets, with a toy service behind it.

#[path = "server/client.rs"]
mod client;
#[path = "server/requests.rs"]
mod requests;
#[path = "server/toy.rs"]
mod toy;
