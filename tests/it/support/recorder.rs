//! What clients asked and were told, and whether the log agrees (promises G1 to G5, G8, G10).
//!
//! Every value is written once, so that a write is known by its value. Revisions give the order, so that the
//! checks are passes over sorted lists. A write whose answer never came is there once or not at all; sent again
//! with its key it is known.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::Value;

use super::http::{Client, Response};

/// What a client was told of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Stored at this revision.
    Stored(u64),
    /// The name was at this revision and not at the one that was asked for.
    Refused(u64),
    NotStored,
    Unknown,
}

#[derive(Clone, Debug)]
struct Put {
    name: String,
    value: String,
    if_match: Option<u64>,
    began: Instant,
    ended: Instant,
    told: Told,
}

#[derive(Clone, Debug)]
struct Seen {
    /// Reads of one server agree among themselves; another may lag.
    server: String,
    name: String,
    value: Option<String>,
    revision: u64,
    began: Instant,
    ended: Instant,
}

#[derive(Clone, Debug)]
struct Happened {
    revision: u64,
    version: u64,
    name: String,
    value: Option<String>,
}

/// The record of a test.
#[derive(Debug, Default)]
pub struct Recorder {
    puts: Mutex<Vec<Put>>,
    reads: Mutex<Vec<Seen>>,
}

impl Recorder {
    /// Writes a value that was never written before; gives its place in the record.
    pub fn put(&self, client: &Client, name: &str, value: &str, if_match: Option<u64>) -> (usize, Told) {
        let began = Instant::now();
        let put = Put {
            name: name.into(),
            value: value.into(),
            if_match,
            began,
            ended: began,
            told: Told::Unknown,
        };
        let told = send(client, &put);
        let mut puts = lock(&self.puts);
        puts.push(Put { ended: Instant::now(), told, ..put });
        (puts.len() - 1, told)
    }

    /// Sends a write again with its key. It may have been stored at any time since it was first sent.
    pub fn put_again(&self, client: &Client, at: usize) -> Told {
        let put = lock(&self.puts)[at].clone();
        let told = send(client, &put);
        let ended = Instant::now();
        lock(&self.puts)[at] = Put { ended, told, ..put };
        told
    }

    /// Reads a name: its value, and the revision of the state that it was read from. None: no answer.
    pub fn get(&self, client: &Client, server: &str, name: &str) -> Option<(Option<String>, u64)> {
        let began = Instant::now();
        let response = client.try_send("GET", &path(name), &[], None).ok()?;
        let value = match response.status {
            200 => Some(response.text.clone()),
            404 => None,
            _ => return None,
        };
        let revision = revision(&response);
        let seen = Seen {
            server: server.into(),
            name: name.into(),
            value: value.clone(),
            revision,
            began,
            ended: Instant::now(),
        };
        lock(&self.reads).push(seen);
        Some((value, revision))
    }

    /// How many writes were acknowledged.
    pub fn stored(&self) -> usize {
        lock(&self.puts).iter().filter(|put| matches!(put.told, Told::Stored(_))).count()
    }

    /// The writes of which it is not known whether they were stored.
    pub fn unknown(&self) -> Vec<usize> {
        let puts = lock(&self.puts);
        (0..puts.len()).filter(|at| puts[*at].told == Told::Unknown).collect()
    }

    /// Compares all that clients were told with the log that a server shows.
    #[track_caller]
    pub fn check(&self, client: &Client) {
        let log = read_log(client);
        let mut names = BTreeMap::<&str, Vec<&Happened>>::new();
        for happened in &log {
            let stream = names.entry(&happened.name).or_default();
            stream.push(happened);
            assert_eq!(happened.version, stream.len() as u64, "versions are dense: {happened:?}");
        }
        let puts = lock(&self.puts);
        check_puts(&puts, &names);
        check_order(&puts);
        check_reads(&lock(&self.reads), &puts, &names);
        check_tree(client, &names);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn path(name: &str) -> String {
    format!("/v1/config/{name}")
}

fn revision(response: &Response) -> u64 {
    let text = response.header("config-revision").unwrap_or_else(|| panic!("no revision: {response:?}"));
    text.parse().expect("a revision")
}

/// The value is its own idempotency key.
fn send(client: &Client, put: &Put) -> Told {
    let condition = put.if_match.map(|revision| format!("\"{revision}\""));
    let mut headers = vec![("content-type", "text/plain"), ("idempotency-key", put.value.as_str())];
    match condition.as_deref() {
        Some("\"0\"") => headers.push(("if-none-match", "*")),
        Some(condition) => headers.push(("if-match", condition)),
        None => {}
    }
    let Ok(response) = client.try_send("PUT", &path(&put.name), &headers, Some(put.value.as_bytes())) else {
        return Told::Unknown;
    };
    match response.status {
        200 => Told::Stored(revision(&response)),
        412 => Told::Refused(response.json()["current_revision"].as_u64().expect("a revision")),
        503 if response.json()["outcome"] == "not stored" => Told::NotStored,
        503 => Told::Unknown,
        _ => panic!("{response:?}"),
    }
}

/// The whole log in pages: every revision once, in order.
fn read_log(client: &Client) -> Vec<Happened> {
    let (mut log, mut after) = (Vec::new(), 0);
    loop {
        let page = client.get(&format!("/v1/events?after={after}&limit=100")).expect(200).json();
        let changes = page["changes"].as_array().expect("changes");
        for change in changes {
            assert_eq!(change["revision"], after + 1, "revisions are dense");
            after += 1;
            log.extend(change["events"].as_array().expect("events").iter().map(|event| Happened {
                revision: after,
                version: event["stream_version"].as_u64().expect("a version"),
                name: event["data"]["config_name"].as_str().expect("a name").to_owned(),
                value: event["data"]["value"].as_str().map(str::to_owned),
            }));
        }
        if changes.is_empty() {
            return log;
        }
    }
}

fn check_puts(puts: &[Put], names: &BTreeMap<&str, Vec<&Happened>>) {
    let none = Vec::new();
    for put in puts {
        let stream = names.get(put.name.as_str()).unwrap_or(&none);
        let places: Vec<usize> =
            (0..stream.len()).filter(|at| stream[*at].value.as_ref() == Some(&put.value)).collect();
        match put.told {
            Told::Stored(revision) => {
                let found: Vec<u64> = places.iter().map(|at| stream[*at].revision).collect();
                assert_eq!(found, [revision], "acknowledged, so it is there once: {put:?}");
            }
            Told::Unknown => assert!(places.len() <= 1, "{put:?} is there {} times", places.len()),
            Told::NotStored | Told::Refused(_) => assert!(places.is_empty(), "it is there: {put:?}"),
        }
        if let (Some(wanted), Some(at)) = (put.if_match, places.first()) {
            let before = at.checked_sub(1).map_or(0, |before| stream[before].revision);
            assert_eq!(before, wanted, "stored only on the revision that it asked for: {put:?}");
        }
        if let Told::Refused(current) = put.told {
            assert_ne!(Some(current), put.if_match);
            assert!(current == 0 || stream.iter().any(|it| it.revision == current), "{put:?}");
        }
    }
}

/// Answers by their ends, asked for the highest revision that was known before some begin; begins must rise.
struct Known {
    by_end: std::iter::Peekable<std::vec::IntoIter<(Instant, u64)>>,
    highest: u64,
}

impl Known {
    fn of(answers: impl Iterator<Item = (Instant, u64)>) -> Self {
        let mut by_end: Vec<_> = answers.collect();
        by_end.sort_unstable();
        Self { by_end: by_end.into_iter().peekable(), highest: 0 }
    }

    fn before(&mut self, begin: Instant) -> u64 {
        while let Some((_, revision)) = self.by_end.next_if(|(end, _)| *end < begin) {
            self.highest = self.highest.max(revision);
        }
        self.highest
    }
}

fn stored(put: &Put) -> Option<u64> {
    if let Told::Stored(revision) = put.told { Some(revision) } else { None }
}

fn acknowledged(puts: &[Put]) -> Known {
    Known::of(puts.iter().filter_map(|put| Some((put.ended, stored(put)?))))
}

/// What was answered before another was asked has the lower revision.
fn check_order(puts: &[Put]) {
    let mut by_begin: Vec<_> = puts.iter().filter_map(|put| Some((put, stored(put)?))).collect();
    by_begin.sort_by_key(|(put, _)| put.began);
    let mut known = acknowledged(puts);
    for (put, revision) in by_begin {
        let highest = known.before(put.began);
        assert!(highest < revision, "{highest} was answered before this was asked: {put:?}");
    }
}

fn check_reads(reads: &[Seen], puts: &[Put], names: &BTreeMap<&str, Vec<&Happened>>) {
    let mut servers = BTreeMap::<&str, Vec<&Seen>>::new();
    for seen in reads {
        let stream = names.get(seen.name.as_str());
        let last = stream.and_then(|stream| stream.iter().rfind(|it| it.revision <= seen.revision));
        assert_eq!(
            last.and_then(|it| it.value.clone()),
            seen.value,
            "not the fold at its revision: {seen:?}"
        );
        servers.entry(&seen.server).or_default().push(seen);
    }
    // With one server a read shows every write that was answered before it; of several, each may lag.
    let mut written = if servers.len() == 1 { acknowledged(puts) } else { Known::of(std::iter::empty()) };
    for reads in servers.values_mut() {
        reads.sort_by_key(|seen| seen.began);
        let mut shown = Known::of(reads.iter().map(|seen| (seen.ended, seen.revision)));
        for seen in reads {
            let least = shown.before(seen.began).max(written.before(seen.began));
            assert!(least <= seen.revision, "{least} was known before: {seen:?}");
        }
    }
}

fn check_tree(client: &Client, names: &BTreeMap<&str, Vec<&Happened>>) {
    let listed: Value = client.get("/v1/config").expect(200).json();
    let listed: Vec<_> = listed.as_array().expect("items").iter().collect();
    let expected = names.values().filter_map(|stream| stream.last().filter(|last| last.value.is_some()));
    let expected: Vec<_> = expected.collect();
    assert_eq!(listed.len(), expected.len());
    for (item, last) in listed.iter().zip(expected) {
        assert_eq!(
            (
                item["name"].as_str(),
                item["value"].as_str(),
                item["version"].as_u64(),
                item["revision"].as_u64()
            ),
            (Some(last.name.as_str()), last.value.as_deref(), Some(last.version), Some(last.revision))
        );
    }
}
