//! What the fuzz targets and the tests that share their corpus run: reading requests without a socket.
//!
//! Called by `fuzz/fuzz_targets` and `tests/server/reading.rs`; no part of the interface. Each function panics
//! where an invariant does not hold, whatever the input.

use std::net::Ipv4Addr;

use super::budget::BodiesBudget;
use super::connection::{Connection, Received};
use super::limits::{ConnectionLimits, FIELDS_MAX};
use super::parser::{self, Framing, ParsedHead, Scan};

/// A request as it was read.
#[derive(Debug, PartialEq, Eq)]
pub struct ReadRequest {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The fields, in order.
    pub headers: Vec<(String, String)>,
    /// The body, its chunks joined.
    pub body: Vec<u8>,
}

/// The outcome of an input.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The requests that are complete.
    pub requests: Vec<ReadRequest>,
    /// Whether what came after them was refused. Not with which status: that may depend on what came first,
    /// the end of a line or too much of it.
    pub refused: bool,
}

/// The most that a body may have here: what the server's own limit was made for.
const BODY_BYTES_MAX: u64 = 64 << 10;

/// Reads `input` as the beginning of a connection, cut at the given places, and compares with reading it whole.
pub fn read_requests(input: &[u8], cuts: &[usize]) -> Reading {
    let whole = read_pieces(&[input]);
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| (*cut).min(input.len())).collect();
    cuts.sort_unstable();
    let mut pieces = Vec::new();
    let mut from = 0;
    for cut in cuts {
        pieces.push(&input[from..cut]);
        from = cut;
    }
    pieces.push(&input[from..]);
    assert_eq!(read_pieces(&pieces), whole, "the same bytes, cut differently, are read differently");
    whole
}

fn read_pieces(pieces: &[&[u8]]) -> Reading {
    let limits = ConnectionLimits::default();
    let budget = BodiesBudget::new(&limits);
    let mut connection = Connection::new();
    let mut reading = Reading::default();
    for (number, piece) in pieces.iter().enumerate() {
        let mut fresh = *piece;
        if number % 2 == 1 {
            // As if an answer were owed when it came.
            connection.keep(fresh);
            fresh = &[];
        }
        loop {
            match connection.next(&mut fresh, &limits) {
                Received::Incomplete => break,
                Received::Head(head) if head.framing == Framing::Sized(0) => {
                    reading.requests.push(request(head, Vec::new()));
                }
                Received::Head(head) => {
                    let share = budget.share(Ipv4Addr::LOCALHOST.into(), head.framing.announced_bytes());
                    if connection.begin_body(head, BODY_BYTES_MAX, share, fresh).is_err() {
                        connection.end_input();
                        fresh = &[];
                        reading.refused = true;
                    }
                }
                Received::Body(head, body) => reading.requests.push(request(head, body.bytes)),
                Received::Refused(..) => reading.refused = true,
            }
        }
        assert!(fresh.is_empty(), "what came is read or kept");
        assert!(connection.pending_bytes() <= limits.head_bytes_max, "more is kept than a head");
    }
    drop(connection);
    assert_eq!(budget.used_bytes(), 0, "a body's share of the budget is given back");
    reading
}

fn request(head: ParsedHead, body: Vec<u8>) -> ReadRequest {
    let ParsedHead { method, target, headers, .. } = head;
    ReadRequest { method, target, headers, body }
}

/// Reads `input` as one head.
pub fn read_head(input: &[u8]) {
    let Ok(Some((start, end))) = Scan::default().advance(input, &ConnectionLimits::default()) else {
        return;
    };
    assert!(input[..end].ends_with(b"\r\n\r\n"), "a head ends in an empty line");
    let Ok(head) = parser::parse(&input[start..end]) else {
        return;
    };
    assert!(head.target.starts_with('/') || head.target == "*", "{:?}", head.target);
    assert!(head.headers.len() <= FIELDS_MAX + 1, "{} fields", head.headers.len());
    let all = [&head.method, &head.target].into_iter();
    let all = all.chain(head.headers.iter().flat_map(|(name, value)| [name, value]));
    for text in all {
        assert!(!text.contains(['\r', '\n', '\0']), "{text:?}");
    }
    let count =
        |name: &str| head.headers.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name)).count();
    assert!(count("host") <= 1 && count("content-length") <= 1, "a field that must be single is not");
    assert!(count("content-length") + count("transfer-encoding") <= 1, "two framings of one body");
}
