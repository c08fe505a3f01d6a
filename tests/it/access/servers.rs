//! Several servers on one log, and a server whose values are those of its start.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::{Holder, ask, closed, everything, problem, scope, store_of};
use crate::support::connection::{Connection, PATIENCE};
use crate::support::eventually;
use crate::support::places::{Place, in_every_durable_place};
use crate::support::server::{Server, Store};

in_every_durable_place!(a_server_in_restart_mode_has_the_access_data_of_the_head);

fn two() -> [Server; 2] {
    let place = Place::postgres();
    let store = store_of(&place);
    [closed(&store, &[]), closed(&store, &[])]
}

#[test]
fn a_token_is_valid_and_ends_on_every_server_of_its_log() {
    let servers = two();
    let roots = servers.each_ref().map(Holder::root);
    for (maker, other) in [(0, 1), (1, 0)] {
        let made = roots[maker].make("ada", &[scope("app", &["read", "write"])]);
        let [at_maker, at_other] = [maker, other].map(|at| Holder::of(&servers[at], &made.token));
        at_maker.put("app/a", "v").expect(200);
        eventually(PATIENCE, || at_other.get("/v1/config/app/a").status == 200);
        // Writes have their rights decided on the head, wherever they come in.
        at_other.put("app/a", "w").expect(200);
        at_other.put("b", "v").expect(403);
        let path = format!("/v1/tokens/{}/rotate", made.id);
        let rotated = roots[other].post(&path, &json!({})).expect(201).json();
        at_other.get("/v1/whoami").expect(401);
        eventually(PATIENCE, || at_maker.get("/v1/whoami").status == 401);
        let renewed = Holder::of(&servers[maker], rotated["token"].as_str().unwrap());
        renewed.get("/v1/whoami").expect(200);
        roots[other].revoke(&made.id);
        eventually(PATIENCE, || renewed.get("/v1/whoami").status == 401);
        eventually(PATIENCE, || roots[maker].get(&format!("/v1/tokens/{}", made.id)).status == 404);
    }
}

/// Fewer at a time than failed tries are allowed: nothing here is one.
#[test]
fn of_all_who_take_a_name_at_once_one_has_it() {
    let servers = two();
    for round in 0..5 {
        let name = format!("name-{round}");
        let barrier = Barrier::new(6);
        let statuses = thread::scope(|scope_of_threads| {
            let tries = (0..6).map(|at| {
                let (root, name, barrier) = (Holder::root(&servers[at % 2]), &name, &barrier);
                scope_of_threads.spawn(move || {
                    barrier.wait();
                    let body = json!({ "name": name, "scopes": [scope("app", &["read"])] });
                    let response = root.post("/v1/tokens", &body);
                    if response.status == 409 {
                        assert_eq!(problem(&response), "token-exists");
                    }
                    response.status
                })
            });
            let tries: Vec<_> = tries.collect();
            let mut statuses: Vec<_> = tries.into_iter().map(|tried| tried.join().unwrap()).collect();
            statuses.sort_unstable();
            statuses
        });
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409], "{name}");
    }
    let listed = Holder::root(&servers[0]).get("/v1/tokens").json();
    assert_eq!(listed.as_array().unwrap().len(), 5, "{listed}");
}

/// The stream is on the server that did not make the change.
#[test]
fn a_stream_ends_when_another_server_revokes_its_token() {
    let servers = two();
    let made = Holder::root(&servers[0]).make("ada", &[scope("app", &["read"])]);
    eventually(PATIENCE, || Holder::of(&servers[1], &made.token).get("/v1/whoami").status == 200);
    let mut stream = Connection::connect(&servers[1]);
    ask(&mut stream, Some(&made.token), "/v1/events", "Accept: text/event-stream\r\n");
    assert_eq!(stream.head().0, 200);
    stream.chunk();
    Holder::root(&servers[0]).revoke(&made.id);
    Holder::root(&servers[0]).put("app/a", "later").expect(200);
    // Shorter than the time between two heartbeats, so that a stream that goes on is noticed.
    stream.socket.tcp.set_read_timeout(Some(Duration::from_secs(12))).unwrap();
    let rest = String::from_utf8(stream.rest()).unwrap();
    assert!(!rest.contains("later"), "{rest}");
}

#[test]
fn the_first_token_closes_the_other_servers_too() {
    let store = store_of(&Place::postgres());
    let servers = [Server::start(&store, &[]), Server::start(&store, &[])];
    let nobodies = servers.each_ref().map(Holder::nobody);
    nobodies[0].put("a", "v").expect(200);
    eventually(PATIENCE, || nobodies[1].get("/v1/config/a").status == 200);
    let made = nobodies[0].make("ada", &[everything()]);
    nobodies[0].get("/v1/config/a").expect(401);
    eventually(PATIENCE, || nobodies[1].get("/v1/config/a").status == 401);
    Holder::of(&servers[1], &made.token).get("/v1/config/a").expect(200);
}

/// Reads of values wait for the next start there; what a token may do never waits.
fn a_server_in_restart_mode_has_the_access_data_of_the_head(place: &Place) {
    let store = store_of(place);
    let server = closed(&store, &["--consistency", "restart"]);
    let (root, nobody) = (Holder::root(&server), Holder::nobody(&server));
    root.put("app/a", "v").expect(200);
    root.get("/v1/config/app/a").expect(404);
    let made = root.make("ada", &[scope("app", &["read", "write"])]);
    let ada = Holder::of(&server, &made.token);
    assert_eq!(ada.get("/v1/whoami").expect(200).json()["name"], "ada");
    ada.put("app/a", "w").expect(200);
    ada.put("b", "v").expect(403);
    nobody.get("/v1/whoami").expect(401);
    if let Store::Postgres(_) = store {
        let live = closed(&store, &[]);
        let other = Holder::root(&live).make("ben", &[scope("app", &["read"])]);
        let ben = Holder::of(&server, &other.token);
        eventually(PATIENCE, || ben.get("/v1/whoami").status == 200);
        Holder::root(&live).revoke(&other.id);
        eventually(PATIENCE, || ben.get("/v1/whoami").status == 401);
    }
    root.revoke(&made.id);
    ada.get("/v1/whoami").expect(401);
}
