//! Each kind of reply, and what becomes of it when somebody fails.

use std::time::Duration;

use configapi::server::{Reply, Responder};
use rouille::Response;

use super::client::{Client, eventually};
use super::toy::Running;

fn deferred(running: &Running) -> Responder {
    let mut found = None;
    eventually("a request is deferred", || {
        found = running.state.deferred.lock().unwrap().pop_front();
        found.is_some()
    });
    found.unwrap()
}

fn text(text: &'static str) -> Reply {
    Reply::Ready(Response::text(text))
}

fn event(running: &Running, text: &str) {
    running.state.events.lock().unwrap().push(text.as_bytes().into());
    running.bell.ring();
}

#[test]
fn pooled_work_is_answered_when_it_is_done() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.get("/slow");
    // The connection's thread is free meanwhile.
    for _ in 0..4 {
        assert_eq!(Client::connect(&running).ask("/hello").status, 200);
    }
    running.state.slow.open();
    assert_eq!(client.answer().text(), "slow");
}

#[test]
fn a_deferred_reply_is_sent_from_any_thread() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    for _ in 0..3 {
        client.get("/deferred");
        let responder = deferred(&running);
        std::thread::scope(|scope| scope.spawn(|| responder.respond(text("done"))).join().unwrap());
        assert_eq!(client.answer().text(), "done");
    }
}

/// Who answers many requests at once wakes their thread once: a waker comes with the first answer alone.
#[test]
fn answers_that_are_not_noticed_yet_share_one_waker() {
    let running = Running::with(|limits| limits.connection_threads = 1);
    let mut clients = [Client::connect(&running), Client::connect(&running)];
    let responders = clients.each_mut().map(|client| {
        client.get("/deferred");
        deferred(&running)
    });
    let mut wakers = responders.map(|responder| responder.respond_with(Box::new(|| text("made"))));
    assert!(wakers[1].is_none(), "the first one's waker is enough");
    wakers[0].take().expect("nobody else wakes the thread").wake();
    assert!(clients.each_mut().iter_mut().all(|client| client.answer().text() == "made"));
}

#[test]
fn a_reply_that_panics_on_the_connections_thread_is_a_500_for_that_request_alone() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.get("/deferred");
    let waker = deferred(&running).respond_with(Box::new(|| panic!("a fault of the test")));
    waker.expect("the thread sleeps").wake();
    assert_eq!(client.answer().status, 500);
    assert_eq!(client.ask("/hello").status, 200);
}

#[test]
fn a_dropped_responder_is_a_500() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.get("/deferred");
    drop(deferred(&running));
    assert_eq!(client.answer().status, 500);
    assert_eq!(client.ask("/hello").status, 200);
}

#[test]
fn a_late_answer_is_not_taken_for_the_next_request() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.get("/deferred-briefly");
    let late = deferred(&running);
    assert_eq!(client.answer().text(), "expired");
    client.get("/deferred");
    let next = deferred(&running);
    late.respond(text("too late"));
    next.respond(text("in time"));
    assert_eq!(client.answer().text(), "in time");
}

#[test]
fn a_wait_ends_when_the_bell_rings_for_what_it_waits_for() {
    let running = Running::new();
    let mut clients: Vec<_> = (0..20).map(|_| Client::connect(&running)).collect();
    for client in &mut clients {
        client.get("/wait");
    }
    eventually("all wait", || running.server.stats().requests == 20);
    running.bell.ring();
    running.state.awaited.open();
    running.bell.ring();
    for client in &mut clients {
        assert_eq!(client.answer().text(), "it came");
        assert_eq!(client.ask("/wait").text(), "it came");
    }
}

#[test]
fn a_wait_ends_at_its_deadline() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    assert_eq!(client.ask("/wait-briefly").text(), "nothing came");
    assert_eq!(client.ask("/hello").text(), "hello");
}

#[test]
fn a_ring_between_poll_and_sleep_is_not_lost() {
    for _ in 0..300 {
        let running = Running::with(|limits| limits.connection_threads = 1);
        let mut client = Client::connect(&running);
        client.get("/wait");
        // Races with the thread that is just asking.
        running.state.awaited.open();
        running.bell.ring();
        assert_eq!(client.answer().text(), "it came");
    }
}

#[test]
fn a_ring_while_listeners_are_asked_is_not_lost() {
    // More watchers than are asked in one round, and a ring when the first of them have been asked.
    let running = Running::with(|limits| limits.connection_threads = 1);
    let mut watchers: Vec<_> = (0..600).map(|_| Client::connect(&running)).collect();
    for watcher in &mut watchers {
        watcher.get("/stream");
        watcher.head();
    }
    for _ in 0..10 {
        // Every third event comes from the pool, whose answers would wake the thread: it is not part of the race.
        event(&running, "first");
        assert_eq!(watchers[599].chunk(), b"first");
        event(&running, "second");
        for (number, watcher) in watchers.iter_mut().enumerate() {
            let mut received = if number == 599 { b"first".to_vec() } else { watcher.chunk() };
            received.extend(watcher.chunk());
            assert_eq!(received, b"firstsecond");
        }
        event(&running, "third");
        for watcher in &mut watchers {
            assert_eq!(watcher.chunk(), b"third");
        }
    }
}

#[test]
fn pipelined_requests_are_answered_in_order_behind_a_long_poll() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.get("/wait");
    for number in 0..50 {
        let body = number.to_string();
        client
            .send(format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    }
    eventually("the long poll waits", || running.server.stats().requests == 1);
    running.state.awaited.open();
    running.bell.ring();
    assert_eq!(client.answer().text(), "it came");
    for number in 0..50 {
        assert_eq!(client.answer().text(), number.to_string());
    }
}

#[test]
fn a_batch_of_pipelined_requests_is_answered_in_order() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000));
    client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    for _ in 0..1_000 {
        assert_eq!(client.answer().text(), "hello");
    }
    assert_eq!(client.answer().body.len(), 1 << 20);
    assert_eq!(client.answer().text(), "hello");
}

#[test]
fn a_stream_sends_what_was_and_what_comes_in_order() {
    let running = Running::new();
    for number in 0..10 {
        event(&running, &format!("past {number};"));
    }
    let mut client = Client::connect(&running);
    client.get("/stream");
    let (status, head) = client.head();
    assert_eq!(status, 200);
    assert!(head.contains("Transfer-Encoding: chunked"), "{head}");
    for number in 0..10 {
        assert_eq!(String::from_utf8(client.chunk()).unwrap(), format!("past {number};"));
    }
    for number in 0..10 {
        event(&running, &format!("next {number};"));
        assert_eq!(String::from_utf8(client.chunk()).unwrap(), format!("next {number};"));
    }
    running.state.stream_ended.open();
    running.bell.ring();
    assert_eq!(client.chunk(), b"");
    client.assert_closed();
}

#[test]
fn a_silent_stream_sends_heartbeats() {
    let running = Running::with(|limits| limits.heartbeat_interval = Duration::from_millis(20));
    let mut client = Client::connect(&running);
    client.get("/stream");
    client.head();
    for _ in 0..3 {
        assert_eq!(client.chunk(), b": heartbeat\n\n");
    }
}

#[test]
fn a_watcher_that_does_not_read_is_cut_and_others_get_everything() {
    let running = Running::with(|limits| limits.write_deadline = Duration::from_millis(200));
    let mut stuck = Client::connect(&running);
    stuck.get("/stream");
    let mut reading = Client::connect(&running);
    reading.get("/stream");
    reading.head();
    let large = "x".repeat(1 << 20);
    for _ in 0..30 {
        event(&running, &large);
        assert_eq!(reading.chunk().len(), 1 << 20);
    }
    eventually("the stuck one is cut", || running.server.stats().connections_cut == 1);
    event(&running, "after");
    assert_eq!(reading.chunk(), b"after");
}

#[test]
fn clients_that_leave_are_noticed_whatever_they_wait_for() {
    for path in ["/wait", "/deferred", "/stream", "/slow", "/hello", "/endless"] {
        let running = Running::with(|limits| limits.half_closed_deadline = Duration::from_millis(20));
        let mut client = Client::connect(&running);
        client.get(path);
        eventually("the request is there", || running.server.stats().requests == 1);
        drop(client);
        if path == "/deferred" {
            // Its outcome must still be answered; the answer finds nobody.
            deferred(&running).respond(text("nobody hears"));
        }
        if path == "/slow" {
            running.state.slow.open();
        }
        eventually(path, || running.server.stats().connections_open == 0);
    }
}

#[test]
fn a_panic_in_a_handler_is_a_500_for_that_request_alone() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    for (count, path) in [(1, "/panic"), (2, "/pool-panic"), (3, "/deferred-panic")] {
        assert_eq!(client.ask(path).status, 500);
        assert_eq!(client.ask("/hello").status, 200);
        assert_eq!(running.server.stats().handler_panics, count);
    }
}

#[test]
fn a_full_pool_answers_503_with_retry_after() {
    let running = Running::with(|limits| {
        limits.pool_threads = 1;
        limits.pool_queue_max = 1;
    });
    let mut clients: Vec<_> = (0..10).map(|_| Client::connect(&running)).collect();
    for client in &mut clients {
        client.get("/slow");
    }
    // One runs and one waits at the most; the others are told.
    eventually("the others are refused", || running.server.stats().requests_refused >= 8);
    running.state.slow.open();
    let answers: Vec<_> = clients.iter_mut().map(Client::answer).collect();
    let (busy, done): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 503);
    assert!(busy.len() >= 8 && busy.iter().all(|answer| answer.field("Retry-After") == Some("1")));
    assert!(!done.is_empty() && done.iter().all(|answer| answer.text() == "slow"));
}

#[test]
fn a_long_body_is_pulled_only_as_fast_as_it_is_read() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.get("/endless");
    client.head();
    let pulled = || running.state.pulled_bytes.load(std::sync::atomic::Ordering::SeqCst);
    // What the socket buffers take is pulled; then it stops while many other requests are answered.
    let mut before = 0;
    let mut quiet = 0;
    let mut other = Client::connect(&running);
    eventually("pulling stops", || {
        assert_eq!(other.ask("/hello").status, 200);
        let now = pulled();
        quiet = if now == before { quiet + 1 } else { 0 };
        before = now;
        quiet == 200
    });
    assert!(before < 32 << 20, "pulled {before} bytes that nobody reads");
    for _ in 0..200 {
        assert!(!client.chunk().is_empty());
    }
    assert!(pulled() > 64 << 10);
}
