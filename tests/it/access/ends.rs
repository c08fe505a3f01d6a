//! The end of a token: its event streams, long polls and long responses end with it, and no others do.
//!
//! The promise is 2 s; the deadline here is for a busy machine, and shorter than the time between two heartbeats.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Holder, Made, ROOT, ask, closed, everything, scope, store_of};
use crate::support::connection::{Connection, PATIENCE};
use crate::support::eventually;
use crate::support::places::{Place, in_every_durable_place};
use crate::support::server::Server;

const END_DEADLINE: Duration = Duration::from_secs(12);
const STREAM: &str = "Accept: text/event-stream\r\n";
/// More than the sockets of both sides take, so that the response is never written as a whole.
const LARGE_VALUES: usize = 16;

in_every_durable_place!(
    responses_end_with_a_revocation,
    responses_end_with_a_rotation_that_keeps_nothing,
    responses_end_when_their_token_expires,
    an_anonymous_stream_ends_when_the_server_closes,
    a_token_whose_secret_still_works_keeps_its_responses,
    a_body_that_comes_after_the_end_of_its_token_writes_nothing,
);

/// Three responses that last: a stream, a long poll, a list that is not read.
struct Lasting {
    stream: Connection,
    poll: Connection,
    list: Connection,
}

impl Lasting {
    /// `None` if the token ended before they began.
    fn open(server: &Server, token: Option<&str>) -> Option<Self> {
        let [mut stream, mut poll, mut list] = [(); 3].map(|()| Connection::connect(server));
        for connection in [&stream, &poll, &list] {
            connection.socket.tcp.set_read_timeout(Some(END_DEADLINE)).unwrap();
        }
        // Events of the log are not asked for: the stream begins at the head, and the poll waits there.
        ask(&mut list, token, "/v1/config?prefix=large/", "");
        ask(&mut stream, token, "/v1/events?prefix=app/", STREAM);
        let (status, head) = stream.head();
        if status != 200 {
            return None;
        }
        assert!(head.contains("text/event-stream"), "{head}");
        stream.chunk();
        let head = Holder::root(server).get("/v1/config?limit=1");
        let head = head.header("config-revision").unwrap_or("0").to_owned();
        ask(&mut poll, token, &format!("/v1/events?after={head}&prefix=app/&wait=5min"), "");
        let (status, _) = list.head();
        (status == 200).then_some(Self { stream, poll, list })
    }

    /// Each of them ends within the deadline.
    fn assert_ended(mut self, server: &Server) {
        let poll = self.poll.answer();
        assert_eq!((poll.status, poll.text().contains("unauthenticated")), (401, true), "{poll:?}");
        // The watcher that learns of the end first ends the stream; otherwise the connection is cut.
        let stream = self.stream.rest();
        assert!(!String::from_utf8_lossy(&stream).contains("event: change"));
        let stream_is_cut = u64::from(!stream.ends_with(b"0\r\n\r\n"));
        // The list ends also while its client reads nothing.
        eventually(END_DEADLINE, || cut(server) == 1 + stream_is_cut);
        let list = self.list.rest();
        assert!(
            !list.ends_with(b"0\r\n\r\n") && list.len() < LARGE_VALUES << 20,
            "{} bytes came",
            list.len()
        );
    }
}

/// Connections that the server has cut before their response ended.
fn cut(server: &Server) -> u64 {
    let metrics = Holder::root(server).get("/metrics").expect(200).text;
    let line = metrics.lines().find_map(|line| line.strip_prefix("configapi_connections_cut_total "));
    line.expect("the metric is there").parse().unwrap()
}

/// A server with large values.
fn prepared(place: &Place) -> Server {
    let server = closed(&store_of(place), &[]);
    let root = Holder::root(&server);
    root.put("app/a", "v").expect(200);
    let value = "v".repeat(1 << 20);
    for number in 0..LARGE_VALUES {
        root.put(&format!("large/{number}"), &value).expect(200);
    }
    server
}

fn reader(server: &Server, name: &str) -> Made {
    Holder::root(server).make(name, &[scope("", &["read"])])
}

fn rotate(server: &Server, made: &Made, body: &Value) -> String {
    let path = format!("/v1/tokens/{}/rotate", made.id);
    let rotated = Holder::root(server).post(&path, body).expect(201).json();
    rotated["token"].as_str().unwrap().to_owned()
}

fn responses_end_with_a_revocation(place: &Place) {
    let server = prepared(place);
    let (ended, lasting) = (reader(&server, "ada"), reader(&server, "ben"));
    let responses = Lasting::open(&server, Some(&ended.token)).unwrap();
    let mut others = Lasting::open(&server, Some(&lasting.token)).unwrap();
    Holder::root(&server).revoke(&ended.id);
    responses.assert_ended(&server);
    // Another token's go on: each sees the next change.
    Holder::root(&server).put("app/a", "after").expect(200);
    assert!(others.poll.answer().text().contains("after"));
    let change = eventually(PATIENCE, || {
        let chunk = String::from_utf8(others.stream.chunk()).unwrap();
        chunk.contains("event: change").then_some(chunk)
    });
    assert!(change.contains("after"), "{change}");
}

fn responses_end_with_a_rotation_that_keeps_nothing(place: &Place) {
    let server = prepared(place);
    let made = reader(&server, "ada");
    let responses = Lasting::open(&server, Some(&made.token)).unwrap();
    let renewed = rotate(&server, &made, &json!({}));
    responses.assert_ended(&server);
    Holder::of(&server, &renewed).get("/v1/whoami").expect(200);
}

fn responses_end_when_their_token_expires(place: &Place) {
    let server = prepared(place);
    // A busy machine may need longer than a second to open the three.
    let responses = [2, 4, 8].into_iter().find_map(|seconds| {
        let body = json!({
            "name": format!("for-{seconds}"), "scopes": [scope("", &["read"])], "expires_in": format!("{seconds}s"),
        });
        let made = Holder::root(&server).post("/v1/tokens", &body).expect(201).json();
        Lasting::open(&server, made["token"].as_str())
    });
    responses.expect("a token lasts until its responses have begun").assert_ended(&server);
}

fn an_anonymous_stream_ends_when_the_server_closes(place: &Place) {
    let server = Server::start(&store_of(place), &[]);
    let nobody = Holder::nobody(&server);
    nobody.put("app/a", "v").expect(200);
    let [mut stream, mut poll] = [(); 2].map(|()| Connection::connect(&server));
    for connection in [&stream, &poll] {
        connection.socket.tcp.set_read_timeout(Some(END_DEADLINE)).unwrap();
    }
    ask(&mut stream, None, "/v1/events", STREAM);
    assert_eq!(stream.head().0, 200);
    stream.chunk();
    ask(&mut poll, None, "/v1/events?after=1&prefix=app/&wait=5min", "");
    nobody.make("ada", &[everything()]);
    assert_eq!(poll.answer().status, 401);
    let rest = String::from_utf8(stream.rest()).unwrap();
    assert!(!rest.contains("app/a"), "{rest}");
}

fn a_token_whose_secret_still_works_keeps_its_responses(place: &Place) {
    let server = closed(&store_of(place), &[]);
    let made = reader(&server, "ada");
    let next = |connection: &mut Connection| {
        eventually(PATIENCE, || {
            let chunk = String::from_utf8(connection.chunk()).unwrap();
            chunk.contains("event: change").then_some(chunk)
        })
    };
    let [mut by_first, mut by_root] = [&*made.token, ROOT].map(|token| {
        let mut stream = Connection::connect(&server);
        ask(&mut stream, Some(token), "/v1/events", STREAM);
        assert_eq!(stream.head().0, 200);
        stream.chunk();
        stream
    });
    let renewed = rotate(&server, &made, &json!({ "keep_old_for": "1h" }));
    let other = reader(&server, "ben");
    Holder::root(&server).revoke(&other.id);
    Holder::root(&server).put("app/a", "first").expect(200);
    for stream in [&mut by_first, &mut by_root] {
        assert!(next(stream).contains("first"));
    }
    // The second rotation leaves the newest secret alone: what the first secret began ends.
    let newest = rotate(&server, &Made { token: renewed, id: made.id }, &json!({}));
    by_first.socket.tcp.set_read_timeout(Some(END_DEADLINE)).unwrap();
    by_first.rest();
    Holder::root(&server).put("app/a", "second").expect(200);
    assert!(next(&mut by_root).contains("second"));
    Holder::of(&server, &newest).get("/v1/config/app/a").expect(200);
}

/// The head was accepted while the token worked; the write is decided when its body is here.
fn a_body_that_comes_after_the_end_of_its_token_writes_nothing(place: &Place) {
    let server = closed(&store_of(place), &[]);
    let root = Holder::root(&server);
    let made = root.make("ada", &[scope("app", &["read", "write"])]);
    let head = |length: usize| {
        format!(
            "PUT /v1/config/app/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: text/plain\r\n\
             Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n",
            made.token
        )
    };
    let mut late = Connection::connect(&server);
    late.send(head(4));
    assert_eq!(late.head().0, 100, "the head is accepted");
    late.send("la");
    root.revoke(&made.id);
    late.send("te");
    let answer = late.answer();
    assert_eq!((answer.status, answer.text().contains("unauthenticated")), (401, true), "{answer:?}");
    assert_eq!(root.get("/v1/config").json(), json!([]));
}
