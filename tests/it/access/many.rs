//! Many tokens in one log: made, listed, found, read again at a start, verified.

use super::{Holder, ROOT, closed, everything, scope, store_of};
use crate::support::connection::Connection;
use crate::support::long_run;
use crate::support::places::{Place, in_every_durable_place};
use crate::support::server::{Server, run};

in_every_durable_place!(many_tokens_are_made_listed_and_found_again);

/// The long form has more than one page of a boot.
fn count() -> usize {
    if long_run() { 10_000 } else { 300 }
}

/// Makes tokens one after the other, on one connection.
fn make(connection: &mut Connection, count: usize) -> Vec<(String, String)> {
    let one = |number: usize| {
        let scopes = [scope(&format!("team-{number}"), &["read", "write"])];
        let body = serde_json::json!({ "name": format!("token-{number}"), "scopes": scopes }).to_string();
        connection.send(format!(
            "POST /v1/tokens HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ROOT}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        let answer = connection.answer();
        assert_eq!(answer.status, 201, "{answer:?}");
        let made: serde_json::Value = serde_json::from_str(answer.text()).unwrap();
        let text = |member: &str| made[member].as_str().unwrap().to_owned();
        (text("id"), text("token"))
    };
    (0..count).map(one).collect()
}

fn many_tokens_are_made_listed_and_found_again(place: &Place) {
    let (store, count) = (store_of(place), count());
    let mut server = closed(&store, &[]);
    let made = make(&mut Connection::connect(&server), count);
    let first = Holder::root(&server).get("/v1/tokens").json();
    assert!(server.sigterm().success());

    // Neither has a root token: the log closes the server, and every token of it works again.
    let server = Server::start(&store, &[]);
    Holder::nobody(&server).get("/v1/tokens").expect(401);
    for (number, (id, token)) in made.iter().enumerate().step_by(count / 30) {
        let holder = Holder::of(&server, token);
        assert_eq!(holder.get("/v1/whoami").expect(200).json()["id"], id.as_str());
        holder.put(&format!("team-{number}/a"), "v").expect(200);
        holder.put(&format!("team-{number}0/a"), "v").expect(403);
    }
    drop(server);

    let server = closed(&store, &[]);
    let root = Holder::root(&server);
    let listed = root.get("/v1/tokens").expect(200).json();
    let ids = |listed: &serde_json::Value| {
        let ids: Vec<_> = listed.as_array().unwrap().iter().map(|token| token["id"].clone()).collect();
        assert_eq!(ids.len(), count);
        assert!(ids.is_sorted_by_key(|id| id.as_str().unwrap().to_owned()), "in the order of their ids");
        ids
    };
    assert_eq!(ids(&listed), ids(&first));
    assert!(!listed.to_string().contains("cfgapi_"), "a list has no secret");
    let metrics = root.get("/metrics").expect(200).text;
    assert!(metrics.contains(&format!("configapi_tokens {count}\n")), "{metrics}");
    for (number, (id, _)) in made.iter().enumerate().step_by(count / 10) {
        let token = root.get(&format!("/v1/tokens/{id}")).expect(200).json();
        assert_eq!(token["name"], format!("token-{number}"));
    }
    root.make("one-more", &[everything()]);
    drop(server);

    let output = run(&store, "verify", &[]);
    assert!(output.status.success(), "{output:?}");
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!text.contains("cfgapi_"), "{text}");
}
