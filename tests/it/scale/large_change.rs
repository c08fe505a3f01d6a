//! A change whose message is larger than all that clients may leave together: watchers get it whole.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::Store;
use crate::support::http::Client;
use crate::support::long_run;
use crate::support::server::Server;

const VALUE_BYTES: usize = 1 << 20;
const WATCHERS: usize = 7;

/// A message of the event stream, as its bytes came.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    id: String,
    bytes: usize,
    digest: [u8; 32],
}

/// A watcher that keeps nothing of what it reads.
struct Watcher(BufReader<TcpStream>);

impl Watcher {
    fn open(server: &Server, after: &str) -> Self {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let head = "GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n";
        write!(stream, "{head}Last-Event-ID: {after}\r\n\r\n").unwrap();
        let mut watcher = Self(BufReader::with_capacity(1 << 20, stream));
        while watcher.line() != "\r\n" {}
        assert!(watcher.chunk().starts_with(b"retry: "));
        watcher
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream was cut");
        line
    }

    fn chunk(&mut self) -> Vec<u8> {
        let length = usize::from_str_radix(self.line().trim_end(), 16).unwrap();
        assert!(length > 0, "the stream has ended");
        let mut chunk = vec![0; length + 2];
        self.0.read_exact(&mut chunk).unwrap();
        chunk.truncate(length);
        chunk
    }

    /// The next change. What the server sends at once, a message's end among it, is one chunk.
    fn message(&mut self) -> Message {
        let mut chunk = self.chunk();
        while chunk.starts_with(b": heartbeat") {
            chunk = self.chunk();
        }
        let start = String::from_utf8_lossy(&chunk[..64]).into_owned();
        let id = start.strip_prefix("id: ").and_then(|start| start.split('\n').next()).unwrap().to_owned();
        let (mut digest, mut bytes) = (Sha256::new(), 0);
        loop {
            digest.update(&chunk);
            bytes += chunk.len();
            if chunk.ends_with(b"\n\n") {
                return Message { id, bytes, digest: digest.finalize().into() };
            }
            chunk = self.chunk();
        }
    }
}

fn status_kib(server: &Server, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid().as_raw_nonzero())).unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The same change as the page of the feed has it, as a message.
fn from_page(client: &Client, id: &str) -> Message {
    let revision: u64 = id.split('-').next().unwrap().parse().unwrap();
    let page = client.get(&format!("/v1/events?after={}&limit=1", revision - 1)).expect(200).text;
    let opening = format!("{{\"revision\":{revision},\"changes\":[");
    let json = page.strip_prefix(opening.as_str()).and_then(|rest| rest.strip_suffix("]}")).unwrap();
    let head = format!("id: {id}\nevent: change\ndata: ");
    let digest = Sha256::new().chain_update(&head).chain_update(json).chain_update("\n\n").finalize();
    Message { id: id.to_owned(), bytes: head.len() + json.len() + 2, digest: digest.into() }
}

/// Each watcher was cut by the message that passed what all clients together may leave, and again whenever it came
/// back. Each had a copy of the message.
#[test]
fn watchers_get_a_change_that_is_larger_than_all_they_may_hold() {
    let (values, resuming) = if long_run() { (24, WATCHERS) } else { (7, 2) };
    let folder = tempfile::tempdir().unwrap();
    let store = Store::File(folder.path().join("configapi.db"));
    let mut server = Server::start(&store, &["--log-level", "warning"]);
    let client = server.client();
    let value = "\u{1}".repeat(VALUE_BYTES);
    let path = |at: usize| format!("/v1/config/big%2F{at:02}");
    let write = |json: &str| {
        let fields = [("content-type", "application/json")];
        client.send("POST", "/v1/restore", &fields, Some(json.as_bytes())).expect(200)
    };
    (0..values).for_each(|at| drop(client.put(&path(at), &value).expect(200)));
    // A restore of nothing deletes all of them; the messages have the values before.
    write(r#"{"to": 0, "prefix": "big/"}"#);
    let before = values + 1;
    let watchers: Vec<_> = (0..WATCHERS).map(|_| Watcher::open(&server, &before.to_string())).collect();
    let mut deserter = Watcher::open(&server, &before.to_string());
    write(&format!("{{\"to\": {values}, \"prefix\": \"big/\"}}"));
    client.put("/v1/config/after", "1").expect(200);

    let seen: Vec<[Message; 2]> = std::thread::scope(|scope| {
        let read = |mut stream: Watcher| move || [stream.message(), stream.message()];
        let readers: Vec<_> = watchers.into_iter().map(|stream| scope.spawn(read(stream))).collect();
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    let large = from_page(&client, &seen[0][0].id);
    assert!(large.bytes > 6 * values * VALUE_BYTES, "{large:?}");
    assert!(seen.iter().all(|[first, next]| *first == large && *next == seen[0][1]), "{large:?} {seen:?}");

    // One that leaves in the middle of the message has the id before it, and gets all of it again: from the log too,
    // which more than one reads at once.
    deserter.chunk();
    drop(deserter);
    assert_eq!(Watcher::open(&server, &before.to_string()).message(), large);
    let peak = status_kib(&server, "VmHWM:");
    let bound = if long_run() { 700 << 10 } else { 250 << 10 };
    assert!(peak < bound, "{peak} KiB for {values} values of 1 MiB and {WATCHERS} watchers");
    server.kill9();
    server = Server::start(&store, &["--log-level", "warning"]);
    let resumed = std::thread::scope(|scope| {
        let resume = || Watcher::open(&server, &before.to_string()).message();
        let readers: Vec<_> = (0..resuming).map(|_| scope.spawn(resume)).collect();
        readers.into_iter().map(|reader| reader.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(resumed.iter().all(|message| *message == large), "{large:?} {resumed:?}");
    let peak = status_kib(&server, "VmHWM:");
    assert!(peak < bound, "{peak} KiB for {resuming} watchers that resume");
}
