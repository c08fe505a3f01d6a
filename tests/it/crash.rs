//! Crashes of the real server and of PostgreSQL under load (F01, F06, F07): what was acknowledged is there, once,
//! and everything else that clients were told is true. The recorder checks it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::http::Client;
use crate::support::postgres::{Cluster, fresh_database, psql};
use crate::support::proxy::Proxy;
use crate::support::recorder::{Recorder, Told};
use crate::support::server::{Server, Store, run};
use crate::support::{eventually, long_run};

const WRITERS: usize = 8;
const NAMES: [&str; 3] = ["a", "b", "c"];
/// For what a busy machine does in a moment.
const SOON: Duration = Duration::from_mins(1);

/// A load of writers until it is stopped, or until their server is gone.
struct Load<'a> {
    recorder: &'a Recorder,
    client: &'a Client,
    server: &'a str,
    stopped: &'a AtomicBool,
    next_value: &'a AtomicUsize,
}

impl Load<'_> {
    /// Plain writes, writes on the revision that was read, and reads, in turn.
    fn write(&self, writer: usize) {
        for turn in 0.. {
            if self.stopped.load(Ordering::SeqCst) {
                return;
            }
            let name = NAMES[(writer + turn) % NAMES.len()];
            let value = format!("v{}", self.next_value.fetch_add(1, Ordering::SeqCst));
            let condition = match turn % 3 {
                0 => None,
                // Where the name was last written; its own revision stands in its ETag.
                _ => match self.current(name) {
                    Some(current) => Some(current),
                    None => continue,
                },
            };
            self.recorder.put(self.client, name, &value, condition);
        }
    }

    fn current(&self, name: &str) -> Option<u64> {
        self.recorder.get(self.client, self.server, name)?;
        let response = self.client.try_send("GET", &format!("/v1/config/{name}"), &[], None).ok()?;
        match response.status {
            404 => Some(0),
            200 => response.header("etag")?.trim_matches('"').parse().ok(),
            _ => None,
        }
    }
}

/// Runs eight writers while `disturb` does its worst, and stops them after it.
fn under_load(recorder: &Recorder, client: &Client, values: &AtomicUsize, disturb: impl FnOnce()) {
    let stopped = AtomicBool::new(false);
    let load = Load { recorder, client, server: "it", stopped: &stopped, next_value: values };
    std::thread::scope(|scope| {
        let load = &load;
        (0..WRITERS).for_each(|writer| {
            scope.spawn(move || load.write(writer));
        });
        // Stops the writers also when the disturbance panics.
        let _stop = Stop(&stopped);
        disturb();
    });
}

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn more_are_stored(recorder: &Recorder, more: usize) {
    let enough = recorder.stored() + more;
    eventually(SOON, || recorder.stored() >= enough);
}

/// What a crash left open is known by its key, from the log.
fn send_unknown_ones_again(recorder: &Recorder, client: &Client) {
    for at in recorder.unknown() {
        assert!(matches!(recorder.put_again(client, at), Told::Stored(_) | Told::Refused(_)));
    }
}

/// F01
fn kill_the_server_again_and_again(store: &Store) {
    let (recorder, values) = (Recorder::default(), AtomicUsize::new(0));
    let cycles = if long_run() { 100 } else { 4 };
    for _ in 0..cycles {
        let server = Server::start(store, &[]);
        let client = server.client();
        send_unknown_ones_again(&recorder, &client);
        under_load(&recorder, &client, &values, || {
            more_are_stored(&recorder, 60);
            server.kill9();
        });
    }
    let mut server = Server::start(store, &[]);
    send_unknown_ones_again(&recorder, &server.client());
    recorder.check(&server.client());
    assert!(server.sigterm().success());
    let verified = run(store, "verify", &[]);
    assert!(verified.status.success(), "{verified:?}");
    eprintln!("{cycles} crashes, {} writes acknowledged", recorder.stored());
}

#[test]
fn a_killed_server_on_a_file_loses_no_acknowledged_write() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    kill_the_server_again_and_again(&Store::File(folder.path().join("configapi.db")));
}

#[test]
fn a_killed_server_on_postgresql_loses_no_acknowledged_write() {
    kill_the_server_again_and_again(&Store::Postgres(fresh_database()));
}

/// F06
#[test]
fn a_killed_postgresql_loses_no_acknowledged_write_and_is_written_to_again() {
    let mut cluster = Cluster::start();
    let store = Store::Postgres(cluster.create_database());
    let server = Server::start(&store, &[]);
    let (recorder, values, client) = (Recorder::default(), AtomicUsize::new(0), server.client());
    under_load(&recorder, &client, &values, || {
        for cycle in 0..if long_run() { 30 } else { 2 } {
            more_are_stored(&recorder, 40);
            if cycle % 2 == 0 {
                cluster.kill9();
            } else {
                cluster.stop_immediate();
            }
            cluster.restart();
        }
        more_are_stored(&recorder, 40);
    });
    send_unknown_ones_again(&recorder, &client);
    recorder.check(&client);
    assert!(run(&store, "verify", &[]).status.success());
    eprintln!("{} writes acknowledged", recorder.stored());
}

/// F07
#[test]
fn a_lost_commit_reply_is_one_change_and_its_retry_finds_it() {
    let url = fresh_database();
    let (proxy, through) = Proxy::before(&url);
    let server = Server::start(&Store::Postgres(through), &[]);
    let (recorder, client) = (Recorder::default(), server.client());
    for round in 1..=3 {
        proxy.lose_next_append_reply();
        let (at, told) = recorder.put(&client, "a", &format!("v{round}"), None);
        assert_eq!((told, proxy.lost_replies()), (Told::Stored(round), round));
        assert_eq!(recorder.put_again(&client, at), told);
    }
    recorder.check(&client);
    assert_eq!(psql(&url, "SELECT count(*) FROM configapi.events"), "3");
}
