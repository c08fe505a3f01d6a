//! The client library against real servers: its calls, what it repeats, and values that follow.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use configapi::client::{Client, Read, Set, Settings, Transaction, WatchSettings, Watched};
use configapi::{DifferenceKind, Point, Revision};

use crate::support::eventually;
use crate::support::postgres::fresh_database;
use crate::support::server::{Server, Store};

const SOON: Duration = Duration::from_secs(10);

fn on_a_file() -> (Server, Client, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&Store::File(folder.path().join("configapi.db")), &["--log-level", "warning"]);
    let client = Client::new(&server.url("")).unwrap();
    (server, client, folder)
}

fn text(client: &Client, name: &str) -> Option<String> {
    client.get(name).unwrap().and_then(|item| item.text().map(str::to_owned))
}

#[test]
fn each_call_does_what_its_name_says() {
    let (_server, client, _folder) = on_a_file();
    let names = ["app/a b", "app/history", "app/at/2026-01-15T10:00:00Z", "app/é+?#%2F", "app/"];
    for name in names {
        client.set(name, &format!("{name}\n"), &Set::because("a reason with é")).unwrap();
        let item = client.get(name).unwrap().expect("it was just set");
        assert_eq!((item.name(), item.text()), (name, Some(format!("{name}\n").as_str())));
        assert_eq!(item.reason(), Some("a reason with é"));
    }
    let listed: Vec<_> = client.list("app/").map(|item| item.unwrap().name().to_owned()).collect();
    assert_eq!(listed.len(), names.len());
    assert_eq!(client.get("app/none").unwrap(), None);

    let first = client.set("app/n", "1", &Set::default()).unwrap().revision();
    let second =
        client.set("app/n", "2", &Set { if_revision: Some(first), ..Set::default() }).unwrap().revision();
    let stale = client.set("app/n", "3", &Set { if_revision: Some(first), ..Set::default() }).unwrap_err();
    assert_eq!(stale.status(), Some(412));
    assert_eq!(stale.problem().unwrap().current_revision(), Some(second));
    let exists = client.set("app/n", "3", &Set { if_revision: Some(Revision::ZERO), ..Set::default() });
    assert_eq!(exists.unwrap_err().status(), Some(412));
    let then = client.get_with("app/n", &Read::at(Point::Revision(first))).unwrap().unwrap();
    assert_eq!(then.text(), Some("1"));

    let differences = client.diff(Point::Revision(first), None, "app/n").unwrap();
    let [difference] = differences.as_slice() else { panic!("{differences:?}") };
    assert_eq!(difference.kind(), DifferenceKind::Changed);
    assert_eq!(difference.to().and_then(|item| item.text()), Some("2"));
    assert_eq!(client.history("app/n").unwrap().len(), 2);

    let mut transaction = Transaction::new();
    transaction.set("app/m", "new", &Set::default()).delete("app/n", Some(second)).because("a move");
    let moved = client.transact(&transaction).unwrap().revision.expect("it wrote");
    assert_eq!((text(&client, "app/m").as_deref(), text(&client, "app/n")), (Some("new"), None));
    assert_eq!(client.transact(&transaction).unwrap_err().status(), Some(409));
    client.revert(moved, Some("not yet")).unwrap().expect("it wrote");
    assert_eq!((text(&client, "app/m"), text(&client, "app/n").as_deref()), (None, Some("2")));
    client.restore("app/n", Point::Revision(first), None).unwrap().expect("it wrote");
    assert_eq!(text(&client, "app/n").as_deref(), Some("1"));
    client.delete("app/n", &Set::because("done")).unwrap();
    assert_eq!(client.delete("app/n", &Set::default()).unwrap_err().status(), Some(410));

    let (upto, changes) = client.changes(moved, "app/n").unwrap();
    assert_eq!(upto, client.head().unwrap());
    assert_eq!(changes.last().map(|change| change.reason()), Some(Some("done")));
}

#[test]
fn a_list_of_many_pages_is_at_one_revision() {
    let (_server, client, _folder) = on_a_file();
    let mut transaction = Transaction::new();
    for number in 0..2_500 {
        transaction.set(format!("n/{number:04}"), "first", &Set::default());
    }
    client.transact(&transaction).unwrap();
    let mut items = client.list("n/");
    assert_eq!(items.next().unwrap().unwrap().name(), "n/0000");
    client.set("n/2499", "second", &Set::default()).unwrap();
    client.delete("n/2400", &Set::default()).unwrap();
    let rest: Vec<_> = items.map(Result::unwrap).collect();
    assert_eq!(rest.len(), 2_499);
    assert!(rest.iter().all(|item| item.text() == Some("first")));
}

/// A request with its body, however many pieces it comes in.
fn whole_request(client: &mut TcpStream) -> Vec<u8> {
    let (mut request, mut piece) = (Vec::new(), [0; 4_096]);
    loop {
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return request;
            }
        }
        match client.read(&mut piece).unwrap() {
            0 => return request,
            read => request.extend_from_slice(&piece[..read]),
        }
    }
}

/// Passes connections on to a server, and cuts the first ones after the request was sent, before the response comes.
fn cutting_relay(server: SocketAddr, connections_to_cut: u64) -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&seen);
    let relay = move || {
        for client in listener.incoming() {
            let (mut client, mut upstream) = (client.unwrap(), TcpStream::connect(server).unwrap());
            upstream.write_all(&whole_request(&mut client)).unwrap();
            upstream.shutdown(Shutdown::Write).unwrap();
            // The whole response has come: what was asked for is done.
            let mut response = Vec::new();
            upstream.read_to_end(&mut response).unwrap();
            if counted.fetch_add(1, Ordering::SeqCst) >= connections_to_cut {
                client.write_all(&response).unwrap();
            }
        }
    };
    std::thread::Builder::new().name("relay".into()).spawn(relay).unwrap();
    (address, seen)
}

#[test]
fn a_write_whose_response_is_lost_is_repeated_and_written_once() {
    let (server, direct, _folder) = on_a_file();
    let (relay, seen) = cutting_relay(server.address(), 1);
    let client = Client::new(&format!("http://{relay}")).unwrap();
    let item = client.set("app/once", "1", &Set::default()).unwrap();
    assert_eq!(seen.load(Ordering::SeqCst), 2, "it was sent twice");
    assert_eq!(item.version().get(), 1);
    assert_eq!(direct.history("app/once").unwrap().len(), 1);
}

#[test]
fn a_write_whose_response_never_comes_is_of_unknown_outcome() {
    let (server, direct, _folder) = on_a_file();
    let (relay, _seen) = cutting_relay(server.address(), u64::MAX);
    let client = Client::new(&format!("http://{relay}")).unwrap();
    let error = client.set("app/lost", "1", &Set::default()).unwrap_err();
    assert!(error.is_outcome_unknown() && !error.is_unavailable(), "{error}");
    assert_eq!(direct.history("app/lost").unwrap().len(), 1);
    assert!(client.get("app/lost").unwrap_err().is_unavailable());
}

#[test]
fn a_server_that_is_not_there_is_unavailable_and_nothing_is_unknown() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = Client::new(&format!("http://{free}")).unwrap();
    let error = client.set("a", "1", &Set::default()).unwrap_err();
    assert!(error.is_unavailable() && !error.is_outcome_unknown(), "{error}");
    for address in ["ftp://h", "localhost:4000", "http://u:secret@h", "http://h/path", "http://"] {
        let error = Client::new(address).err().expect(address).to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn a_silent_server_is_given_up_after_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let client =
        Client::with(&Settings { server, timeout: Duration::from_millis(50), ..Settings::default() });
    assert!(client.unwrap().get("a").unwrap_err().is_unavailable());
}

#[test]
fn watched_values_follow_the_server_and_are_whole_changes() {
    let (_server, client, _folder) = on_a_file();
    let both = |value: &str| {
        let mut transaction = Transaction::new();
        transaction.set("app/x", value, &Set::default()).set("app/y", value, &Set::default());
        client.transact(&transaction).unwrap().revision.unwrap()
    };
    both("0");
    client.set("other/z", "0", &Set::default()).unwrap();
    let (changed, news) = channel();
    let settings = WatchSettings {
        prefixes: vec!["app/".to_owned()],
        on_change: Some(Box::new(move |snapshot| {
            let (x, y) = (snapshot.get("app/x").map(str::to_owned), snapshot.get("app/y").map(str::to_owned));
            changed.send((snapshot.revision(), x, y)).unwrap();
        })),
        ..WatchSettings::default()
    };
    let watched = Watched::with(client.clone(), settings).unwrap();
    assert_eq!(watched.get("app/x").as_deref(), Some("0"));
    assert_eq!(watched.get("other/z"), None);
    for number in 1..=20 {
        let revision = both(&number.to_string());
        client.set("other/z", "1", &Set::default()).unwrap();
        let value = Some(number.to_string());
        assert_eq!(news.recv_timeout(SOON).unwrap(), (revision, value.clone(), value));
    }
    client.delete("app/y", &Set::default()).unwrap();
    assert_eq!(news.recv_timeout(SOON).unwrap().2, None);
    let mut many = Transaction::new();
    for number in 0..100 {
        many.set(format!("app/many/{number}"), "1", &Set::default());
    }
    let revision = client.transact(&many).unwrap().revision.unwrap();
    assert_eq!(news.recv_timeout(SOON).unwrap().0, revision);
    assert_eq!(watched.snapshot().items().count(), 101);
    assert!(news.try_recv().is_err(), "a change elsewhere calls nobody");
}

#[test]
fn watched_values_stay_while_the_server_is_away_and_follow_again() {
    let store = Store::Postgres(fresh_database());
    let server = Server::start(&store, &["--log-level", "warning"]);
    let address = server.address();
    let client = Client::new(&server.url("")).unwrap();
    client.set("app/x", "1", &Set::default()).unwrap();
    let watched = Watched::new(client.clone(), "app/").unwrap();
    server.kill9();
    eventually(SOON, || watched.failure());
    assert_eq!(watched.get("app/x").as_deref(), Some("1"));

    let other = Server::start(&store, &["--log-level", "warning"]);
    Client::new(&other.url("")).unwrap().set("app/x", "2", &Set::default()).unwrap();
    let again = Server::start(&store, &["--log-level", "warning", "--listen", &address.to_string()]);
    assert_eq!(again.address(), address);
    eventually(SOON * 2, || watched.get("app/x").as_deref() == Some("2"));
    assert!(watched.failure().is_none());
}

#[test]
fn values_that_were_watched_once_are_there_without_a_server() {
    let (server, client, folder) = on_a_file();
    client.set("app/x", "1", &Set::default()).unwrap();
    let settings = || WatchSettings {
        prefixes: vec!["app/".to_owned()],
        last_good: Some(folder.path().join("last-good")),
        ..WatchSettings::default()
    };
    let watched = Watched::with(client.clone(), settings()).unwrap();
    client.set("app/x", "2", &Set::default()).unwrap();
    eventually(SOON, || watched.get("app/x").as_deref() == Some("2"));
    drop(watched);
    server.kill9();
    let again = eventually(SOON, || Watched::with(client.clone(), settings()));
    assert_eq!(again.get("app/x").as_deref(), Some("2"));
    assert!(again.failure().is_some(), "it says that the server is away");
    let elsewhere = WatchSettings { prefixes: vec!["other/".to_owned()], ..settings() };
    assert!(Watched::with(client, elsewhere).is_err(), "the file is of other prefixes");
}
