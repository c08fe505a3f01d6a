//! How the server may ask for the password: libpq's `require_auth`, and a rule of our own where it is absent.
//!
//! The driver answers whatever it is asked. A server that asks for the password in clear text gets it, and one that asks for an MD5
//! gets something nearly as good. So the first message of each server passes through here, below the driver: unless a root
//! has vouched for the server, these two are refused before the driver reads them. SCRAM sends nothing that helps a stranger.
//! libpq has the parameter since release 16: <https://www.postgresql.org/docs/current/libpq-connect.html>.
//!
//! Called by `address` (parameter) and `channel` (connections). Failures: [`Refusal`], as the cause of an `io::Error`.
//! Tests: `postgres_passwords`.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::deadline::Link;
use super::refusal::Refusal;
use super::tls::{Peer, Verified};
use crate::infrastructure::store::StoreError;

/// The first message: its kind, its length and, of a request, its code.
const BEGINNING: usize = 9;

/// A way in which the server may ask who connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Not at all: `trust`, `peer`, or a certificate of TLS.
    None,
    Password,
    Md5,
    Scram,
    /// Those that the driver refuses itself.
    Other,
}

impl Method {
    const ALL: [Self; 5] = [Self::None, Self::Password, Self::Md5, Self::Scram, Self::Other];

    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "none" => Self::None,
            "password" => Self::Password,
            "md5" => Self::Md5,
            "scram-sha-256" => Self::Scram,
            "gss" | "sspi" | "oauth" => Self::Other,
            _ => return None,
        })
    }

    /// By the code of the request: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.
    fn of_code(code: u32) -> Self {
        match code {
            0 => Self::None,
            3 => Self::Password,
            5 => Self::Md5,
            10 => Self::Scram,
            _ => Self::Other,
        }
    }
}

/// The methods that are allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Methods {
    /// `require_auth` is absent: all from a server that TLS has verified, and from others all that protect the password.
    Safe,
    Listed(Vec<Method>),
}

impl Methods {
    /// Reads `require_auth`: methods to allow, or each with `!` to allow all others.
    pub(super) fn read(parameter: Option<&str>) -> Result<Self, StoreError> {
        let Some(text) = parameter else { return Ok(Self::Safe) };
        let refused = || {
            StoreError::Misconfigured(
                "DATABASE_URL: require_auth must list each of password, md5, scram-sha-256, none, gss, sspi or oauth at most \
                 once, with commas between; all of them or none with `!`"
                    .to_owned(),
            )
        };
        let names: Vec<_> = text.split(',').collect();
        let is_negative = names.iter().all(|name| name.starts_with('!'));
        let read = |name: &&str| Method::read(if is_negative { &name[1..] } else { name });
        let listed = names.iter().map(read).collect::<Option<Vec<_>>>().ok_or_else(refused)?;
        if (1..names.len()).any(|at| names[..at].contains(&names[at])) {
            return Err(refused());
        }
        let others = || Method::ALL.into_iter().filter(|method| !listed.contains(method)).collect();
        Ok(Self::Listed(if is_negative { others() } else { listed }))
    }

    fn check(&self, method: Method, peer: &Peer) -> Result<(), Refusal> {
        let name = match method {
            Method::None => "no password",
            Method::Password => "the password in clear text",
            Method::Md5 => "the MD5 of the password",
            Method::Scram => "SCRAM-SHA-256",
            Method::Other => "a method that is not supported",
        };
        let is_verified = matches!(peer, Peer::Tls { verified: Verified::Yes, .. });
        match self {
            Self::Listed(allowed) if allowed.contains(&method) => Ok(()),
            Self::Listed(_) => Err(Refusal::stays(format!(
                "the database server asks for {name}, which require_auth in DATABASE_URL does not allow: correct it, or \
                 pg_hba.conf on the server"
            ))),
            Self::Safe if !is_verified && [Method::Password, Method::Md5].contains(&method) => {
                Err(Refusal::stays(format!(
                    "the database server asks for {name}, and TLS has not verified the server: set \
                     password_encryption = 'scram-sha-256' there, set the password again and use scram-sha-256 in pg_hba.conf; \
                     or use sslmode=verify-full with sslrootcert; or accept the risk with require_auth=password,md5,scram-sha-256"
                )))
            }
            Self::Safe => Ok(()),
        }
    }
}

/// The connection as the driver gets it: with the first message checked.
pub(super) struct Guarded {
    link: Link,
    pub(super) peer: Peer,
    methods: Methods,
    first: First,
}

/// The first message of the server.
enum First {
    Awaited {
        bytes: [u8; BEGINNING],
        filled: usize,
    },
    /// Checked, and not all of it handed on.
    Checked {
        bytes: [u8; BEGINNING],
        filled: usize,
        taken: usize,
    },
    Over,
}

impl Guarded {
    pub(super) fn new(link: Link, peer: Peer, methods: Methods) -> Self {
        Self { link, peer, methods, first: First::Awaited { bytes: [0; BEGINNING], filled: 0 } }
    }

    /// Whether enough of the first message is here, and what it asks for is allowed.
    fn check(&self, beginning: &[u8]) -> Result<bool, Refusal> {
        match beginning {
            // An error: it ends the connection.
            [b'E', ..] => Ok(true),
            [b'R', _, _, _, _, code @ ..] => match code.try_into() {
                Ok(code) => {
                    self.methods.check(Method::of_code(u32::from_be_bytes(code)), &self.peer).map(|()| true)
                }
                Err(_) => Ok(false),
            },
            [] | [b'R', ..] => Ok(false),
            // A later request is one that this does not see.
            _ => Err(Refusal::passes("the server does not begin as PostgreSQL does".to_owned())),
        }
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            match self.first {
                First::Over => return Pin::new(&mut self.link).poll_read(cx, buffer),
                First::Checked { bytes, filled, taken } => {
                    let now = buffer.remaining().min(filled - taken);
                    buffer.put_slice(&bytes[taken..taken + now]);
                    let taken = taken + now;
                    self.first =
                        if taken == filled { First::Over } else { First::Checked { bytes, filled, taken } };
                    return Poll::Ready(Ok(()));
                }
                First::Awaited { mut bytes, filled } => {
                    let mut rest = ReadBuf::new(&mut bytes[filled..]);
                    ready!(Pin::new(&mut self.link).poll_read(cx, &mut rest))?;
                    let now = rest.filled().len();
                    let filled = filled + now;
                    // The driver knows what to make of an end.
                    let is_checked = now == 0 || self.check(&bytes[..filled]).map_err(io::Error::other)?;
                    self.first = if is_checked {
                        First::Checked { bytes, filled, taken: 0 }
                    } else {
                        First::Awaited { bytes, filled }
                    };
                    if now == 0 && filled == 0 {
                        return Poll::Ready(Ok(()));
                    }
                }
            }
        }
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.link).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.link).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.link).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNVERIFIED: Peer = Peer::Tls { verified: Verified::No, end_point: None };
    const VERIFIED: Peer = Peer::Tls { verified: Verified::Yes, end_point: None };

    fn allowed(parameter: Option<&str>, peer: &Peer) -> Vec<Method> {
        let methods = Methods::read(parameter).unwrap();
        Method::ALL.into_iter().filter(|method| methods.check(*method, peer).is_ok()).collect()
    }

    #[test]
    fn the_password_is_protected_unless_tls_has_verified_the_server() {
        let protected = [Method::None, Method::Scram, Method::Other];
        assert_eq!(allowed(None, &Peer::Plain), protected);
        assert_eq!(allowed(None, &UNVERIFIED), protected);
        assert_eq!(allowed(None, &VERIFIED), Method::ALL);
    }

    #[test]
    fn require_auth_lists_what_is_allowed_whatever_the_server_is() {
        for peer in [&Peer::Plain, &UNVERIFIED, &VERIFIED] {
            assert_eq!(allowed(Some("scram-sha-256"), peer), [Method::Scram]);
            assert_eq!(allowed(Some("md5,none"), peer), [Method::None, Method::Md5]);
            assert_eq!(allowed(Some("!password,!md5"), peer), [Method::None, Method::Scram, Method::Other]);
        }
    }

    #[test]
    fn a_require_auth_that_libpq_refuses_is_refused() {
        for text in ["scram", "md5,md5", "!md5,password", "md5,", "!", "password, md5"] {
            assert!(Methods::read(Some(text)).is_err(), "{text}");
        }
    }
}
