//! Whether a database server is the right one, as libpq decides.
//!
//! rustls checks the chain of a certificate of version 3. Three things are libpq's: a certificate that is itself in the file of
//! roots is right, one of version 1 may be a server's, and a host is matched by the common name too (`certificate`).
//! Called by `handshake`. Failures: rustls' own errors, which `refusal` explains.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{
    CryptoProvider, verify_tls12_signature, verify_tls13_signature, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::certificate::{Certificate, Names, Validity};

/// The certificates of the file of roots.
#[derive(Debug)]
pub(super) struct Roots {
    anchors: RootCertStore,
    /// Those that name themselves as their issuer.
    whole: Vec<CertificateDer<'static>>,
    /// The others, which only lead to a root.
    between: Vec<CertificateDer<'static>>,
}

impl Roots {
    /// `None` if one of them can't be read.
    pub(super) fn of(certificates: Vec<CertificateDer<'static>>) -> Option<Self> {
        let (mut anchors, mut whole, mut between) = (RootCertStore::empty(), Vec::new(), Vec::new());
        for der in certificates {
            let certificate = Certificate::read(&der)?;
            let (is_root, is_authority) = (certificate.is_self_issued(), certificate.is_authority());
            if !is_root {
                between.push(der);
                continue;
            }
            if is_authority {
                // One that rustls can't take can still be the server's own.
                let _taken = anchors.add(der.clone());
            }
            whole.push(der);
        }
        Some(Self { anchors, whole, between })
    }

    /// The system's: those that can't be read are passed over, as OpenSSL does.
    pub(super) fn of_the_system(certificates: Vec<CertificateDer<'static>>) -> Self {
        let mut anchors = RootCertStore::empty();
        anchors.add_parsable_certificates(certificates);
        Self { anchors, whole: Vec::new(), between: Vec::new() }
    }
}

/// How much of a certificate is checked.
#[derive(Debug)]
pub(super) enum Check {
    /// Nothing: the connection is encrypted, and the server may be anybody.
    Nothing,
    /// That a root has issued it.
    Chain(Arc<Roots>),
    /// That, and that it is for this host.
    ChainAndHost(Arc<Roots>, String),
}

/// The check, as rustls calls it.
#[derive(Debug)]
pub(super) struct Verifier {
    check: Check,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    pub(super) fn new(check: Check, provider: Arc<CryptoProvider>) -> Self {
        Self { check, provider }
    }

    fn check_chain(
        &self,
        roots: &Roots,
        server: &CertificateDer<'_>,
        sent: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let algorithms = self.provider.signature_verification_algorithms.all;
        let certificate = Certificate::read(server).ok_or(CertificateError::BadEncoding)?;
        let is_root = certificate.is_self_issued() && roots.whole.iter().any(|root| root == server);
        let readable = roots.whole.iter().filter_map(|root| Certificate::read(root));
        let is_directly_issued = || {
            certificate.is_version_1()
                && readable
                    .filter(|root| root.at(now) == Validity::Now)
                    .any(|root| root.has_issued(&certificate, algorithms))
        };
        if is_root || is_directly_issued() {
            return match certificate.at(now) {
                Validity::NotYet => Err(CertificateError::NotValidYet.into()),
                Validity::Expired => Err(CertificateError::Expired.into()),
                Validity::Now if !certificate.is_for_servers() => {
                    Err(CertificateError::InvalidPurpose.into())
                }
                Validity::Now => Ok(()),
            };
        }
        if certificate.is_version_1() {
            return Err(Error::General(VERSION_1.to_owned()));
        }
        let server = ParsedCertificate::try_from(server)?;
        let sent: Vec<_> = sent.iter().chain(&roots.between).cloned().collect();
        verify_server_cert_signed_by_trust_anchor(&server, &roots.anchors, &sent, now, algorithms)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let (Check::Chain(roots) | Check::ChainAndHost(roots, _)) = &self.check else {
            return Ok(ServerCertVerified::assertion());
        };
        self.check_chain(roots, end_entity, intermediates, now)?;
        if let Check::ChainAndHost(_, host) = &self.check {
            let certificate = Certificate::read(end_entity).ok_or(CertificateError::BadEncoding)?;
            let names = certificate.names();
            if !names.are_for(host) {
                return Err(Error::General(other_host(&names, host)));
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        let Some(certificate) = of_version_1(cert) else {
            return verify_tls12_signature(message, cert, dss, algorithms);
        };
        let by_scheme = algorithms.mapping.iter().find(|(scheme, _)| *scheme == dss.scheme);
        let mut candidates = by_scheme.into_iter().flat_map(|(_, candidates)| candidates.iter());
        if candidates.any(|algorithm| certificate.has_signed(*algorithm, message, dss.signature())) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        Err(CertificateError::BadSignature.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        match of_version_1(cert) {
            None => verify_tls13_signature(message, cert, dss, algorithms),
            Some(certificate) => {
                let key = certificate.key().ok_or(CertificateError::BadEncoding)?;
                let key = SubjectPublicKeyInfoDer::from(key);
                verify_tls13_signature_with_raw_key(message, &key, dss, algorithms)
            }
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

const VERSION_1: &str = "the certificate of the database server is of X.509 version 1, and no root in sslrootcert has issued it: \
     correct sslrootcert, or issue the certificate again with extensions (openssl x509 -req -extfile …)";

fn other_host(names: &Names, host: &str) -> String {
    format!(
        "the certificate of the database server is for {names} and not for {host}: write a host of the certificate into \
         DATABASE_URL (hostaddr may have the address), or use sslmode=verify-ca, which accepts each host"
    )
}

/// A certificate that rustls does not read.
fn of_version_1<'a>(der: &'a CertificateDer<'_>) -> Option<Certificate<'a>> {
    Certificate::read(der).filter(Certificate::is_version_1)
}
