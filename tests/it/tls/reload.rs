//! Certificates are renewed while the server runs, and the old one stays where the new one can't be used.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::{Secure, get, start, text};
use crate::support::certificates::{Authority, Pair};
use crate::support::eventually;

/// A change must be noticed within 5 s; a busy machine may need longer.
const SOON: Duration = Duration::from_secs(20);

const EXPIRY: &str = "configapi_tls_certificate_expiry_timestamp_seconds";
const FAILURES: &str = "configapi_tls_reload_failures_total";

fn der(pair: &Pair) -> Vec<u8> {
    CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap().to_vec()
}

fn failures_logged(secure: &Secure) -> usize {
    secure.server.stderr().matches("TLS certificate not renewed").count()
}

#[test]
fn a_renewed_certificate_is_noticed() {
    let secure = Secure::start(&[]);
    let mut old = secure.connect(None);
    assert_eq!(get(&mut old, "/livez").status, 200);
    let before = secure.metric(EXPIRY).unwrap();
    let renewed = secure.authority.server("second", 2101);
    renewed.write(secure.folder.path());
    eventually(SOON, || secure.presented() == der(&renewed));
    assert_eq!(secure.metric(EXPIRY).unwrap() - before, 365 * 86_400);
    assert_eq!(secure.metric(FAILURES), Some(0));
    assert_eq!(get(&mut old, "/livez").status, 200, "a connection of before lives on");
}

#[test]
fn a_signal_renews_the_certificate() {
    let secure = Secure::start(&[]);
    for name in ["second", "third"] {
        let renewed = secure.authority.server(name, 2100);
        renewed.write(secure.folder.path());
        secure.server.signal(Signal::HUP);
        eventually(SOON, || secure.presented() == der(&renewed));
    }
}

/// The certificate alone is new, as in the middle of a renewal that never ends; then the key is garbage; then all is well.
#[test]
fn a_bad_pair_keeps_the_old_one_and_is_reported_once() {
    let secure = Secure::start(&[]);
    let first = secure.presented();
    let renewed = secure.authority.server("second", 2100);
    fs::write(secure.path("tls.crt"), &renewed.certificate).unwrap();
    eventually(SOON, || secure.metric(FAILURES) == Some(1));
    assert!(
        secure.server.stderr().contains("does not belong to the certificate"),
        "{}",
        secure.server.stderr()
    );
    assert_eq!(secure.presented(), first);
    fs::write(secure.path("tls.key"), "garbage").unwrap();
    eventually(SOON, || secure.metric(FAILURES) == Some(2));
    fs::remove_file(secure.path("tls.key")).unwrap();
    eventually(SOON, || secure.metric(FAILURES) == Some(3));
    assert_eq!(secure.presented(), first);
    // The operator asks: he gets an answer each time.
    secure.server.signal(Signal::HUP);
    eventually(SOON, || secure.metric(FAILURES) == Some(4));
    renewed.write(secure.folder.path());
    eventually(SOON, || secure.presented() == der(&renewed));
    assert_eq!((secure.metric(FAILURES), failures_logged(&secure)), (Some(4), 4));
}

/// Kubernetes mounts a secret as links through `..data`, a link to a folder of the version, and renews it by moving that
/// link: neither the paths nor the files that they led to change.
#[test]
fn a_secret_of_kubernetes_is_noticed_when_its_link_moves() {
    let authority = Authority::new("tests");
    let folder = tempfile::tempdir().unwrap();
    let version = |name: &str, pair: &Pair| {
        let version = folder.path().join(name);
        fs::create_dir(&version).unwrap();
        pair.write(&version);
        symlink(name, folder.path().join("..data_tmp")).unwrap();
        fs::rename(folder.path().join("..data_tmp"), folder.path().join("..data")).unwrap();
    };
    version("..2026_01", &authority.server("first", 2100));
    for name in ["tls.crt", "tls.key"] {
        symlink(Path::new("..data").join(name), folder.path().join(name)).unwrap();
    }
    let server = start(folder.path(), &folder.path().join("tls.crt"), &folder.path().join("tls.key"), &[]);
    let secure = Secure { server, authority, folder: tempfile::tempdir().unwrap() };
    let renewed = secure.authority.server("second", 2100);
    version("..2026_02", &renewed);
    eventually(SOON, || secure.presented() == der(&renewed));
    assert_eq!(failures_logged(&secure), 0);
}

/// A session that an authority of clients allowed must end with that authority.
#[test]
fn a_new_authority_of_clients_ends_the_trust_in_the_old_one() {
    let (old, new) = (Authority::new("old clients"), Authority::new("new clients"));
    let folder = tempfile::tempdir().unwrap();
    let client_ca = folder.path().join("client-ca.crt");
    fs::write(&client_ca, &old.certificate).unwrap();
    let secure = Secure::start(&["--tls-client-ca", client_ca.to_str().unwrap()]);
    let trust = std::sync::Arc::new(secure.authority.trusting(Some(&old.client("a client"))));
    let ask = || {
        use std::io::{Read as _, Write as _};
        let trust = std::sync::Arc::clone(&trust);
        let mut socket =
            crate::support::socket::Socket::connect(secure.server.address(), Some(trust)).unwrap();
        let mut answer = [0; 12];
        socket.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        socket.read_exact(&mut answer).map(|()| answer)
    };
    assert_eq!(ask().unwrap(), *b"HTTP/1.1 200");
    assert_eq!(ask().unwrap(), *b"HTTP/1.1 200");
    fs::write(&client_ca, &new.certificate).unwrap();
    // The client offers its old session each time.
    eventually(SOON, || ask().is_err());
    assert_eq!(get(&mut secure.connect(Some(&new.client("a client"))), "/livez").status, 200);
}

#[test]
fn an_expired_certificate_is_warned_of_and_served() {
    let (authority, folder) = (Authority::new("tests"), tempfile::tempdir().unwrap());
    let (certificate, key) = authority.server("old", 2021).write(folder.path());
    let server = start(folder.path(), &certificate, &key, &[]);
    assert!(server.stderr().contains("the TLS certificate has expired"), "{}", server.stderr());
    let refused = super::run("curl", &["-sS", &server.url("/livez")], "");
    assert_eq!(refused.status.code(), Some(60), "{}", text(&refused));
    assert_eq!(super::curl(&["-k", "-o", "/dev/null", "-w", "%{http_code}", &server.url("/livez")]), "200");
}
