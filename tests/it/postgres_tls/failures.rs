//! Connections that TLS does not let come about: what the program says, and whether a start waits.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{MODES, Outcome, Scene, root_file, stderr, verify};
use crate::support::eventually;
use crate::support::postgres::{Authority, Bouncer, home_with};
use crate::support::server::{Server, Store};

/// No waiting helps: a start ends at once, and says what to do.
#[test]
fn a_start_that_tls_does_not_allow_ends_at_once_and_says_what_to_do() {
    let (scene, root) = (Scene::new(), Authority::new("root"));
    let folder = scene.home.path();
    let right = root_file(folder, "right.crt", &root.certificate);
    let wrong = root_file(folder, "wrong.crt", &Authority::new("wrong").certificate);
    let bad = root_file(folder, "bad.crt", "not a certificate");
    let missing = format!("sslrootcert={}/missing.crt", folder.display());
    let (certificate, key) = root.issue(&[], "client").write(folder, "client");
    let of_client = |certificate: &std::path::Path, key: &std::path::Path| {
        format!("sslcert={}&sslkey={}", certificate.display(), key.display())
    };
    let full = "sslmode=verify-full";
    let refused = |host: &str, parameters: &[&str], words: &str| {
        let store = Store::Postgres(scene.url("postgres", host, parameters));
        let home = scene.home.path().display().to_string();
        let failed = Server::try_start(&store, &[], &[("HOME", &home)]).expect_err("it must not serve");
        assert_eq!(failed.status.and_then(|status| status.code()), Some(1), "{words}: {failed:?}");
        assert!(failed.stderr.contains(words), "{words:?} is missing: {}", failed.stderr);
    };
    refused("localhost", &["sslmode=require"], "has no TLS, which sslmode needs: set ssl = on");
    refused("localhost", &[full, &missing], "missing.crt is missing: name a file");
    refused("localhost", &[full], "~/.postgresql/root.crt is missing");
    refused("localhost", &[full, &bad], "must have certificates in PEM form");
    scene.cluster.serve_tls(&root.issue(&["localhost"], "localhost"), None);
    refused("localhost", &[full, &wrong], "no root in sslrootcert has issued the certificate");
    refused("db.example", &[full, &right], "is for localhost and not for db.example");
    refused("", &[full, &right], "needs a host name: write host=NAME next to hostaddr");
    refused("localhost", &["sslmode=require", &of_client(&certificate, folder)], "is not a regular file");
    refused(
        "localhost",
        &["sslmode=require", &of_client(&certificate, &certificate)],
        "may be read by others",
    );
    refused(
        "localhost",
        &["sslmode=require", &of_client(&key, &key)],
        "the client's certificate in PEM form",
    );
    scene.cluster.serve_tls(&root.issue_expired(&["localhost"]), None);
    refused("localhost", &[full, &right], "has expired: renew it");
    // A server that is refused by neither end serves.
    scene.cluster.serve_tls(&root.issue(&["localhost"], "localhost"), None);
    drop(Server::start(&Store::Postgres(scene.url("postgres", "localhost", &[full, &right])), &[]));
}

/// A clock may be about to be set.
#[test]
fn a_certificate_that_is_not_valid_yet_is_waited_for() {
    let (scene, root) = (Scene::new(), Authority::new("root"));
    scene.cluster.serve_tls(&root.issue_early(&["localhost"]), None);
    let right = root_file(scene.home.path(), "right.crt", &root.certificate);
    let done = verify(scene.home.path(), &scene.url("postgres", "localhost", &["sslmode=verify-ca", &right]));
    assert_eq!(done.status.code(), Some(7), "{done:?}");
    assert!(stderr(&done).contains("compare the clocks"), "{done:?}");
}

/// Without a deadline of its own the handshake would last for ever.
#[test]
fn a_handshake_that_hangs_costs_its_deadline_and_no_more() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let serve = move || {
        let mut held = Vec::new();
        for mut socket in listener.incoming().flatten() {
            let mut request = [0; 8];
            if socket.read_exact(&mut request).is_ok() && request[4..] == [4, 210, 22, 47] {
                socket.write_all(b"S").expect("the request was just here");
            }
            held.push(socket);
        }
    };
    thread::Builder::new().spawn(serve).expect("a thread");
    let home = home_with(&[]);
    for mode in MODES.iter().filter(|mode| **mode != "sslmode=disable") {
        let url = format!("postgres://postgres:secret@127.0.0.1:{port}/postgres?connect_timeout=1&{mode}");
        let done = verify(home.path(), &url);
        let expected = if mode.contains("verify") { 1 } else { 7 };
        assert_eq!(done.status.code(), Some(expected), "{mode}: {done:?}");
        assert!(expected == 1 || stderr(&done).contains("no answer within the deadline"), "{mode}: {done:?}");
    }
}

/// The driver has no hook for a unix socket, and waited there for ever.
#[test]
fn a_silent_unix_socket_costs_its_deadline_and_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    // It accepts by itself, and nothing reads.
    let _listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
    let url = format!("host={} user=postgres dbname=postgres connect_timeout=1", folder.path().display());
    let done = verify(folder.path(), &url);
    assert_eq!(done.status.code(), Some(7), "{done:?}");
    assert!(stderr(&done).contains("no answer within the deadline"), "{done:?}");
    let missing = verify(folder.path(), &format!("{url} port=5433"));
    assert_eq!(missing.status.code(), Some(7), "{missing:?}");
    assert!(stderr(&missing).contains("No such file"), "{missing:?}");
}

/// The database stops in the middle of all: no answer comes, and no end of the connection.
#[test]
fn a_silent_database_behind_tls_costs_a_write_its_deadline() {
    let (scene, root) = (Scene::new(), Authority::new("root"));
    scene.cluster.serve_tls(&root.issue(&["localhost"], "localhost"), None);
    let right = root_file(scene.home.path(), "right.crt", &root.certificate);
    let store = Store::Postgres(scene.url("postgres", "localhost", &["sslmode=verify-full", &right]));
    let server = Server::start(&store, &[]);
    // More than TLS takes at a time.
    let large = "x".repeat(1_000_000);
    server.client().put("/v1/config/large", &large).expect(200);
    assert_eq!(server.client().get("/v1/config/large?at=1").expect(200).text, large);
    let sessions = "SELECT pid FROM pg_stat_activity WHERE application_name = 'configapi'";
    let sessions = scene.cluster.psql(sessions);
    let all = |signal| {
        for pid in sessions.lines().filter_map(|line| Pid::from_raw(line.parse().ok()?)) {
            let _ended = kill_process(pid, signal);
        }
        scene.cluster.signal(signal);
    };
    all(Signal::STOP);
    let answer = server.client().put("/v1/config/a", "1");
    assert_eq!(answer.status, 503, "{}", answer.text);
    all(Signal::CONT);
    eventually(Duration::from_secs(30), || server.client().put("/v1/config/a", "2").status == 200);
}

#[test]
fn a_pooler_with_tls_is_verified_and_used() {
    let (scene, root) = (Scene::new(), Authority::new("root"));
    let pair = root.issue(&["localhost"], "localhost");
    let certificate = scene.cluster.write_as_server("bouncer.crt", &pair.certificate);
    let key = scene.cluster.write_as_server("bouncer.key", &pair.key);
    let settings = format!(
        "client_tls_sslmode = require\nclient_tls_cert_file = {}\nclient_tls_key_file = {}",
        certificate.display(),
        key.display()
    );
    let bouncer = Bouncer::before(&scene.cluster, &settings);
    let url = bouncer.url(&scene.database).replacen("127.0.0.1", "localhost", 1);
    let right = root_file(scene.home.path(), "right.crt", &root.certificate);
    let wrong = root_file(scene.home.path(), "wrong.crt", &Authority::new("wrong").certificate);
    for (parameters, succeeds) in [
        (format!("sslmode=verify-full&{right}"), true),
        (format!("pgbouncer=true&sslmode=verify-full&{right}"), true),
        ("pgbouncer=true&sslmode=allow".to_owned(), true),
        ("sslmode=prefer".to_owned(), true),
        ("sslmode=allow".to_owned(), true),
        (format!("pgbouncer=true&sslmode=verify-full&{wrong}"), false),
        ("pgbouncer=true&sslmode=disable".to_owned(), false),
    ] {
        let url = format!("{url}?hostaddr=127.0.0.1&{parameters}");
        let done = verify(scene.home.path(), &url);
        assert_eq!(done.status.success(), succeeds, "{parameters}: {done:?}");
    }
    let server =
        Server::start(&Store::Postgres(format!("{url}?hostaddr=127.0.0.1&sslmode=verify-full&{right}")), &[]);
    server.client().put("/v1/config/a", "1").expect(200);
    assert_eq!(server.client().get("/v1/config/a?at=1").expect(200).text, "1");
}

/// Several hosts: each is tried in all ways before the next. psql does not go on to another host where TLS fails; the
/// program goes on, as it does after any failure.
#[test]
fn a_host_without_tls_is_taken_by_prefer_and_passed_over_by_require() {
    let (scene, root) = (Scene::new(), Authority::new("root"));
    let with_tls = Scene::new();
    with_tls.cluster.serve_tls(&root.issue(&["localhost"], "localhost"), None);
    let (one, two) = (scene.cluster.address(), with_tls.cluster.address());
    let url = |mode: &str, database: &str| {
        format!("postgres://postgres@{one},{two}/{database}?sslmode={mode}&target_session_attrs=any")
    };
    assert_eq!(scene.compare(&url("prefer", &scene.database)), Ok(Outcome::Plain));
    let (outcome, said) = with_tls.by_program(&url("require", &with_tls.database));
    assert_eq!(outcome, Outcome::Encrypted, "{said}");
}
