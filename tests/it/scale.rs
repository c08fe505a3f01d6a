//! Much at once against the real server: a restore of a thousand names among writers, slow readers of a long history,
//! watchers by the hundred, a consumer that is cut a hundred times.

mod large_change;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use configapi::application::{Completion, ConfigStore, Options, Write};
use configapi::domain::{Command, ConfigName, ConfigValue, Metadata, Operation};
use serde_json::{Value, json};

use crate::support::http::Client;
use crate::support::postgres::fresh_database;
use crate::support::server::{Server, Store};
use crate::support::stream::EventStream;
use crate::support::{eventually, long_run};

fn post(client: &Client, path: &str, body: &Value) -> Value {
    let json = [("content-type", "application/json")];
    client.send("POST", path, &json, Some(body.to_string().as_bytes())).expect(200).json()
}

fn tree(client: &Client, prefix: &str, at: u64) -> BTreeMap<String, String> {
    let items = client.get(&format!("/v1/config?prefix={prefix}&at={at}")).expect(200).json();
    let pair = |item: &Value| (item["name"].as_str().unwrap().into(), item["value"].as_str().unwrap().into());
    items.as_array().unwrap().iter().map(pair).collect()
}

fn set_thousand(client: &Client, value: &str) -> u64 {
    let set = |n| json!({"set": {"name": format!("app/{n:04}"), "value": value}});
    let operations: Vec<_> = (0..1_000).map(set).collect();
    post(client, "/v1/transactions", &json!({"operations": operations}))["revision"].as_u64().unwrap()
}

fn restore_among_writers(store: &Store) {
    let server = Server::start(store, &["--log-level", "warning"]);
    let client = server.client();
    let good = set_thousand(&client, "good");
    let bad = set_thousand(&client, "bad");
    let over = AtomicBool::new(false);
    let restored = std::thread::scope(|scope| {
        for writer in 0..4 {
            let (client, over) = (client.clone(), &over);
            scope.spawn(move || {
                for n in (writer..).step_by(7) {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    client.put(&format!("/v1/config/app%2F{:04}", n % 1_500), "meanwhile").expect(200);
                }
            });
        }
        // The writers are at it when the restore comes, and go on when it is done.
        let head = || client.get("/v1/health").json()["details"]["head_revision"].as_u64();
        eventually(Duration::from_secs(20), || head() > Some(bad + 4));
        let restored = post(&client, "/v1/restore", &json!({"to": good, "prefix": "app/"}));
        over.store(true, Ordering::Relaxed);
        restored
    });
    let revision = restored["revision"].as_u64().unwrap();
    assert_eq!(tree(&client, "app/", revision), tree(&client, "app/", good), "whole, in one revision");
    let page = client.get(&format!("/v1/events?after={}&limit=1", revision - 1)).json();
    let events = page["changes"][0]["events"].as_array().unwrap().len();
    assert_eq!(events, restored["changes"].as_array().unwrap().len(), "one change");

    let undone = post(&client, "/v1/restore", &json!({"to": revision - 1, "prefix": "app/"}));
    let undone = undone["revision"].as_u64().unwrap();
    assert_eq!(tree(&client, "app/", undone), tree(&client, "app/", revision - 1), "and it can be undone");
}

#[test]
fn a_restore_of_a_thousand_names_among_writers_is_whole_on_a_file() {
    let folder = tempfile::tempdir().unwrap();
    restore_among_writers(&Store::File(folder.path().join("configapi.db")));
}

#[test]
fn a_restore_of_a_thousand_names_among_writers_is_whole_on_postgresql() {
    restore_among_writers(&Store::Postgres(fresh_database()));
}

/// Sets one name so often, as fast as the library takes it.
fn fill(path: &Path, versions: usize) {
    let store = ConfigStore::open(&Options::file(path)).unwrap();
    let name = ConfigName::parse("often").unwrap();
    let (answered, answers) = sync_channel::<bool>(versions);
    for n in 0..versions {
        // Fewer than the queue holds are under way.
        if n >= 1_000 {
            assert!(answers.recv().unwrap());
        }
        let value = ConfigValue::parse(&format!("value {n} {}", "x".repeat(100)), 1_000).unwrap();
        let write = Write::new(Command::Single(Operation::set(name.clone(), value)), Metadata::of("fill"));
        let answered = answered.clone();
        store.submit(write, Completion::calling(move |result| answered.send(result.is_ok()).unwrap()));
    }
    drop(answered);
    assert!(answers.iter().all(|stored| stored));
}

fn resident_kib(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid().as_raw_nonzero())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn slow_readers_of_a_long_history_cost_no_memory_and_others_get_it_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("configapi.db");
    let versions = if long_run() { 1_000_000 } else { 20_000 };
    fill(&path, versions);
    let server = Server::start(&Store::File(path), &["--log-level", "warning"]);
    let (client, before) = (server.client(), resident_kib(&server));

    // More of them than there are workers and database connections, none of whom reads on.
    let slow: Vec<TcpStream> = (0..40)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            stream.write_all(b"GET /v1/config/often/history HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
            let mut first = [0; 1_000];
            stream.read_exact(&mut first).unwrap();
            stream
        })
        .collect();
    let history = client.get("/v1/config/often/history").expect(200).json();
    let history = history.as_array().unwrap();
    assert_eq!(history.len(), versions);
    let dense = history.iter().zip(1_u64..).all(|(event, version)| event["stream_version"] == version);
    assert!(dense, "oldest first, without gaps");
    let grown = resident_kib(&server).saturating_sub(before);
    // Held by each reader whole, it would be 400 MB.
    assert!(grown < 64 << 10, "{grown} KiB for 40 readers of a history of 10 MB and more");
    drop(slow);
}

/// A tree of so many names with a value of a kibibyte each, and a later change.
fn fill_tree(path: &Path, names: usize) {
    let store = ConfigStore::open(&Options::file(path)).unwrap();
    let value = ConfigValue::parse(&"x".repeat(1 << 10), 2_000).unwrap();
    for first in (0..names).step_by(5_000) {
        let set = |n| Operation::set(ConfigName::parse(&format!("tree/{n:06}")).unwrap(), value.clone());
        let operations = (first..names.min(first + 5_000)).map(set).collect();
        let command = Command::transaction(operations).unwrap();
        store.write(Write::new(command, Metadata::of("fill"))).unwrap();
    }
    store.put(&ConfigName::parse("later").unwrap(), "x", Metadata::of("fill")).unwrap();
}

/// Each held the whole tree for as long as its client did not read: 100 of them ended the process.
#[test]
fn slow_readers_of_a_past_list_cost_no_memory_and_others_get_it_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("configapi.db");
    let names = if long_run() { 100_000 } else { 5_000 };
    fill_tree(&path, names);
    let changes = names / 5_000;
    let server = Server::start(&Store::File(path), &["--log-level", "warning"]);
    let (client, before) = (server.client(), resident_kib(&server));
    let (list, diff) = (format!("/v1/config?at={changes}"), format!("/v1/diff?from=0&to={changes}"));
    let slow: Vec<TcpStream> = (0..40)
        .map(|number| {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            let target = if number % 2 == 0 { &list } else { &diff };
            stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).unwrap();
            let mut first = [0; 1_000];
            stream.read_exact(&mut first).unwrap();
            stream
        })
        .collect();
    assert_eq!(client.get(&list).expect(200).json().as_array().unwrap().len(), names);
    let differences = client.get(&diff).expect(200).json();
    assert_eq!(differences["changes"].as_array().unwrap().len(), names);
    let grown = resident_kib(&server).saturating_sub(before);
    // Held by each reader whole, it would be 200 MB.
    assert!(grown < 96 << 10, "{grown} KiB for 40 readers of a tree of 5 MB and more");
    drop(slow);
}

/// 24 of them took every thread of the pool and every connection to the store: a read of the past waited for half a minute.
#[test]
fn long_polls_that_search_leave_room_for_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("configapi.db");
    let versions = if long_run() { 500_000 } else { 6_000 };
    fill(&path, versions);
    let server = Server::start(&Store::File(path), &["--log-level", "warning"]);
    let client = server.client();
    std::thread::scope(|scope| {
        let polls: Vec<_> = (0..24)
            .map(|number| {
                let (client, target) = (client.clone(), format!("/v1/events?prefix=quiet/{number}&wait=60s"));
                scope.spawn(move || client.get(&target).expect(200).json())
            })
            .collect();
        // Some leave at once, and are not searched for.
        for _ in 0..24 {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            let request = "GET /v1/events?prefix=quiet/&wait=60s HTTP/1.1\r\nHost: localhost\r\n\r\n";
            stream.write_all(request.as_bytes()).unwrap();
        }
        for at in 1..=20 {
            let past = client.get(&format!("/v1/config?at={at}")).expect(200).json();
            assert_eq!(past[0]["version"], at);
        }
        // Each has searched to the end, and waits for what comes.
        for number in 0..24 {
            client.put(&format!("/v1/config/quiet%2F{number}%2Fx"), "v").expect(200);
        }
        for (poll, number) in polls.into_iter().zip(0..) {
            let page = poll.join().unwrap();
            assert!(page["revision"].as_u64() > Some(versions as u64), "{page}");
            let name = &page["changes"][0]["events"][0]["data"]["config_name"];
            assert!(name.as_str().unwrap().starts_with(&format!("quiet/{number}")), "{page}");
        }
    });
}

#[test]
fn a_consumer_that_is_cut_a_hundred_times_sees_every_revision_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::File(folder.path().join("configapi.db"));
    let mut server = Server::start(&store, &["--log-level", "warning"]);
    let (cuts, each) = (100, 7);
    let mut seen = 0;
    for cut in 1..=cuts {
        if cut % 25 == 0 {
            server.kill9();
            server = Server::start(&store, &["--log-level", "warning"]);
        }
        let client = server.client();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for n in 0..each {
                    client.put(&format!("/v1/config/name-{n}"), "value").expect(200);
                }
            });
            let mut stream = EventStream::open(server.address(), "/v1/events", seen).unwrap();
            // Cut in the midst: what it has not read yet comes again after the next start.
            while seen < (cut * each) - 2 {
                let message = stream.next().expect("the stream goes on");
                assert_eq!((message.event.as_str(), message.id), ("change", Some(seen + 1)));
                seen += 1;
            }
        });
    }
    assert_eq!(seen, cuts * each - 2);
}

#[test]
fn five_hundred_watchers_that_never_read_cost_neither_memory_nor_writers() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&Store::File(folder.path().join("configapi.db")), &["--log-level", "warning"]);
    let (client, before) = (server.client(), resident_kib(&server));
    let deaf: Vec<_> =
        (0..500).map(|_| EventStream::open(server.address(), "/v1/events", 0).unwrap()).collect();
    let mut attentive = EventStream::open(server.address(), "/v1/events", 0).unwrap();
    for revision in 1..=300 {
        client.put("/v1/config/large", &"v".repeat(100_000)).expect(200);
        assert_eq!(attentive.next().unwrap().id, Some(revision));
    }
    let grown = resident_kib(&server).saturating_sub(before);
    // The memory of recent changes may fill (32 MiB), and each watcher holds a piece of what it was sent.
    assert!(grown < 400 << 10, "{grown} KiB for 30 MB of changes and 500 watchers who don't read");
    drop(deaf);
}
