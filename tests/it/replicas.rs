//! Several servers on one log (F10, F11): each serves what the others wrote, and all agree.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::eventually;
use crate::support::postgres::{fresh_database, psql};
use crate::support::proxy::{Notifications, Proxy};
use crate::support::recorder::{Recorder, Told};
use crate::support::server::{Server, Store};

/// Longer than the poll interval on a busy machine.
const CONVERGED: Duration = Duration::from_secs(30);

/// F11
#[test]
fn three_servers_with_contended_names_get_through_and_agree() {
    const WRITES: usize = 30;
    let store = Store::Postgres(fresh_database());
    let servers = [(); 3].map(|()| Server::start(&store, &[]));
    let (recorder, values) = (Recorder::default(), AtomicUsize::new(0));
    let stored: Vec<usize> = std::thread::scope(|scope| {
        let (recorder, values) = (&recorder, &values);
        let write = |at: usize| {
            let client = servers[at].client();
            let server = at.to_string();
            move || {
                let mut stored = 0;
                for turn in 0..WRITES {
                    let name = ["a", "b"][turn % 2];
                    let value = format!("v{}", values.fetch_add(1, Ordering::SeqCst));
                    // A third of them only on the revision that this server shows.
                    let current = client.get(&format!("/v1/config/{name}"));
                    let etag =
                        current.header("etag").map_or(0, |etag| etag.trim_matches('"').parse().unwrap());
                    let condition = (turn % 3 == 0).then_some(etag);
                    let (_, told) = recorder.put(&client, name, &value, condition);
                    assert!(matches!(told, Told::Stored(_) | Told::Refused(_)), "{told:?}");
                    stored += usize::from(matches!(told, Told::Stored(_)));
                    recorder.get(&client, &server, name);
                }
                stored
            }
        };
        let writers: Vec<_> = (0..servers.len()).map(|at| scope.spawn(write(at))).collect();
        writers.into_iter().map(|writer| writer.join().expect("a writer")).collect()
    });
    assert!(stored.iter().all(|stored| *stored >= WRITES * 2 / 3), "each gets through: {stored:?}");
    let head: usize = stored.iter().sum();
    let trees: Vec<String> = servers
        .iter()
        .map(|server| {
            let least = head.to_string();
            let now = server.client().send("GET", "/v1/config", &[("config-min-revision", &least)], None);
            let now = now.expect(200).text;
            assert_eq!(server.client().get(&format!("/v1/config?at={head}")).expect(200).text, now);
            recorder.check(&server.client());
            now
        })
        .collect();
    assert!(trees.iter().all(|tree| *tree == trees[0]), "at one revision byte for byte the same");
}

/// A server through a proxy that has its way with the notifications, and one without.
fn converge(disturb: impl Fn(&Proxy, &str)) {
    let url = fresh_database();
    let (proxy, through) = Proxy::before(&url);
    let (here, there) =
        (Server::start(&Store::Postgres(through), &[]), Server::start(&Store::Postgres(url.clone()), &[]));
    for round in 1..=3 {
        disturb(&proxy, &url);
        there.client().put("/v1/config/a", &round.to_string()).expect(200);
        eventually(CONVERGED, || here.client().get("/v1/config/a").text == round.to_string());
        here.client().put("/v1/config/b", &round.to_string()).expect(200);
        eventually(CONVERGED, || there.client().get("/v1/config/b").text == round.to_string());
    }
    let trees = [&here, &there].map(|server| server.client().get("/v1/config").expect(200).text);
    assert_eq!(trees[0], trees[1]);
    for server in [here, there] {
        assert_eq!(server.client().get("/v1/health").expect(200).json()["status"], "healthy");
    }
}

/// F10
#[test]
fn servers_converge_without_notifications() {
    converge(|proxy, _| proxy.set_notifications(Notifications::Drop));
}

#[test]
fn servers_converge_when_notifications_are_repeated() {
    converge(|proxy, _| proxy.set_notifications(Notifications::Repeat));
}

#[test]
fn servers_converge_when_the_listening_backend_is_killed() {
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    converge(|_, url| {
        psql(url, kill);
    });
}

#[test]
fn a_reader_that_names_a_revision_sees_it_on_every_server() {
    let store = Store::Postgres(fresh_database());
    let servers = [Server::start(&store, &[]), Server::start(&store, &[])];
    for round in 1..=20 {
        let (writer, reader) = (&servers[round % 2], &servers[(round + 1) % 2]);
        let written = writer.client().put("/v1/config/a", &round.to_string()).expect(200);
        let revision = written.header("config-revision").expect("a revision").to_owned();
        let headers = [("config-min-revision", revision.as_str())];
        let read = reader.client().send("GET", "/v1/config/a", &headers, None).expect(200);
        assert_eq!(read.text, round.to_string());
    }
}
