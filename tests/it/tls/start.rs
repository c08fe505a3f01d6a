//! Files of a certificate that can't be used end the start, with a text that says why.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::{paths, run, start, store};
use crate::support::certificates::Authority;
use crate::support::server::{Failed, Server};

/// Starts with these settings, and gives the status and the text of the failure.
#[track_caller]
fn refused(folder: &std::path::Path, args: &[&str]) -> (Option<i32>, String) {
    match Server::try_start(&store(folder), args, &[]) {
        Ok(server) => panic!("it started: {}", server.stderr()),
        Err(Failed { status, stderr }) => (status.and_then(|status| status.code()), stderr),
    }
}

#[test]
fn files_that_can_not_be_used_are_refused_with_a_text_that_says_why() {
    let (authority, folder) = (Authority::new("tests"), tempfile::tempdir().unwrap());
    let (certificate, key) = authority.server("first", 2100).write(folder.path());
    let names = ["other.key", "garbage", "missing", "locked.key", "broken.crt"];
    let [other, garbage, missing, locked, broken] = <[_; 5]>::try_from(paths(folder.path(), &names)).unwrap();
    fs::write(&other, authority.server("other", 2100).key).unwrap();
    fs::write(&garbage, "no PEM at all").unwrap();
    fs::write(&broken, "-----BEGIN CERTIFICATE-----\nMIIB!\n-----END CERTIFICATE-----\n").unwrap();
    let made = run(
        "openssl",
        &[
            "pkey",
            "-in",
            key.to_str().unwrap(),
            "-aes256",
            "-passout",
            "pass:x",
            "-out",
            locked.to_str().unwrap(),
        ],
        "",
    );
    assert!(made.status.success());
    let folder_itself = folder.path().to_owned();
    for (certificate, key, expected) in [
        (&certificate, &other, "does not belong to the certificate"),
        (&garbage, &key, "has no certificate"),
        (&broken, &key, "is not valid PEM"),
        (&certificate, &garbage, "has no private key"),
        (&certificate, &certificate, "has no private key"),
        (&missing, &key, "can't read"),
        (&certificate, &missing, "can't read"),
        (&certificate, &locked, "has a password"),
        (&folder_itself, &key, "is not a file"),
    ] {
        let pair = ["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
        let (status, text) = refused(folder.path(), &pair);
        assert!(status == Some(1) && text.contains(expected), "{expected}: {status:?}: {text}");
        // It names the file, and nothing that was in it.
        assert!(text.contains(folder.path().to_str().unwrap()) && !text.contains("MIIB"), "{text}");
    }
    let pair = ["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    for client_ca in [&garbage, &missing, &key] {
        let args = [&pair[..], &["--tls-client-ca", client_ca.to_str().unwrap()]].concat();
        let (status, text) = refused(folder.path(), &args);
        assert!(status == Some(1) && text.contains(client_ca.to_str().unwrap()), "{status:?}: {text}");
    }
    assert!(!folder.path().join("configapi.db").exists(), "the store was not made");
}

#[test]
fn half_of_a_pair_is_a_wrong_command_line() {
    let folder = tempfile::tempdir().unwrap();
    for args in [&["--tls-cert", "a"][..], &["--tls-key", "a"], &["--tls-client-ca", "a"]] {
        let (status, text) = refused(folder.path(), args);
        assert!(status == Some(2) && text.contains("--tls-cert and --tls-key"), "{status:?}: {text}");
    }
}

#[test]
fn a_key_that_everybody_may_read_is_warned_of() {
    let (authority, folder) = (Authority::new("tests"), tempfile::tempdir().unwrap());
    let (certificate, key) = authority.server("first", 2100).write(folder.path());
    let warning = "every user of this machine may read the private key";
    assert!(!start(folder.path(), &certificate, &key, &[]).stderr().contains(warning));
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let server = start(folder.path(), &certificate, &key, &[]);
    assert!(server.stderr().contains(warning), "{}", server.stderr());
}

#[test]
fn the_files_may_be_named_by_variables_and_in_the_settings_file() {
    let (authority, folder) = (Authority::new("tests"), tempfile::tempdir().unwrap());
    let (certificate, key) = authority.server("first", 2100).write(folder.path());
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let settings = folder.path().join("settings.toml");
    fs::write(&settings, format!("tls_cert = {certificate:?}\ntls_key = {key:?}\n")).unwrap();
    let variables = [("CONFIGAPI_TLS_CERT", certificate), ("CONFIGAPI_TLS_KEY", key)];
    for (args, environment) in [(&[][..], &variables[..]), (&["--config", settings.to_str().unwrap()], &[])] {
        let server = Server::try_start(&store(folder.path()), args, environment).unwrap();
        assert!(server.stdout().starts_with("listening on https://"));
    }
}

/// The certificate and its key in one file, as some tools write them.
#[test]
fn one_file_with_both_is_enough() {
    let (authority, folder) = (Authority::new("tests"), tempfile::tempdir().unwrap());
    let pair = authority.server("first", 2100);
    let both = folder.path().join("both.pem");
    fs::write(&both, pair.key + &pair.certificate).unwrap();
    let server = start(folder.path(), &both, &both, &[]);
    assert!(server.stdout().starts_with("listening on https://"));
}
