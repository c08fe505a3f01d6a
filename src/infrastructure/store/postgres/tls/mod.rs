//! TLS to PostgreSQL as libpq means it: <https://www.postgresql.org/docs/current/libpq-ssl.html>.
//!
//! - `settings`: the parameters of the connection string. `files`: roots, certificate and key.
//! - `handshake`: TLS on one connection. `verifier`, `certificate`: whether the server is the right one.
//!
//! Called by `address` (parameters), `sessions` (the order of tries) and `channel` (handshakes). Tests: `postgres_tls`,
//! where psql says which connections must succeed.

mod certificate;
mod files;
mod handshake;
mod settings;
mod verifier;

pub(super) use self::handshake::{Peer, Verified, begin, check};
pub(super) use self::settings::{Tls, Way};
