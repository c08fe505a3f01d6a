//! From the PEM files of a certificate, its key and the authority of clients to a TLS configuration.
//!
//! Called by `keys`, at the start and when the files change. A file is read whole and has a limit. Nothing of a key is in an
//! error. Invariants: `a_certificate_and_a_key_that_do_not_match_are_refused`, `files_that_are_no_pem_are_refused`.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig};
use thiserror::Error;
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// The longest file. A bundle of all public authorities has 250 KB.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The protocols that are spoken after the handshake; old clients offer the second one.
const PROTOCOLS: [&[u8]; 2] = [b"http/1.1", b"http/1.0"];

/// Tickets that a client gets for resuming its session. Clients use one for their next connection.
const TICKETS: usize = 1;

/// Read, write and run for everybody.
const OTHERS: u32 = 0o007;

/// The files of a TLS configuration, all PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The server's certificate, and those of the authorities between it and the root.
    pub certificate: PathBuf,
    /// Its private key, without a password.
    pub key: PathBuf,
    /// The authorities whose certificates clients must present. None: clients need no certificate.
    pub client_ca: Option<PathBuf>,
}

/// Why files can't be used. It says what to do.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The file can't be read.
    #[error("can't read {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file is not what it should be.
    #[error("{}: {why}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The fault, and its remedy.
        why: String,
    },
    /// Two files that belong together do not.
    #[error(
        "the private key in {} does not belong to the certificate in {}: give the two files of one pair",
        key.display(), certificate.display()
    )]
    Mismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// Something else, such as a lack of random numbers.
    #[error("TLS can't be used: {0}")]
    Other(String),
}

/// A state of a file, known without reading it: device, inode, length, and both of its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    place: (u64, u64),
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl From<&Metadata> for Stamp {
    fn from(file: &Metadata) -> Self {
        Self {
            place: (file.dev(), file.ino()),
            bytes: file.len(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }
}

/// A configuration, with the facts that the log and the metrics report.
pub(super) struct Loaded {
    pub(super) config: Arc<ServerConfig>,
    /// From when to when the certificate is valid, in seconds since 1970, where it says so readably.
    pub(super) validity_unix_s: Option<(u64, u64)>,
    pub(super) key_access: KeyAccess,
}

/// The users that may read the file of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyAccess {
    /// Its owner and its group at most.
    Restricted,
    /// Every user of the machine.
    Everybody,
}

impl TlsFiles {
    /// The state of each file, links followed. None where it is missing.
    pub(super) fn stamps(&self) -> [Option<Stamp>; 3] {
        let stamp = |path: &Path| fs::metadata(path).ok().as_ref().map(Stamp::from);
        [stamp(&self.certificate), stamp(&self.key), self.client_ca.as_deref().and_then(stamp)]
    }

    pub(super) fn load(&self) -> Result<Loaded, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let (text, _) = read(&self.certificate)?;
        let chain = certificates(&self.certificate, &text)?;
        let validity_unix_s = chain.first().and_then(validity);
        let (text, key_file) = read(&self.key)?;
        let key = private_key(&self.key, &text)?;
        let verifier = match &self.client_ca {
            Some(path) => client_verifier(path, &provider)?,
            None => WebPkiClientVerifier::no_client_auth(),
        };
        let builder = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| TlsError::Other(error.to_string()))?;
        let certified = builder.with_client_cert_verifier(verifier).with_single_cert(chain, key);
        let mut config = certified.map_err(|error| self.refused(&error))?;
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        config.send_tls13_tickets = TICKETS;
        // Sessions resume without memory here. The key of the tickets is this configuration's own, so that a session that an
        // authority of clients allowed ends with that authority.
        config.ticketer = ring::Ticketer::new().map_err(|error| TlsError::Other(error.to_string()))?;
        let key_access = if key_file.permissions().mode() & OTHERS == 0 {
            KeyAccess::Restricted
        } else {
            KeyAccess::Everybody
        };
        Ok(Loaded { config: Arc::new(config), validity_unix_s, key_access })
    }

    fn refused(&self, error: &rustls::Error) -> TlsError {
        match error {
            rustls::Error::InconsistentKeys(_) => {
                TlsError::Mismatch { certificate: self.certificate.clone(), key: self.key.clone() }
            }
            rustls::Error::InvalidCertificate(_) => {
                unusable(&self.certificate, format!("the certificate is not valid: {error}"))
            }
            _ => unusable(&self.key, format!("the private key can't be used: {error}")),
        }
    }
}

fn read(path: &Path) -> Result<(Vec<u8>, Metadata), TlsError> {
    let unreadable = |error| TlsError::Unreadable { path: path.to_owned(), error };
    // Opening a pipe would wait for its writer.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(unusable(path, "is not a file: give the path of a PEM file"));
    }
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let mut text = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut text).map_err(unreadable)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(unusable(path, format!("has more than {FILE_BYTES_MAX} bytes: give a PEM file")));
    }
    Ok((text, metadata))
}

fn certificates(path: &Path, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    match found {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) | Err(pem::Error::NoItemsFound) => {
            Err(unusable(path, "has no certificate: it must have a PEM block `BEGIN CERTIFICATE`"))
        }
        Err(error) => Err(unusable(path, format!("is not valid PEM: {error}"))),
    }
}

fn private_key(path: &Path, text: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(text).map_err(|error| match error {
        pem::Error::NoItemsFound if String::from_utf8_lossy(text).contains("BEGIN ENCRYPTED PRIVATE KEY") => {
            let command = "openssl pkey -in OLD -out NEW";
            unusable(path, format!("the private key has a password: write it without one by `{command}`"))
        }
        pem::Error::NoItemsFound => {
            unusable(path, "has no private key: it must have a PEM block `BEGIN PRIVATE KEY`")
        }
        error => unusable(path, format!("is not valid PEM: {error}")),
    })
}

fn client_verifier(
    path: &Path,
    provider: &Arc<rustls::crypto::CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let (text, _) = read(path)?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, &text)? {
        roots
            .add(certificate)
            .map_err(|error| unusable(path, format!("an authority's certificate is not valid: {error}")))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| unusable(path, error.to_string()))
}

/// The time in which a certificate is valid. rustls leaves that to clients.
fn validity(certificate: &CertificateDer<'_>) -> Option<(u64, u64)> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let validity = certificate.tbs_certificate().validity();
    Some((validity.not_before.to_unix_duration().as_secs(), validity.not_after.to_unix_duration().as_secs()))
}

fn unusable(path: &Path, why: impl Into<String>) -> TlsError {
    TlsError::Unusable { path: path.to_owned(), why: why.into() }
}
