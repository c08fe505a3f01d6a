//! The files of TLS, found and judged as libpq does: roots, the client's certificate and its key.
//!
//! They are read for each connection, so that a renewed certificate needs no restart. libpq passes over a file of roots that is
//! not there unless `sslmode` needs it, and a client certificate that is not there. Called by `handshake`. Failures: [`Refusal`].

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::certificate::Certificate;
use super::settings::{ClientCertificate, Mode, RootFile};
use super::verifier::Roots;
use crate::infrastructure::store::postgres::refusal::Refusal;

/// The largest file that is read: the roots of a whole system take a quarter of a megabyte.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// What group and others may do with the key of a user, and of root, at most.
const KEY_FORBIDDEN: u32 = 0o077;
const KEY_FORBIDDEN_OF_ROOT: u32 = 0o037;

/// libpq's folder below the home folder, and its names for the files.
const FOLDER: &str = ".postgresql";
const ROOTS: &str = "root.crt";
const REVOKED: &str = "root.crl";
const CERTIFICATE: &str = "postgresql.crt";
const KEY: &str = "postgresql.key";

/// The roots that the server's certificate is checked by; none where libpq does not check.
pub(super) fn roots(mode: Mode, file: &RootFile) -> Result<Option<Roots>, Refusal> {
    let path = match file {
        RootFile::System => return system_roots().map(Some),
        RootFile::At(path) => Some(path.clone()),
        RootFile::Default => in_home(ROOTS),
    };
    let Some(path) = path.filter(|path| path.exists()) else {
        return if mode.needs_roots() { Err(missing_roots(file)) } else { Ok(None) };
    };
    if let Some(revoked) = in_home(REVOKED).filter(|path| path.exists()) {
        return Err(Refusal::stays(format!(
            "{} is a list of revoked certificates, which are not supported: remove the file",
            revoked.display()
        )));
    }
    let text = read(&path, "sslrootcert")?;
    let roots = certificates(&text).filter(|found| !found.is_empty()).and_then(Roots::of);
    roots.map(Some).ok_or_else(|| {
        Refusal::stays(format!(
            "sslrootcert: {} has no certificate that can be read: it must have certificates in PEM form",
            path.display()
        ))
    })
}

fn missing_roots(file: &RootFile) -> Refusal {
    let place = match file {
        RootFile::At(path) => format!("{} is missing", path.display()),
        RootFile::Default | RootFile::System => format!("~/{FOLDER}/{ROOTS} is missing"),
    };
    Refusal::stays(format!(
        "sslrootcert: {place}: name a file with the certificate that issued the server's, or use sslmode=require, which \
         checks no certificate"
    ))
}

fn system_roots() -> Result<Roots, Refusal> {
    let found = rustls_native_certs::load_native_certs().certs;
    if found.is_empty() {
        let text = "sslrootcert=system: this system trusts no certificate: install its package of certificates \
             (ca-certificates), or name a file";
        return Err(Refusal::stays(text.to_owned()));
    }
    Ok(Roots::of_the_system(found))
}

/// The client's certificate with its key, where there is one.
pub(super) fn client_certificate(
    files: &ClientCertificate,
    provider: &CryptoProvider,
) -> Result<Option<CertifiedKey>, Refusal> {
    let ClientCertificate::Sent { certificate, key } = files else { return Ok(None) };
    let Some(path) = certificate.clone().or_else(|| in_home(CERTIFICATE)) else { return Ok(None) };
    match fs::metadata(&path) {
        Ok(_) => {}
        Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) => {
            return Ok(None);
        }
        Err(error) => return Err(unreadable("sslcert", &path, &error)),
    }
    let chain = certificates(&read(&path, "sslcert")?).unwrap_or_default();
    let Some(first) = chain.first() else {
        let text = "has no certificate that can be read: it must have the client's certificate in PEM form";
        return Err(Refusal::stays(format!("sslcert: {} {text}", path.display())));
    };
    let Some(key_path) = key.clone().or_else(|| in_home(KEY)) else {
        return Err(Refusal::stays("sslkey: name the file of the key of sslcert".to_owned()));
    };
    let key = load_key(&key_path, provider)?;
    let of_key = key.public_key();
    let of_certificate = Certificate::read(first).and_then(|certificate| certificate.key());
    if of_key.is_some_and(|of_key| Some(of_key.as_ref()) != of_certificate.as_deref()) {
        let text = "is the key of another certificate: name the key of the first certificate in";
        return Err(Refusal::stays(format!("sslkey: {} {text} {}", key_path.display(), path.display())));
    }
    Ok(Some(CertifiedKey::new(chain, key)))
}

fn load_key(path: &Path, provider: &CryptoProvider) -> Result<Arc<dyn rustls::sign::SigningKey>, Refusal> {
    let refuse = |why: &str| Refusal::stays(format!("sslkey: {} {why}", path.display()));
    let found = fs::metadata(path).map_err(|error| unreadable("sslkey", path, &error))?;
    if !found.is_file() {
        return Err(refuse("is not a regular file"));
    }
    let forbidden = if found.uid() == 0 { KEY_FORBIDDEN_OF_ROOT } else { KEY_FORBIDDEN };
    if found.mode() & forbidden != 0 {
        return Err(refuse(
            "may be read by others: take their rights away (chmod 0600; 0640 is enough where root owns it)",
        ));
    }
    let text = read(path, "sslkey")?;
    let key = match PrivateKeyDer::from_pem_slice(&text) {
        Ok(key) => key,
        Err(_) if text.windows(9).any(|part| part == b"ENCRYPTED") => {
            return Err(refuse(
                "is encrypted, which is not supported: decrypt it (openssl pkey -in KEY -out PLAIN)",
            ));
        }
        Err(_) => {
            PrivateKeyDer::try_from(text).map_err(|_| refuse("has no private key in PEM or DER form"))?
        }
    };
    provider.key_provider.load_private_key(key).map_err(|_| {
        refuse(
            "is not a key that is supported: make one with RSA of 2048 bits or more, P-256, P-384 or Ed25519",
        )
    })
}

fn certificates(text: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(text).collect::<Result<_, _>>().ok()
}

fn read(path: &Path, parameter: &str) -> Result<Vec<u8>, Refusal> {
    let found = fs::metadata(path).map_err(|error| unreadable(parameter, path, &error))?;
    if found.len() > FILE_BYTES_MAX {
        let text = format!("{parameter}: {} is larger than {FILE_BYTES_MAX} bytes", path.display());
        return Err(Refusal::stays(text));
    }
    fs::read(path).map_err(|error| unreadable(parameter, path, &error))
}

fn unreadable(parameter: &str, path: &Path, error: &io::Error) -> Refusal {
    Refusal::stays(format!("{parameter}: can't read {}: {error}", path.display()))
}

fn in_home(name: &str) -> Option<PathBuf> {
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty())?;
    Some(home.join(FOLDER).join(name))
}
