//! The transport over the network: ureq, with the proxies of the usual variables. TLS is set up for `https` alone.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Timeout};

use super::error::Error;
use super::settings::Settings;
use super::transport::{Request, Response, Sent, Transport, TransportError};

/// An event stream sends a heartbeat every 15 s.
const SILENCE_MAX: Duration = Duration::from_secs(40);
/// The longest head of a response.
const HEAD_BYTES_MAX: usize = 64 << 10;

pub(super) struct Remote {
    agent: Agent,
    server: String,
    timeout: Duration,
}

impl Remote {
    pub(super) fn new(settings: &Settings) -> Result<Self, Error> {
        let server = settings.server.trim_end_matches('/').to_owned();
        let uri: Uri = server.parse().map_err(|_| not_a_server(&server))?;
        let is_secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(not_a_server(&server)),
        };
        if !matches!(uri.path(), "" | "/")
            || uri.query().is_some()
            || uri.authority().is_none_or(|it| it.as_str().contains('@'))
        {
            return Err(not_a_server(&server));
        }
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(HEAD_BYTES_MAX)
            .user_agent(concat!("configapi/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(settings.timeout))
            .timeout_connect(Some(settings.timeout));
        if is_secure {
            config = config.tls_config(tls(settings)?);
        }
        Ok(Self { agent: config.build().new_agent(), server, timeout: settings.timeout })
    }
}

fn not_a_server(text: &str) -> Error {
    // It may have a password in it.
    let shown = if text.contains('@') { "the server's address" } else { text };
    Error::Invalid(format!(
        "{shown} is not a server's address: write http://HOST:PORT or https://HOST:PORT, without a path, a user or a query"
    ))
}

/// TLS with the certificates to trust. `ring`, as everywhere in this crate.
fn tls(settings: &Settings) -> Result<TlsConfig, Error> {
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::from(roots(settings)?))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build())
}

/// The certificates to trust: those of a file, else those of the system.
pub(super) fn roots(settings: &Settings) -> Result<Vec<Certificate<'static>>, Error> {
    let Some(path) = &settings.ca_cert else {
        let found = rustls_native_certs::load_native_certs();
        return Ok(found.certs.iter().map(|der| Certificate::from_der(der.as_ref()).to_owned()).collect());
    };
    let unusable = |why: String| Error::Invalid(format!("{}: {why}", path.display()));
    let pem = fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let roots: Result<Vec<Certificate<'static>>, _> = ureq::tls::parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(Ok(certificate)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
        .collect();
    let roots = roots.map_err(|error| unusable(error.to_string()))?;
    if roots.is_empty() {
        return Err(unusable(
            "the file has no certificate: give a PEM file with the CA's certificate".into(),
        ));
    }
    Ok(roots)
}

impl Transport for Remote {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let timeout = if request.endless { SILENCE_MAX } else { self.timeout };
        let mut built = ureq::http::Request::builder()
            .method(request.method)
            .uri(format!("{}{}", self.server, request.target));
        for (name, value) in &request.headers {
            built = built.header(*name, value);
        }
        let body = request.body.as_deref();
        let sent = match body {
            Some(bytes) => built.body(bytes).map(|request| self.run(request, timeout)),
            None => built.body(()).map(|request| self.run(request, timeout)),
        };
        let response = match sent {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(failed(&error)),
            Err(error) => return Err(TransportError { sent: Sent::No, why: error.to_string() }),
        };
        let (head, body) = response.into_parts();
        let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers =
            head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let body = body.into_with_config().limit(u64::MAX).reader();
        Ok(Response { status: head.status.as_u16(), headers, body: Box::new(body) })
    }

    fn place(&self) -> &str {
        &self.server
    }
}

impl Remote {
    fn run(
        &self,
        request: ureq::http::Request<impl ureq::AsSendBody>,
        timeout: Duration,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let request = self
            .agent
            .configure_request(request)
            .timeout_recv_response(Some(timeout))
            .timeout_per_read(Some(timeout))
            .timeout_per_write(Some(timeout))
            .build();
        self.agent.run(request)
    }
}

/// Whether the server may have the request, and why it failed.
fn failed(error: &ureq::Error) -> TransportError {
    let never_connected = match error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::InvalidProxyUrl
        | ureq::Error::ConnectProxyFailed(_)
        | ureq::Error::Tls(_)
        | ureq::Error::TlsRequired
        | ureq::Error::Rustls(_)
        | ureq::Error::BadUri(_)
        | ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => true,
        ureq::Error::Io(error) => matches!(
            error.kind(),
            std::io::ErrorKind::ConnectionRefused
                | std::io::ErrorKind::HostUnreachable
                | std::io::ErrorKind::NetworkUnreachable
                | std::io::ErrorKind::AddrNotAvailable
        ),
        _ => false,
    };
    let why = match error {
        ureq::Error::Io(error) => error.to_string(),
        ureq::Error::Timeout(_) => "it did not respond in time".to_owned(),
        ureq::Error::HostNotFound => "no host has this name".to_owned(),
        other => other.to_string(),
    };
    TransportError { sent: if never_connected { Sent::No } else { Sent::Maybe }, why }
}
