//! Certificates of clients, where they lie and who may read them, as psql has it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::Scene;
use crate::support::postgres::{Authority, Pair, home_with};

/// A server that asks the role `certified` for a certificate of that name, and the role `scram` for one and a password.
fn scene(home: tempfile::TempDir, root: &Authority) -> Scene {
    let scene = Scene::with_home(home);
    scene.cluster.serve_tls(&root.issue(&["localhost"], "localhost"), Some(&root.certificate));
    scene.role("certified");
    scene
        .cluster
        .allow("hostssl all certified all trust clientcert=verify-full\nhost all certified all reject");
    scene
}

#[test]
fn certificates_of_clients_are_sent_as_by_psql() {
    let (root, other) = (Authority::new("root"), Authority::new("other"));
    let scene = scene(home_with(&[]), &root);
    let folder = scene.home.path();
    let pair = root.issue(&[], "certified");
    let (right, right_key) = pair.write(folder, "right");
    let (stranger, stranger_key) = root.issue(&[], "stranger").write(folder, "stranger");
    let (foreign, foreign_key) = other.issue(&[], "certified").write(folder, "foreign");
    let (open, open_key) = pair.write(folder, "open");
    fs::set_permissions(&open_key, fs::Permissions::from_mode(0o644)).expect("our own file");
    let missing = folder.join("missing");
    let mut urls = Vec::new();
    for mode in ["sslmode=disable", "sslmode=allow", "sslmode=prefer", "sslmode=require"] {
        for (certificate, key) in [
            (&right, &right_key),
            (&stranger, &stranger_key),
            (&foreign, &foreign_key),
            (&open, &open_key),
            (&right, &stranger_key),
            (&right, &missing),
            (&missing, &missing),
            (&right_key, &right_key),
            (&right, &right),
        ] {
            let files = [format!("sslcert={}", certificate.display()), format!("sslkey={}", key.display())];
            urls.push(scene.url("certified", "localhost", &[mode, &files[0], &files[1]]));
        }
        urls.push(scene.url("certified", "localhost", &[mode]));
    }
    assert_eq!(scene.compare_all(urls), [37, 0, 3]);
}

#[test]
fn the_certificate_in_the_home_folder_is_sent_as_by_psql() {
    let root = Authority::new("root");
    let Pair { certificate, key } = root.issue(&[], "certified");
    let files = [("postgresql.crt", certificate.as_str()), ("postgresql.key", key.as_str())];
    for (files, encrypted) in [(&files[..], 1), (&files[..1], 0), (&files[1..], 0)] {
        let scene = scene(home_with(files), &root);
        let url = scene.url("certified", "localhost", &["sslmode=require"]);
        assert_eq!(scene.compare_all([url])[2], encrypted);
    }
}
