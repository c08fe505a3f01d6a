//! When the certificates of a server end: a handshake of our own, because the HTTP client does not show them.

use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use ureq::http::Uri;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::error::Error;
use super::remote::roots;
use super::settings::Settings;
use crate::domain::Timestamp;

/// When the first certificate of the server's chain ends. It connects directly, also where a proxy is set.
pub(crate) fn chain_end(settings: &Settings) -> Result<Timestamp, Error> {
    let unreadable = |why: String| Error::Invalid(format!("the certificate can't be read: {why}"));
    let uri: Uri = settings.server.parse().map_err(|_| unreadable("not an address".into()))?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16().unwrap_or(443);
    let mut trusted = RootCertStore::empty();
    for root in roots(settings)? {
        // One that can't be used is not trusted.
        let _ = trusted.add(CertificateDer::from(root.der()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| unreadable(error.to_string()))?;
    let config = config.with_root_certificates(trusted).with_no_client_auth();
    let name = ServerName::try_from(host.clone()).map_err(|error| unreadable(error.to_string()))?;
    let connection = ClientConnection::new(Arc::new(config), name);
    let mut connection = connection.map_err(|error| unreadable(error.to_string()))?;
    handshake(&mut connection, settings, &host, port).map_err(|error| unreadable(error.to_string()))?;
    let ends = connection.peer_certificates().unwrap_or_default().iter().filter_map(end);
    ends.min().ok_or_else(|| unreadable("the server has none".into()))
}

fn handshake(
    connection: &mut ClientConnection,
    settings: &Settings,
    host: &str,
    port: u16,
) -> std::io::Result<()> {
    let no_address = || std::io::Error::other("no host has this name");
    let address = (host, port).to_socket_addrs()?.next().ok_or_else(no_address)?;
    let mut socket = TcpStream::connect_timeout(&address, settings.timeout)?;
    socket.set_read_timeout(Some(settings.timeout))?;
    socket.set_write_timeout(Some(settings.timeout))?;
    while connection.is_handshaking() {
        connection.complete_io(&mut socket)?;
    }
    Ok(())
}

fn end(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let parsed = Certificate::from_der(certificate).ok()?;
    let end = parsed.tbs_certificate().validity().not_after.to_unix_duration();
    Some(Timestamp::from_system(UNIX_EPOCH + end))
}
