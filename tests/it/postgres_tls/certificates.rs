//! Certificates of a server that psql takes or refuses: by their names, their dates, their version and their issuer.

use std::process::Command;

use super::{Scene, root_file};
use crate::support::postgres::{Authority, Pair};
use crate::support::server::Store;

const CHECKED: [&str; 3] = ["sslmode=require", "sslmode=verify-ca", "sslmode=verify-full"];

/// Each certificate with each mode and host; the outcomes are psql's.
fn compare(scene: &Scene, root: &str, hosts: &[&str]) -> [usize; 3] {
    let root = root_file(scene.home.path(), "root.crt", root);
    let urls = hosts.iter().flat_map(|host| CHECKED.map(|mode| scene.url("postgres", host, &[mode, &root])));
    scene.compare_all(urls)
}

#[test]
fn the_host_is_checked_as_in_psql() {
    let (scene, root) = (Scene::new(), Authority::new("root"));
    let hosts = ["db.example", "127.0.0.1", "a.db.example", "DB.example"];
    for (names, common, expected) in [
        (&["db.example"][..], "other", [2, 0, 10]),
        (&["127.0.0.1"], "db.example", [1, 0, 11]),
        (&["*.db.example"], "127.0.0.1", [2, 0, 10]),
        (&["other"], "db.example", [4, 0, 8]),
        (&[], "db.example", [2, 0, 10]),
        (&[], "*.db.example", [3, 0, 9]),
        (&["db.example", "10.0.0.1"], "127.0.0.1", [2, 0, 10]),
    ] {
        scene.cluster.serve_tls(&root.issue(names, common), None);
        assert_eq!(compare(&scene, &root.certificate, &hosts), expected, "{names:?} {common}");
    }
}

#[test]
fn dates_and_purposes_are_checked_as_in_psql() {
    let (scene, root) = (Scene::new(), Authority::new("root"));
    for pair in [
        root.issue_expired(&["localhost"]),
        root.issue_early(&["localhost"]),
        root.issue_for_clients(&["localhost"]),
    ] {
        scene.cluster.serve_tls(&pair, None);
        assert_eq!(compare(&scene, &root.certificate, &["localhost"]), [3, 0, 0]);
    }
}

#[test]
fn issuers_are_followed_as_in_psql() {
    let (scene, root) = (Scene::new(), Authority::new("root"));
    let between = root.between("between");
    let pair = between.issue(&["localhost"], "localhost");
    let roots =
        [&root.certificate, &between.certificate, &format!("{}{}", between.certificate, root.certificate)];
    let chained =
        Pair { certificate: format!("{}{}", pair.certificate, between.certificate), ..pair.clone() };
    for (pair, expected) in [(&pair, [0, 0, 3]), (&chained, [3, 0, 3])] {
        scene.cluster.serve_tls(pair, None);
        let encrypted = roots.map(|root| compare(&scene, root, &["localhost"])[2]);
        assert_eq!(encrypted, expected);
    }
}

/// The quickest way in PostgreSQL's manual: the client has a copy of the server's certificate.
#[test]
fn a_certificate_that_is_its_own_root_is_taken_as_in_psql() {
    let scene = Scene::new();
    let (pair, other) = (Pair::self_issued(&["localhost"], "a"), Pair::self_issued(&["localhost"], "a"));
    scene.cluster.serve_tls(&pair, None);
    assert_eq!(compare(&scene, &pair.certificate, &["localhost", "127.0.0.1"]), [1, 0, 5]);
    assert_eq!(compare(&scene, &other.certificate, &["localhost"]), [3, 0, 0]);
}

/// The commands of PostgreSQL's manual make certificates of version 1, with a common name alone.
#[test]
fn certificates_as_the_manual_makes_them_are_taken_as_in_psql() {
    let scene = Scene::new();
    let folder = scene.home.path();
    let openssl = |command: &str| {
        let done = Command::new("openssl").args(command.split(' ')).current_dir(folder).output();
        let done = done.unwrap_or_else(|error| panic!("openssl: {error}; ./tests/run installs it"));
        assert!(done.status.success(), "{command}: {done:?}");
    };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a file");
    for root in ["root", "other"] {
        openssl(&format!(
            "req -new -x509 -days 9 -nodes -out {root}.crt -keyout {root}.key -subj /CN={root}"
        ));
    }
    openssl("req -new -nodes -out server.csr -keyout server.key -subj /CN=db.example");
    openssl("x509 -req -in server.csr -days 9 -CA root.crt -CAkey root.key -CAcreateserial -out server.crt");
    let pair = Pair { certificate: read("server.crt"), key: read("server.key") };
    scene.cluster.serve_tls(&pair, None);
    let right = read("root.crt");
    assert_eq!(compare(&scene, &right, &["db.example", "localhost"]), [1, 0, 5]);
    assert_eq!(compare(&scene, &read("other.crt"), &["db.example"]), [3, 0, 0]);
    // TLS 1.2 has another form of signature.
    scene.cluster.psql("ALTER SYSTEM SET ssl_max_protocol_version = 'TLSv1.2'");
    scene.cluster.serve_tls(&pair, None);
    assert_eq!(compare(&scene, &right, &["db.example", "localhost"]), [1, 0, 5]);
}

/// libpq has `system` since release 16, and then no weaker mode than `verify-full`.
#[test]
fn the_roots_of_the_system_are_trusted_with_verify_full() {
    let (scene, root) = (Scene::new(), Authority::new("root"));
    scene.cluster.serve_tls(&root.issue(&["localhost"], "localhost"), None);
    let trusted = scene.home.path().join("trusted.crt");
    std::fs::write(&trusted, &root.certificate).expect("a file");
    for (host, parameters, trusts, expected) in [
        ("localhost", "sslrootcert=system", true, Some(0)),
        ("localhost", "sslrootcert=system&sslmode=verify-full", true, Some(0)),
        ("other", "sslrootcert=system", true, Some(1)),
        ("localhost", "sslrootcert=system", false, Some(1)),
        ("localhost", "sslrootcert=system&sslmode=require", true, Some(1)),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command =
            Store::Postgres(scene.url("postgres", host, &[parameters])).command("verify", &folder);
        if trusts {
            command.env("SSL_CERT_FILE", &trusted);
        }
        let done = command.output().expect("the binary starts");
        assert_eq!(done.status.code(), expected, "{host} {parameters}: {done:?}");
    }
}
