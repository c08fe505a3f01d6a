//! The feed: pages, long polls, the stream; and what describes the service.

use configapi::application::{Limits, Options};
use configapi::domain::Place;
use configapi::presentation::http::ApiSettings;
use configapi::server::{Stats, StreamSource, StreamStep};
use serde_json::{Value, json};

use super::driver::{Client, End, impatient};

const ACCEPT: &str = "Accept: text/event-stream";

fn revisions(page: &Value) -> Vec<u64> {
    page["changes"].as_array().unwrap().iter().map(|change| change["revision"].as_u64().unwrap()).collect()
}

/// A store whose memory of recent changes is two changes long.
fn forgetful() -> Client {
    let limits = Limits { recent_changes_max: 2, ..Limits::default() };
    Client::with(&Options { limits, ..Options::memory() }, impatient())
}

/// Everything that the stream has now, as text.
fn take(source: &mut dyn StreamSource) -> String {
    let mut text = String::new();
    for _ in 0..1_000 {
        match source.next() {
            StreamStep::Data(piece) => text.push_str(std::str::from_utf8(&piece).unwrap()),
            StreamStep::Work(work) => {
                if let Some(piece) = work() {
                    text.push_str(std::str::from_utf8(&piece).unwrap());
                }
            }
            StreamStep::Wait | StreamStep::End => return text,
        }
    }
    panic!("it never waits: {text}");
}

fn ids(text: &str) -> Vec<u64> {
    let messages = text.split("\n\n").filter(|message| message.contains("\nevent: change\n"));
    let place = |message: &str| Place::parse(&message.lines().next().unwrap()["id: ".len()..]).unwrap();
    messages.map(|message| place(message).revision().get()).collect()
}

#[test]
fn the_feed_is_read_in_pages_by_revision() {
    let client = forgetful();
    assert_eq!(client.get("/v1/events").json(), json!({"revision": 0, "changes": []}));
    for name in ["a", "b", "app%2Fc", "d", "app%2Fe"] {
        client.put(name, "v");
    }
    assert_eq!(revisions(&client.get_json("/v1/events")), [1, 2, 3, 4, 5]);
    let page = client.get_json("/v1/events?after=1&limit=2");
    assert_eq!((revisions(&page), &page["revision"]), (vec![2, 3], &json!(3)));
    assert_eq!(revisions(&client.get_json("/v1/events?after=4")), [5]);
    let change = &client.get_json("/v1/events?after=2&limit=1")["changes"][0];
    assert_eq!(change["events"][0]["data"]["config_name"], "app/c");
    assert_eq!(
        (&change["actor"], &change["created_at"]),
        (&json!("anonymous"), &change["events"][0]["created_at"])
    );
    // With a prefix the limit counts the changes that concern it; the revision says how far the log was searched.
    let page = client.get_json("/v1/events?limit=1&prefix=app/");
    assert_eq!((revisions(&page), &page["revision"]), (vec![3], &json!(3)));
    let page = client.get_json("/v1/events?limit=2&prefix=app/");
    assert_eq!((revisions(&page), &page["revision"]), (vec![3, 5], &json!(5)));
    let empty = client.get_json("/v1/events?prefix=none");
    assert_eq!((revisions(&empty), &empty["revision"]), (vec![], &json!(5)));
    assert_eq!(client.get_json("/v1/events?after=9")["revision"], 9);
    for target in ["/v1/events?after=x", "/v1/events?wait=soon"] {
        assert_eq!(client.get(target).status, 400, "{target}");
    }
    assert_eq!(client.get("/v1/events?limit=1001").status, 422);
}

#[test]
fn a_long_poll_ends_with_the_first_change_that_concerns_it() {
    let client = Client::new();
    client.put("a", "1");
    let (exchange, waiting) = client.start("GET", "/v1/events?after=1&prefix=app/&wait=60s", &[], b"");
    client.put("b", "2");
    client.put("app%2Fc", "3");
    let End::Answer(answer) = client.end(exchange.as_ref(), waiting) else { panic!("it is an answer") };
    assert_eq!((revisions(&answer.json()), &answer.json()["revision"]), (vec![3], &json!(3)));
    assert_eq!(revisions(&client.get_json("/v1/events?after=0&wait=60s")), [1, 2, 3]);

    let empty = client.get_json("/v1/events?after=1&prefix=none&wait=10ms");
    assert_eq!((revisions(&empty), &empty["revision"]), (vec![], &json!(3)));
}

// The pool found the time over before it had read anything and let the request wait again, whose first look
// found the same change and sent it to the pool, for ever: a client that polled with a millisecond got no
// answer, and two threads were kept busy.
#[test]
fn a_long_poll_whose_time_is_over_shows_what_is_there() {
    let client = forgetful();
    client.put("app%2Fa", "v");
    assert_eq!(revisions(&client.get_json("/v1/events?after=0&prefix=app/&wait=0s")), [1]);
    assert_eq!(revisions(&client.get_json("/v1/events?after=1&prefix=app/&wait=0s")), [0_u64; 0]);
}

#[test]
fn a_long_poll_that_begins_far_back_reads_the_log() {
    let client = forgetful();
    for name in ["a", "app%2Fb", "c", "d", "e", "f"] {
        client.put(name, "v");
    }
    assert_eq!(revisions(&client.get_json("/v1/events?prefix=app/&wait=60s&limit=1")), [2]);
    let empty = client.get_json("/v1/events?prefix=none&wait=20ms");
    assert_eq!((revisions(&empty), &empty["revision"]), (vec![], &json!(6)));
}

#[test]
fn a_stream_begins_now_or_where_it_is_told_to() {
    let client = forgetful();
    for number in 0..6 {
        client.put("a", &number.to_string());
    }
    let accept = "Accept: text/event-stream";
    let mut now = client.stream("/v1/events", &[accept]);
    assert_eq!(now.head.field("Content-Type"), "text/event-stream");
    assert_eq!((now.head.field("X-Accel-Buffering"), now.head.field("Cache-Control")), ("no", "no-cache"));
    assert_eq!(take(now.source.as_mut()), format!("retry: 2000\nid: {}\n\n", client.place(6)));
    let mut after = client.stream("/v1/events?after=4", &[accept]);
    assert_eq!(ids(&take(after.source.as_mut())), [5, 6]);
    // An id wins over the query: a browser resumes at the address that it began with.
    let mut resumed = client.stream("/v1/events?after=5", &[accept, "Last-Event-ID: 2"]);
    let text = take(resumed.source.as_mut());
    assert_eq!(ids(&text), [3, 4, 5, 6]);
    let heartbeat = format!(": heartbeat\nid: {}\n\n", client.place(6));
    assert_eq!(resumed.source.heartbeat(), heartbeat.into_bytes());
    let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(data).unwrap()["revision"], 3);

    client.put("b", "v");
    for stream in [&mut now, &mut after, &mut resumed] {
        assert_eq!(ids(&take(stream.source.as_mut())), [7]);
    }
    assert_eq!(client.send("GET", "/v1/events", &[accept, "Last-Event-ID: x"], b"").status, 400);
}

#[test]
fn a_watcher_that_resumes_sees_every_revision_once() {
    let client = forgetful();
    let mut seen = Vec::new();
    let mut last = 0;
    for round in 0..100_u64 {
        for number in 0..round % 5 {
            client.put("a", &number.to_string());
        }
        let id = format!("Last-Event-ID: {last}");
        let mut stream = client.stream("/v1/events", &["Accept: text/event-stream", &id]);
        seen.extend(ids(&take(stream.source.as_mut())));
        last = seen.last().copied().unwrap_or_default();
    }
    assert_eq!(seen, (1..=client.store.applied().get()).collect::<Vec<_>>());
}

#[test]
fn a_stream_of_a_quiet_prefix_moves_its_id_on() {
    let client = forgetful();
    let mut stream = client.stream("/v1/events?prefix=app/", &["Accept: text/event-stream"]);
    take(stream.source.as_mut());
    for number in 0..5 {
        client.put("other", &number.to_string());
    }
    assert_eq!(take(stream.source.as_mut()), "");
    let heartbeat = format!(": heartbeat\nid: {}\n\n", client.place(5));
    assert_eq!(stream.source.heartbeat(), heartbeat.into_bytes());
    client.put("app%2Fa", "v");
    assert_eq!(ids(&take(stream.source.as_mut())), [6]);
}

#[test]
fn an_id_beyond_the_head_is_reset() {
    let client = forgetful();
    client.put("a", "v");
    let mut stream = client.stream("/v1/events", &["Accept: text/event-stream", "Last-Event-ID: 9"]);
    let text = take(stream.source.as_mut());
    assert_eq!(text, format!("retry: 2000\nid: 9\n\n{}", reset(&client, 1)));
    client.put("a", "v");
    assert_eq!(ids(&take(stream.source.as_mut())), [2]);
}

fn reset(client: &Client, head: u64) -> String {
    let place = client.place(head);
    format!("id: {place}\nevent: reset\ndata: {{\"revision\":{head}}}\n\n")
}

#[test]
fn a_stream_at_a_place_of_another_log_is_reset() {
    let (client, other) = (forgetful(), forgetful());
    for number in 0..6 {
        client.put("a", &number.to_string());
        other.put("a", &number.to_string());
    }
    // In memory (5), below it (2), at the head (6) and beyond it (9): each was of the other log.
    let foreign = [2, 5, 6].map(|revision| other.place(revision)).into_iter().chain(["9-9f3a1c2e".into()]);
    for place in foreign {
        let id = format!("Last-Event-ID: {place}");
        let after = format!("/v1/events?after={place}");
        for (target, fields) in [("/v1/events", vec![ACCEPT, &id]), (&*after, vec![ACCEPT])] {
            let mut stream = client.stream(target, &fields);
            let text = take(stream.source.as_mut());
            assert_eq!(text, format!("retry: 2000\nid: {place}\n\n{}", reset(&client, 6)), "{place}");
        }
    }
    for revision in [2, 5, 6] {
        let id = format!("Last-Event-ID: {}", client.place(revision));
        let mut stream = client.stream("/v1/events", &[ACCEPT, &id]);
        assert_eq!(ids(&take(stream.source.as_mut())), (revision + 1..=6).collect::<Vec<_>>(), "{revision}");
    }
}

#[test]
fn a_page_after_a_place_of_another_log_is_refused() {
    let (client, other) = (forgetful(), forgetful());
    for number in 0..6 {
        client.put("a", &number.to_string());
        other.put("a", &number.to_string());
    }
    for revision in [2, 5, 6] {
        for wait in ["", "&wait=20ms", "&limit=1"] {
            let own = client.get_json(&format!("/v1/events?after={}{wait}", client.place(revision)));
            let first = revisions(&own).first().copied();
            assert_eq!(first, (revision < 6).then_some(revision + 1), "{revision}{wait}");
            let foreign = client.get(&format!("/v1/events?after={}{wait}", other.place(revision)));
            assert_eq!(
                (foreign.status, foreign.problem().as_str()),
                (404, "no-such-place"),
                "{revision}{wait}"
            );
        }
    }
    // Another server may have shown it: this one says that it is behind, as for any place beyond its head.
    let beyond = client.get("/v1/events?after=9-9f3a1c2e");
    assert_eq!((beyond.status, beyond.problem().as_str()), (503, "replica-behind"));
    for text in ["2-9f3a", "-9f3a1c2e", "2-9F3A1C2E"] {
        assert_eq!(client.get(&format!("/v1/events?after={text}")).problem(), "malformed", "{text}");
    }
}

#[test]
fn in_restart_mode_the_feed_is_at_the_head() {
    let client = Client::restart_mode();
    client.put("a", "v");
    assert_eq!(revisions(&client.get_json("/v1/events")), [1]);
    assert_eq!(client.get_json("/v1/diff?from=0")["to"], 1);
    let operations = json!({"operations": [{"check": {"name": "a", "if_revision": 1}}]});
    assert_eq!(client.post("/v1/transactions", &operations).status, 200);
    assert_eq!(client.post("/v1/restore", &json!({"to": 0})).json()["revision"], 2);
}

#[test]
fn metrics_show_the_store_and_the_connection_layer() {
    let client = Client::with(&Options::memory(), ApiSettings::default());
    client.put("a", "s3cret");
    client.api.observe(|| Stats { requests: 42, outputs_bytes: 7, ..Stats::default() });
    let metrics = client.get("/metrics");
    for line in [
        "configapi_applied_revision 1",
        "configapi_database_up 1",
        "configapi_requests_total 42",
        "configapi_unsent_responses_bytes 7",
    ] {
        assert!(metrics.body.lines().any(|held| held == line), "{line}: {}", metrics.body);
    }
    assert!(!metrics.body.contains("s3cret"));
}

#[test]
fn the_document_is_served() {
    let client = Client::new();
    assert_eq!(client.get_json("/openapi.json")["openapi"], "3.1.0");
    assert_eq!(client.get_json("/v1/openapi.json"), client.get_json("/openapi.json"));
}
