//! Work in turns: searches, and bodies that give their thread back.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::client::{Client, eventually};
use super::toy::Running;

/// Long polls that had to catch up took every thread of the pool: reads of the past waited until all of them were done.
#[test]
fn searches_leave_threads_to_other_work() {
    let running = Running::with(|limits| limits.search_threads = 1);
    let mut searching: Vec<_> = (0..10).map(|_| Client::connect(&running)).collect();
    for client in &mut searching {
        client.get("/search-slowly");
    }
    eventually("all search", || running.server.stats().requests == 10);
    for _ in 0..20 {
        assert_eq!(Client::connect(&running).ask("/big").body.len(), 1 << 20);
    }
    running.state.slow.open();
    for client in &mut searching {
        assert_eq!(client.answer().text(), "found");
    }
}

#[test]
fn searches_have_their_turns_one_after_the_other() {
    let running = Running::with(|limits| limits.search_threads = 1);
    let mut searching: Vec<_> = (0..10).map(|_| Client::connect(&running)).collect();
    for client in &mut searching {
        client.get("/search");
    }
    let turns = || running.state.turns.load(Ordering::SeqCst);
    eventually("each had turns", || turns() > 100);
    running.state.found.open();
    for client in &mut searching {
        assert_eq!(client.answer().text(), "found");
    }
}

#[test]
fn the_search_of_a_client_that_left_ends() {
    let running = Running::with(|limits| limits.half_closed_deadline = Duration::from_millis(20));
    let mut client = Client::connect(&running);
    client.get("/search");
    let turns = || running.state.turns.load(Ordering::SeqCst);
    eventually("it searches", || turns() > 10);
    drop(client);
    eventually("it is gone", || running.server.stats().connections_open == 0);
    let after = turns();
    // What comes later is asked after the last turn that can have been under way.
    for _ in 0..5 {
        assert_eq!(Client::connect(&running).ask("/big").status, 200);
    }
    assert!(turns() <= after + 1, "{} turns for nobody", turns() - after);
}

#[test]
fn a_half_closed_client_gets_what_was_searched_for() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.get("/search");
    client.half_close();
    eventually("it searches", || running.state.turns.load(Ordering::SeqCst) > 10);
    running.state.found.open();
    assert_eq!(client.answer().text(), "found");
    client.assert_closed();

    // One that waits for long is answered with what there is: it may have gone.
    let running = Running::with(|limits| limits.half_closed_deadline = Duration::from_millis(20));
    let mut client = Client::connect(&running);
    client.get("/search");
    client.half_close();
    assert_eq!(client.answer().text(), "given up");
}

#[test]
fn a_search_ends_when_the_server_stops() {
    let running = Running::new();
    let mut client = Client::connect(&running);
    client.get("/search");
    eventually("it searches", || running.state.turns.load(Ordering::SeqCst) > 10);
    std::thread::scope(|scope| {
        let stop = scope.spawn(|| running.server.stop(super::client::PATIENCE));
        assert_eq!(client.answer().text(), "given up");
        drop(client);
        assert_eq!(stop.join().unwrap(), 0);
    });
}

#[test]
fn a_body_that_gives_its_thread_back_comes_whole() {
    let running = Running::with(|limits| limits.source_pause = Duration::from_millis(5));
    let mut clients: Vec<_> = (0..5).map(|_| Client::connect(&running)).collect();
    for client in &mut clients {
        client.get("/in-turns");
    }
    for client in &mut clients {
        let answer = client.answer();
        assert_eq!((answer.status, answer.text()), (200, "piece piece "));
        assert_eq!(client.ask("/hello").text(), "hello");
    }
}

/// A client that takes a little now and then held memory for as long as it liked.
#[test]
fn an_answer_without_end_is_cut_at_its_deadline() {
    let running = Running::with(|limits| limits.answer_deadline = Duration::from_secs(1));
    let mut client = Client::connect(&running);
    client.get("/endless");
    client.head();
    // It reads all the time, and nothing else ends the answer.
    assert!(!client.rest().ends_with(b"0\r\n\r\n"));
    assert_eq!(running.server.stats().connections_cut, 1);
    // A stream has no end, and goes on as long as its client takes what comes.
    let mut client = Client::connect(&running);
    client.get("/flood");
    client.head();
    for _ in 0..50_000 {
        assert_eq!(client.chunk().len(), 1 << 10);
    }
}
