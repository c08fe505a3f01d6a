//! TLS itself: handshakes, what rustls holds in both directions, and the end of a connection.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ClientConnection, HandshakeKind, ProtocolVersion};

use super::client::{Client, Listening, PATIENCE, eventually};
use super::over_tls::toy::{AUTHORITY, Running, keys, listener};
use super::support::certificates::Authority;
use super::support::socket::Socket;

const HELLO: &str = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

fn socket(running: &Running) -> TcpStream {
    let socket = TcpStream::connect(running.listening_on()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn session() -> ClientConnection {
    let config = Arc::new(AUTHORITY.trusting(None));
    ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap()
}

/// The first message of a client.
fn client_hello() -> Vec<u8> {
    let mut bytes = Vec::new();
    session().write_tls(&mut bytes).unwrap();
    bytes
}

/// Everything until the end of the stream.
fn rest(mut socket: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _reset = socket.read_to_end(&mut bytes);
    bytes
}

/// rustls decrypts whole records. With a small limit on what is read ahead, most of the second one stays with rustls while
/// the first request waits; the socket is empty by then, and raises no event again.
#[test]
fn requests_behind_one_that_waits_are_answered_over_tls() {
    let running = Running::with(|limits| limits.pipelined_bytes_max = 64);
    let mut client = Client::connect(&running);
    client.get("/slow");
    eventually("the first one waits", || running.state.slow.has_waiter());
    client.send(HELLO.repeat(200));
    eventually("some of the others have come", || running.server.stats().bytes_received > 64);
    running.state.slow.open();
    assert_eq!(client.answer().text(), "slow");
    for _ in 0..200 {
        assert_eq!(client.answer().text(), "hello");
    }
}

/// The same for a body: a record of 16 KiB is read in pieces, and none of it may wait for another event.
#[test]
fn a_body_that_comes_in_large_records_is_read_to_its_end() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    for length in [1, 16_383, 16_384, 16_385, 60_000] {
        client.send(format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"));
        client.send("b".repeat(length));
        assert_eq!(client.answer().body.len(), length);
    }
}

#[test]
fn a_handshake_that_comes_byte_by_byte_succeeds() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    let Socket { tcp, tls } = &mut client.socket;
    let session = tls.as_mut().unwrap();
    while session.is_handshaking() || session.wants_write() {
        let mut bytes = Vec::new();
        while session.wants_write() {
            session.write_tls(&mut bytes).unwrap();
        }
        for byte in bytes {
            tcp.write_all(&[byte]).unwrap();
        }
        if session.is_handshaking() {
            session.read_tls(tcp).unwrap();
            session.process_new_packets().unwrap();
        }
    }
    for byte in HELLO.bytes() {
        client.send([byte]);
        client.socket.flush().unwrap();
    }
    assert_eq!(client.answer().text(), "hello");
}

#[test]
fn a_half_handshake_ends_at_its_deadline_and_others_are_served() {
    // Long enough for the others on a busy machine.
    let running = Running::with(|limits| limits.handshake_deadline = Duration::from_secs(2));
    let hello = client_hello();
    for bytes in [&b""[..], &hello[..1], &hello[..hello.len() / 2], &hello] {
        let mut silent = socket(&running);
        silent.write_all(bytes).unwrap();
        assert_eq!(Client::connect(&running).ask("/hello").text(), "hello");
        rest(&silent);
    }
    eventually("all are gone", || running.server.stats().connections_open == 0);
    assert_eq!(running.server.stats().tls_failures, 4);
}

/// A byte now and then moves no deadline.
#[test]
fn a_handshake_in_drops_ends_at_its_deadline() {
    let running = Running::with(|limits| limits.handshake_deadline = Duration::from_millis(300));
    let mut slow = socket(&running);
    let hello = client_hello();
    let mut bytes = hello.iter().cycle();
    eventually("it is closed", || {
        slow.write_all(&[*bytes.next().unwrap()]).is_err() || running.server.stats().tls_failures == 1
    });
}

/// One message may have 16 MiB by its length; each client would make the server hold it for as long as a handshake may take.
#[test]
fn a_handshake_that_is_too_long_ends() {
    let running = Running::new();
    let mut long = socket(&running);
    // A client hello of 65,000 bytes, in records of 16,000.
    let message = [vec![1, 0, 0xfd, 0xe8], vec![0; 65_000]].concat();
    let mut sent = 0;
    for part in message.chunks(16_000) {
        let length = u16::try_from(part.len()).unwrap().to_be_bytes();
        let record = [&[22, 3, 1][..], &length, part].concat();
        if long.write_all(&record).is_err() {
            break;
        }
        sent += record.len();
    }
    eventually("it is closed", || running.server.stats().connections_open == 0);
    assert!(rest(&long).is_empty() && running.server.stats().tls_failures == 1, "after {sent} bytes");
}

#[test]
fn clients_that_leave_in_the_handshake_leave_nothing_behind() {
    let running = Running::new();
    let hello = client_hello();
    for number in 0..100 {
        let mut leaving = socket(&running);
        leaving.write_all(&hello[..hello.len() * number / 99]).unwrap();
        if number % 2 == 0 {
            // With a reset.
            rustix::net::sockopt::set_socket_linger(&leaving, Some(Duration::ZERO)).unwrap();
        }
    }
    eventually("all are gone", || running.server.stats().connections_open == 0);
    assert_eq!(Client::connect(&running).ask("/hello").text(), "hello");
}

#[test]
fn plain_http_on_a_tls_port_is_answered_400() {
    let running = Running::new();
    let mut plain = Client::to(running.listening_on());
    plain.send(HELLO);
    let answer = plain.answer();
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("https://"), "{}", answer.text());
    plain.assert_closed();
    assert_eq!(running.server.stats().requests, 0);
}

#[test]
fn bytes_that_are_no_protocol_are_refused_by_an_alert() {
    let running = Running::new();
    let mut garbage = socket(&running);
    garbage.write_all(&[0xff; 600]).unwrap();
    let alert = rest(&garbage);
    assert_eq!(alert.first(), Some(&21), "{alert:?}");
    assert_eq!(running.server.stats().tls_failures, 1);
}

/// Truncation must be visible: only a response that is whole is followed by `close_notify`.
#[test]
fn the_end_of_a_connection_is_announced_over_tls() {
    let running = Running::with(|limits| limits.idle_deadline = Duration::from_secs(2));
    let mut client = Client::connect(&running);
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(client.answer().text(), "hello");
    assert_eq!(client.socket.read(&mut [0]).unwrap(), 0, "after an answer that closes");
    let mut idle = Client::connect(&running);
    assert_eq!(idle.ask("/hello").text(), "hello");
    assert_eq!(idle.socket.read(&mut [0]).unwrap(), 0, "at the deadline of an idle connection");
    let mut broken = Client::connect(&running);
    broken.get("/broken");
    let mut buffer = vec![0; 64 << 10];
    let end = loop {
        match broken.socket.read(&mut buffer) {
            Ok(0) => break Ok(()),
            Ok(_) => {}
            Err(error) => break Err(error),
        }
    };
    assert!(end.is_err(), "a response that failed half-way must not look whole");
}

#[test]
fn a_client_that_announces_its_end_gets_its_answer_and_the_announcement_back() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.get("/slow");
    eventually("it waits", || running.state.slow.has_waiter());
    client.socket.shut_down_writing().unwrap();
    running.state.slow.open();
    assert_eq!(client.answer().text(), "slow");
    assert_eq!(client.socket.read(&mut [0]).unwrap(), 0);
    // Without the announcement, as many clients leave.
    let mut client = Client::connect(&running);
    assert_eq!(client.ask("/hello").text(), "hello");
    client.socket.tcp.shutdown(Shutdown::Write).unwrap();
    client.assert_closed();
}

#[test]
fn a_client_that_is_refused_a_wait_by_garbage_gets_no_answer_to_it() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.get("/wait");
    eventually("it waits", || running.server.stats().requests == 1);
    client.socket.tcp.write_all(&[0xff; 600]).unwrap();
    let error = client.socket.read(&mut [0]).unwrap_err();
    assert!(error.to_string().contains("alert"), "{error}");
    eventually("it is gone", || running.server.stats().connections_open == 0);
}

/// 64 MiB to clients that read now and then: what they have not read is a limited number of bytes each, in rustls too.
#[test]
fn a_download_by_a_slow_reader_over_tls_holds_bounded_memory() {
    let running = Running::new();
    let limits = configapi::server::ConnectionLimits::default();
    let mut clients: Vec<_> = (0..8).map(|_| Client::connect(&running)).collect();
    for client in &mut clients {
        client.get("/download");
        client.head();
    }
    let per_client_max = (limits.output_bytes_high + limits.pull_bytes + (80 << 10)) as u64;
    let mut most = 0;
    for client in &mut clients {
        let mut left: usize = 64 << 20;
        while left > 0 {
            left -= client.chunk().len();
            most = most.max(running.server.stats().outputs_bytes);
        }
        assert_eq!(client.chunk(), b"");
    }
    // All but the one that reads are blocked for most of the time, so that this sees what they hold.
    assert!(most > 0 && most <= 8 * per_client_max, "{most} bytes are held for 8 clients");
    eventually("all is given back", || running.server.stats().outputs_bytes == 0);
}

/// What rustls and the socket hold is output that the client has not taken: it is under the deadline for writing.
#[test]
fn a_client_that_takes_nothing_over_tls_is_cut() {
    let running = Running::with(|limits| limits.write_deadline = Duration::from_millis(300));
    let mut client = Client::connect(&running);
    client.get("/endless");
    client.head();
    eventually("it is cut", || running.server.stats().connections_cut == 1);
    assert_eq!(running.server.stats().outputs_bytes, 0);
}

/// The last responses are with rustls and the socket alone when the socket is full: they count as well.
#[test]
fn responses_that_wait_in_rustls_alone_are_output_that_is_not_taken() {
    let running = Running::with(|limits| limits.write_deadline = Duration::from_millis(300));
    let mut client = Client::connect(&running);
    assert_eq!(client.ask("/hello").text(), "hello");
    client.socket.set_nonblocking(true).unwrap();
    let requests = HELLO.repeat(50);
    let mut held = 0;
    eventually("it is cut", || {
        while client.socket.write(requests.as_bytes()).is_ok() {}
        held = held.max(running.server.stats().outputs_bytes);
        running.server.stats().connections_cut == 1
    });
    assert!(held > 0);
    assert_eq!(running.server.stats().outputs_bytes, 0);
}

/// How the handshake went, after one request.
fn handshake(running: &Running, config: &Arc<ClientConfig>) -> (HandshakeKind, ProtocolVersion) {
    let socket = Socket::connect(running.listening_on(), Some(Arc::clone(config))).unwrap();
    let mut client = Client::over(socket);
    assert_eq!(client.ask("/hello").text(), "hello");
    let session = client.socket.tls.as_ref().unwrap();
    assert_eq!(session.alpn_protocol(), config.alpn_protocols.first().map(Vec::as_slice));
    (session.handshake_kind().unwrap(), session.protocol_version().unwrap())
}

#[test]
fn sessions_are_resumed_in_both_versions() {
    let running = Running::new();
    for (version, name) in [
        (&rustls::version::TLS13, ProtocolVersion::TLSv1_3),
        (&rustls::version::TLS12, ProtocolVersion::TLSv1_2),
    ] {
        let mut config = AUTHORITY.trusting_by(None, &[version]);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let config = Arc::new(config);
        assert_eq!(handshake(&running, &config), (HandshakeKind::Full, name));
        assert_eq!(handshake(&running, &config), (HandshakeKind::Resumed, name));
    }
}

#[test]
fn a_client_that_speaks_another_protocol_only_is_refused() {
    let running = Running::new();
    let mut config = AUTHORITY.trusting(None);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let socket = Socket::connect(running.listening_on(), Some(Arc::new(config))).unwrap();
    let error = Client::over(socket).socket.read(&mut [0]).unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
}

#[test]
fn only_clients_with_a_certificate_of_the_authority_are_served() {
    let (clients, strangers) = (Authority::new("clients"), Authority::new("strangers"));
    let pair = AUTHORITY.server("server", 2100);
    let ask = |own: Option<&Authority>| {
        let keys = keys(&pair, Some(&clients));
        let own = own.map(|authority| authority.client("a client"));
        let trust = Arc::new(AUTHORITY.trusting(own.as_ref()));
        let running = super::toy::Running::on(vec![listener(keys)], Some(trust), |_| {});
        let mut client = Client::connect(&running);
        let mut answer = [0; 12];
        let asked =
            client.socket.write_all(HELLO.as_bytes()).and_then(|()| client.socket.read_exact(&mut answer));
        let failures = running.server.stats().tls_failures;
        (asked.map(|()| answer).map_err(|error| error.to_string()), failures)
    };
    assert_eq!(ask(Some(&clients)), (Ok(*b"HTTP/1.1 200"), 0));
    let (refused, failures) = ask(None);
    assert!(refused.unwrap_err().contains("CertificateRequired") && failures == 1);
    let (refused, failures) = ask(Some(&strangers));
    assert!(refused.unwrap_err().contains("alert") && failures == 1);
}
