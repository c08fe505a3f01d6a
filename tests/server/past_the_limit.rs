//! Connections past the limit: told so where that costs no handshake.

use std::io::Read;
use std::net::TcpStream;

use super::client::{Client, Listening, PATIENCE, eventually};
use super::over_tls;
use super::toy::Running;

#[test]
fn a_connection_past_the_limit_is_told_503() {
    let running = Running::with(|limits| limits.connections_max = 3);
    let mut clients: Vec<_> = (0..3).map(|_| Client::connect(&running)).collect();
    for client in &mut clients {
        assert_eq!(client.ask("/hello").status, 200);
    }
    let mut refused = Client::connect(&running);
    refused.get("/hello");
    assert_eq!(refused.answer().status, 503);
    refused.assert_closed();
    drop(clients);
    drop(refused);
    eventually("all have left", || running.server.stats().connections_open == 0);
    assert_eq!(Client::connect(&running).ask("/hello").status, 200);
    assert_eq!(running.server.stats().connections_refused, 1);
}

#[test]
fn a_tls_connection_past_the_limit_is_closed() {
    let running = over_tls::toy::Running::with(|limits| limits.connections_max = 1);
    let mut first = Client::connect(&running);
    assert_eq!(first.ask("/hello").text(), "hello");
    let mut second = TcpStream::connect(running.listening_on()).unwrap();
    second.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(second.read(&mut [0]).unwrap(), 0);
    assert_eq!(running.server.stats().connections_refused, 1);
    assert_eq!(first.ask("/hello").text(), "hello");
}
