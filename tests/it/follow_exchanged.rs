//! The log was exchanged for one that has other changes under the same revisions, and more of them. Whoever holds a
//! place of the log that was is told so: nobody continues with the next revision of another log.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::json;

use crate::follow_rewound::{put, rewind};
use crate::support::http::Client;
use crate::support::postgres::fresh_database;
use crate::support::server::{Server, Store};
use crate::support::stream::EventStream;

const FORK: u64 = 20;
const OLD_HEAD: u64 = 30;
const NEW_HEAD: u64 = 45;

/// The place of the last change: the tag of the whole list.
fn head(client: &Client) -> String {
    let list = client.get("/v1/config?values=false").expect(200);
    list.header("etag").expect("a list has a tag").trim_matches('"').to_owned()
}

/// The same names at the same revisions up to the old head, then more.
fn write_another_end(store: &Store) {
    let other = Server::start(store, &[]);
    put(&other.client(), FORK + 1, OLD_HEAD, "second");
    for number in OLD_HEAD + 1..=NEW_HEAD {
        other.client().put("/v1/config/more", &number.to_string()).expect(200);
    }
}

/// The next message is a reset to the head.
#[track_caller]
fn expect_reset(stream: &mut EventStream, head: &str) {
    let message = stream.next().expect("the stream goes on");
    assert_eq!((message.event.as_str(), message.place.as_str()), ("reset", head), "{message:?}");
    assert_eq!(message.data, format!("{{\"revision\":{}}}", message.id.expect("a reset has an id")));
}

#[track_caller]
fn expect_change(stream: &mut EventStream, revision: u64) {
    let message = stream.next().expect("the stream goes on");
    assert_eq!((message.event.as_str(), message.id), ("change", Some(revision)), "{message:?}");
}

/// What a client remembers of a log.
struct Remembered {
    /// Places of changes: shared with the log to come, and not.
    shared: String,
    below_the_head: String,
    head: String,
    /// The tag of `n2`, which both logs set at their revision 30.
    tag: String,
}

impl Remembered {
    fn of(server: &Server) -> Self {
        let mut stream = EventStream::open(server.address(), "/v1/events", 0).expect("a stream");
        let mut place = |revision| {
            let mut messages = std::iter::from_fn(|| stream.next());
            messages.find(|message| message.id == Some(revision)).expect("every change comes").place
        };
        let (shared, below_the_head, head) = (place(15), place(25), place(OLD_HEAD));
        let value = server.client().get("/v1/config/n2").expect(200);
        let tag = value.header("etag").expect("a value has a tag").to_owned();
        assert_eq!(tag, format!("\"{head}\""));
        Self { shared, below_the_head, head, tag }
    }

    fn is_noticed_as_of_another_log_by(&self, server: &Server) {
        let (client, new_head) = (server.client(), head(&server.client()));
        for place in [&self.below_the_head, &self.head] {
            let mut stream = EventStream::open(server.address(), "/v1/events", place).expect("a stream");
            expect_reset(&mut stream, &new_head);
            for path in
                ["/v1/events?after=", "/v1/events?wait=30s&after=", "/v1/config/n2?at=", "/v1/config?at="]
            {
                let refused = client.get(&format!("{path}{place}")).expect(404);
                assert!(refused.text.contains("/problems/no-such-place"), "{path}{place}: {}", refused.text);
            }
        }
        let with = |method, field| {
            let fields = [(field, self.tag.as_str()), ("content-type", "text/plain")];
            client.send(method, "/v1/config/n2", &fields, (method == "PUT").then_some(b"x")).status
        };
        assert_eq!((with("GET", "if-none-match"), with("GET", "if-match")), (200, 412));
        assert_eq!((with("PUT", "if-match"), with("DELETE", "if-match")), (412, 412));
        let kept = client.get(&format!("/v1/config/n2?at={new_head}")).expect(200);
        assert_eq!(kept.header("cache-control"), Some("private, max-age=31536000, immutable"));
        assert_eq!(client.get("/v1/config/n2?at=30").expect(200).header("cache-control"), Some("no-cache"));
    }
}

#[test]
fn every_watcher_of_an_exchanged_log_is_reset_and_goes_on_from_its_head() {
    let url = fresh_database();
    let store = Store::Postgres(url.clone());
    let server = Server::start(&store, &[]);
    put(&server.client(), 1, OLD_HEAD, "first");
    let remembered = Remembered::of(&server);
    let open = |path, id: &str| {
        let mut stream = EventStream::open(server.address(), path, id).expect("a stream");
        stream.begin();
        stream
    };
    let mut all = open("/v1/events", "0");
    (1..=OLD_HEAD).for_each(|revision| expect_change(&mut all, revision));
    // A place, a bare revision, and a prefix under which nothing is.
    let quiet = [("/v1/events", &*remembered.head), ("/v1/events", "30"), ("/v1/events?prefix=none/", "30")];
    let mut streams = vec![all];
    streams.extend(quiet.map(|(path, id)| open(path, id)));
    let poll = format!("/v1/events?wait=60s&after={}", remembered.head);
    let poller = server.client();
    let polling = std::thread::Builder::new().spawn(move || poller.get(&poll)).expect("a thread");

    server.sigstop();
    rewind(&url, FORK);
    write_another_end(&store);
    server.sigcont();

    let mut resets = streams.iter_mut().map(|stream| stream.next().expect("the stream goes on"));
    let first = resets.next().expect("there are streams");
    assert_eq!((first.event.as_str(), first.id), ("reset", Some(NEW_HEAD)), "{first:?}");
    assert!(resets.all(|other| other == first));
    assert_eq!(first.place, head(&server.client()));
    let refused = polling.join().expect("it does not panic").expect(404);
    assert!(refused.text.contains("/problems/no-such-place"), "{}", refused.text);
    remembered.is_noticed_as_of_another_log_by(&server);

    server.client().put("/v1/config/none%2Fa", "x").expect(200);
    for stream in &mut streams {
        expect_change(stream, NEW_HEAD + 1);
    }
}

#[test]
fn what_clients_remember_of_a_log_that_was_exchanged_while_the_server_was_down_is_noticed() {
    let url = fresh_database();
    let store = Store::Postgres(url.clone());
    let mut server = Server::start(&store, &[]);
    put(&server.client(), 1, OLD_HEAD, "first");
    let remembered = Remembered::of(&server);
    server.sigterm();
    rewind(&url, FORK);
    write_another_end(&store);
    let server = Server::start(&store, &[]);
    remembered.is_noticed_as_of_another_log_by(&server);
    // Up to the fork it is the same log.
    let shared = &remembered.shared;
    let mut stream = EventStream::open(server.address(), "/v1/events", shared).expect("a stream");
    (16..=NEW_HEAD).for_each(|revision| expect_change(&mut stream, revision));
    server.client().get(&format!("/v1/config/n2?at={shared}")).expect(200);
}

#[test]
fn what_clients_remember_of_another_file_is_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let remembered = {
        let server = Server::start(&Store::File(folder.path().join("first.db")), &[]);
        put(&server.client(), 1, OLD_HEAD, "first");
        Remembered::of(&server)
    };
    let store = Store::File(folder.path().join("second.db"));
    {
        let server = Server::start(&store, &[]);
        put(&server.client(), 1, FORK, "second");
    }
    write_another_end(&store);
    remembered.is_noticed_as_of_another_log_by(&Server::start(&store, &[]));
}

/// A response that has begun is not finished from another log: its connection is cut before the body is complete.
#[test]
fn a_list_of_the_past_breaks_off_when_its_log_is_rewound() {
    let url = fresh_database();
    let server = Server::start(&Store::Postgres(url.clone()), &[]);
    let client = server.client();
    // More than sockets hold.
    let value = "v".repeat(10_000);
    for first in [0, 800] {
        let set = |n| json!({"set": {"name": format!("n/{n:05}"), "value": value}});
        let operations: Vec<_> = (first..first + 800).map(set).collect();
        let body = json!({"operations": operations}).to_string();
        let fields = [("content-type", "application/json")];
        client.send("POST", "/v1/transactions", &fields, Some(body.as_bytes())).expect(200);
    }
    put(&client, 1, 1, "later");
    let mut answers: Vec<TcpStream> = ["/v1/config?at=2", "/v1/diff?from=0&to=2"]
        .map(|target| {
            let mut stream = TcpStream::connect(server.address()).expect("a connection");
            let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).expect("it takes a request");
            let mut first = [0; 1_000];
            stream.read_exact(&mut first).expect("the beginning of a list");
            assert!(first.starts_with(b"HTTP/1.1 200 "));
            stream
        })
        .into();
    rewind(&url, 1);
    for stream in &mut answers {
        let mut rest = Vec::new();
        // A reset is an end too.
        let _reset = stream.read_to_end(&mut rest);
        assert!(!rest.ends_with(b"0\r\n\r\n") && rest.len() < 16_000_000, "it looks whole: {}", rest.len());
    }
}
