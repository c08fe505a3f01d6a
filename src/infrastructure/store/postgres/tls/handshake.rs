//! TLS on one connection: PostgreSQL's request for it, and the handshake.
//!
//! Called by `channel`, below the deadline. Failures: [`Unconnected`], whose kind says whether `prefer` goes on without TLS, as
//! libpq does: it does when the handshake fails, and not when the server is silent or says what can't be understood.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, Error};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;

use super::certificate::Certificate;
use super::files;
use super::settings::{Mode, Negotiation, ServerNameSent, Tls, Way};
use super::verifier::{Check, Verifier};
use crate::infrastructure::store::postgres::deadline::Link;
use crate::infrastructure::store::postgres::refusal::{Refusal, Unconnected, explain};

/// `SSLRequest`: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.
const REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// The protocol's name within TLS, registered at IANA.
const PROTOCOL: &[u8] = b"postgresql";

/// The other end, as far as TLS knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Peer {
    Plain,
    Tls {
        verified: Verified,
        /// For SCRAM with channel binding.
        end_point: Option<Vec<u8>>,
    },
}

/// Whether TLS has found the server to be one that a root vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Verified {
    Yes,
    No,
}

/// A connection on which PostgreSQL's own messages can begin.
pub(in super::super) struct Begun {
    pub(in super::super) link: Link,
    pub(in super::super) peer: Peer,
}

/// Begins TLS in a way, or goes on without.
pub(in super::super) async fn begin(
    mut link: Link,
    way: Way,
    tls: &Tls,
    host: Option<&str>,
) -> Result<Begun, Unconnected> {
    if way == Way::Plain {
        return Ok(Begun { link, peer: Peer::Plain });
    }
    if tls.negotiation == Negotiation::Postgres {
        link.write_all(&REQUEST).await?;
        link.flush().await?;
        match link.read_u8().await? {
            b'S' => {}
            b'N' if way == Way::TlsIfOffered => return Ok(Begun { link, peer: Peer::Plain }),
            b'N' => {
                let text = "the database server has no TLS, which sslmode needs: set ssl = on there, or use another sslmode";
                return Err(Unconnected::Refused(Refusal::stays(text.to_owned())));
            }
            _ => {
                let text = "the server did not answer the request for TLS as PostgreSQL does";
                return Err(io::Error::new(io::ErrorKind::InvalidData, text).into());
            }
        }
    }
    let (config, verified) = configure(tls, host)?;
    let connector = TlsConnector::from(Arc::new(config));
    let stream = connector.connect(server_name(host), link).await.map_err(failed)?;
    let (_, connection) = stream.get_ref();
    if tls.negotiation == Negotiation::Direct && connection.alpn_protocol() != Some(PROTOCOL) {
        let text = "sslnegotiation=direct: the server did not say that it speaks PostgreSQL: leave the parameter out";
        return Err(Unconnected::Refused(Refusal::stays(text.to_owned())));
    }
    let certificate = connection.peer_certificates().and_then(|sent| sent.first());
    let end_point = certificate.and_then(|der| Certificate::read(der)).and_then(|found| found.end_point());
    Ok(Begun { peer: Peer::Tls { verified, end_point }, link: Box::new(stream) })
}

/// Reads the files once, so that a start does not wait for a database that it then can't be connected to. Where plain
/// connections may follow, libpq does not look at them before it needs them.
pub(in super::super) fn check(tls: &Tls, host: Option<&str>) -> Result<(), Refusal> {
    if tls.mode.is_strict() { configure(tls, host).map(drop) } else { Ok(()) }
}

/// The settings of rustls for a host.
fn configure(tls: &Tls, host: Option<&str>) -> Result<(ClientConfig, Verified), Refusal> {
    let provider = Arc::new(ring::default_provider());
    let unsupported = |error: Error| Refusal::stays(format!("TLS can't be used: {error}"));
    let check = match (files::roots(tls.mode, &tls.roots)?.map(Arc::new), tls.mode, host) {
        (None, ..) => Check::Nothing,
        (Some(_), Mode::VerifyFull, None) => {
            let text =
                "sslmode=verify-full needs a host name: write host=NAME next to hostaddr into DATABASE_URL";
            return Err(Refusal::stays(text.to_owned()));
        }
        (Some(roots), Mode::VerifyFull, Some(host)) => Check::ChainAndHost(roots, host.to_owned()),
        (Some(roots), ..) => Check::Chain(roots),
    };
    let verified = if matches!(check, Check::Nothing) { Verified::No } else { Verified::Yes };
    let certificate = files::client_certificate(&tls.client, &provider)?;
    let checks = Arc::new(Verifier::new(check, Arc::clone(&provider)));
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_protocol_versions(&tls.versions).map_err(unsupported)?;
    let builder = builder.dangerous().with_custom_certificate_verifier(checks);
    let mut config = match certificate {
        Some(key) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key))),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    config.enable_sni = tls.server_name == ServerNameSent::Yes;
    Ok((config, verified))
}

/// The name that the server is sent. `verifier` has the host itself; an address is not sent.
fn server_name(host: Option<&str>) -> ServerName<'static> {
    let named = host.and_then(|host| ServerName::try_from(host.to_owned()).ok());
    named.unwrap_or(ServerName::IpAddress(IpAddr::V4(Ipv4Addr::UNSPECIFIED).into()))
}

fn failed(error: io::Error) -> Unconnected {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(inner) => Unconnected::Refused(explain(inner)),
        // The whole time is over: nothing is tried after it.
        None if error.kind() == io::ErrorKind::TimedOut => Unconnected::Lost(error),
        None => Unconnected::Handshake(error),
    }
}
