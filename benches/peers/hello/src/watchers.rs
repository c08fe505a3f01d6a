//! Many watchers of one feed, and when the last of them was told of each change.
//!
//! One thread and one epoll, so that the client takes as little as it can of the cores that it shares with the
//! server. After `ready` on standard output each line on standard input is a revision; it is answered by
//! `REVISION COUNT` when every watcher has got it, or when no more do.

use std::collections::BTreeMap;
use std::io::{BufRead as _, ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::say;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const REQUEST: &str = "GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
const CONNECT_DEADLINE: Duration = Duration::from_secs(60);
const TOLD_DEADLINE: Duration = Duration::from_secs(20);

struct Watcher {
    socket: TcpStream,
    /// What came and is not a whole line yet.
    rest: Vec<u8>,
}

/// Connects, then follows until standard input ends.
pub fn watch(address: SocketAddr, count: usize) -> Outcome<()> {
    let mut poll = Poll::new()?;
    let mut watchers = Vec::with_capacity(count);
    for number in 0..count {
        // A blocking connect, so that the server's backlog is never overrun.
        let mut socket = std::net::TcpStream::connect(address)?;
        socket.write_all(REQUEST.as_bytes())?;
        socket.set_nonblocking(true)?;
        let mut socket = TcpStream::from_std(socket);
        poll.registry().register(&mut socket, Token(number), Interest::READABLE)?;
        watchers.push(Watcher { socket, rest: Vec::new() });
    }
    let mut seen = Seen { told: BTreeMap::new(), heads: 0 };
    let begin = Instant::now();
    while seen.heads < count {
        turn(&mut poll, &mut watchers, &mut seen)?;
        if begin.elapsed() > CONNECT_DEADLINE {
            return Err(format!("{} of {count} streams began", seen.heads).into());
        }
    }
    say("ready")?;
    for line in std::io::stdin().lock().lines() {
        let revision: u64 = line?.trim().parse()?;
        let begin = Instant::now();
        while seen.told.get(&revision).is_none_or(|told| *told < count) && begin.elapsed() < TOLD_DEADLINE {
            turn(&mut poll, &mut watchers, &mut seen)?;
        }
        say(&format!("{revision} {}", seen.told.get(&revision).copied().unwrap_or_default()))?;
    }
    Ok(())
}

struct Seen {
    /// How many watchers have got each revision.
    told: BTreeMap<u64, usize>,
    /// How many answers have begun.
    heads: usize,
}

fn turn(poll: &mut Poll, watchers: &mut [Watcher], seen: &mut Seen) -> Outcome<()> {
    let mut events = Events::with_capacity(1024);
    poll.poll(&mut events, Some(Duration::from_millis(200)))?;
    for event in &events {
        read(&mut watchers[event.token().0], seen)?;
    }
    Ok(())
}

fn read(watcher: &mut Watcher, seen: &mut Seen) -> Outcome<()> {
    let mut buffer = [0; 16 << 10];
    loop {
        match watcher.socket.read(&mut buffer) {
            Ok(0) => return Err("the server ended a stream".into()),
            Ok(bytes) => watcher.rest.extend_from_slice(&buffer[..bytes]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error.into()),
        }
    }
    let whole = watcher.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut id = None;
    for line in watcher.rest[..whole].split(|byte| *byte == b'\n') {
        if line.starts_with(b"HTTP/1.1 ") {
            if !line.starts_with(b"HTTP/1.1 200") {
                return Err(String::from_utf8_lossy(line).into_owned().into());
            }
            seen.heads += 1;
        } else if let Some(number) = line.strip_prefix(b"id: ") {
            id = std::str::from_utf8(number)?.trim().parse::<u64>().ok();
        } else if line.starts_with(b"data:")
            && let Some(id) = id
        {
            *seen.told.entry(id).or_default() += 1;
        }
    }
    watcher.rest.drain(..whole);
    Ok(())
}
