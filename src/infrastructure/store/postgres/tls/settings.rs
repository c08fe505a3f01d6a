//! The parameters of TLS in a connection string, with libpq's meanings and defaults.
//!
//! Called by `address`, which reads them once; `handshake` and `files` look at them for each connection. Failures:
//! [`StoreError::Misconfigured`], without a value of the string.

use std::path::PathBuf;

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};

use crate::infrastructure::store::StoreError;
use crate::infrastructure::store::postgres::connection_string::OwnParameters;

/// `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Mode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl Mode {
    fn read(text: &str) -> Option<Self> {
        Some(match text {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return None,
        })
    }

    pub(super) fn needs_roots(self) -> bool {
        matches!(self, Self::VerifyCa | Self::VerifyFull)
    }

    /// Whether a connection without TLS is refused.
    pub(super) fn is_strict(self) -> bool {
        matches!(self, Self::Require | Self::VerifyCa | Self::VerifyFull)
    }

    /// How a host is tried, one way after the other.
    pub(in super::super) fn ways(self) -> &'static [Way] {
        match self {
            Self::Disable => &[Way::Plain],
            Self::Allow => &[Way::Plain, Way::Tls],
            Self::Prefer => &[Way::TlsIfOffered, Way::Plain],
            Self::Require | Self::VerifyCa | Self::VerifyFull => &[Way::Tls],
        }
    }
}

/// How one connection is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Way {
    Plain,
    /// Plain where the server says that it has no TLS.
    TlsIfOffered,
    Tls,
}

/// `sslrootcert`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RootFile {
    Default,
    At(PathBuf),
    System,
}

/// `sslcert` and `sslkey`; `None` for libpq's own files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ClientCertificate {
    Sent {
        certificate: Option<PathBuf>,
        key: Option<PathBuf>,
    },
    /// `sslcertmode=disable`.
    Kept,
}

/// `sslnegotiation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Negotiation {
    /// PostgreSQL's request comes first.
    Postgres,
    /// The connection begins with TLS, as of PostgreSQL 17.
    Direct,
}

/// `sslsni`: whether the server is sent the name of the host in clear text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerNameSent {
    Yes,
    No,
}

/// The parameters of TLS.
#[derive(Clone, Debug)]
pub(in super::super) struct Tls {
    pub(in super::super) mode: Mode,
    pub(super) roots: RootFile,
    pub(super) client: ClientCertificate,
    pub(super) negotiation: Negotiation,
    pub(super) server_name: ServerNameSent,
    pub(super) versions: Vec<&'static SupportedProtocolVersion>,
}

impl Tls {
    /// Reads the parameters; libpq's defaults count where there are none.
    pub(in super::super) fn read(parameters: &OwnParameters) -> Result<Self, StoreError> {
        let get = |name| parameters.get(name);
        let roots = match get("sslrootcert") {
            None => RootFile::Default,
            Some("system") => RootFile::System,
            Some(path) => RootFile::At(path.into()),
        };
        let mode = match get("sslmode") {
            None if roots == RootFile::System => Mode::VerifyFull,
            None => Mode::Prefer,
            Some(text) => Mode::read(text).ok_or_else(|| {
                refused("sslmode must be disable, allow, prefer, require, verify-ca or verify-full")
            })?,
        };
        if roots == RootFile::System && mode != Mode::VerifyFull {
            return Err(refused(
                "sslrootcert=system needs sslmode=verify-full: anybody can get a certificate of a public issuer",
            ));
        }
        let negotiation = match get("sslnegotiation") {
            None | Some("postgres") => Negotiation::Postgres,
            Some("direct") if mode.is_strict() => Negotiation::Direct,
            Some("direct") => return Err(refused("sslnegotiation=direct needs sslmode=require or stricter")),
            Some(_) => return Err(refused("sslnegotiation must be postgres or direct")),
        };
        let path = |name| get(name).map(PathBuf::from);
        let client = match get("sslcertmode") {
            None | Some("allow") => {
                ClientCertificate::Sent { certificate: path("sslcert"), key: path("sslkey") }
            }
            Some("disable") => ClientCertificate::Kept,
            Some(_) => {
                return Err(refused("sslcertmode must be disable or allow: require is not supported"));
            }
        };
        let server_name = match get("sslsni") {
            None | Some("1") => ServerNameSent::Yes,
            Some("0") => ServerNameSent::No,
            Some(_) => return Err(refused("sslsni must be 0 or 1")),
        };
        let versions = versions(get("ssl_min_protocol_version"), get("ssl_max_protocol_version"))?;
        Ok(Self { mode, roots, client, negotiation, server_name, versions })
    }
}

/// TLS 1.2 and 1.3, unless the parameters say less.
fn versions(
    min: Option<&str>,
    max: Option<&str>,
) -> Result<Vec<&'static SupportedProtocolVersion>, StoreError> {
    const NAMES: &str = "ssl_min_protocol_version and ssl_max_protocol_version must be TLSv1.2 or TLSv1.3";
    let place = |text: &str| match text.to_ascii_lowercase().as_str() {
        // Older ones are not supported: the least is 1.2, whatever less is asked for.
        "tlsv1" | "tlsv1.1" => Some(0),
        "tlsv1.2" => Some(2),
        "tlsv1.3" => Some(3),
        _ => None,
    };
    let min = min.map_or(Some(2), place).ok_or_else(|| refused(NAMES))?;
    let max = max.map_or(Some(3), place).ok_or_else(|| refused(NAMES))?;
    let all = [(2, &TLS12), (3, &TLS13)].into_iter();
    let versions: Vec<_> = all.filter(|(place, _)| (min..=max).contains(place)).map(|(_, it)| it).collect();
    if versions.is_empty() { Err(refused(NAMES)) } else { Ok(versions) }
}

fn refused(what: &str) -> StoreError {
    StoreError::Misconfigured(format!("DATABASE_URL: {what}"))
}
