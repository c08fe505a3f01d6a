//! The password goes to no server that may not have it: in clear text, or as an MD5, only where TLS has verified the server.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::support::postgres::{Authority, Cluster};
use crate::support::server::{Store, run};

const PARAMETERS_OF_ALL: &str = "require_auth=password,md5,scram-sha-256";

/// A cluster whose roles `clear`, `hashed` and `salted` log in by their methods, and a folder with its root.
fn scene() -> (Cluster, String, tempfile::TempDir) {
    let cluster = Cluster::start();
    let url = cluster.create_database();
    assert!(run(&Store::Postgres(url.clone()), "migrate", &[]).status.success());
    let role = |name: &str, encryption: &str| {
        format!(
            "SET password_encryption = '{encryption}'; CREATE ROLE {name} SUPERUSER LOGIN PASSWORD 'secret'"
        )
    };
    for (name, encryption) in [("clear", "scram-sha-256"), ("hashed", "md5"), ("salted", "scram-sha-256")] {
        cluster.psql(&role(name, encryption));
    }
    let lines = [("clear", "password"), ("hashed", "md5"), ("salted", "scram-sha-256")];
    let lines =
        lines.map(|(name, method)| format!("host all {name} all {method}\nlocal all {name} {method}"));
    cluster.allow(&lines.join("\n"));
    let (root, folder) = (Authority::new("root"), tempfile::tempdir().expect("a folder"));
    cluster.serve_tls(&root.issue(&["127.0.0.1"], "db"), None);
    std::fs::write(folder.path().join("root.crt"), &root.certificate).expect("a file");
    let database = url.rsplit_once('/').expect("a URL with a database").1.to_owned();
    (cluster, database, folder)
}

#[test]
fn a_password_goes_in_clear_text_or_as_md5_only_to_a_verified_server() {
    let (cluster, database, folder) = scene();
    let root = format!("sslrootcert={}", folder.path().join("root.crt").display());
    let port = cluster.address().port();
    let socket = cluster.folder().display().to_string();
    let tcp = |user: &str, parameters: &str| {
        format!("postgres://{user}:secret@127.0.0.1:{port}/{database}?{parameters}")
    };
    let unix = |user: &str, parameters: &str| {
        format!("postgres://{user}:secret@/{database}?host={socket}&port={port}&{parameters}")
    };
    let succeeds = |url: &str| {
        let done = run(&Store::Postgres(url.to_owned()), "verify", &[]);
        let text = String::from_utf8_lossy(&done.stderr).into_owned();
        if !done.status.success() {
            assert_eq!(done.status.code(), Some(1), "{url}: {text}");
            assert!(text.contains("the database server asks for"), "{url}: {text}");
        }
        done.status.success()
    };
    for parameters in ["sslmode=disable", "sslmode=prefer", "sslmode=require"] {
        let found = ["clear", "hashed", "salted"].map(|user| succeeds(&tcp(user, parameters)));
        assert_eq!(found, [false, false, true], "{parameters}");
        let found = ["clear", "hashed", "salted"]
            .map(|user| succeeds(&tcp(user, &format!("{parameters}&{PARAMETERS_OF_ALL}"))));
        assert_eq!(found, [true; 3], "{parameters}");
    }
    for parameters in [format!("sslmode=verify-ca&{root}"), format!("sslmode=verify-full&{root}")] {
        let found = ["clear", "hashed", "salted"].map(|user| succeeds(&tcp(user, &parameters)));
        assert_eq!(found, [true; 3], "{parameters}");
        let strict = format!("{parameters}&require_auth=scram-sha-256");
        let found = ["clear", "hashed", "salted"].map(|user| succeeds(&tcp(user, &strict)));
        assert_eq!(found, [false, false, true], "{strict}");
    }
    // A unix socket is not verified either: in a folder that all may write, any user can be the server.
    let found = ["clear", "hashed", "salted"].map(|user| succeeds(&unix(user, "")));
    assert_eq!(found, [false, false, true]);
    let found = ["clear", "hashed", "salted"].map(|user| succeeds(&unix(user, PARAMETERS_OF_ALL)));
    assert_eq!(found, [true; 3]);
    // `postgres` is trusted: no password is asked for.
    assert!(succeeds(&tcp("postgres", "require_auth=none")));
    assert!(!succeeds(&tcp("postgres", "require_auth=scram-sha-256")));
    assert!(!succeeds(&tcp("salted", "require_auth=!scram-sha-256")));
}

#[test]
fn a_log_in_is_bound_to_the_connection_of_tls() {
    let (cluster, database, _folder) = scene();
    let url = |parameters: &str| {
        let at = cluster.address();
        Store::Postgres(format!(
            "postgres://salted:secret@{at}/{database}?channel_binding=require&{parameters}"
        ))
    };
    let bound = run(&url("sslmode=require"), "verify", &[]);
    assert!(bound.status.success(), "{bound:?}");
    assert!(!run(&url("sslmode=disable"), "verify", &[]).status.success());
}

/// It asks for the password in clear text, or for its MD5, and gets nothing; not even the connection's polite end.
#[test]
fn a_server_that_asks_for_the_password_gets_nothing() {
    let clear = [b'R', 0, 0, 0, 8, 0, 0, 0, 3].to_vec();
    let md5 = [b'R', 0, 0, 0, 12, 0, 0, 0, 5, 1, 2, 3, 4].to_vec();
    // A message before the request must not hide it.
    let hidden = [&[b'N', 0, 0, 0, 5, 0], clear.as_slice()].concat();
    for (request, words) in [
        (clear, "the password in clear text, and TLS has not verified"),
        (md5, "the MD5 of the password, and TLS has not verified"),
        (hidden, "does not begin as PostgreSQL does"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let (sender, heard) = channel();
        let serve = move || {
            for mut socket in listener.incoming().flatten() {
                let mut length = [0; 4];
                socket.read_exact(&mut length).expect("the client begins");
                let mut rest = vec![0; u32::from_be_bytes(length) as usize - 4];
                socket.read_exact(&mut rest).expect("the client begins");
                socket.write_all(&request).expect("the client reads");
                let mut said = Vec::new();
                let _reset = socket.read_to_end(&mut said);
                sender.send(said).expect("the test waits");
            }
        };
        thread::Builder::new().spawn(serve).expect("a thread");
        let url = format!("postgres://ada:s3cret@127.0.0.1:{port}/db?sslmode=disable");
        let done = run(&Store::Postgres(url), "verify", &[]);
        let text = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && text.contains(words), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
        let said = heard.recv_timeout(Duration::from_secs(20)).expect("the connection ends");
        assert_eq!(said, b"", "{words}");
    }
}
