//! Many clients at once, and bad ones among them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::client::{Client, PATIENCE, eventually};
use super::toy::Running;

#[test]
fn a_burst_of_500_connections_is_answered() {
    let running = Running::new();
    let mut clients: Vec<_> = (0..500).map(|_| Client::connect(&running)).collect();
    for client in &mut clients {
        client.get("/hello");
    }
    for client in &mut clients {
        assert_eq!(client.answer().text(), "hello");
    }
    assert_eq!(running.server.stats().connections_accepted, 500);
}

#[test]
fn slow_bodies_do_not_starve_others() {
    let running = Running::new();
    let mut slow: Vec<_> = (0..20).map(|_| Client::connect(&running)).collect();
    for client in &mut slow {
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
    }
    for _ in 0..50 {
        assert_eq!(Client::connect(&running).ask("/hello").status, 200);
    }
    for client in &mut slow {
        client.send("world");
        assert_eq!(client.answer().text(), "helloworld");
    }
}

#[test]
fn idle_connections_cost_no_thread_and_disturb_nobody() {
    let running = Running::new();
    let idle: Vec<_> = (0..400).map(|_| Client::connect(&running)).collect();
    eventually("all are accepted", || running.server.stats().connections_open == 400);
    assert_eq!(Client::connect(&running).ask("/hello").status, 200);
    drop(idle);
    eventually("all are gone", || running.server.stats().connections_open == 0);
}

#[test]
fn a_greedy_connection_leaves_others_their_turn() {
    let running = Running::with(|limits| limits.connection_threads = 1);
    let address = running.server.local_addr();
    let served = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Pipelines without end and reads everything, until the others are done.
            let mut greedy = Client::connect(&running);
            let batch = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n".repeat(200);
            while served.load(Ordering::SeqCst) < 100 {
                greedy.send(&batch);
                for _ in 0..200 {
                    assert_eq!(greedy.answer().status, 200);
                }
            }
        });
        for _ in 0..100 {
            assert_eq!(Client::connect(&running).ask("/hello").status, 200, "{address}");
            served.fetch_add(1, Ordering::SeqCst);
        }
    });
}

#[test]
fn a_stream_with_much_to_send_leaves_others_their_turn() {
    let running = Running::with(|limits| limits.connection_threads = 1);
    let served = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut watcher = Client::connect(&running);
            watcher.get("/flood");
            watcher.head();
            while served.load(Ordering::SeqCst) < 50 {
                assert_eq!(watcher.chunk().len(), 1 << 10);
            }
        });
        for _ in 0..50 {
            assert_eq!(Client::connect(&running).ask("/hello").status, 200);
            served.fetch_add(1, Ordering::SeqCst);
        }
    });
    // The flood is ended like any stream.
    assert_eq!(running.server.stop(PATIENCE), 0);
}

#[test]
fn a_graceful_stop_under_load_loses_no_answer_that_was_begun() {
    let running = Running::new();
    let stopping = AtomicU64::new(0);
    let answered = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while stopping.load(Ordering::SeqCst) == 0 {
                    let Some(mut client) = Client::try_connect(&running) else { return };
                    while client.try_ask("/echo") {
                        answered.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
        eventually("the load runs", || answered.load(Ordering::SeqCst) > 1_000);
        let cut = running.server.stop(PATIENCE);
        stopping.store(1, Ordering::SeqCst);
        assert_eq!(cut, 0);
    });
    // What the service handled, the clients have read.
    assert_eq!(running.state.handled.load(Ordering::SeqCst), answered.load(Ordering::SeqCst));
    assert!(Client::try_connect(&running).is_none());
}

#[test]
fn a_stop_finishes_what_was_begun_and_ends_what_has_no_end() {
    let running = Running::new();
    let (mut slow, mut wait, mut stream, mut idle) = (
        Client::connect(&running),
        Client::connect(&running),
        Client::connect(&running),
        Client::connect(&running),
    );
    slow.get("/slow");
    wait.get("/wait");
    stream.get("/stream");
    assert_eq!(stream.head().0, 200);
    assert_eq!(idle.ask("/hello").status, 200);
    eventually("all are under way", || running.server.stats().requests == 4);
    std::thread::scope(|scope| {
        let stop = scope.spawn(|| running.server.stop(PATIENCE));
        idle.assert_closed();
        assert_eq!(wait.answer().text(), "nothing came");
        assert_eq!(stream.chunk(), b"");
        stream.assert_closed();
        drop((wait, stream));
        running.state.slow.open();
        let answer = slow.answer();
        assert_eq!((answer.text(), answer.field("Connection")), ("slow", Some("close")));
        drop(slow);
        assert_eq!(stop.join().unwrap(), 0);
    });
}

#[test]
fn a_stop_ends_at_the_end_of_its_grace() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.get("/deferred");
    eventually("it is deferred", || running.state.deferred.lock().unwrap().len() == 1);
    assert_eq!(running.server.stop(Duration::from_millis(50)), 1);
    client.assert_closed();
    // Nobody is there any more, and nobody minds.
    running.state.deferred.lock().unwrap().clear();
}

#[test]
fn a_second_stop_ends_the_first_at_once() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.get("/deferred");
    eventually("it is deferred", || running.state.deferred.lock().unwrap().len() == 1);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| running.server.stop(PATIENCE * 10));
        eventually("accepting has ended", || Client::try_connect(&running).is_none());
        assert_eq!(running.server.stop_now(), 1);
        assert_eq!(first.join().unwrap(), 1);
    });
    client.assert_closed();
}
