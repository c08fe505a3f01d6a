//! Several addresses of one server, and unix sockets.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Secure, curl, store};
use crate::support::connection::PATIENCE;
use crate::support::eventually;
use crate::support::server::{Failed, Server, Store};

fn unix(path: &Path) -> String {
    format!("unix:{}", path.display())
}

/// The places of so many `listening on` lines. The first one alone has been waited for.
fn places(server: &Server, count: usize) -> Vec<String> {
    eventually(PATIENCE, || {
        let stdout = server.stdout();
        let lines = stdout.lines().filter_map(|line| line.strip_prefix("listening on "));
        let places: Vec<_> = lines.map(str::to_owned).collect();
        (places.len() == count).then_some(places)
    })
}

fn ask(socket: &Path) -> String {
    curl(&["--unix-socket", socket.to_str().unwrap(), "http://localhost/v1/config"])
}

#[test]
fn a_unix_socket_is_for_its_owner_and_group_and_goes_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("configapi.sock");
    let mut server =
        Server::start(&store(folder.path()), &["--listen", &unix(&socket), "--log-level", "debug"]);
    assert_eq!(places(&server, 1), [unix(&socket)]);
    assert_eq!(ask(&socket), "[]");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o660);
    // Its log is written by another thread.
    eventually(PATIENCE, || server.stderr().contains("peer: unix"));
    assert!(server.sigterm().success());
    assert!(!socket.exists());
}

#[test]
fn a_socket_of_a_killed_server_is_replaced_and_one_in_use_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("configapi.sock");
    let listen = unix(&socket);
    Server::start(&store(folder.path()), &["--listen", &listen]).kill9();
    assert!(socket.exists());
    let server = Server::start(&store(folder.path()), &["--listen", &listen]);
    let refused = |listen: &str| match Server::try_start(
        &Store::File(folder.path().join("b.db")),
        &["--listen", listen],
        &[],
    ) {
        Ok(server) => panic!("it started: {}", server.stderr()),
        Err(Failed { status, stderr }) => (status.unwrap().code(), stderr),
    };
    let (status, text) = refused(&listen);
    assert!(status == Some(1) && text.contains("another process listens there"), "{text}");
    assert_eq!(ask(&socket), "[]", "the first one goes on");
    let notes = folder.path().join("notes");
    fs::write(&notes, "text").unwrap();
    let (status, text) = refused(&unix(&notes));
    assert!(status == Some(1) && text.contains("is not a socket"), "{text}");
    assert_eq!(fs::read_to_string(&notes).unwrap(), "text");
    let (status, text) = refused(&format!("unix:/tmp/{}", "x".repeat(120)));
    assert!(status == Some(1) && text.contains("107 bytes"), "{text}");
    drop(server);
}

#[test]
fn every_address_is_served_and_said_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("configapi.sock");
    let flags = ["--listen", "127.0.0.1:0", "--listen", &unix(&socket), "--listen", "[::1]:0"];
    let file = folder.path().join("settings.toml");
    fs::write(&file, format!("listen = [\"127.0.0.1:0\", {:?}, \"[::1]:0\"]\n", unix(&socket))).unwrap();
    let variable = format!("127.0.0.1:0,{},[::1]:0", unix(&socket));
    for (args, environment) in [
        (&flags[..], None),
        (&[], Some(("CONFIGAPI_LISTEN", variable.as_str()))),
        (&["--config", file.to_str().unwrap()], None),
    ] {
        let server = serve(folder.path(), args, environment.as_slice());
        let places = places(&server, 3);
        assert_eq!(places[1], unix(&socket));
        for place in [&places[0], &places[2]] {
            let address: SocketAddr = place.strip_prefix("http://").unwrap().parse().unwrap();
            assert_ne!(address.port(), 0);
            assert_eq!(curl(&[&format!("{place}/v1/config")]), "[]");
        }
        assert!(places[2].starts_with("http://[::1]:"), "{places:?}");
        assert_eq!(ask(&socket), "[]");
    }
}

/// `Server::try_start` gives a port of its own where no flag says where to listen.
fn serve(folder: &Path, args: &[&str], environment: &[(&str, &str)]) -> Server {
    Server::try_start_as_it_is(&store(folder), args, environment).unwrap()
}

#[test]
fn tls_is_for_tcp_alone() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("configapi.sock");
    let secure = Secure::start(&["--listen", "127.0.0.1:0", "--listen", &unix(&socket)]);
    let places = places(&secure.server, 2);
    assert!(places[0].starts_with("https://127.0.0.1:") && places[1] == unix(&socket), "{places:?}");
    assert_eq!(ask(&socket), "[]");
    assert_eq!(curl(&["--cacert", &secure.path("ca.crt"), &secure.server.url("/v1/config")]), "[]");
}

#[test]
fn a_second_address_that_others_can_reach_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["--listen", "127.0.0.1:0", "--listen", "0.0.0.0:0"];
    let Err(Failed { status, stderr }) = Server::try_start(&store(folder.path()), &args, &[]) else {
        panic!("it started");
    };
    assert!(status.unwrap().code() == Some(2) && stderr.contains("0.0.0.0:0 can be reached"), "{stderr}");
}
