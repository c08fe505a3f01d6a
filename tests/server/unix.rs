//! Unix sockets, and several listeners of one server.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::UnixStream;

use configapi::server::{Address, Listener, Peer, Scheme};

use super::client::{Client, PATIENCE, eventually};
use super::toy::Running;

fn ask(socket: &mut UnixStream, path: &str) -> String {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_unix_socket_is_served_beside_tcp_and_its_file_is_removed_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let tcp = || Listener::tcp(TcpListener::bind("127.0.0.1:0").unwrap()).unwrap();
    let listeners = vec![tcp(), Listener::unix(&path).unwrap(), tcp()];
    let running = Running::on(listeners, None, |_| {});
    let addresses = running.server.addresses();
    assert_eq!(addresses[1], Address::Unix(path.clone()));
    for address in addresses {
        match address {
            Address::Tcp(Scheme::Http, address) => {
                assert_eq!(Client::to(*address).ask("/hello").text(), "hello");
            }
            Address::Unix(path) => {
                let text = ask(&mut UnixStream::connect(path).unwrap(), "/big");
                assert!(text.starts_with("HTTP/1.1 200 ") && text.len() > 1 << 20, "{} bytes", text.len());
            }
            other @ Address::Tcp(..) => panic!("{other}"),
        }
    }
    assert_eq!(running.state.peers.lock().unwrap().iter().filter(|peer| **peer == Peer::Unix).count(), 1);
    assert_eq!(running.server.stop(PATIENCE), 0);
    assert!(!path.exists());
}

/// A unix socket reports the end of a stream in other events than TCP.
#[test]
fn a_half_closed_client_of_a_unix_socket_gets_its_answer_and_one_that_left_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let running = Running::on(vec![Listener::unix(&path).unwrap()], None, |_| {});
    let mut half_closed = UnixStream::connect(&path).unwrap();
    half_closed.set_read_timeout(Some(PATIENCE)).unwrap();
    half_closed.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    half_closed.shutdown(Shutdown::Write).unwrap();
    let mut left = UnixStream::connect(&path).unwrap();
    left.write_all(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    eventually("both wait", || running.server.stats().requests == 2);
    drop(left);
    eventually("one has left", || running.server.stats().connections_open == 1);
    running.state.slow.open();
    let mut text = String::new();
    half_closed.read_to_string(&mut text).unwrap();
    assert!(text.ends_with("slow"), "{text}");
}

#[test]
fn a_burst_on_a_unix_socket_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let running = Running::on(vec![Listener::unix(&path).unwrap()], None, |_| {});
    let mut clients: Vec<_> = (0..300).map(|_| UnixStream::connect(&path).unwrap()).collect();
    for client in &mut clients {
        assert!(ask(client, "/hello").ends_with("hello"));
    }
    assert_eq!(running.server.stats().connections_accepted, 300);
}
