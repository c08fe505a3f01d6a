//! Connections that this side ends, and what to do about it.
//!
//! The hook around the driver's socket fails with [`Unconnected`], and the guard of the password with a [`Refusal`] within an
//! `io::Error`; `errors` finds both below the driver's error. Called by `tls`, `authentication`, `channel` and `errors`.

use std::io;

use rustls::{AlertDescription, CertificateError, Error};

/// A connection that this side does not want, in words that say what to do.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{text}")]
pub(super) struct Refusal {
    text: String,
    pub(super) lasts: Lasts,
}

/// For how long a refusal is likely to last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lasts {
    /// Until a person acts: a start ends with it.
    UntilFixed,
    /// It may pass by itself: a start waits for that.
    Perhaps,
}

impl Refusal {
    /// No waiting helps.
    pub(super) fn stays(text: String) -> Self {
        Self { text, lasts: Lasts::UntilFixed }
    }

    /// It may pass by itself.
    pub(super) fn passes(text: String) -> Self {
        Self { text, lasts: Lasts::Perhaps }
    }
}

/// Why the hook made no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unconnected {
    /// The network or the time-out, or an answer that can't be understood. libpq tries no other way after it.
    #[error(transparent)]
    Lost(#[from] io::Error),
    /// The network, in the middle of a handshake.
    #[error("TLS with the database server was not completed: {0}")]
    Handshake(io::Error),
    /// One end refused TLS.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// An error of TLS in words that say what to do.
pub(super) fn explain(error: &Error) -> Refusal {
    let stays = |text: String| Refusal::stays(text);
    match error {
        // The words of `verifier`.
        Error::General(text) => stays(text.clone()),
        Error::InvalidCertificate(error) => of_certificate(error),
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::PeerIncompatible(_) | Error::NoApplicationProtocol => stays(format!(
            "the database server and this program have no form of TLS in common ({error}): let the server use TLS 1.2 or 1.3"
        )),
        other => Refusal::passes(format!("TLS to the database server failed: {other}")),
    }
}

fn of_certificate(error: &CertificateError) -> Refusal {
    match error {
        CertificateError::UnknownIssuer => Refusal::stays(
            "no root in sslrootcert has issued the certificate of the database server: add the root's certificate to that \
             file, or correct DATABASE_URL if this is another server"
                .to_owned(),
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Refusal::stays(
            "the certificate of the database server, or of its issuer, has expired: renew it".to_owned(),
        ),
        // The clock of this machine may be about to be set.
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Refusal::passes(
            "the certificate of the database server is not valid yet: compare the clocks of both machines".to_owned(),
        ),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => Refusal::stays(
            "the certificate of the database server is not for servers: issue one with extendedKeyUsage = serverAuth"
                .to_owned(),
        ),
        other => Refusal::stays(format!("the certificate of the database server can't be used: {other}")),
    }
}

fn of_alert(alert: AlertDescription) -> Refusal {
    use AlertDescription as Alert;
    match alert {
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::UnknownCA
        | Alert::AccessDenied
        | Alert::DecryptError
        | Alert::CertificateRequired => Refusal::stays(format!(
            "the database server refuses the client certificate ({alert:?}): correct sslcert and sslkey, or ssl_ca_file there"
        )),
        Alert::HandshakeFailure
        | Alert::ProtocolVersion
        | Alert::InsufficientSecurity
        | Alert::NoApplicationProtocol => Refusal::stays(format!(
            "the database server refuses TLS as this program offers it ({alert:?}): let it use TLS 1.2 or 1.3"
        )),
        other => Refusal::passes(format!("the database server ended TLS ({other:?})")),
    }
}
