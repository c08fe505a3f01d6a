//! Unix sockets, and several listeners of one server.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;

use configapi::server::{Address, Listener, Peer, Scheme};

use super::client::{Client, PATIENCE};
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
