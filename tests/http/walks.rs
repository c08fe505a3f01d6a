//! Answers that are read page by page: lists of the past, differences, searches of the feed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{ErrorKind, Read};

use configapi::application::{ConfigStore, Limits, Options};
use configapi::presentation::http::ApiSettings;
use configapi::server::Reply;
use rouille::Response;
use serde_json::{Value, json};

use super::driver::Client;
use super::support::eventually::seed;

/// Small numbers that differ from run to run; a failure shows what was made of them.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        Self(seed())
    }

    fn below(&mut self, limit: usize) -> usize {
        // Knuth's constants for a linear congruential generator.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Sets and deletes some names, as one change.
fn change(client: &Client, present: &mut BTreeSet<String>, dice: &mut Dice, names: usize, events: usize) {
    let mut operations = BTreeMap::new();
    for _ in 0..events {
        let name = format!("{}/{:04}", ["app", "app/b", "z"][dice.below(3)], dice.below(names));
        let delete = present.contains(&name) && dice.below(3) == 0;
        let operation = if delete {
            json!({"delete": {"name": name}})
        } else {
            json!({"set": {"name": name, "value": "v".repeat(dice.below(4))}})
        };
        operations.insert(name, (delete, operation));
    }
    for (name, (delete, _)) in &operations {
        if *delete {
            present.remove(name)
        } else {
            present.insert(name.clone())
        };
    }
    let operations: Vec<&Value> = operations.values().map(|(_, operation)| operation).collect();
    assert_eq!(client.post("/v1/transactions", &json!({"operations": operations})).status, 200);
}

/// A list, by name.
fn items(client: &Client, target: &str) -> BTreeMap<String, Value> {
    let list = client.get_json(target);
    let pairs = list.as_array().unwrap().iter();
    pairs.map(|item| (item["name"].as_str().unwrap().to_owned(), item.clone())).collect()
}

/// The differences between two lists, as plainly as can be.
fn differences(from: &BTreeMap<String, Value>, to: &BTreeMap<String, Value>) -> Vec<Value> {
    let mut names: Vec<&String> = from.keys().chain(to.keys()).collect();
    names.sort();
    names.dedup();
    let content =
        |item: Option<&Value>| item.map(|item| (item["value"].clone(), item["content_type"].clone()));
    let differing = names.into_iter().filter(|name| content(from.get(*name)) != content(to.get(*name)));
    let kind = |name: &String| match (from.contains_key(name), to.contains_key(name)) {
        (false, _) => "added",
        (_, false) => "removed",
        _ => "changed",
    };
    differing
        .map(|name| json!({"name": name, "kind": kind(name), "from": from.get(name), "to": to.get(name)}))
        .collect()
}

fn compare_differences(client: &Client, points: &[u64], prefix: &str) {
    for (from, to) in points.iter().flat_map(|from| points.iter().map(move |to| (from, to))) {
        let lists = [from, to].map(|at| items(client, &format!("/v1/config?at={at}&prefix={prefix}")));
        let found = client.get_json(&format!("/v1/diff?from={from}&to={to}&prefix={prefix}"));
        assert_eq!((&found["from"], &found["to"]), (&json!(from), &json!(to)));
        assert_eq!(
            found["changes"],
            json!(differences(&lists[0], &lists[1])),
            "{from} to {to} under {prefix:?}"
        );
    }
}

#[test]
fn differences_are_those_of_the_lists_at_both_points() {
    let (client, mut dice, mut present) = (Client::new(), Dice::new(), BTreeSet::new());
    for _ in 0..12 {
        change(&client, &mut present, &mut dice, 8, 6);
    }
    for prefix in ["", "app/", "app/b/000", "none"] {
        compare_differences(&client, &[0, 3, 7, 8, 12], prefix);
    }
}

/// Where more events are between the two points than are looked up one by one, the later tree is walked.
#[test]
fn differences_over_many_changes_are_those_of_the_lists_at_both_points() {
    let (client, mut dice, mut present) = (Client::new(), Dice::new(), BTreeSet::new());
    for _ in 0..4 {
        change(&client, &mut present, &mut dice, 700, 1_800);
    }
    for prefix in ["", "app/b/"] {
        compare_differences(&client, &[0, 4], prefix);
    }
}

#[test]
fn the_pages_of_a_past_list_are_slices_of_it() {
    let (client, mut dice, mut present) = (Client::new(), Dice::new(), BTreeSet::new());
    for _ in 0..10 {
        change(&client, &mut present, &mut dice, 20, 12);
    }
    // Of the past, and of the place where memory is.
    for at in [0, 1, 5, 9, 10] {
        for (prefix, limit) in [("", 1), ("", 4), ("app/", 7), ("app/b/", 1_000), ("none", 3)] {
            let place = if at == 0 { "0".to_owned() } else { client.place(at) };
            let tag = if at == 0 { "\"0\"".to_owned() } else { client.tag(at) };
            let whole = client.get_json(&format!("/v1/config?at={at}&prefix={prefix}"));
            let mut paged: Vec<Value> = Vec::new();
            let mut target = format!("/v1/config?at={at}&prefix={prefix}&limit={limit}");
            loop {
                let page = client.get(&target);
                assert_eq!((page.status, page.field("ETag")), (200, &*tag), "{page:?}");
                let items = page.json().as_array().unwrap().clone();
                assert!(items.len() <= limit && (!items.is_empty() || paged.is_empty()), "{target}");
                paged.extend(items);
                let Some(next) = page.field("Link").strip_suffix(">; rel=\"next\"") else { break };
                target = next.trim_start_matches('<').to_owned();
                assert!(target.starts_with(&format!("/v1/config?at={place}&")), "{target}");
            }
            assert_eq!(Value::from(paged), whole, "at {at} under {prefix:?} by {limit}");
        }
    }
}

#[test]
fn a_page_of_a_past_list_ends_after_some_megabytes() {
    let client = Client::new();
    let value = "v".repeat(1 << 20);
    for number in 0..9 {
        client.put(&format!("{number}"), &value);
    }
    client.put("later", "v");
    let (mut target, mut lengths) = ("/v1/config?at=9&limit=1000".to_owned(), Vec::new());
    loop {
        let page = client.get(&target);
        lengths.push(page.json().as_array().unwrap().len());
        let Some(next) = page.field("Link").strip_suffix(">; rel=\"next\"") else { break };
        target = next.trim_start_matches('<').to_owned();
    }
    assert_eq!(lengths, [7, 2]);
}

#[test]
fn the_tag_of_a_past_list_is_its_place() {
    let client = Client::new();
    client.put("a", "1");
    client.put("b", "1");
    client.put("a", "2");
    let list = client.get("/v1/config?at=2&prefix=a");
    assert_eq!((list.field("ETag"), list.field("Config-Revision")), (&*client.tag(2), "2"));
    let again = |field: &str| client.send("GET", "/v1/config?at=2&prefix=a", &[field], b"");
    assert_eq!(again(&format!("If-None-Match: {}", client.tag(2))).status, 304);
    assert_eq!(again(&format!("If-None-Match: {}", client.tag(1))).status, 200);
    assert_eq!(again("If-Match: \"1\"").status, 412);
}

/// The response of a request, as far as the pool makes it before anybody reads its body.
pub fn begun(client: &Client, target: &str) -> Response {
    let (_exchange, mut reply) = client.start("GET", target, &[], b"");
    loop {
        reply = match reply {
            Reply::Ready(response) => return response,
            Reply::Pooled(work) | Reply::Search { turn: work, .. } => work(),
            _ => panic!("{target} waits"),
        };
    }
}

/// Pulls as the connection layer does; the bytes, and how the body ended.
fn pull(mut body: impl Read) -> (Vec<u8>, Option<ErrorKind>) {
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        match body.read(&mut buffer) {
            Ok(0) => return (bytes, None),
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return (bytes, Some(error.kind())),
        }
    }
}

fn held_bytes(client: &Client) -> u64 {
    let metrics = client.get("/metrics").body;
    let line = metrics.lines().find(|line| line.starts_with("configapi_answers_bytes ")).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn answers_past_the_budget_are_refused_with_503() {
    let settings = ApiSettings { answers_bytes_max: 4 << 20, ..ApiSettings::default() };
    let client = Client::with(&Options::memory(), settings);
    let value = "v".repeat(1 << 10);
    let sets: Vec<_> =
        (0..1_000).map(|number| json!({"set": {"name": format!("n/{number:04}"), "value": value}})).collect();
    for _ in 0..2 {
        assert_eq!(client.post("/v1/transactions", &json!({"operations": sets})).status, 200);
    }
    for _ in 0..60 {
        client.put("often", &"v".repeat(8 << 10));
    }
    let targets =
        ["/v1/config?at=1", "/v1/config?at=1&limit=900", "/v1/diff?from=0&to=1", "/v1/config/often/history"];
    for target in targets {
        let whole = client.get(target).body;
        let mut unread = Vec::new();
        let refused = loop {
            let response = begun(&client, target);
            if response.status_code != 200 {
                break response;
            }
            unread.push(response);
            assert!(unread.len() < 100, "{target} is never refused");
        };
        let field =
            |name: &str| refused.headers.iter().find(|(held, _)| held == name).map(|(_, value)| &**value);
        assert_eq!((refused.status_code, field("Retry-After")), (503, Some("1")), "{target}");
        let (problem, _) = pull(refused.data.into_reader_and_size().0);
        assert!(String::from_utf8(problem).unwrap().contains("that clients have not taken"), "{target}");
        assert!(unread.len() > 1 && held_bytes(&client) < 8 << 20, "{target}: {} unread", unread.len());
        // One that has begun waits for room, and is whole in the end.
        let first = unread.remove(0).data.into_reader_and_size().0;
        let mut bytes = Vec::new();
        let mut first = first;
        loop {
            let (more, ended) = pull(&mut first);
            bytes.extend(more);
            match ended {
                None => break,
                Some(kind) => assert_eq!(kind, ErrorKind::ResourceBusy, "{target}"),
            }
            unread.pop().expect("with all the room there is it goes on");
        }
        assert!(bytes == whole.as_bytes(), "{target}");
        drop((first, unread));
        assert_eq!((held_bytes(&client), client.get(target).status), (0, 200), "{target}");
    }
}

/// A store whose memory of recent changes is two changes long.
fn forgetful() -> Client {
    let limits = Limits { recent_changes_max: 2, ..Limits::default() };
    Client::with(&Options { limits, ..Options::memory() }, ApiSettings::default())
}

#[test]
fn a_long_poll_that_begins_far_back_searches_in_turns() {
    let client = forgetful();
    for _ in 0..10 {
        client.put("other", "v");
    }
    let (exchange, reply) = client.start("GET", "/v1/events?prefix=app/&wait=60s", &[], b"");
    let Reply::Waiting { mut poll, expired, .. } = reply else { panic!("a long poll waits") };
    let Some(Reply::Search { turn, .. }) = poll() else { panic!("it has to search") };
    // At the end of the log it waits again, and has not lost its place.
    let Reply::Waiting { mut poll, .. } = turn() else { panic!("nothing is there") };
    assert!(poll().is_none());
    let super::driver::End::Answer(late) = client.end(exchange.as_ref(), expired()) else {
        panic!("an answer")
    };
    assert_eq!(late.json(), json!({"revision": 10, "changes": []}));
    client.put("app%2Fa", "v");
    let Some(reply) = poll() else { panic!("something is there") };
    let super::driver::End::Answer(answer) = client.end(exchange.as_ref(), reply) else {
        panic!("an answer")
    };
    assert_eq!(answer.json()["changes"][0]["revision"], 11);
}

#[test]
fn one_response_searches_a_hundred_thousand_quiet_changes_at_most() {
    // Values of another prefix are passed over by their names: this many changes are no second of work.
    let client = forgetful();
    let quiet = fill(&client.store, 3_000);
    client.put("app%2Fa", "v");
    for _ in 0..5 {
        client.put("other", "v");
    }
    let page = client.get_json("/v1/events?prefix=app/");
    assert_eq!(page["changes"][0]["revision"], quiet + 1);
    assert_eq!(page["revision"], quiet + 6);
    let empty = client.get_json("/v1/events?prefix=none&limit=1");
    assert_eq!((&empty["changes"], &empty["revision"]), (&json!([]), &json!(quiet + 6)));
}

/// Changes one after the other, as many as asked for.
fn fill(store: &ConfigStore, changes: u64) -> u64 {
    use configapi::application::{Completion, Write};
    use configapi::domain::{Command, ConfigName, ConfigValue, Metadata, Operation};
    let (done, all_done) = std::sync::mpsc::channel();
    for number in 0..changes {
        let name = ConfigName::parse("other/name").unwrap();
        let value = ConfigValue::parse(&number.to_string(), 100).unwrap();
        let write = Write::new(Command::Single(Operation::set(name, value)), Metadata::of("fill"));
        let done = done.clone();
        let _ticket =
            store.submit(write, Completion::calling(move |result| done.send(result.is_ok()).unwrap()));
    }
    drop(done);
    for stored in &all_done {
        assert!(stored);
    }
    assert_eq!(store.followed().get(), changes);
    changes
}

#[test]
fn a_change_of_many_events_is_not_passed_over() {
    // More events than are looked at at once, of which the last concerns the prefix.
    let client = forgetful();
    client.put("first", "v");
    let name = |number: usize| if number == 9_999 { "app/last".to_owned() } else { format!("n{number:05}") };
    let mut text = String::from("{\"operations\":[");
    for number in 0..10_000 {
        let comma = if number > 0 { "," } else { "" };
        write!(text, "{comma}{{\"set\":{{\"name\":\"{}\",\"value\":\"v\"}}}}", name(number)).unwrap();
    }
    text.push_str("]}");
    let answer =
        client.send("POST", "/v1/transactions", &["Content-Type: application/json"], text.as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
    for _ in 0..5 {
        client.put("other", "v");
    }
    for (after, expected) in [(0, vec![2]), (1, vec![2]), (2, vec![])] {
        let page = client.get_json(&format!("/v1/events?prefix=app/&after={after}"));
        let found: Vec<u64> = page["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|change| change["revision"].as_u64().unwrap())
            .collect();
        assert_eq!((found, &page["revision"]), (expected, &json!(7)), "after {after}");
    }
}
