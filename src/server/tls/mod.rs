//! TLS for clients, by rustls.
//!
//! `stream` is one connection, a kind of `Transport`. `files` turns PEM files into a configuration, and `keys` holds the
//! configuration that new connections get, and renews it when the files change. TLS 1.2 and 1.3 without early data,
//! ALPN `http/1.1`.

mod files;
mod keys;
mod stream;

pub use files::{TlsError, TlsFiles};
pub use keys::{TlsKeys, TlsWatch};

pub(super) use stream::TlsStream;
