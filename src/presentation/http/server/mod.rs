//! The connection layer: sockets to requests, replies to sockets.

mod reply;

pub use reply::{Expired, Refusal, Reply, Responder, Service, StreamSource, StreamStep, Work};
