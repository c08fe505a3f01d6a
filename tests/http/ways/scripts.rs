//! Rows that are more than requests one after the other.

use std::thread;

use super::people::{Who, earlier};
use super::world::{Seen, World};

/// One change that is hidden from all but everybody, and one that is visible at `app/a`, so that the head is.
fn both_change(world: &World) {
    world.act("HACTOR", "HREASON", "PUT /v1/config/app%2FaHNAME1\n\nHVALUElive");
    world.act("root", "SREASON", "PUT /v1/config/app%2Fa%2FSNAMElast\n\nSVALUElive");
}

/// Follows `Link` to the end.
pub fn pages(world: &World, who: Who, seen: &mut Seen) {
    let mut next = Some("/v1/config?limit=1".to_owned());
    for _ in 0..20 {
        let Some(target) = next.take() else { return };
        let mut page = Seen::default();
        world.visit(who, &format!("GET {target}"), &mut page);
        let link = page.received.lines().find_map(|line| line.strip_prefix("Link: <"));
        next = link.and_then(|link| link.split_once('>')).map(|(target, _)| target.to_owned());
        seen.received.push_str(&page.received);
        seen.targets.extend(page.targets);
    }
    panic!("the pages do not end: {}", seen.received);
}

/// A hidden change must not end the wait. For a principal that sees neither change, both are made before.
pub fn long_poll(world: &World, who: Who, seen: &mut Seen) {
    let (patient, before) = (who.may_read(), world.head());
    let wait = if patient { "1min" } else { "50ms" };
    let request = format!("GET /v1/events?after={before}&wait={wait}");
    if !patient {
        both_change(world);
        return world.visit(who, &request, seen);
    }
    thread::scope(|scope| {
        let polling =
            thread::Builder::new().spawn_scoped(scope, || world.visit(who, &request, seen)).unwrap();
        both_change(world);
        polling.join().unwrap();
    });
    // Everybody was woken by the first change.
    if who == Who::Everybody {
        world.visit(who, &format!("GET /v1/events?after={before}"), seen);
    }
}

pub fn stream(world: &World, who: Who, seen: &mut Seen) {
    watch(world, who, "GET /v1/events?after=0", "", seen);
    watch(world, who, "GET /v1/events", "", seen);
    watch(world, who, "GET /v1/events?prefix=app%2FaH", "", seen);
    watch(world, who, "GET /v1/events?prefix=app%2Fa&after=10", "", seen);
}

pub fn resumed(world: &World, who: Who, seen: &mut Seen) {
    watch(world, who, "GET /v1/events", "Last-Event-ID: {place:1}", seen);
    watch(world, who, "GET /v1/events?prefix=H", "Last-Event-ID: {place:12}", seen);
    // The place is not the watcher's to know, but any place of the log is a place to resume at.
    watch(world, who, "GET /v1/events?prefix=app", "Last-Event-ID: {place:11}", seen);
}

pub fn reset(world: &World, who: Who, seen: &mut Seen) {
    watch(world, who, "GET /v1/events", "Last-Event-ID: 11-00000000", seen);
    watch(world, who, "GET /v1/events?prefix=app%2FaH", "Last-Event-ID: 11-00000000", seen);
}

fn watch(world: &World, who: Who, request: &str, field: &str, seen: &mut Seen) {
    let fields = format!("{request}\nAccept: text/event-stream\n{field}");
    world.watch(who, fields.trim_end(), seen, || both_change(world));
}

/// The same key and body as before, by one that might do everything then: today's grants count.
pub fn replay_of_earlier(world: &World, who: Who, seen: &mut Seen) {
    const REQUESTS: &[&str] = &[
        "PUT /v1/config/app%2FaHNAME1\nAccept: application/json\nIdempotency-Key: four\n\nHVALUEearlier",
        "DELETE /v1/config/HNAME4\nIdempotency-Key: five",
        concat!(
            "POST /v1/transactions\nIdempotency-Key: six\n\n",
            r#"{"operations":[{"set":{"name":"app/a/SNAMEx","value":"earlier"}},{"set":{"name":"app/HNAME2","value":"earlier"}}]}"#
        ),
        "POST /v1/restore\nIdempotency-Key: seven\n\n{\"to\":10,\"prefix\":\"HNAME\"}",
        "POST /v1/restore\nIdempotency-Key: eight\n\n{\"to\":3,\"name\":\"app/a/SNAMEx\"}",
    ];
    for request in REQUESTS {
        world.act(&earlier(who), "again", request);
        // Its fields count too.
        let line = request.lines().next().unwrap();
        world.visit(who, &request.replacen(line, &format!("{line}\nConfig-Reason: again"), 1), seen);
    }
}

/// A key is its principal's: another one's request with the same key and body is another request.
pub fn replay(world: &World, who: Who, seen: &mut Seen) {
    const VISIBLE: &str =
        "PUT /v1/config/app%2Fa%2FSNAMEx\nAccept: application/json\nIdempotency-Key: one\n\nSVALUEkey";
    const HIDDEN: &str =
        "PUT /v1/config/app%2FaHNAME1\nAccept: application/json\nIdempotency-Key: two\n\nHVALUEkey";
    const PAIR: &str = concat!(
        "POST /v1/transactions\nIdempotency-Key: three\n\n",
        r#"{"operations":[{"set":{"name":"app/a/SNAMEx","value":"SVALUEkey"}},"#,
        r#"{"set":{"name":"HNAME4","value":"HVALUEkey"}}]}"#
    );
    for (actor, request) in [("root", VISIBLE), ("HACTOR", HIDDEN), ("HACTOR", PAIR)] {
        world.act(actor, "SREASON", request);
    }
    for request in [VISIBLE, HIDDEN, PAIR] {
        let before = world.head();
        let [first, again] = [(); 2].map(|()| {
            let mut once = Seen::default();
            world.visit(who, request, &mut once);
            seen.sent.push_str(&once.sent);
            seen.received.push_str(&once.received);
            seen.targets.extend(once.targets);
            once.received
        });
        let body = |response: &str| response.split_once("\r\n\r\n").unwrap().1.to_owned();
        assert_eq!(body(&first), body(&again), "a repetition has the first response");
        assert_eq!(world.head() != before, first.starts_with("HTTP/1.1 200 "), "{first}");
    }
    world.visit(who, &VISIBLE.replace("SVALUEkey", "other"), seen);
}
